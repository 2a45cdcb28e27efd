package forecaster

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/projections"
)

// world is an org that has signed somebody up on each of the last hundred days, and remembers what is recorded.
type world struct {
	goals.Reader

	t        *testing.T
	now      time.Time
	zone     string
	recorded []events.ForecastIssued
	at       []time.Time // when each was
	behind   bool        // the read models are
}

func (w *world) Active(context.Context, projections.ActiveQuery) ([]string, error) {
	return []string{"acme"}, nil
}

func (w *world) Declarations(context.Context, projections.DeclarationQuery) ([]events.Record, error) {
	return []events.Record{{Position: 1, Event: events.Event{
		ID: "org", Type: events.TypeOrgConfigured, Org: "acme", DataVersion: 1, Data: []byte(`{"zone":"` + w.zone + `","currency":"EUR"}`),
	}}}, nil
}

func (w *world) each(q projections.ForesightQuery, visit func(i int, at time.Time)) {
	for i := range 100 {
		if at := w.now.Truncate(24*time.Hour).AddDate(0, 0, i-100).Add(10 * time.Hour); at.Before(q.Until) {
			visit(i, at)
		}
	}
}

func (w *world) Steps(_ context.Context, q projections.ForesightQuery) (out []projections.Step, _ error) {
	w.each(q, func(i int, at time.Time) {
		out = append(out, projections.Step{Person: uint64(i), Stage: "signup", At: at, Rep: "kim"})
	})
	return out, nil
}

func (w *world) Counts(_ context.Context, q projections.ForesightQuery) (out []projections.DayCount, _ error) {
	w.each(q, func(_ int, at time.Time) {
		out = append(out, projections.DayCount{Day: calendar.DayOf(at), Type: events.TypeSignupCompleted, Rep: "kim", N: 1})
	})
	return out, nil
}

func (w *world) Contracts(_ context.Context, q projections.ForesightQuery) (out []projections.Contract, _ error) {
	w.each(q, func(_ int, at time.Time) {
		out = append(out, projections.Contract{At: at, Rep: "kim", Currency: "EUR", Amount: 100 * events.Scale})
	})
	return out, nil
}

func (w *world) Issued(_ context.Context, q projections.IssuedQuery) (out []events.ForecastIssued, _ error) {
	for i, f := range w.recorded {
		if f.Owner == q.Owner && calendar.DayOf(w.at[i]) >= q.From {
			out = append(out, f)
		}
	}
	return out, nil
}

func (w *world) Position(context.Context, string) (events.Position, error) {
	if w.behind {
		return 6, nil
	}
	return 7, nil
}

func (w *world) LastOf(context.Context, string, ...string) (events.Position, error) { return 7, nil }

func (w *world) Record(_ context.Context, _ string, drafts []events.Draft) ([]events.Receipt, error) {
	receipts := make([]events.Receipt, len(drafts))
	for i, d := range drafts {
		f, err := events.DecodeData[events.ForecastIssued](events.Event{Type: d.Type, DataVersion: 1, Data: d.Data})
		if err != nil {
			return nil, err
		}
		w.recorded, w.at = append(w.recorded, f), append(w.at, d.Time)
		receipts[i] = events.Receipt{ID: d.ID, Outcome: events.Appended}
	}
	return receipts, nil
}

func (w *world) start() *forecaster {
	return &forecaster{
		deps: Deps{
			Known: w, Ledger: w, Recorder: w, Logger: slog.New(slog.NewTextHandler(w.t.Output(), nil)),
			Clock: func() time.Time { return w.now },
		},
		settle: 15 * time.Minute, done: map[string]calendar.Day{},
	}
}

// looks lets a forecaster look at an instant, and wants as many forecasts to be recorded.
func (w *world) looks(f *forecaster, at string, want int) {
	w.t.Helper()
	now, err := time.Parse(time.RFC3339, at)
	if err != nil {
		w.t.Fatal(err)
	}
	w.now = now
	before := len(w.recorded)
	if err := f.look(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	if got := len(w.recorded) - before; got != want {
		w.t.Errorf("at %s: %d forecasts, want %d", at, got, want)
	}
}

// A week begins on Monday, 1 June 2026, at midnight in Berlin: 22:00 on Sunday in UTC. Sign-ups and their amounts are
// forecast of the org and of Kim.
func TestForecastsAreIssuedOnce(t *testing.T) {
	w := &world{t: t, zone: "Europe/Berlin"}
	f := w.start()
	w.looks(f, "2026-05-31T21:59:00Z", 0)
	w.looks(f, "2026-05-31T22:14:00Z", 0) // what happened last may still come in
	w.behind = true
	w.looks(f, "2026-05-31T22:15:00Z", 0)
	w.behind = false
	w.looks(f, "2026-05-31T22:20:00Z", 4)
	w.looks(f, "2026-05-31T22:25:00Z", 0)
	w.looks(w.start(), "2026-06-01T12:00:00Z", 0) // started anew: they are there
	w.looks(f, "2026-06-07T12:00:00Z", 0)
	w.looks(f, "2026-06-08T09:00:00Z", 4)
	one := w.recorded[0]
	if one.AsOf != "2026-05-31" || len(one.Spans) != 14 || one.Metric != "signups" || one.OwnerKind != events.OwnerOrg {
		t.Errorf("%+v", one)
	}
	if first, all := one.Spans[0], one.Spans[13]; first.StartsOn != "2026-06-01" || first.EndsOn != "2026-06-07" ||
		all.StartsOn != "2026-06-01" || all.EndsOn != "2026-08-30" || all.P50 < 60*events.Scale || all.P50 > 120*events.Scale {
		t.Errorf("%+v %+v", first, all)
	}
	if kim := w.recorded[3]; kim.Owner.Owner != "kim" || kim.Metric != "signup_amount" || kim.Currency != "EUR" {
		t.Errorf("%+v", kim)
	}
}

// What was missed on a Monday is not issued on Tuesday as if it had been.
func TestThePastIsNotInvented(t *testing.T) {
	w := &world{t: t, zone: "UTC"}
	w.looks(w.start(), "2026-06-02T09:00:00Z", 0)
	w.looks(w.start(), "2026-06-07T23:59:00Z", 0)
	w.looks(w.start(), "2026-06-08T23:00:00Z", 4)
}
