// Package goals tells how an org's goals stand: it reads what was declared and what was done, and hands both to the pure
// reckoning of package pace. Whoever wants to know how a goal stands (the API, alerts, a plan for the day) asks a Desk:
//
//	desk := goals.Desk{Reader: warehouse, Now: time.Now, Logger: logger}
//	standing, err := desk.Standing(ctx, org, "calls-in-march", at, time.Time{})
//	all, err := desk.All(ctx, org, goals.Filter{Rep: "kim"}, at) // the most urgent first
//	calendars, err := desk.Calendars(ctx, org, time.Time{})
//	working := calendars.Of(events.Owner{OwnerKind: events.OwnerRep, Owner: "kim"})
//
// A standing is as of an instant, in two senses that are told apart: `at` is the moment that is judged, `known` the moment
// whose knowledge is used. With known zero a past moment is judged by what is known now: calls that were reported late
// count, what was voided since does not. With known equal to at it is judged exactly as it then was: by the events, voids,
// revisions, days off and settings that had been recorded by then. A goal is always taken as it stood on the day of `at`.
//
// The package is no role. It must import neither a role nor ledger nor warehouse: it declares what it needs of them.
package goals

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// Reader holds what is known.
type Reader interface {
	// Declarations returns what orgs declared, in the order of positions.
	Declarations(ctx context.Context, q projections.DeclarationQuery) ([]events.Record, error)

	// Metrics answers from the rollups: whole days, as they are known now.
	Metrics(ctx context.Context, q projections.MetricQuery) ([]projections.MetricRow, error)

	// Tally answers from the events: parts of days, as they were known at some time.
	Tally(ctx context.Context, q projections.TallyQuery) ([]projections.MetricRow, error)

	// Amounts returns the amounts of single events, the newest first.
	Amounts(ctx context.Context, q projections.AmountQuery) ([]events.Decimal, error)
}

// Desk tells how goals stand. All fields are required unless they say otherwise; a Desk is safe for concurrent use.
type Desk struct {
	Reader Reader
	Now    func() time.Time
	Logger *slog.Logger // hears of events that cannot be read; they are left out

	// Foresight tells what is to be expected of goals; nil, or where it says nothing, Foresee does.
	Foresight Foresight

	// Foresee reckons outlooks; nil for pace.Foresee.
	Foresee func(g pace.Goal, d pace.Done, now time.Time, w calendar.Working, c pace.Chance) (pace.Outlook, bool)
}

// ErrNoGoal is returned when an org has no goal of that id, or had none at the time that was asked about.
var ErrNoGoal = errors.New("no such goal")

// NoPaceError says why nothing can be told of how a goal stands: it counts what is not defined, or lacks a currency.
type NoPaceError struct{ Reason string }

// Error implements error.
func (e NoPaceError) Error() string { return "no pace: " + e.Reason }

// Filter narrows down whose goals are meant. The zero value means all goals of the org that are open.
type Filter struct {
	Rep   string // only goals that this rep owns
	Team  string // only goals that this team owns
	Owned bool   // only goals that the org itself owns; with none of the three, everybody's

	// Since takes in goals that ended or were closed, as long as they did so on that day or later; 0 for none of them.
	Since calendar.Day
}

func (f Filter) takes(o events.Owner) bool {
	switch {
	case f.Rep != "" || f.Team != "":
		return f.Rep != "" && o == events.Owner{OwnerKind: events.OwnerRep, Owner: f.Rep} ||
			f.Team != "" && o == events.Owner{OwnerKind: events.OwnerTeam, Owner: f.Team}
	case f.Owned:
		return o.OwnerKind == events.OwnerOrg
	default:
		return true
	}
}

// Goals returns the goals of an org as they are known now, in the order in which they were set.
func (d Desk) Goals(ctx context.Context, org string) ([]projections.Goal, error) {
	s, err := d.sit(ctx, org, time.Time{})
	return s.goals, err
}

// Calendars returns the working time of an org, its teams and reps, as they are known now or, with known, were then.
func (d Desk) Calendars(ctx context.Context, org string, known time.Time) (Calendars, error) {
	s, err := d.sit(ctx, org, known)
	return s.calendars, err
}

