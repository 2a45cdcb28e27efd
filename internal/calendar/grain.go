package calendar

import (
	"fmt"
	"slices"
	"time"
)

// Grain is the length of a bucket.
type Grain string

// The grains, from fine to coarse.
const (
	Daily     Grain = "day"
	Weekly    Grain = "week"
	Monthly   Grain = "month"
	Quarterly Grain = "quarter"
	Yearly    Grain = "year"
)

// Grains returns all grains from fine to coarse.
func Grains() []Grain { return []Grain{Daily, Weekly, Monthly, Quarterly, Yearly} }

// ParseGrain reads a grain's name.
func ParseGrain(s string) (Grain, error) {
	if g := Grain(s); slices.Contains(Grains(), g) {
		return g, nil
	}
	return "", fmt.Errorf("grain %q: want day, week, month, quarter or year", s)
}

// Parts returns the grain that a bucket of g is summed from: weeks and months from days, quarters and years from months.
// The finest grain has none.
func (g Grain) Parts() (Grain, bool) {
	switch g {
	case Weekly, Monthly:
		return Daily, true
	case Quarterly, Yearly:
		return Monthly, true
	default:
		return "", false
	}
}

// Settings are an org's choices about time, as they stand after its org.configured events.
type Settings struct {
	Zone            string       `json:"zone"`                    // IANA name
	WeekStart       time.Weekday `json:"week_start"`              // first day of the week
	FiscalYearStart time.Month   `json:"fiscal_year_start_month"` // first month of the fiscal year
}

// DefaultSettings are those of an org that has not chosen yet: UTC, weeks from Monday, years from January.
func DefaultSettings() Settings {
	return Settings{Zone: "UTC", WeekStart: time.Monday, FiscalYearStart: time.January}
}

// Calendar answers calendar questions for one org. The zero value is not usable; see New.
type Calendar struct {
	settings Settings
	loc      *time.Location
}

// New returns the calendar of an org. The error names the setting that is out of range.
func New(s Settings) (Calendar, error) {
	loc, err := time.LoadLocation(s.Zone)
	if err != nil || s.Zone == "" || s.Zone == "Local" {
		return Calendar{}, fmt.Errorf("zone %q: want an IANA name such as Europe/Berlin", s.Zone)
	}
	if s.WeekStart < time.Sunday || s.WeekStart > time.Saturday {
		return Calendar{}, fmt.Errorf("week start %d: want a weekday", s.WeekStart)
	}
	if s.FiscalYearStart < time.January || s.FiscalYearStart > time.December {
		return Calendar{}, fmt.Errorf("fiscal year start %d: want a month from 1 to 12", s.FiscalYearStart)
	}
	return Calendar{settings: s, loc: loc}, nil
}

// Settings returns what the calendar was made from.
func (c Calendar) Settings() Settings { return c.settings }

// Location returns the org's zone.
func (c Calendar) Location() *time.Location { return c.loc }

// DayOf returns the org's local day of an instant.
func (c Calendar) DayOf(t time.Time) Day { return DayOf(t.In(c.loc)) }

// Bucket returns the first day of the bucket of grain g that d lies in.
func (c Calendar) Bucket(g Grain, d Day) Day {
	t := d.Time()
	switch g {
	case Daily:
		return d
	case Weekly:
		return d - Day((t.Weekday()-c.settings.WeekStart+7)%7)
	case Monthly:
		return Date(t.Year(), t.Month(), 1)
	case Quarterly:
		return Date(t.Year(), t.Month()-(t.Month()-c.settings.FiscalYearStart+12)%3, 1)
	case Yearly:
		return Date(t.Year(), t.Month()-(t.Month()-c.settings.FiscalYearStart+12)%12, 1)
	default:
		panic("calendar: no such grain: " + string(g))
	}
}

// Next returns the first day of the bucket after the one that starts on d.
func (c Calendar) Next(g Grain, d Day) Day { return c.step(g, d, 1) }

// Previous returns the first day of the bucket before the one that starts on d.
func (c Calendar) Previous(g Grain, d Day) Day { return c.step(g, d, -1) }

func (c Calendar) step(g Grain, d Day, n int) Day {
	t := d.Time()
	switch g {
	case Daily:
		return d + Day(n)
	case Weekly:
		return d + Day(7*n)
	case Monthly:
		return Date(t.Year(), t.Month()+time.Month(n), 1)
	case Quarterly:
		return Date(t.Year(), t.Month()+time.Month(3*n), 1)
	case Yearly:
		return Date(t.Year()+n, t.Month(), 1)
	default:
		panic("calendar: no such grain: " + string(g))
	}
}

// Parts returns the first days of the buckets of the finer grain (see Grain.Parts) that make up the bucket of grain g
// starting on d.
func (c Calendar) Parts(g Grain, d Day) []Day {
	part, ok := g.Parts()
	if !ok {
		return []Day{d}
	}
	var parts []Day
	for p, end := d, c.Next(g, d); p < end; p = c.Next(part, p) {
		parts = append(parts, p)
	}
	return parts
}

// Offsets lists the offsets of the org's zone that hold between two instants: offsets[i] seconds east of UTC from the
// Unix second starts[i] on. The first start is early enough for every instant from `from` on.
func (c Calendar) Offsets(from, to time.Time) (starts, offsets []int64) {
	for t := from.In(c.loc); ; {
		_, offset := t.Zone()
		starts, offsets = append(starts, t.Unix()), append(offsets, int64(offset))
		_, end := t.ZoneBounds()
		if end.IsZero() || end.After(to) {
			return starts, offsets
		}
		t = end
	}
}
