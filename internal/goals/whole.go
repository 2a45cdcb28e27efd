package goals

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/projections"
)

// Whole returns a goal with its line as it stands after all its revisions, to be split, and all goals of the org with it.
// It returns ErrNoGoal, or a NoPaceError.
func (d Desk) Whole(ctx context.Context, org, goal string) (Whole, []projections.Goal, error) {
	s, err := d.sit(ctx, org, time.Time{})
	if err != nil {
		return Whole{}, nil, err
	}
	g, ok := Find(s.goals, goal)
	if !ok {
		return Whole{}, nil, ErrNoGoal
	}
	w, err := s.whole(ctx, g)
	return w, s.goals, err
}

// WholeAs is Whole for a goal as a change would make it. It returns a NoPaceError where nothing can be told of it.
func (d Desk) WholeAs(ctx context.Context, org string, g projections.Goal) (Whole, error) {
	s, err := d.sit(ctx, org, time.Time{})
	if err != nil {
		return Whole{}, err
	}
	return s.whole(ctx, g)
}

func (s *sitting) whole(ctx context.Context, g projections.Goal) (Whole, error) {
	def, ok := metric.Find(g.Metric)
	if !ok {
		return Whole{}, NoPaceError{fmt.Sprintf("The goal counts %.100q, which is not defined.", g.Metric)}
	}
	st := Standing{Goal: g, Terms: Final(g), Metric: def, At: s.now, Day: s.dayOf(s.now)}
	if def.ByCurrency() {
		st.Currency = cmp.Or(g.Currency, s.settings.Currency)
	}
	st.Behind.Where = where(g.Owner, def, st.Currency)
	st.Working = s.calendars.Of(g.Owner)
	course, err := s.course(ctx, &st)
	if err != nil {
		return Whole{}, fmt.Errorf("line of %s: %w", g.ID, err)
	}
	if err := course.Validate(); err != nil {
		return Whole{}, NoPaceError{err.Error()}
	}
	return Whole{Goal: g, Course: course, Metric: def, Working: st.Working, Today: s.settings.Calendar().DayOf(s.now)}, nil
}

// From returns the day from which a goal is split anew: today, or the day of its last revision if that is yet to come.
func (w Whole) From(today calendar.Day) calendar.Day {
	for _, on := range w.Goal.Revisions() {
		today = max(today, on)
	}
	return today
}
