package calendar

import (
	"fmt"
	"slices"
	"time"
)

// Hours are working hours of one day by the wall clock, counted from midnight. From == To means no work.
type Hours struct {
	From, To time.Duration
}

// Schedule says which hours of each day are worked: in order, without overlap, none on a day off. What makes a single
// day differ from its weekday (a public holiday, a day off) belongs there and nowhere else.
type Schedule interface {
	On(day Day) []Hours
}

// Week holds the working hours of each weekday, indexed by time.Weekday.
type Week [7][]Hours

// DefaultWeek is that of an org that has not chosen yet: Monday to Friday, 09:00 to 17:00.
func DefaultWeek() Week {
	day := []Hours{{From: 9 * time.Hour, To: 17 * time.Hour}}
	return Week{
		time.Monday: day, time.Tuesday: day, time.Wednesday: day, time.Thursday: day, time.Friday: day,
	}
}

// On returns the hours of the day's weekday.
func (w Week) On(day Day) []Hours { return w[day.Weekday()] }

// Validate returns an error that names the first weekday whose hours are out of range or overlap.
func (w Week) Validate() error {
	for d, hours := range w {
		if err := CheckHours(hours); err != nil {
			return fmt.Errorf("hours of %s: %w", time.Weekday(d), err)
		}
	}
	return nil
}

// CheckHours returns what is wrong with the hours of one day.
func CheckHours(hours []Hours) error {
	last := time.Duration(0)
	for _, h := range hours {
		if h.From < 0 || h.To < h.From || h.To > 24*time.Hour {
			return fmt.Errorf("%s to %s: want 0:00 <= from <= to <= 24:00", h.From, h.To)
		}
		if h.From < last {
			return fmt.Errorf("%s to %s: want spans in order, none beginning before the one before has ended", h.From, h.To)
		}
		last = h.To
	}
	return nil
}

// Working measures working time in an org's zone. The zero value is not usable; see Calendar.Working.
type Working struct {
	calendar Calendar
	schedule Schedule
	table    *table // of the days that were reckoned beforehand, nil for none; never changed
}

// Working returns the working time of a schedule. The schedule must be valid: see Week.Validate and CheckHours.
func (c Calendar) Working(s Schedule) Working { return Working{calendar: c, schedule: s} }

// Calendar returns the calendar whose zone the hours are told in.
func (w Working) Calendar() Calendar { return w.calendar }

// Interval is the time from one instant to another, From < To.
type Interval struct{ From, To time.Time }

// Spans returns when day d is worked, in order; none on a day without work.
func (w Working) Spans(d Day) []Interval {
	if w.table.holds(d) {
		return w.table.spans[d-w.table.first]
	}
	return w.spans(d)
}

func (w Working) spans(d Day) []Interval {
	var out []Interval
	for _, h := range w.schedule.On(d) {
		from, to := d.at(h.From, w.calendar.loc), d.at(h.To, w.calendar.loc)
		if n := len(out); n > 0 && from.Before(out[n-1].To) { // two clock times that a clock change made one
			from = out[n-1].To
		}
		if from.Before(to) {
			out = append(out, Interval{from, to})
		}
	}
	return out
}

// Hours returns the instants at which the work of day d begins and ends; ok is false on a day without work.
func (w Working) Hours(d Day) (from, to time.Time, ok bool) {
	spans := w.Spans(d)
	if len(spans) == 0 {
		return time.Time{}, time.Time{}, false
	}
	return spans[0].From, spans[len(spans)-1].To, true
}

// Between returns W(a, b), the working time from a to b, negative if b lies before a. Hours during which the clock is
// put forward or back count by the time that really passes.
func (w Working) Between(a, b time.Time) time.Duration {
	if b.Before(a) {
		return -w.Between(b, a)
	}
	first, last := w.calendar.DayOf(a), w.calendar.DayOf(b)
	if w.table.holds(first) && w.table.holds(last) {
		return w.table.before(last) + w.upTo(last, b) - w.table.before(first) - w.upTo(first, a)
	}
	var sum time.Duration
	for d := first; d <= last; d++ {
		for _, s := range w.Spans(d) {
			sum += overlap(s, a, b)
		}
	}
	return sum
}

// upTo returns the working time of day d that lies before t.
func (w Working) upTo(d Day, t time.Time) (sum time.Duration) {
	for _, s := range w.Spans(d) {
		sum += overlap(s, s.From, t)
	}
	return sum
}

// overlap returns how much of s lies from a to b.
func overlap(s Interval, a, b time.Time) time.Duration {
	if s.From.Before(a) {
		s.From = a
	}
	if s.To.After(b) {
		s.To = b
	}
	return max(0, s.To.Sub(s.From))
}

// Days returns the number of days on which work is done, from <= day < to.
func (w Working) Days(from, to Day) int {
	n := 0
	for d := from; d < to; d++ {
		if len(w.Spans(d)) > 0 {
			n++
		}
	}
	return n
}

// On returns the working time of day d.
func (w Working) On(d Day) (sum time.Duration) {
	for _, s := range w.Spans(d) {
		sum += s.To.Sub(s.From)
	}
	return sum
}

// horizon bounds how far After looks for work: whoever has none for so long has none.
const horizon Day = 2 * 366

// After returns the first instant by which d of working time has passed since t, for d >= 0; ok is false if there is not
// as much within two years.
func (w Working) After(t time.Time, d time.Duration) (at time.Time, ok bool) {
	if d <= 0 {
		return t, true
	}
	first := w.calendar.DayOf(t)
	for day := first; day < first+horizon; day++ {
		for _, s := range w.Spans(day) {
			if s.From.Before(t) {
				s.From = t
			}
			span := s.To.Sub(s.From)
			if span >= d {
				return s.From.Add(d), true
			}
			d -= max(0, span)
		}
	}
	return time.Time{}, false
}

// table holds the working time of some days, reckoned once.
type table struct {
	first Day
	spans [][]Interval
	sums  []time.Duration // sums[i]: of the days from first to first+i, that one not included
}

func (t *table) holds(d Day) bool { return t != nil && t.first <= d && d < t.first+Day(len(t.spans)) }

func (t *table) before(d Day) time.Duration { return t.sums[d-t.first] }

// Over returns the same working time, with the days from <= day < to reckoned once and for all: for whoever asks much
// about them.
func (w Working) Over(from, to Day) Working {
	if from < to && w.table.holds(from) && w.table.holds(to-1) {
		return w
	}
	t := &table{first: from}
	sum := time.Duration(0)
	for d := from; d < to; d++ {
		spans := w.spans(d)
		t.spans, t.sums = append(t.spans, slices.Clip(spans)), append(t.sums, sum)
		for _, s := range spans {
			sum += s.To.Sub(s.From)
		}
	}
	w.table = t
	return w
}
