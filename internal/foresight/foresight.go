// Package foresight reads what forecasts follow from, and tells by them what is to be expected of goals:
//
//	reader := foresight.Reader{Known: warehouse}
//	history, err := reader.Recall(ctx, foresight.Span{Org: org, First: now, Last: now, Settings: settings})
//	input, leans := history.Input(foresight.Ask(settings, whose, now, working), forecast.All)
//	desk := goals.Desk{Foresight: reader.Desk(), ...}
//
// A history may be recalled once for many questions: each uses nothing of its own moment or later. Whatever it is asked
// about, it is that of one knowledge: as of now or, with Known, as of then.
//
// The package is no role. It must import neither a role nor ledger nor warehouse: it declares what it needs of them.
package foresight

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/forecast"
	"milemarker/projections"
)

// Known holds what is known.
type Known interface {
	// Steps tells when people first came to the stages of their journeys, one person after the other.
	Steps(ctx context.Context, q projections.ForesightQuery) ([]projections.Step, error)
	// Counts tells what happened by day, rep and team.
	Counts(ctx context.Context, q projections.ForesightQuery) ([]projections.DayCount, error)
	// Contracts tells of sign-ups and what became of them, the oldest first.
	Contracts(ctx context.Context, q projections.ForesightQuery) ([]projections.Contract, error)
}

// Reader reads what forecasts follow from.
type Reader struct {
	Known  Known
	Recent *Recent         // keeps what was read for the present; nil: everything is read anew
	Wanted events.Position // what is read must reflect it
}

// Span is what a history is recalled for.
type Span struct {
	Org         string
	First, Last time.Time // moments as of which forecasts will be made, First <= Last; nothing of Last or later is read
	Known       time.Time // what had been recorded by then; zero for all that is known now
	Settings    projections.OrgSettings
	Currency    string // of amounts; "" for none
}

// lookBack is how long before a forecast it is read who came to a stage for the first time: whoever was there earlier
// still counts as new.
const lookBack = 3 * 366

// Stages returns the stages that are forecast, from the first to the sign-up.
func Stages() []string { return append(projections.Progress(), "signup") }

// Recall reads the history of an org, or has read it.
func (r Reader) Recall(ctx context.Context, s Span) (forecast.History, error) {
	if r.Recent == nil || !s.Known.IsZero() || !s.First.Equal(s.Last) {
		return r.read(ctx, s)
	}
	c := s.Settings.Calendar()
	day := c.DayOf(s.Last.Add(-1))
	key := recent{s.Org, s.Currency, s.Settings.Epoch, day}
	return r.Recent.recall(ctx, key, r.Wanted, func() (forecast.History, error) {
		s.First, s.Last = day.In(c.Location()), (day + 1).In(c.Location()) // the same whenever of that day it is read
		return r.read(ctx, s)
	})
}

func (r Reader) read(ctx context.Context, s Span) (forecast.History, error) {
	h := forecast.History{Stages: Stages()}
	q := projections.ForesightQuery{
		Org: s.Org, Since: s.First.AddDate(0, 0, -lookBack), Until: s.Last, Known: s.Known, Settings: s.Settings,
	}
	steps, err := r.Known.Steps(ctx, q)
	if err != nil {
		return h, fmt.Errorf("journeys of %s: %w", s.Org, err)
	}
	h.Steps = stepsOf(steps, h.Stages, s.Settings.Calendar().Location())
	contracts, err := r.Known.Contracts(ctx, q)
	if err != nil {
		return h, fmt.Errorf("sign-ups of %s: %w", s.Org, err)
	}
	if s.Currency != "" {
		h.Contracts = contractsOf(contracts, s.Currency)
	}
	q.Since = s.First.AddDate(0, 0, -forecast.CountDays-2)
	counts, err := r.Known.Counts(ctx, q)
	if err != nil {
		return h, fmt.Errorf("activity of %s: %w", s.Org, err)
	}
	h.Counts = countsOf(counts, h.Stages)
	return h, nil
}

