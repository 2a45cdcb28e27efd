package assembly

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/projections"
)

// proposals records half a year in which Kim, of the north, sends four proposals a week; half of them are signed two weeks
// later, for 200 and for 26 a month, and every fourth of those ends after eight weeks.
func (d *desk) proposals() {
	d.t.Helper()
	now := time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	var batch []string
	add := func(id, typ string, at time.Time, email, data string) {
		if at.Before(now) {
			batch = append(batch, fmt.Sprintf(
				`{"specversion":"1.0","id":%q,"source":"/test","type":%q,"time":%q,"rep":"kim","team":"north","data":{"person":{"email":%q},%s}}`,
				id, typ, at.Format(time.RFC3339), email, data))
		}
	}
	for i := range 4 * 26 {
		sent := now.Add(-time.Duration(i)*42*time.Hour - time.Hour)
		email := fmt.Sprintf("p%d@example.com", i)
		add(fmt.Sprint("sent", i), "proposal.sent", sent, email, fmt.Sprintf(`"proposal":"p%d"`, i))
		if i%2 != 0 {
			continue
		}
		signed := sent.AddDate(0, 0, 14)
		add(fmt.Sprint("signed", i), "signup.completed", signed, email, fmt.Sprintf(
			`"signup":"s%d","role":"customer","amount":"200","currency":"EUR","recurring_amount":"26","recurring_interval":"month"`, i))
		if i%8 == 0 {
			add(fmt.Sprint("ended", i), "signup.cancelled", signed.AddDate(0, 0, 56), email, fmt.Sprintf(`"signup":"s%d"`, i))
		}
	}
	d.batch(batch)
	d.ask(http.MethodPut, "/v1/org", `{"currency":"EUR"}`, http.StatusOK, nil)
	d.folded(d.last)
}

func TestForecastOfATeamAndOfWhatRecurs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.proposals()
	var kim, north, south forecasted
	d.ask(http.MethodGet, d.since("/v1/forecast?rep=kim"), "", http.StatusOK, &kim)
	d.ask(http.MethodGet, d.since("/v1/forecast?team=north"), "", http.StatusOK, &north)
	d.ask(http.MethodGet, d.since("/v1/forecast?team=south"), "", http.StatusOK, &south)
	_, ofKim, _ := kim.total("signup")
	_, ofNorth, _ := north.total("signup")
	_, _, ofSouth := south.total("signup")
	if ofKim < 18 || ofKim > 33 || ofNorth < ofKim-4 || ofNorth > ofKim+4 || ofSouth > 8 || south.LeansOn.Open != 0 {
		t.Errorf("Kim %v, the north %v, the south %v", ofKim, ofNorth, ofSouth)
	}
	d.ask(http.MethodGet, d.since("/v1/forecast?team=north&rep=kim"), "", http.StatusBadRequest, nil)

	// 26 a month are 6 a week. Some 36 contracts go on, which bring about 216 a week; twice as many will be signed.
	var f struct {
		Recurring struct {
			Income, Lost struct {
				Weeks []struct{ P50 float64 }
				Total struct{ P10, P50, P90 float64 }
			}
			Contracts int
			Churn     struct {
				Weekly, Ended, Weight float64
			}
		}
	}
	d.ask(http.MethodGet, d.since("/v1/forecast"), "", http.StatusOK, &f)
	r := f.Recurring
	if r.Contracts < 32 || r.Contracts > 46 || r.Churn.Ended < 5 || r.Churn.Weekly < 0.005 || r.Churn.Weekly > 0.04 {
		t.Errorf("%d contracts, churn %+v", r.Contracts, r.Churn)
	}
	first, last := r.Income.Weeks[0].P50, r.Income.Weeks[12].P50
	if first < 6*float64(r.Contracts)-20 || first > 6*float64(r.Contracts)+20 || last <= first || r.Lost.Total.P50 <= 0 {
		t.Errorf("from %v to %v a week; lost %+v", first, last, r.Lost.Total)
	}
}

