package assembly

import (
	"fmt"
	"math"
	"net/http"
	"testing"

	"milemarker/events"
)

// Kim has 32 contracts of 975 a month that go on, one that was cancelled and one in another currency; of her 47 sign-ups
// 15 are recruits, two of whom left. A plan knows as much as the forecast does.
func TestPlanKnowsWhatStands(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var batch []string
	add := func(id, typ, at, data string) {
		batch = append(batch, fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/test","type":%q,"time":%q,"rep":"kim","data":{%s}}`,
			id, typ, at, data))
	}
	const contract = `"signup":"%s","currency":"%s","recurring_amount":"975","recurring_interval":"month"`
	for i := range 32 {
		id := fmt.Sprint("s", i)
		add(id, "signup.completed", "2026-03-02T07:00:00Z", fmt.Sprintf(contract, id, "EUR")+`,"role":"customer"`)
	}
	add("gone", "signup.completed", "2026-03-02T07:00:00Z", fmt.Sprintf(contract, "gone", "EUR")+`,"role":"recruit"`)
	add("left", "signup.cancelled", "2026-05-05T07:00:00Z", fmt.Sprintf(contract, "gone", "EUR"))
	add("else", "signup.completed", "2026-03-02T07:00:00Z", fmt.Sprintf(contract, "else", "USD")+`,"role":"recruit"`)
	for i := range 13 {
		id := fmt.Sprint("r", i)
		add(id, "signup.completed", "2026-04-02T07:00:00Z", fmt.Sprintf(`"signup":%q,"role":"recruit"`, id))
	}
	add("r0-left", "signup.cancelled", "2026-05-05T07:00:00Z", `"signup":"r0"`)
	d.batch(batch)
	d.ask(http.MethodPut, "/v1/org", `{"currency":"EUR"}`, http.StatusOK, nil)
	want := func(body string, values map[string]float64, sources map[string]string) {
		t.Helper()
		var p planned
		d.ask(http.MethodPost, d.since("/v1/plans?keep=false"), body, http.StatusOK, &p)
		for name, want := range values {
			value, source := p.assumed(name)
			if math.Abs(value-want) > 1e-4 || source != sources[name] {
				t.Errorf("%s: %s is %v, %s; want %v, %s", body, name, value, source, want, sources[name])
			}
		}
	}
	want(`{"income":15000,"by":"2027-12-31","owner_kind":"rep","owner":"kim","assumptions":{"commission_share":1}}`,
		map[string]float64{"recurring_now": 31_200}, map[string]string{"recurring_now": events.Measured})
	want(`{"income":15000,"by":"2027-12-31","owner_kind":"rep","owner":"kim"}`,
		map[string]float64{"recurring_now": 6240, "commission_share": 0.2},
		map[string]string{"recurring_now": events.Measured, "commission_share": events.Assumed})
	want(`{"income":15000,"by":"2027-12-31","owner_kind":"rep","owner":"lee"}`,
		map[string]float64{"recurring_now": 0}, map[string]string{"recurring_now": events.Assumed})
	want(`{"income":15000,"by":"2027-12-31"}`,
		map[string]float64{"recurring_now": 31_200, "commission_share": 1},
		map[string]string{"recurring_now": events.Measured, "commission_share": events.Assumed})

	// The share of recruits: (3 + 15) / 57 of everybody's, worth 10, with her own 15 of 47.
	want(`{"income":5000,"by":"2027-12-31","owner_kind":"rep","owner":"kim","ranks":[{"name":"silver","sponsored":20,"income":5000}]}`,
		map[string]float64{"recruit_share": 0.3186, "sponsored_now": 13, "team_size_now": 13, "team_volume_now": 100},
		map[string]string{
			"recruit_share": events.Shrunk, "sponsored_now": events.Measured, "team_size_now": events.Assumed,
			"team_volume_now": events.Assumed,
		})

	var forecast struct {
		Recurring struct{ Contracts int }
	}
	d.ask(http.MethodGet, d.since("/v1/forecast?rep=kim"), "", http.StatusOK, &forecast)
	if forecast.Recurring.Contracts != 32 {
		t.Errorf("the forecast counts %d contracts", forecast.Recurring.Contracts)
	}

	// By Saturday there is no time for calls, and no need of any.
	var p planned
	d.ask(http.MethodPost, d.since("/v1/plans"), `{"plan":"near","income":5000,"by":"2026-06-06"}`, http.StatusCreated, &p)
	if p.Plan.Sure.Verdict != "feasible" || len(p.Plan.Sure.Stages) != 0 {
		t.Errorf("%+v", p.Plan)
	}
	d.ask(http.MethodGet, d.since("/v1/plans/near"), "", http.StatusOK, nil)
	d.ask(http.MethodGet, d.since("/v1/plans/near/compare/near"), "", http.StatusOK, nil)
	d.ask(http.MethodPost, d.since("/v1/plans/near:adopt"), "", http.StatusConflict, nil)
	d.ask(http.MethodPost, d.since("/v1/plans"), `{"plan":"far","income":5000,"by":"2026-12-31"}`, http.StatusCreated, nil)
	d.ask(http.MethodPost, d.since("/v1/plans/far:adopt"), "", http.StatusConflict, nil)
	d.ask(http.MethodPost, d.since("/v1/plans"), `{"income":90000,"by":"2026-06-06"}`, http.StatusCreated, &p)
	if p.Plan.Sure.Verdict != "not_feasible" || len(p.Plan.Levers) == 0 {
		t.Errorf("%+v", p.Plan)
	}
}
