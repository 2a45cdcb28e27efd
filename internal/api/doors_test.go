package api

import (
	"encoding/json"
	"net/http"
	"testing"

	"milemarker/events"
	"milemarker/internal/declared"
)

// Whatever the endpoints refuse of what an org declares is refused as a raw event too.
func TestBothDoorsRefuse(t *testing.T) {
	h := newHouse(t)
	h.do(http.MethodPost, "/v1/goals", aGoal)
	h.happened("q", "goal.set", when(t, "2024-01-01 09:00"), "", `{"goal":"over","metric":"calls","target":"9","starts_on":"2024-01-01","ends_on":"2024-01-31"}`)
	for _, door := range []struct {
		method, path, typ string
		complete          func(data members) // what the address says, or the endpoint fills in
		faulty            []string
	}{
		{"POST", "/v1/goals", "goal.set", func(d members) { orElse(d, "goal", `"x"`); orElse(d, "starts_on", `"2024-03-13"`) }, []string{
			`{"metric":"cals","target":4,"ends_on":"2024-03-31"}`,
			`{"metric":"calls","target":4,"ends_on":"2044-03-31"}`,
			`{"metric":"calls","target":4,"ends_on":"2999-03-31"}`,
			`{"metric":"calls","target":4}`,
			`{"metric":"calls","target":0,"ends_on":"2024-03-31"}`,
			`{"metric":"receipts","target":4,"ends_on":"2024-03-31"}`,
			`{"metric":"calls","currency":"EUR","target":4,"ends_on":"2024-03-31"}`,
			`{"metric":"show_rate","target":4,"ends_on":"2024-03-31"}`,
			`{"metric":"show_rate","target":0.4,"curve":"season","ends_on":"2024-03-31"}`,
			`{"metric":"calls","target":4,"ends_on":"2024-03-31","parent":"nobody"}`,
			`{"goal":"a:b","metric":"calls","target":4,"ends_on":"2024-03-31"}`,
			`{"metric":"calls","target":4,"ends_on":"2024-03-31","owner_kind":"rep"}`,
		}},
		{"POST", "/v1/goals/calls-in-march:revise", "goal.revised", func(d members) {
			orElse(d, "goal", `"calls-in-march"`)
			orElse(d, "effective_on", `"2024-03-13"`)
		}, []string{
			`{"target":4,"effective_on":"2024-03-01"}`, `{"ends_on":"2044-03-31"}`, `{"target":0}`, `{}`,
			`{"target":4,"effective_on":"2024-05-01"}`, `{"parent":"nobody"}`,
		}},
		{"PUT", "/v1/org", "org.configured", nil, []string{
			`{"zone":"Europe/Atlantis"}`, `{"country":"XX"}`, `{"currency":"EURO"}`, `{"week_start":"someday"}`, `{"fiscal_year_start_month":13}`,
			`{"income_producing":{"categories":["calls"]}}`, `{"income_producing":{"categories":[],"whole_history":true,"effective_on":"2024-01-01"}}`,
		}},
		{"PUT", "/v1/calendars/org", "calendar.configured", func(d members) { orElse(d, "effective_on", `"2024-03-13"`) }, []string{
			`{"holidays":["XX"]}`, `{"hours":[{"weekday":"monday","from":"09:00","to":"08:00"}]}`, `{"effective_on":"2999-01-01"}`,
		}},
		{"POST", "/v1/calendars/org/days-off", "dayoff.set", func(d members) { orElse(d, "dayoff", `"d"`) }, []string{
			`{"starts_on":"2024-03-20","ends_on":"2024-03-19"}`, `{"starts_on":"2024-03-20","ends_on":"2044-03-19"}`,
		}},
		{"PUT", "/v1/priorities", "priority.set", func(d members) {
			orElse(d, "starts_on", `"2024-01-01"`)
			orElse(d, "ends_on", `"2024-03-31"`)
		}, []string{
			`{"priorities":[{"priority":"a"},{"priority":"b"},{"priority":"c"},{"priority":"d"}]}`,
			`{"priorities":[{"priority":"a"},{"priority":"a"}]}`, `{"priorities":[{"priority":"a","goal":"nobody"}]}`,
			`{"priorities":[{"priority":"a"}],"starts_on":"2024-02-01"}`,
		}},
		{"POST", "/v1/timeblocks", "timeblock.planned", nil, []string{
			`{"rep":"kim","timeblock":"b","category":"admin","starts_at":"2024-03-14T09:00:00Z","ends_at":"2024-03-14T10:00:00Z","rrule":"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31"}`,
			`{"rep":"kim","timeblock":"b","category":"admin","starts_at":"2024-03-14T09:00:00Z","ends_at":"2024-03-14T10:00:00Z","rrule":"FREQ=SOMETIMES"}`,
			`{"rep":"kim","timeblock":"b","category":"admin","starts_at":"2024-03-14T09:00:00Z","ends_at":"2024-03-24T10:00:00Z"}`,
			`{"rep":"kim","timeblock":"b","category":"fun","starts_at":"2024-03-14T09:00:00Z","ends_at":"2024-03-14T10:00:00Z"}`,
			`{"timeblock":"b","category":"admin","starts_at":"2024-03-14T09:00:00Z","ends_at":"2024-03-14T10:00:00Z"}`,
		}},
	} {
		for _, body := range door.faulty {
			if a := h.do(door.method, door.path, body); a.status != http.StatusUnprocessableEntity && a.status != http.StatusConflict {
				t.Errorf("%s %s %s: %d %s", door.method, door.path, body, a.status, a.body)
			}
			if found := h.raw(door.typ, body, door.complete); len(found) == 0 {
				t.Errorf("a raw %s is taken: %s", door.typ, body)
			}
		}
	}
}

func orElse(data members, name, value string) {
	if _, given := data[name]; !given {
		data[name] = json.RawMessage(value)
	}
}

// raw returns what the door for raw events finds wrong with a payload.
func (h *house) raw(typ, body string, complete func(members)) []events.Violation {
	h.tb.Helper()
	var data members
	if err := json.Unmarshal([]byte(body), &data); err != nil {
		h.tb.Fatal(err)
	}
	if complete != nil {
		complete(data)
	}
	var rep string
	if name, given := data["rep"]; given {
		if err := json.Unmarshal(name, &rep); err != nil {
			h.tb.Fatal(err)
		}
		delete(data, "rep")
	}
	payload, err := json.Marshal(data)
	if err != nil {
		h.tb.Fatal(err)
	}
	d, found := events.Draft{ID: "e", Source: "/crm", Type: typ, Rep: rep, Data: payload}.Check()
	found = append(found, d.CheckWorld(h.now, zoneExists)...)
	return append(found, declared.Raw(d, h.now)...)
}
