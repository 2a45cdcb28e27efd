package assembly

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"milemarker/events"
)

// forecasted is what the tests read of a forecast.
type forecasted struct {
	Weeks  []struct{ From, To string }
	Stages []struct {
		Stage string
		Total struct{ P10, P50, P90 float64 }
		From  struct {
			Open   float64 `json:"open_prospects"`
			Met    float64 `json:"people_to_be_met"`
			Others float64 `json:"other_events"`
		} `json:"expected_from"`
	}
	Amount *struct {
		Total struct{ P10, P50, P90 float64 }
	}
	LeansOn struct {
		Open  int `json:"open_prospects"`
		Met   float64
		Sales int
	} `json:"leans_on"`
}

func (f forecasted) total(stage string) (p10, p50, p90 float64) {
	for _, s := range f.Stages {
		if s.Stage == stage {
			return s.Total.P10, s.Total.P50, s.Total.P90
		}
	}
	return -1, -1, -1
}

// Kim sends four proposals a week, and half of them are signed two weeks later, for 200 each. So does it go on: 26 of the
// 52 of the next quarter, but for the last two weeks, and those that are out by now.
func TestForecast(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	var batch []string
	add := func(id, typ string, at time.Time, email, data string) {
		batch = append(batch, fmt.Sprintf(
			`{"specversion":"1.0","id":%q,"source":"/test","type":%q,"time":%q,"rep":"kim","data":{"person":{"email":%q},%s}}`,
			id, typ, at.Format(time.RFC3339), email, data))
	}
	for i := range 4 * 26 {
		sent := now.Add(-time.Duration(i)*42*time.Hour - time.Hour)
		email := fmt.Sprintf("p%d@example.com", i)
		add(fmt.Sprint("sent", i), "proposal.sent", sent, email, fmt.Sprintf(`"proposal":"p%d"`, i))
		if signed := sent.AddDate(0, 0, 14); i%2 == 0 && signed.Before(now) {
			add(fmt.Sprint("signed", i), "signup.completed", signed, email,
				fmt.Sprintf(`"signup":"s%d","role":"customer","amount":"200","currency":"EUR"`, i))
		}
	}
	d.batch(batch)
	d.ask(http.MethodPut, "/v1/org", `{"currency":"EUR"}`, http.StatusOK, nil)

	var f, again, past, org forecasted
	text := d.ask(http.MethodGet, d.since("/v1/forecast?rep=kim"), "", http.StatusOK, &f)
	if got := d.ask(http.MethodGet, d.since("/v1/forecast?rep=kim"), "", http.StatusOK, &again); got != text {
		t.Error("the same question has another answer")
	}
	if len(f.Weeks) != 13 || f.Weeks[0].From != "2026-06-02" || f.LeansOn.Open < 50 || f.LeansOn.Sales < 40 {
		t.Errorf("%+v", f)
	}
	if p10, p50, p90 := f.total("proposal"); p50 < 44 || p50 > 60 || p10 >= p50 || p90 <= p50 {
		t.Errorf("proposals %v %v %v, want about 52", p10, p50, p90)
	}
	// 4 of the 8 that are out, and half of the 44 of the first eleven weeks.
	if p10, p50, p90 := f.total("signup"); p50 < 20 || p50 > 33 || p10 < 8 || p90 > 50 {
		t.Errorf("sign-ups %v %v %v, want about 26", p10, p50, p90)
	}
	if f.Amount == nil || f.Amount.Total.P50 < 4000 || f.Amount.Total.P50 > 6600 {
		t.Errorf("amount %+v, want about 5200", f.Amount)
	}
	// As of a past day nothing later is used; the first week is told in spite of that, and widely.
	d.ask(http.MethodGet, d.since("/v1/forecast?rep=kim&day=2025-12-10"), "", http.StatusOK, &past)
	p10, p50, p90 := past.total("signup")
	if past.LeansOn.Sales != 0 || past.Amount != nil || p90-p10 < p50 {
		t.Errorf("%v %v %v: %+v", p10, p50, p90, past.LeansOn)
	}
	d.ask(http.MethodGet, d.since("/v1/forecast"), "", http.StatusOK, &org)
	if org.LeansOn.Open != f.LeansOn.Open {
		t.Errorf("%+v", org.LeansOn)
	}
}

// batch records events at once.
func (d *desk) batch(bodies []string) {
	d.t.Helper()
	var drafts []events.Draft
	for _, body := range bodies {
		draft, violations := events.ParseStructured([]byte(body))
		if len(violations) > 0 {
			d.t.Fatalf("%+v", violations)
		}
		drafts = append(drafts, draft)
	}
	receipts, err := d.recorder.Record(d.t.Context(), "acme", drafts)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, r := range receipts {
		if r.Outcome != events.Appended {
			d.t.Fatalf("%+v", r)
		}
		d.last = max(d.last, r.Position)
	}
}