// Standing tells how one goal stands at an instant. It returns ErrNoGoal, or a NoPaceError.
func (d Desk) Standing(ctx context.Context, org, goal string, at, known time.Time) (Standing, error) {
	s, err := d.sit(ctx, org, known)
	if err != nil {
		return Standing{}, err
	}
	i := slices.IndexFunc(s.goals, func(g projections.Goal) bool { return g.ID == goal })
	if i < 0 {
		return Standing{}, ErrNoGoal
	}
	return s.stand(ctx, s.goals[i], at)
}

// All tells how all goals that the filter means stand at an instant, the most urgent first: those with the fewest safe
// days, then those that are furthest behind; what is over, not begun or has no pace comes last.
func (d Desk) All(ctx context.Context, org string, f Filter, at time.Time) ([]Standing, error) {
	s, err := d.sit(ctx, org, time.Time{})
	if err != nil {
		return nil, err
	}
	c := s.settings.Calendar()
	meant := slices.DeleteFunc(slices.Clone(s.goals), func(g projections.Goal) bool { return !f.takes(g.Owner) || !f.current(g, at, c) })
	if err := s.readAhead(ctx, meant, at); err != nil {
		return nil, fmt.Errorf("goals of %s: %w", org, err)
	}
	var out []Standing
	for _, g := range meant {
		st, err := s.stand(ctx, g, at)
		if none := (NoPaceError{}); errors.As(err, &none) {
			st.NoPace = none.Reason
		} else if err != nil {
			return nil, err
		}
		out = append(out, st)
	}
	slices.SortStableFunc(out, byUrgency)
	return out, nil
}

// current tells whether a goal is open at an instant, or was over late enough.
func (f Filter) current(g projections.Goal, at time.Time, c calendar.Calendar) bool {
	day := c.DayOf(at.Add(-1))
	ends := g.On(day).EndsOn
	if g.Closed == nil || g.Closed.At.After(at) {
		return ends >= day || f.Since != 0 && ends >= f.Since
	}
	return f.Since != 0 && c.DayOf(g.Closed.At) >= f.Since
}

// sitting is what one question needs to know of an org.
type sitting struct {
	Desk

	org       string
	known     time.Time // zero for now
	now       time.Time
	settings  projections.OrgSettings
	calendars Calendars
	goals     []projections.Goal
	plans     []events.Record // plan.adopted
	seen      map[string]seen // what was read for the goals of one owner on one metric, by seenKey
	ahead     map[string]seen // what was read ahead: whole days only
}

// sit reads what an org declared. What cannot be read is logged and left out: it must not hide the rest.
func (d Desk) sit(ctx context.Context, org string, known time.Time) (*sitting, error) {
	s := &sitting{Desk: d, org: org, known: known, now: d.Now(), seen: map[string]seen{}, ahead: map[string]seen{}}
	types := slices.Concat([]string{events.TypeOrgConfigured, events.TypePlanAdopted}, projections.GoalTypes(), projections.CalendarTypes())
	records, err := d.Reader.Declarations(ctx, projections.DeclarationQuery{Org: org, Types: types, Known: known})
	if err != nil {
		return s, fmt.Errorf("goals of %s: %w", org, err)
	}
	of := func(types ...string) []events.Record {
		var out []events.Record
		for _, r := range records {
			if slices.Contains(types, r.Event.Type) {
				out = append(out, r)
			}
		}
		return out
	}
	var unread [3]error
	s.settings, unread[0] = projections.FoldSettings(of(events.TypeOrgConfigured))
	s.goals, unread[1] = projections.FoldGoals(nil, of(projections.GoalTypes()...))
	s.calendars = Calendars{settings: s.settings}
	s.calendars.schedules, unread[2] = projections.FoldSchedules(s.settings, of(projections.CalendarTypes()...))
	s.plans = of(events.TypePlanAdopted)
	if err := errors.Join(unread[:]...); err != nil {
		// Every read comes by here, and an event that stands cannot be taken back.
		d.Logger.DebugContext(ctx, "declarations left out", "org", org, "error", err)
	}
	return s, nil
}

// dayOf returns the day whose goals hold at an instant: midnight is the end of the day before.
func (s *sitting) dayOf(at time.Time) calendar.Day { return s.settings.Calendar().DayOf(at.Add(-1)) }
