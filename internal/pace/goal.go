package pace

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Direction tells which side of the target is the good one.
type Direction string

// The directions.
const (
	AtLeast Direction = "at_least"
	AtMost  Direction = "at_most"
)

// Rule tells how a gap is judged.
type Rule string

// The rules.
const (
	Luck   Rule = "luck"   // a gap within luck is no gap; counts only, all else is judged strictly
	Strict Rule = "strict" // nine tenths of the line is at risk, less is off track
)

// Goal is what is to be judged, as it stood at the moment of the judgement. Target and the markers' values are in the
// unit of the goal's metric.
type Goal struct {
	Target    events.Decimal
	Direction Direction
	From, To  calendar.Day // both inclusive
	Rule      Rule
	Markers   []Marker // in the order of their days; none for a straight line
	Counts    bool     // the metric counts events; false for money and time

	// Noun is what is counted, as it stands after the number in a sentence: "calls", "USD of sign-ups".
	Noun string
}

// Marker is a value that is to be reached by the end of a day.
type Marker struct {
	On    calendar.Day
	Value events.Decimal
}

// Validate returns what is wrong with the goal, all of it.
func (g Goal) Validate() error {
	var errs []error
	if g.Target <= 0 && g.Direction != AtMost || g.Target < 0 {
		errs = append(errs, fmt.Errorf("target %s: want more than 0", g.Target))
	}
	if g.To < g.From {
		errs = append(errs, fmt.Errorf("ends on %s, before it starts on %s", g.To, g.From))
	}
	if g.Direction != AtLeast && g.Direction != AtMost {
		errs = append(errs, fmt.Errorf("direction %q: want at_least or at_most", g.Direction))
	}
	if g.Rule != Luck && g.Rule != Strict {
		errs = append(errs, fmt.Errorf("rule %q: want luck or strict", g.Rule))
	}
	last := Marker{On: g.From - 1}
	for _, m := range g.Markers {
		if m.On <= last.On || m.On > g.To {
			errs = append(errs, fmt.Errorf("marker on %s: want days in order, from %s to %s", m.On, g.From, g.To))
		}
		if m.Value < last.Value {
			errs = append(errs, fmt.Errorf("marker on %s: %s is less than the marker before", m.On, m.Value))
		}
		last = m
	}
	return errors.Join(errs...)
}

// MonthlyMarkers turns the weights of the calendar months that a goal touches, first to last, into markers: by the end of
// each month the target's share of the weights so far. ok is false unless there is one weight for each month and some
// weight in all.
func MonthlyMarkers(from, to calendar.Day, target events.Decimal, weights []events.Decimal) (markers []Marker, ok bool) {
	all := int64(0)
	for _, w := range weights {
		if w < 0 || all+int64(w) < 0 {
			return nil, false
		}
		all += int64(w)
	}
	if all == 0 {
		return nil, false
	}
	sum, month := int64(0), from
	for _, w := range weights {
		if month > to {
			return nil, false
		}
		year, m, _ := month.Time().Date()
		month = calendar.Date(year, m+1, 1)
		sum += int64(w)
		markers = append(markers, Marker{On: min(month-1, to), Value: mulDiv(target, sum, all)})
	}
	return markers, month > to
}

// expected returns the value of the line at t, between 0 and the target.
func (g Goal) expected(t time.Time, w calendar.Working) events.Decimal {
	loc := w.Calendar().Location()
	start, reached := g.From.In(loc), events.Decimal(0)
	if !start.Before(t) {
		return 0
	}
	markers := g.Markers
	if len(markers) == 0 || markers[len(markers)-1].On < g.To {
		markers = append(slices.Clip(markers), Marker{On: g.To, Value: g.Target})
	}
	for _, m := range markers {
		end := (m.On + 1).In(loc)
		if t.Before(end) {
			return reached + share(m.Value-reached, start, t, end, w)
		}
		start, reached = end, m.Value
	}
	return reached
}

// share returns the part of whole that belongs to the working time from start to t out of that from start to end, or to
// the time by the clock if there is no working time at all.
func share(whole events.Decimal, start, t, end time.Time, w calendar.Working) events.Decimal {
	part, all := w.Between(start, t), w.Between(start, end)
	if all == 0 {
		part, all = t.Sub(start), end.Sub(start)
	}
	if all <= 0 {
		return 0
	}
	return mulDiv(whole, int64(part), int64(all))
}
