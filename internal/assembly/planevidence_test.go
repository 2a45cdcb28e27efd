package assembly

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"milemarker/events"
)

// Kim made 400 calls of four minutes, of which 120 were conversations; Lee and Max made 200 each, of which every fifth
// was one. Kim's appointments are held three days after they were agreed, and her sales bring 300.
func TestPlanLeansOnOwnNumbers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	var batch []string
	add := func(id, typ string, ago time.Duration, rep, data string) {
		batch = append(batch, fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/test","type":%q,"time":%q,"rep":%q,"data":{%s}}`,
			id, typ, now.Add(-ago).Format(time.RFC3339), rep, data))
	}
	const day = 24 * time.Hour
	calls := func(rep string, n, conversations, seconds int) {
		for i := range n {
			outcome := "no_answer"
			if i < conversations {
				outcome = "conversation"
			}
			add(fmt.Sprint(rep, i), "call.completed", time.Duration(1+i%80)*day, rep,
				fmt.Sprintf(`"direction":"outbound","outcome":%q,"seconds":%d`, outcome, seconds))
		}
	}
	calls("kim", 400, 120, 240)
	calls("lee", 200, 40, 60)
	calls("max", 200, 40, 60)
	for i := range 40 {
		ago := time.Duration(10+i) * day
		person := fmt.Sprintf(`"person":{"email":"a%d@example.com"},"appointment":"a%d"`, i, i)
		add(fmt.Sprint("agreed", i), "appointment.scheduled", ago, "kim",
			person+fmt.Sprintf(`,"starts_at":%q`, now.Add(3*day-ago).Format(time.RFC3339)))
		if i%4 != 0 {
			add(fmt.Sprint("held", i), "appointment.held", ago-3*day, "kim", person)
		}
		if i%5 == 0 {
			add(fmt.Sprint("signed", i), "signup.completed", ago-3*day, "kim", fmt.Sprintf(`"signup":"s%d","role":"customer","amount":"300","currency":"EUR"`, i))
		}
	}
	d.batch(batch)
	d.ask(http.MethodPut, "/v1/org", `{"currency":"EUR"}`, http.StatusOK, nil)
	var p planned
	d.ask(http.MethodPost, d.since("/v1/plans"), `{"income":1000,"by":"2026-08-31","owner_kind":"rep","owner":"kim"}`, http.StatusCreated, &p)
	for _, c := range []struct {
		name      string
		low, high float64
		source    string
	}{
		{"rate_conversations", 0.28, 0.30, events.Shrunk},           // 400 calls against what the others say, worth 500 at most
		{"rate_appointments_scheduled", 0.3, 0.34, events.Measured}, // 40 of 120, against a starting point of 25 %
		{"rate_appointments_held", 0.74, 0.76, events.Shrunk},       // 30 of 40
		{"delay_appointments_held", 3, 4, events.Shrunk},            // 3 days, and the starting point is 5
		{"minutes_calls", 5.7, 6, events.Measured},                  // 4 of talk, 2 besides; the others' are shorter
		{"average_sale", 400, 700, events.Shrunk},                   // 8 sales of 300 against a starting point of 1,000
		{"churn", 0.03, 0.03, events.Assumed},
	} {
		value, source := p.assumed(c.name)
		if value < c.low || value > c.high || source != c.source {
			t.Errorf("%s is %v, %s; want %v to %v, %s", c.name, value, source, c.low, c.high, c.source)
		}
	}
	// Lee has no appointments: the others' stand for hers.
	d.ask(http.MethodPost, d.since("/v1/plans"), `{"income":1000,"by":"2026-08-31","owner_kind":"rep","owner":"lee"}`, http.StatusCreated, &p)
	if value, source := p.assumed("rate_appointments_held"); value < 0.74 || value > 0.76 || source != events.Shrunk {
		t.Errorf("lee's show rate is %v, %s", value, source)
	}
}

// Five thousand a month by December, planned in June: the rank that takes the least.
func TestPlanWithRanks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var p struct {
		Plan struct {
			Rank, Sentence string
			Choices        []struct {
				Rank   string
				Units  *float64
				Chosen bool
			}
			Sure struct{ Verdict string }
		}
	}
	d.ask(http.MethodPost, "/v1/plans", `{"income":5000,"by":"2026-12-31","stages":["calls","appointments_held","signups"],
		"ranks":[{"name":"bronze","sponsored":3,"team_size":10,"income":1000},{"name":"silver","sponsored":4,"team_size":32,"income":5000},
		{"name":"gold","sponsored":6,"team_size":60,"income":9000}],
		"assumptions":{"rate_appointments_held":0.1,"rate_signups":0.2,"delay_appointments_held":0,"delay_signups":0,
		"recruit_share":1,"team_growth":0.5,"team_churn":0,"average_sale":0,"hours_per_week":10}}`, http.StatusCreated, &p)
	if p.Plan.Rank != "silver" || p.Plan.Sure.Verdict != "feasible" || len(p.Plan.Choices) != 4 {
		t.Errorf("%+v", p.Plan)
	}
	for _, c := range p.Plan.Choices {
		if c.Chosen != (c.Rank == "silver") || (c.Units == nil) != (c.Rank == "" || c.Rank == "bronze") {
			t.Errorf("%+v", c)
		}
	}
}
