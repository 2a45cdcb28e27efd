package projections

import (
	"errors"
	"fmt"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// DayPlan is a rep's plan for a day as its events tell it.
type DayPlan struct {
	Set   bool // false: nobody planned the day
	At    time.Time
	Steps []events.Step
	Done  map[string]time.Time // when a step was said to be done, by its id

	LeftOut []events.LeftOut // what the day was asked for and had no room for
}

// DayPlanQuery asks for the events of a rep's plan for a day. A day may be planned up to a week ahead.
func DayPlanQuery(org, rep string, day calendar.Day) EventQuery {
	return EventQuery{Org: org, From: day - 7, To: day + 2, Limit: 500, Where: map[Dimension][]string{
		ByType: {events.TypeDayplanSet, events.TypeDayplanStepDone}, ByRep: {rep},
	}}
}

// FoldDayPlan takes the answer to a DayPlanQuery, newest first, into the plan of that day: the last dayplan.set counts,
// and whatever step was done. The error names what could not be read: the plan is right without it.
func FoldDayPlan(day calendar.Day, rows []EventRow) (DayPlan, error) {
	plan := DayPlan{Done: map[string]time.Time{}}
	var unread []error
	for _, r := range rows {
		var err error
		switch r.Event.Type {
		case events.TypeDayplanSet:
			var set events.DayplanSet
			if set, err = events.DecodeData[events.DayplanSet](r.Event); err == nil && set.Day == events.Date(day.String()) && !plan.Set {
				plan.Set, plan.At, plan.Steps, plan.LeftOut = true, r.Event.Time, set.Steps, set.LeftOut
			}
		case events.TypeDayplanStepDone:
			var done events.DayplanStepDone
			if done, err = events.DecodeData[events.DayplanStepDone](r.Event); err == nil && done.Day == events.Date(day.String()) {
				plan.Done[done.Step] = r.Event.Time
			}
		}
		if err != nil {
			unread = append(unread, fmt.Errorf("day plan event %s at position %d: %w", r.Event.ID, r.Position, err))
		}
	}
	return plan, errors.Join(unread...)
}
