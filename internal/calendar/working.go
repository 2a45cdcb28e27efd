package calendar

import (
	"fmt"
	"time"
)

// Hours are the working hours of one weekday by the wall clock, counted from midnight. From == To means no work.
type Hours struct {
	From, To time.Duration
}

// Week holds the working hours of each weekday, indexed by time.Weekday.
type Week [7]Hours

// DefaultWeek is that of an org that has not chosen yet: Monday to Friday, 09:00 to 17:00.
func DefaultWeek() Week {
	day := Hours{From: 9 * time.Hour, To: 17 * time.Hour}
	return Week{
		time.Monday: day, time.Tuesday: day, time.Wednesday: day, time.Thursday: day, time.Friday: day,
	}
}

// Working measures working time in an org's zone. The zero value is not usable; see Calendar.Working.
//
// Every question goes through Hours, one day at a time: what makes a single day differ from its weekday (a public
// holiday, a day off) belongs there and nowhere else.
type Working struct {
	calendar Calendar
	week     Week
}

// Working returns the working time of a week of hours. The error names the weekday whose hours are out of range.
func (c Calendar) Working(week Week) (Working, error) {
	for d, h := range week {
		if h.From < 0 || h.To < h.From || h.To > 24*time.Hour {
			return Working{}, fmt.Errorf("hours of %s: want 0:00 <= from <= to <= 24:00", time.Weekday(d))
		}
	}
	return Working{calendar: c, week: week}, nil
}

// Calendar returns the calendar whose zone the hours are told in.
func (w Working) Calendar() Calendar { return w.calendar }

// Hours returns the instants between which day d is worked; ok is false on a day without work.
func (w Working) Hours(d Day) (from, to time.Time, ok bool) {
	h := w.week[d.Weekday()]
	if h.From == h.To {
		return time.Time{}, time.Time{}, false
	}
	from, to = d.at(h.From, w.calendar.loc), d.at(h.To, w.calendar.loc)
	return from, to, from.Before(to)
}

// Between returns the working time from a to b, negative if b lies before a. Hours during which the clock is put
// forward or back count by the time that really passes.
func (w Working) Between(a, b time.Time) time.Duration {
	if b.Before(a) {
		return -w.Between(b, a)
	}
	var sum time.Duration
	for d, last := w.calendar.DayOf(a), w.calendar.DayOf(b); d <= last; d++ {
		from, to, ok := w.Hours(d)
		if !ok {
			continue
		}
		if from.Before(a) {
			from = a
		}
		if to.After(b) {
			to = b
		}
		if from.Before(to) {
			sum += to.Sub(from)
		}
	}
	return sum
}

// Days returns the number of days on which work is done, from <= day < to.
func (w Working) Days(from, to Day) int {
	n := 0
	for d := from; d < to; d++ {
		if _, _, ok := w.Hours(d); ok {
			n++
		}
	}
	return n
}