// stepsOf turns steps into those of a forecast.
func stepsOf(steps []projections.Step, stages []string, zone *time.Location) []forecast.Step {
	index := map[string]int{"declined": forecast.Lost, "disqualified": forecast.Lost, "cancelled": forecast.Lost}
	for i, name := range stages {
		index[name] = i
	}
	out := make([]forecast.Step, 0, len(steps))
	for _, s := range steps {
		stage, ok := index[s.Stage]
		if !ok {
			continue
		}
		out = append(out, forecast.Step{Person: s.Person, Stage: stage, At: s.At.In(zone), Rep: s.Rep, Team: s.Team})
	}
	return out
}

// countsOf turns numbers of events into those of a forecast.
func countsOf(counts []projections.DayCount, stages []string) (out []forecast.Count) {
	for _, c := range counts {
		name := projections.Stage(c.Type, c.Outcome)
		stage := slices.Index(stages, name)
		if stage < 0 {
			continue
		}
		one := forecast.Count{Day: c.Day, Stage: stage, Rep: c.Rep, Team: c.Team, N: float64(c.N)}
		out = append(out, one)
		if name == "conversation" {
			one.Stage = slices.Index(stages, "attempt")
			out = append(out, one)
		}
	}
	return out
}

// contractsOf turns sign-ups into those of a forecast; what is in another currency brings nothing.
func contractsOf(contracts []projections.Contract, currency string) []forecast.Contract {
	out := make([]forecast.Contract, 0, len(contracts))
	for _, c := range contracts {
		one := forecast.Contract{At: c.At, Ended: c.Ended, Rep: c.Rep, Team: c.Team}
		if c.Currency == currency {
			one.Sale = forecast.Sale{Once: c.Amount.Float64(), Weekly: c.Annual.Float64() / 52}
		}
		out = append(out, one)
	}
	return out
}

// Ask returns the question for a forecast as of an instant: the end of a day if it is a midnight of the org.
func Ask(org string, s projections.OrgSettings, whose forecast.Whose, now time.Time, w calendar.Working) forecast.Question {
	c := s.Calendar()
	zone := c.Location()
	today := c.DayOf(now.Add(-1))
	end := (today + 1).In(zone)
	return forecast.Question{
		Whose: whose, Now: now.In(zone), Today: today, Over: now.Equal(end), Left: w.Between(now, end), Hours: w.On,
		Seed: seed(org, whose, today),
	}
}

// seed is the same for the same question on the same day.
func seed(org string, whose forecast.Whose, day calendar.Day) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "forecast/%s/%s/%s/%s", org, whose.Rep, whose.Team, day) // never fails
	return h.Sum64()
}

// WhoseOf returns whose forecast an owner's is.
func WhoseOf(o events.Owner) forecast.Whose {
	switch o.OwnerKind {
	case events.OwnerRep:
		return forecast.Whose{Rep: o.Owner}
	case events.OwnerTeam:
		return forecast.Whose{Team: o.Owner}
	default:
		return forecast.Whose{}
	}
}

// OwnerOf returns the owner whose forecast it is.
func OwnerOf(w forecast.Whose) events.Owner {
	switch {
	case w.Rep != "":
		return events.Owner{OwnerKind: events.OwnerRep, Owner: w.Rep}
	case w.Team != "":
		return events.Owner{OwnerKind: events.OwnerTeam, Owner: w.Team}
	default:
		return events.Owner{OwnerKind: events.OwnerOrg}
	}
}

// Sentence says what a forecast leans on.
func Sentence(l forecast.Leans) string {
	s := fmt.Sprintf("It leans on %d open prospects and on %.0f people met in %.0f weeks", l.Open, l.Met, l.Weeks)
	if l.Sales > 0 {
		s += fmt.Sprintf(", on %d sales, %d of them own ones", l.Sales, l.Own)
	}
	if l.Book > 0 {
		s += fmt.Sprintf(", and on %d contracts that go on", l.Book)
	}
	return s + "."
}
