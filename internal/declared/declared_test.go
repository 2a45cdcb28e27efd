package declared

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
)

func TestRaw(t *testing.T) {
	now := time.Date(2024, 3, 13, 12, 0, 0, 0, time.UTC)
	const goal = `{"goal":"g","metric":"calls","target":"42","starts_on":"2024-03-01","ends_on":"2024-03-31"}`
	const block = `{"timeblock":"b","category":"admin","starts_at":"2024-03-04T09:00:00Z","ends_at":"2024-03-04T10:00:00Z"}`
	for _, test := range []struct {
		typ, data string
		want      []string // pointers
		words     string
	}{
		{typ: "goal.set", data: goal},
		{"goal.set", strings.Replace(goal, `"calls"`, `"cals"`, 1), []string{"/data/metric"}, `did you mean "calls"?`},
		{"goal.set", strings.Replace(goal, "2024-03-31", "2048-03-31", 1), []string{"/data/ends_on"}, "not after 2034-03-09"},
		{"goal.set", strings.Replace(goal, `"g"`, `"a:b"`, 1), []string{"/data/goal"}, "no colon"},
		{"goal.set", strings.Replace(goal, `"calls"`, `"receipts"`, 1), []string{"/data/currency"}, "is required"},
		{"goal.set", strings.Replace(goal, `"calls"`, `"calls","currency":"EUR"`, 1), []string{"/data/currency"}, "must be left out"},
		{"goal.set", strings.Replace(goal, `"calls"`, `"show_rate"`, 1), []string{"/data/target"}, "from 0 to 1"},
		{"goal.set", strings.Replace(goal, `"calls"`, `"calls","parent":"year"`, 1), []string{"/data/parent"}, "POST /v1/goals"},
		{"goal.revised", `{"goal":"g","effective_on":"2024-03-20","target":"1"}`, []string{"/type"}, "POST /v1/goals/{id}:revise"},
		{"goal.closed", `{"goal":"g","result":"missed"}`, []string{"/type"}, "POST /v1/goals/{id}:close"},
		{"priority.set", `{}`, []string{"/type"}, "PUT /v1/priorities"},
		{"plan.drafted", `{}`, []string{"/type"}, "POST /v1/plans"},
		{"plan.adopted", `{}`, []string{"/type"}, "POST /v1/plans/{id}:adopt"},
		{"dayoff.withdrawn", `{"dayoff":"d"}`, []string{"/type"}, "DELETE /v1/calendars"},
		{typ: "dayoff.set", data: `{"dayoff":"d","starts_on":"2024-03-15"}`},
		{"dayoff.set", `{"dayoff":"d","starts_on":"2024-03-14"}`, []string{"/data/starts_on"}, "POST /v1/calendars"},
		{typ: "org.configured", data: `{"country":"DE-BY"}`},
		{"org.configured", `{"country":"XX"}`, []string{"/data/country"}, "ISO 3166"},
		{typ: "calendar.configured", data: `{"effective_on":"2024-03-01","holidays":["DE-BY"]}`},
		{"calendar.configured", `{"effective_on":"2024-03-01","holidays":["DE-BY","DE-XX"]}`, []string{"/data/holidays/1"}, "known are"},
		{typ: "timeblock.planned", data: block},
		{"timeblock.planned", strings.Replace(block, `"b"`, `"b","rrule":"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31"`, 1), []string{"/data/rrule"}, "never takes place"},
		{"timeblock.planned", strings.Replace(block, "03-04T10", "03-05T10", 1), []string{"/data/ends_at"}, "within a day"},
		{typ: "call.completed", data: `{"direction":"outbound","outcome":"busy"}`},
	} {
		d := events.Draft{ID: "e", Source: "/crm", Type: test.typ, Rep: "kim", Data: json.RawMessage(test.data)}
		d, _ = d.Check()
		var got []string
		words := ""
		for _, v := range Raw(d, now) {
			got, words = append(got, v.Pointer), words+v.Detail
		}
		if diff := cmp.Diff(test.want, got); diff != "" || !strings.Contains(words, test.words) {
			t.Errorf("%s %s: %s\n%s", test.typ, test.data, words, diff)
		}
	}
}

func TestABlockIsSomebodys(t *testing.T) {
	d, _ := events.Draft{ID: "e", Source: "/crm", Type: events.TypeTimeblockPlanned, Data: json.RawMessage(
		`{"timeblock":"b","category":"admin","starts_at":"2024-03-04T09:00:00Z","ends_at":"2024-03-04T10:00:00Z"}`)}.Check()
	if found := Raw(d, time.Date(2024, 3, 13, 12, 0, 0, 0, time.UTC)); !slices.ContainsFunc(found, func(v events.Violation) bool { return v.Pointer == "/rep" }) {
		t.Errorf("%+v", found)
	}
}
