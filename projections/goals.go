package projections

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Goal is a goal as its events tell it. What it was before a revision stays known: see On.
type Goal struct {
	ID        string
	Metric    string
	Currency  string // of the target, "" unless the metric is an amount
	Direction string // events.AtLeast or events.AtMost
	Owner     events.Owner
	StartsOn  calendar.Day
	SetAt     time.Time
	Position  events.Position // of the last event that changed it
	Closed    *GoalClosing    // nil while it is open

	Last   *events.GoalRevised // the last word about it, if that is a revision; private fields left out
	Before events.Position     // what Position was before the last event

	first     GoalTerms
	revisions []goalRevision // by effective day, then position
}

// GoalTerms are those properties of a goal that a revision may change.
type GoalTerms struct {
	Title      string // may be empty
	Target     events.Decimal
	EndsOn     calendar.Day // inclusive
	StatusRule string       // events.StatusByLuck or events.StatusStrict
	Course     events.Course
	Parent     string // id of the goal that this one serves, may be empty
	Partner    string // rep who holds the owner to it, may be empty
}

// GoalClosing says how a goal came to its end.
type GoalClosing struct {
	At     time.Time
	Result string
	Reason string
}

type goalRevision struct {
	on      calendar.Day
	changes events.GoalRevised
}

// On returns the goal as it stood on a day: with the revisions that were effective by then, whenever they were recorded.
func (g Goal) On(day calendar.Day) GoalTerms {
	terms := g.first
	for _, r := range g.revisions {
		if r.on > day {
			break
		}
		terms = terms.revised(r.changes)
	}
	return terms
}

// Revised returns the goal as a revision would make it.
func (g Goal) Revised(c events.GoalRevised) Goal {
	if on, err := calendar.ParseDay(string(c.EffectiveOn)); err == nil {
		g.revise(on, c)
	}
	return g
}

// revise takes in a revision that is effective from a day on.
func (g *Goal) revise(on calendar.Day, c events.GoalRevised) {
	i := len(g.revisions)
	for i > 0 && g.revisions[i-1].on > on {
		i--
	}
	g.revisions = slices.Insert(slices.Clone(g.revisions), i, goalRevision{on: on, changes: c})
}

// Revisions returns the days from which the goal stood differently, in order.
func (g Goal) Revisions() []calendar.Day {
	var days []calendar.Day
	for _, r := range g.revisions {
		days = append(days, r.on)
	}
	return slices.Compact(days)
}

// FoldGoals takes goal.set, goal.revised and goal.closed records, in the order of their positions, into the goals that
// came of the records before. Other records change nothing, nor do revisions of a goal that is not known; the first
// goal.set of an id counts. The goals keep the order in which they were set; before is left as it was. The error names
// the records that could not be read: the goals are right without them.
func FoldGoals(before []Goal, records []events.Record) ([]Goal, error) {
	goals := slices.Clone(before)
	var unread []error
	for _, r := range records {
		var err error
		switch r.Event.Type {
		case events.TypeGoalSet:
			goals, err = setGoal(goals, r)
		case events.TypeGoalRevised:
			err = reviseGoal(goals, r)
		case events.TypeGoalClosed:
			err = closeGoal(goals, r)
		}
		if err != nil {
			unread = append(unread, fmt.Errorf("goal event %s at position %d: %w", r.Event.ID, r.Position, err))
		}
	}
	return goals, errors.Join(unread...)
}

func setGoal(goals []Goal, r events.Record) ([]Goal, error) {
	set, err := events.DecodeData[events.GoalSet](r.Event)
	if err != nil {
		return goals, err
	}
	if find(goals, set.Goal) != nil {
		return goals, nil
	}
	starts, err := calendar.ParseDay(string(set.StartsOn))
	if err != nil {
		return goals, err
	}
	ends, err := calendar.ParseDay(string(set.EndsOn))
	if err != nil {
		return goals, err
	}
	set.OwnerKind = cmp.Or(set.OwnerKind, events.OwnerOrg)
	return append(goals, Goal{
		ID: set.Goal, Metric: set.Metric, Currency: set.Currency, Owner: set.Owner, StartsOn: starts,
		Direction: cmp.Or(set.Direction, events.AtLeast), SetAt: r.Event.Time, Position: r.Position,
		first: GoalTerms{
			Title: set.Title, Target: set.Target, EndsOn: ends, Course: set.Course, Parent: set.Parent, Partner: set.Partner,
			StatusRule: cmp.Or(set.StatusRule, events.StatusByLuck),
		},
	}), nil
}

func reviseGoal(goals []Goal, r events.Record) error {
	changes, err := events.DecodeData[events.GoalRevised](r.Event)
	if err != nil {
		return err
	}
	on, err := calendar.ParseDay(string(changes.EffectiveOn))
	if err != nil {
		return err
	}
	if changes.EndsOn != "" {
		if _, err := calendar.ParseDay(string(changes.EndsOn)); err != nil {
			return err
		}
	}
	if g := find(goals, changes.Goal); g != nil {
		g.revise(on, changes)
		g.Last, g.Before, g.Position = &changes, g.Position, r.Position
	}
	return nil
}

func closeGoal(goals []Goal, r events.Record) error {
	closed, err := events.DecodeData[events.GoalClosed](r.Event)
	if err != nil {
		return err
	}
	if g := find(goals, closed.Goal); g != nil {
		g.Closed = &GoalClosing{At: r.Event.Time, Result: closed.Result, Reason: closed.Reason}
		g.Last, g.Before, g.Position = nil, g.Position, r.Position
	}
	return nil
}

func find(goals []Goal, id string) *Goal {
	i := slices.IndexFunc(goals, func(g Goal) bool { return g.ID == id })
	if i < 0 {
		return nil
	}
	return &goals[i]
}

// revised returns the terms with the changes made; what the changes leave out stays.
func (t GoalTerms) revised(c events.GoalRevised) GoalTerms {
	t.Title = cmp.Or(c.Title, t.Title)
	t.StatusRule = cmp.Or(c.StatusRule, t.StatusRule)
	t.Parent = cmp.Or(c.Parent, t.Parent)
	t.Partner = cmp.Or(c.Partner, t.Partner)
	if c.Target != nil {
		t.Target = *c.Target
	}
	if day, err := calendar.ParseDay(string(c.EndsOn)); err == nil {
		t.EndsOn = day
	}
	switch {
	case c.Curve != "":
		t.Course = c.Course
	case c.Weights != nil:
		t.Course.Weights = c.Weights
	case c.Markers != nil:
		t.Course.Markers = c.Markers
	}
	return t
}
