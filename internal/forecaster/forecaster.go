// Package forecaster is the role that issues forecasts: on the first day of each week, of every rep and of the org, as
// events (forecast.issued) that stay in the ledger and are graded when the weeks have come.
//
// A forecast is issued once: its id follows from whom it is of, of what and as of which day, so a second one is none. One
// that was missed, because the program did not run on that day, is not issued afterwards: what is known by then is more
// than could have been known. See docs/FORECAST.md.
//
// The package must import neither another role nor ledger nor warehouse: what it needs of them is in Deps.
package forecaster

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/forecast"
	"milemarker/internal/foresight"
	"milemarker/internal/goals"
	"milemarker/projections"
)

// Config says when forecasts are issued. The zero value serves.
type Config struct {
	Every  time.Duration // between looks at whether a week has begun, 0 = 5 min
	Settle time.Duration // after the beginning of a week, for what happened last to come in, 0 = 15 min
}

// Known is what is known.
type Known interface {
	foresight.Known
	goals.Reader

	// Active returns the orgs that did anything that forecasts follow from.
	Active(ctx context.Context, q projections.ActiveQuery) ([]string, error)
	// Issued returns forecasts that were issued.
	Issued(ctx context.Context, q projections.IssuedQuery) ([]events.ForecastIssued, error)
	// Position returns up to where the read models reflect the ledger for an org.
	Position(ctx context.Context, org string) (events.Position, error)
}

// Ledger is the ledger as this role reads it.
type Ledger interface {
	// LastOf returns the position of an org's newest event of some types, 0 if there is none.
	LastOf(ctx context.Context, org string, types ...string) (events.Position, error)
}

// Recorder is the door into the ledger.
type Recorder interface {
	// Record returns one receipt for each draft, in order; see recorder.Recorder.
	Record(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error)
}

// Deps is what the role needs of others. All are required.
type Deps struct {
	Known    Known
	Ledger   Ledger
	Recorder Recorder
	Logger   *slog.Logger
	Clock    func() time.Time
}

// source is what events say that were recorded here.
const source = "/milemarker/forecaster"

// Run issues forecasts until ctx is done, and returns nil then.
func Run(ctx context.Context, cfg Config, deps Deps, ready func()) error {
	ready()
	f := &forecaster{deps: deps, settle: cmp.Or(cfg.Settle, 15*time.Minute), done: map[string]calendar.Day{}}
	ticks := time.NewTicker(cmp.Or(cfg.Every, 5*time.Minute))
	defer ticks.Stop()
	for {
		if err := f.look(ctx); err != nil && ctx.Err() == nil {
			deps.Logger.WarnContext(ctx, "forecasts not issued", "error", err)
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// forecaster knows for which orgs the forecasts of a day are issued.
type forecaster struct {
	deps   Deps
	settle time.Duration
	done   map[string]calendar.Day
}

// look issues what is due. What fails is tried again at the next look.
func (f *forecaster) look(ctx context.Context) error {
	now := f.deps.Clock()
	since := calendar.DayOf(now.UTC()) - 7*forecast.Weeks
	orgs, err := f.deps.Known.Active(ctx, projections.ActiveQuery{Since: since})
	if err != nil {
		return fmt.Errorf("active orgs: %w", err)
	}
	for _, org := range orgs {
		if err := f.lookAt(ctx, org, now); err != nil {
			f.deps.Logger.WarnContext(ctx, "forecasts not issued", "org", org, "error", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// lookAt issues an org's forecasts if its week began today, a while ago, and everything of before is known.
func (f *forecaster) lookAt(ctx context.Context, org string, now time.Time) error {
	desk := goals.Desk{Reader: f.deps.Known, Now: f.deps.Clock, Logger: f.deps.Logger}
	calendars, err := desk.Calendars(ctx, org, time.Time{})
	if err != nil {
		return err
	}
	settings := calendars.Settings()
	c := settings.Calendar()
	today := c.DayOf(now)
	begun := today.In(c.Location())
	if c.Bucket(calendar.Weekly, today) != today || now.Before(begun.Add(f.settle)) || f.done[org] == today {
		return nil
	}
	if current, err := f.current(ctx, org); err != nil || !current {
		return err
	}
	h, err := foresight.Reader{Known: f.deps.Known}.Recall(ctx, foresight.Span{
		Org: org, First: begun, Last: begun, Settings: settings, Currency: settings.Currency,
	})
	if err != nil {
		return err
	}
	issued := 0
	all := []forecast.Whose{{}}
	for _, rep := range foresight.Active(h, today) {
		all = append(all, forecast.Whose{Rep: rep})
	}
	for _, whose := range all {
		working := calendars.Of(foresight.OwnerOf(whose)).Over(today-7*2*forecast.Weeks, today+forecast.Days)
		q := foresight.Ask(org, settings, whose, begun, working)
		n, err := f.issue(ctx, org, h, q, settings.Currency, now)
		if err != nil {
			return err
		}
		issued += n
	}
	f.done[org] = today
	if issued > 0 {
		f.deps.Logger.InfoContext(ctx, "forecasts issued", "org", org, "as_of", (today - 1).String(), "forecasts", issued)
	}
	return nil
}

// current tells whether the read models reflect all that the ledger holds of what forecasts follow from.
func (f *forecaster) current(ctx context.Context, org string) (bool, error) {
	last, err := f.deps.Ledger.LastOf(ctx, org, projections.StepTypes()...)
	if err != nil {
		return false, err
	}
	reached, err := f.deps.Known.Position(ctx, org)
	return reached >= last, err
}

// issue records the forecasts of one owner, those that were issued aside, and returns how many it recorded.
func (f *forecaster) issue(
	ctx context.Context, org string, h forecast.History, q forecast.Question, currency string, now time.Time,
) (recorded int, err error) {
	owner := foresight.OwnerOf(q.Whose)
	had, err := f.deps.Known.Issued(ctx, projections.IssuedQuery{Org: org, From: q.Today, Owner: owner})
	if err != nil {
		return 0, err
	}
	issued := map[string]bool{}
	for _, one := range had {
		issued[one.Forecast] = true
	}
	in, leans := h.Input(q, forecast.All)
	made, err := forecast.Make(in)
	if err != nil {
		return 0, err
	}
	var drafts []events.Draft
	for _, one := range foresight.Issue(made, h, q, leans, currency) {
		if issued[one.Forecast] {
			continue
		}
		data, err := json.Marshal(one)
		if err != nil {
			return 0, fmt.Errorf("forecast %s: %w", one.Forecast, err)
		}
		d, violations := events.Draft{
			ID: events.TypeForecastIssued + "/" + one.Forecast, Source: source, Type: events.TypeForecastIssued, Time: now, Data: data,
		}.Check()
		if len(violations) > 0 {
			return 0, fmt.Errorf("forecast %s: %v", one.Forecast, violations)
		}
		drafts = append(drafts, d)
	}
	if len(drafts) == 0 {
		return 0, nil
	}
	receipts, err := f.deps.Recorder.Record(ctx, org, drafts)
	if err != nil {
		return 0, fmt.Errorf("record forecasts of %s: %w", owner.Owner, err)
	}
	for _, r := range receipts {
		switch r.Outcome {
		case events.Appended:
			recorded++
		case events.Rejected:
			f.deps.Logger.ErrorContext(ctx, "forecast cannot be recorded", "org", org, "event", r.ID, "violations", r.Violations)
		case events.Duplicate, events.Conflict:
			// Another instance was faster: what it recorded counts.
		}
	}
	return recorded, nil
}
