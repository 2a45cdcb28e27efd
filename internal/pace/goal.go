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
	Luck   Rule = "luck"   // a gap within luck is no gap; where the spread has not been measured, all is judged strictly
	Strict Rule = "strict" // nine tenths of the line is at risk, less is off track
)

// Kind tells what a goal's number is made of, and so what luck can make of it.
type Kind string

// The kinds. The first two add up over time and have a line; the others are ratios, whose line is the target all the time.
const (
	Counts   Kind = "counts"   // how many events
	Amounts  Kind = "amounts"  // a sum of money or time, over events
	Share    Kind = "share"    // so many events out of so many
	Each     Kind = "each"     // so many events for each of others, which may be more than one
	Average  Kind = "average"  // an amount for each event
	Division Kind = "division" // a ratio of sums whose spread cannot be told
)

// Ratio tells whether a goal of this kind sets one number against another.
func (k Kind) Ratio() bool { return k == Share || k == Each || k == Average || k == Division }

// Goal is what is to be judged, as it stood at the moment of the judgement. Target and the markers' values are in the
// unit of the goal's metric.
type Goal struct {
	Target    events.Decimal
	Direction Direction
	From, To  calendar.Day // both inclusive
	Rule      Rule
	Markers   []Marker // in the order of their days; none for a straight line, and for ratios
	Kind      Kind
	Result    Status // how it was closed, "" while it is open

	// Begins is the moment at which a goal was set that was set on its own first day: the line begins there, so that nobody
	// is behind for hours that had passed before. Zero for all others, whose line begins with the day.
	Begins time.Time

	// Noun is what is counted, as it stands after the number in a sentence: "calls", "USD of sign-ups"; for a ratio, as it
	// stands before the number: "close rate".
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
	if g.Kind.Ratio() && len(g.Markers) > 0 {
		errs = append(errs, errors.New("markers: a ratio has none, its line is the target all the time"))
	}
	if g.Kind == Share && g.Target > events.Scale {
		errs = append(errs, fmt.Errorf("target %s: want a share of at most 1", g.Target))
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

// Expected returns the value of the line at t, between 0 and the target; the line of a ratio is the target.
func (g Goal) Expected(t time.Time, w calendar.Working) events.Decimal {
	if g.Kind.Ratio() {
		return g.Target
	}
	loc := w.Calendar().Location()
	start, reached := g.begin(loc), events.Decimal(0)
	if !start.Before(t) {
		return 0
	}
	for _, m := range g.stretches() {
		end := (m.On + 1).In(loc)
		if t.Before(end) {
			return reached + share(m.Value-reached, start, t, end, w)
		}
		start, reached = end, m.Value
	}
	return reached
}

// begin returns the moment at which the line begins.
func (g Goal) begin(loc *time.Location) time.Time {
	start := g.From.In(loc)
	if g.Begins.After(start) && g.Begins.Before((g.From + 1).In(loc)) {
		return g.Begins
	}
	return start
}

// stretches returns where the straight stretches of the line end, the last of them at the target.
func (g Goal) stretches() []Marker {
	if n := len(g.Markers); n > 0 && g.Markers[n-1].On == g.To {
		return g.Markers
	}
	return append(slices.Clip(g.Markers), Marker{On: g.To, Value: g.Target})
}

// distance returns the working time from t to the moment at which the line equals actual: negative if that moment has
// passed, so that the goal is behind. Where the line rests at that value for a while, the nearest moment counts. ok is
// false if the line never comes to it, or no working time is there to measure by.
func (g Goal) distance(actual events.Decimal, t time.Time, w calendar.Working) (d time.Duration, ok bool) {
	loc := w.Calendar().Location()
	start := g.begin(loc)
	if actual < 0 || actual > g.Target || w.Between(start, (g.To+1).In(loc)) == 0 {
		return 0, false
	}
	now := w.Between(start, t)
	begun, reached := time.Duration(0), events.Decimal(0)
	first, last := time.Duration(-1), time.Duration(-1) // of the working time at which the line equals actual
	for _, m := range g.stretches() {
		end := (m.On + 1).In(loc)
		long := w.Between(start, end)
		if reached <= actual && actual <= m.Value {
			from, to := begun, begun+long
			if rise := m.Value - reached; rise > 0 {
				from += time.Duration(mulDiv(events.Decimal(long), int64(actual-reached), int64(rise)))
				to = from
			}
			if first < 0 {
				first = from
			}
			last = to
		}
		start, begun, reached = end, begun+long, m.Value
	}
	return max(first, min(last, now)) - now, first >= 0
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
