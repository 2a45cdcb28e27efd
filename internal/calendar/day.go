package calendar

import (
	"fmt"
	"time"
)

// Day is a civil date without a zone, counted in days since 1970-01-01.
type Day int32

const layout = time.DateOnly

// DayOf returns the civil date that t shows in its own location.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Date(y, m, d)
}

// Date returns the day of a year, month and day of month; values out of range carry over, as in time.Date.
func Date(year int, month time.Month, day int) Day {
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

const secondsPerDay = 24 * 60 * 60

// ParseDay reads a date such as 2017-12-31.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(layout, s)
	if err != nil {
		return 0, fmt.Errorf("date %q: want year-month-day such as 2017-12-31", s)
	}
	return DayOf(t), nil
}

// Time returns midnight UTC of the day: the form in which the warehouse takes dates.
func (d Day) Time() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// In returns the first instant of the day in loc: its midnight, the earlier one where the clock shows midnight twice,
// or the first instant after it where the clock skips midnight. A day that a zone left out altogether begins with the
// next one.
func (d Day) In(loc *time.Location) time.Time { return d.at(0, loc) }

// at returns the first instant on or after the day's wall-clock time in loc, given as the time since midnight.
func (d Day) at(clock time.Duration, loc *time.Location) time.Time {
	wall := d.Time().Add(clock)
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, loc)
	start, end := t.ZoneBounds()
	switch show := shown(t); {
	case show.Before(wall): // skipped, and read with the offset from after the change
		return end
	case show.After(wall): // skipped, and read with the offset from before the change
		return start
	case start.IsZero():
		return t
	}
	if first := t.Add(offset(t) - offset(start.Add(-1))); first.Before(start) { // shown twice
		return first
	}
	return t
}

// shown returns what t's clock shows, as if it were UTC.
func shown(t time.Time) time.Time { return t.Add(offset(t)).UTC() }

// offset returns how far t's zone is ahead of UTC at t.
func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// Weekday returns the day of the week.
func (d Day) Weekday() time.Weekday { return d.Time().Weekday() }

// String returns the date as 2017-12-31.
func (d Day) String() string { return d.Time().Format(layout) }

// MarshalText writes the date as 2017-12-31.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a date such as 2017-12-31.
func (d *Day) UnmarshalText(b []byte) error {
	v, err := ParseDay(string(b))
	if err == nil {
		*d = v
	}
	return err
}
