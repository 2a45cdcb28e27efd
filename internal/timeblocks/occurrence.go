package timeblocks

import (
	"slices"
	"time"

	"milemarker/internal/calendar"
)

// Occurrence is one time that a block takes place.
type Occurrence struct {
	Block    string `json:"timeblock"`
	Rep      string `json:"rep,omitempty"`
	Category string `json:"category"`
	Activity string `json:"activity,omitempty"`
	Capacity int    `json:"capacity,omitempty"`
	Span
	Moved *calendar.Day `json:"moved_from,omitempty"` // the day on which it was planned; nil unless it was moved

	on       calendar.Day // on which it was planned
	changed  time.Time    // when this was last said of it
	sequence int          // how often it was said anew
}

// maxOccurrences bounds how often one block may take place within what is asked for: ten times a day for a year.
const maxOccurrences = 3660

// Occurrences returns when blocks take place between two instants, those that overlap an end included, in the order of
// their beginnings. The rule runs by the wall clock of the calendar's zone: a block at nine stays at nine when the clocks
// change. A time that the clocks skip is as much later as they are put forward; of one that comes twice the first is meant.
func Occurrences(blocks []Block, cal calendar.Calendar, from, to time.Time) []Occurrence {
	var out []Occurrence
	take := func(b Block, on calendar.Day, s Span, m Move) {
		if !s.To.After(from) || !s.From.Before(to) {
			return
		}
		o := Occurrence{
			Block: b.ID, Rep: b.Rep, Category: b.Category, Activity: b.Activity, Capacity: b.Capacity, Span: s, on: on,
			changed: b.made, sequence: b.version + m.times,
		}
		if m.times > 0 {
			o.Moved = &on
			if m.made.After(o.changed) {
				o.changed = m.made
			}
		}
		out = append(out, o)
	}
	for _, b := range blocks {
		for _, start := range b.starts(cal.Location(), from, to) {
			on := cal.DayOf(start)
			if _, moved := b.Moves[on]; !moved && b.stands(start, on) {
				take(b, on, b.span(start, cal.Location()), Move{})
			}
		}
		for on, m := range b.Moves {
			day := Span{on.In(cal.Location()), (on + 1).In(cal.Location())}
			for _, start := range b.starts(cal.Location(), day.From, day.To) {
				if cal.DayOf(start) == on && b.stands(start, on) {
					take(b, on, m.Span, m)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(x, y Occurrence) int {
		if c := x.From.Compare(y.From); c != 0 {
			return c
		}
		return int(x.on - y.on)
	})
	return out
}

// stands tells whether what begins at start, on that day, is planned by this version of the block.
func (b Block) stands(start time.Time, on calendar.Day) bool {
	return !start.Before(b.From) && (b.Until.IsZero() || start.Before(b.Until)) && !slices.Contains(b.Skips, on)
}

// starts returns when the block begins, from before `from` on, so that what overlaps it is there.
func (b Block) starts(loc *time.Location, from, to time.Time) []time.Time {
	if b.Rule == "" {
		return []time.Time{b.Starts.In(loc)}
	}
	rule := b.rule(loc)
	if rule == nil {
		return nil
	}
	var out []time.Time
	next := rule.Iterator()
	earliest := from.Add(-b.Ends.Sub(b.Starts) - 2*time.Hour) // an hour of the clocks' change on either side
	for t, ok := next(); ok && t.Before(to) && len(out) < maxOccurrences; t, ok = next() {
		if t = first(t); !t.Before(earliest) {
			out = append(out, t)
		}
	}
	return out
}

// first returns the first of the instants that have the same clock time on the night on which the clocks go back.
func first(t time.Time) time.Time {
	const clock = "15:04:05"
	for _, back := range []time.Duration{time.Hour, 30 * time.Minute} {
		if earlier := t.Add(-back); earlier.Format(clock) == t.Format(clock) {
			return earlier
		}
	}
	return t
}

// span returns the occurrence that begins at start: as long by the wall clock as the first one is.
func (b Block) span(start time.Time, loc *time.Location) Span {
	first, last := b.Starts.In(loc), b.Ends.In(loc)
	days := int(calendar.DayOf(last) - calendar.DayOf(first))
	y, m, d := start.Date()
	end := time.Date(y, m, d+days, last.Hour(), last.Minute(), last.Second(), 0, loc)
	if !end.After(start) { // the clock skipped it
		end = start.Add(b.Ends.Sub(b.Starts))
	}
	return Span{start.UTC(), end.UTC()}
}

// Without leaves out the occurrences of days on which their rep does not work, such as public holidays.
func Without(all []Occurrence, off func(rep string, day calendar.Day) bool) []Occurrence {
	return slices.DeleteFunc(slices.Clone(all), func(o Occurrence) bool { return off(o.Rep, o.on) })
}