// An outlook as it was then known is the same for ever, whatever was heard later; what is known now has changed.
func TestOutlookByForecast(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.proposals()
	d.ask(http.MethodPost, "/v1/goals", `{"goal":"g","metric":"signups","target":"24","owner_kind":"rep","owner":"kim","starts_on":"2026-06-01","ends_on":"2026-08-30"}`,
		http.StatusCreated, nil)
	type outlook struct {
		Outlook *struct {
			Chance    float64
			Finish    map[string]any
			ReachedOn map[string]string                `json:"reached_on"`
			LeansOn   struct{ Model, Sentence string } `json:"leans_on"`
		}
	}
	var before, then, now, money, year outlook
	d.setClock("2026-06-01T09:00:00Z")
	d.ask(http.MethodGet, d.since("/v1/goals/g/pace"), "", http.StatusOK, &before)
	if o := before.Outlook; o == nil || o.LeansOn.Model != "forecast" || o.Chance < 0.2 || o.Chance > 0.95 || o.ReachedOn["p50"] < "2026-07-15" {
		t.Fatalf("%+v", before.Outlook)
	}
	// Two weeks later comes to light that Kim had sold as much again.
	d.setClock("2026-06-15T09:00:00Z")
	var batch []string
	for i := range 60 {
		batch = append(batch, fmt.Sprintf(
			`{"specversion":"1.0","id":"late%d","source":"/test","type":"signup.completed","time":%q,"rep":"kim","team":"north","data":{"person":{"email":"late%d@example.com"},"signup":"l%d","role":"customer"}}`,
			i, time.Date(2026, 5, 30, 8, 0, 0, 0, time.UTC).AddDate(0, 0, -i).Format(time.RFC3339), i, i))
	}
	d.batch(batch)
	d.folded(d.last)
	d.ask(http.MethodGet, d.since("/v1/goals/g/pace?at=2026-06-01T09:00:00Z&known=then"), "", http.StatusOK, &then)
	if diff := cmp.Diff(before, then); diff != "" {
		t.Errorf("as then known (-then +asked now):\n%s", diff)
	}
	d.ask(http.MethodGet, d.since("/v1/goals/g/pace?at=2026-06-01T09:00:00Z"), "", http.StatusOK, &now)
	if now.Outlook == nil || now.Outlook.Chance < before.Outlook.Chance+0.02 {
		t.Errorf("with what is known now: %+v", now.Outlook)
	}
	for _, body := range []string{
		`{"goal":"m","metric":"signup_amount","currency":"EUR","target":"4000","owner_kind":"team","owner":"north","starts_on":"2026-06-01","ends_on":"2026-08-30"}`,
		`{"goal":"y","metric":"signups","target":"240","starts_on":"2026-06-01","ends_on":"2027-05-31"}`,
	} {
		d.ask(http.MethodPost, "/v1/goals", body, http.StatusCreated, nil)
	}
	d.ask(http.MethodGet, d.since("/v1/goals/m/pace"), "", http.StatusOK, &money)
	if money.Outlook == nil || money.Outlook.LeansOn.Model != "forecast" {
		t.Errorf("%+v", money.Outlook)
	}
	d.ask(http.MethodGet, d.since("/v1/goals/y/pace"), "", http.StatusOK, &year)
	if year.Outlook == nil || year.Outlook.LeansOn.Model != "rate" {
		t.Errorf("beyond the weeks: %+v", year.Outlook)
	}
}

// grades is what the tests read of grades.
type grades struct {
	Forecasts int
	Numbers   []struct {
		Metric string
		Weeks  []struct {
			Horizon, N             int
			Coverage, Skill, Below *float64
		}
		All *struct{ N int }
	}
}

// n returns how many forecasts of a metric were graded, by weeks ahead.
func (g grades) n(metric string) (n []int) {
	for _, one := range g.Numbers {
		if one.Metric == metric {
			for _, w := range one.Weeks {
				n = append(n, w.N)
			}
		}
	}
	return n
}

func TestForecastsAreIssuedAndGraded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.proposals()
	var none, g, b grades
	d.ask(http.MethodGet, d.since("/v1/forecast/grades?rep=kim"), "", http.StatusOK, &none)
	if none.Forecasts != 0 || len(none.Numbers) != 0 {
		t.Errorf("%+v", none)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	services, err := NewServices(ctx, d.ledger, make([]byte, 32), func() time.Time { return *d.now.Load() })
	if err != nil {
		t.Fatal(err)
	}
	role := Forecaster(services, d.ledger, d.warehouse, d.logger, func() time.Time { return *d.now.Load() })
	go func() { ended <- role.Run(ctx, func() {}) }()
	owner := events.Owner{OwnerKind: events.OwnerRep, Owner: "kim"}
	var issued []events.ForecastIssued
	for deadline := time.Now().Add(time.Minute); len(issued) < 3 && time.Now().Before(deadline); {
		if issued, err = d.warehouse.Issued(t.Context(), projections.IssuedQuery{Org: "acme", Owner: owner}); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if len(issued) != 3 || issued[0].Metric != "proposals_sent" || issued[0].AsOf != "2026-05-31" || len(issued[0].Spans) != 14 {
		text, _ := json.Marshal(issued)
		t.Fatalf("%s", text)
	}
	d.setClock("2026-06-16T09:00:00Z") // two weeks are over, in which Kim did nothing
	d.ask(http.MethodGet, "/v1/forecast/grades?rep=kim&horizon=1&horizon=2&horizon=3", "", http.StatusOK, &g)
	if diff := cmp.Diff([]int{1, 1, 0}, g.n("signups")); diff != "" || g.Forecasts != 1 {
		t.Errorf("%+v\n%s", g, diff)
	}
	if w := g.Numbers[0].Weeks[0]; *w.Coverage+*w.Below != 1 {
		t.Errorf("four proposals were told for a week without any: %v within, %v below of %v", *w.Coverage, *w.Below, issued[0].Spans[0])
	}
	d.setClock("2026-06-01T09:00:00Z")
	d.ask(http.MethodGet, "/v1/forecast/backtest?rep=kim&from=2026-01-05&to=2026-05-31", "", http.StatusOK, &b)
	if n := b.n("signups"); b.Forecasts != 21 || n[0] != 20 || n[12] != 8 || b.Numbers[0].All.N != 8 {
		t.Errorf("%v of %d", n, b.Forecasts)
	}
	for _, one := range b.Numbers {
		if c := one.Weeks[0].Coverage; *c < 0.6 {
			t.Errorf("%s: %v of a steady life were foretold", one.Metric, *c)
		}
	}
	// Nothing of it had been recorded then.
	d.ask(http.MethodGet, "/v1/forecast/backtest?rep=kim&from=2026-05-04&to=2026-05-31&known=then", "", http.StatusOK, &b)
	if len(b.Numbers) != 0 || b.Forecasts != 4 {
		t.Errorf("%+v", b)
	}
}
