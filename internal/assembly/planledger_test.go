package assembly

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"milemarker/events"
)

// Kim sold 20 contracts of 30 a month half a year ago, 4 of which were cancelled after three months and some days; her work
// cost 300 in two of the six months since; and of the months before the last she made 10 calls in each, but 30 in
// December. Her plan leans on that instead of on starting points.
func TestPlanKnowsWhatTheLedgerKnows(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var batch []string
	add := func(id, typ, at, data string) {
		batch = append(batch, fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/test","type":%q,"time":%q,"rep":"kim","data":{%s}}`,
			id, typ, at, data))
	}
	for i := range 20 {
		contract := fmt.Sprintf(`"signup":"s%d","currency":"EUR","recurring_amount":"30","recurring_interval":"month"`, i)
		add(fmt.Sprint("s", i), "signup.completed", "2025-12-01T07:00:00Z", contract+`,"role":"customer"`)
		if i < 4 {
			add(fmt.Sprint("c", i), "signup.cancelled", "2026-03-15T07:00:00Z", contract)
		}
	}
	add("ad", "cost.incurred", "2026-04-10T12:00:00Z", `"amount":"100","currency":"EUR"`)
	add("stand", "cost.incurred", "2026-05-10T12:00:00Z", `"amount":"200","currency":"EUR"`)
	add("today", "cost.incurred", "2026-06-01T07:00:00Z", `"amount":"999","currency":"EUR"`) // its month is not over
	for m := range 13 {                                                                      // May 2025 to May 2026
		month := time.Date(2025, time.Month(5+m), 12, 12, 0, 0, 0, time.UTC)
		n := 10
		if month.Month() == time.December {
			n = 30
		}
		for i := range n {
			add(fmt.Sprint(month.Format("2006-01"), i), "call.completed", month.Format(time.RFC3339), `"direction":"outbound","outcome":"no_answer"`)
		}
	}
	d.batch(batch)
	d.ask(http.MethodPut, "/v1/org", `{"currency":"EUR"}`, http.StatusOK, nil)
	var p planned
	body := `{"plan":"autumn","income":1000,"by":"2026-12-31","owner_kind":"rep","owner":"kim"}`
	d.ask(http.MethodPost, d.since("/v1/plans"), body, http.StatusCreated, &p)
	for _, c := range []struct {
		name      string
		low, high float64
		source    string
	}{
		// 4 of 16 x 6 + 4 x (3 + 1) = 112 months, with a starting point of 3 % that is worth half a leaver: 4.5 / 128.67.
		{"churn", 0.0349, 0.0351, events.Shrunk},
		{"recurring_now", 96, 96, events.Measured}, // a fifth, as is assumed, of 16 x 30
		{"expenses", 50, 50, events.Measured},
		// December brought 30 where the mean is 11.5, and is drawn half way to it; the others bring a little less than the mean.
		{"season_07", 0.85, 0.99, events.Shrunk},
		{"season_12", 1.5, 2, events.Shrunk},
	} {
		if value, source := p.assumed(c.name); value < c.low || value > c.high || source != c.source {
			t.Errorf("%s is %v, %s; want %v to %v, %s", c.name, value, source, c.low, c.high, c.source)
		}
	}
	if _, source := p.assumed("season_05"); source != "" {
		t.Error("a month that the plan does not touch is among its assumptions")
	}
	// Whoever says otherwise is taken at his word.
	d.ask(http.MethodPost, d.since("/v1/plans?keep=false"), `{"income":1000,"by":"2026-12-31","owner_kind":"rep","owner":"kim",
		"assumptions":{"churn":0.1,"expenses":0,"season_12":"1.2"}}`, http.StatusOK, &p)
	for name, want := range map[string]float64{"churn": 0.1, "expenses": 0, "season_12": 1.2} {
		if value, source := p.assumed(name); value != want || source != events.Given {
			t.Errorf("%s is %v, %s", name, value, source)
		}
	}
	even := `"season":[1,1,1,1,1,1,1,1,1,1,1,2]`
	d.ask(http.MethodPost, d.since("/v1/plans?keep=false"), `{"income":1000,"by":"2026-12-31","owner_kind":"rep","owner":"kim",`+even+`}`,
		http.StatusOK, &p)
	if value, source := p.assumed("season_12"); value != 2 || source != events.Given {
		t.Errorf("season_12 is %v, %s", value, source)
	}
}

// What was drafted and adopted once is answered in the same way again.
func TestPlanIsAskedForTwice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	type answer struct {
		Position events.Position
		Outcome  string
		Goals    []string
		Plan     any
	}
	drafted := func(a answer) any { return a.Plan.(map[string]any)["drafted_at"] }
	var first, again, one answer
	d.ask(http.MethodPost, "/v1/plans", kimsPlan, http.StatusCreated, &first)
	d.setClock("2026-06-01T09:00:00Z")
	d.ask(http.MethodPost, d.since("/v1/plans"), kimsPlan, http.StatusOK, &again)
	d.ask(http.MethodGet, d.since("/v1/plans/kims-summer"), "", http.StatusOK, &one)
	if drafted(first) != drafted(again) || drafted(first) != drafted(one) || first.Position != again.Position {
		t.Errorf("drafted at %v, then at %v, then at %v", drafted(first), drafted(again), drafted(one))
	}
	d.ask(http.MethodPost, d.since("/v1/plans/kims-summer:adopt"), "", http.StatusCreated, &first)
	d.ask(http.MethodPost, d.since("/v1/plans/kims-summer:adopt"), "", http.StatusOK, &again)
	if len(first.Goals) == 0 || len(first.Goals) != len(again.Goals) || first.Position != again.Position || again.Outcome != string(events.Duplicate) {
		t.Errorf("adopted at %d with %d goals, then at %d with %d: %s", first.Position, len(first.Goals), again.Position, len(again.Goals), again.Outcome)
	}
	d.ask(http.MethodPost, d.since("/v1/plans/kims-summer:adopt"), `{"grains":["year"]}`, http.StatusConflict, nil)
}
