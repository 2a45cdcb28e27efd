package projections

import (
	"cmp"
	"maps"
	"slices"

	"milemarker/internal/calendar"
)

// Touched is a set of day buckets whose sums may have changed: the days of each org.
type Touched map[string]map[calendar.Day]struct{}

// Add puts one day of one org into the set.
func (t Touched) Add(org string, day calendar.Day) {
	days := t[org]
	if days == nil {
		days = map[calendar.Day]struct{}{}
		t[org] = days
	}
	days[day] = struct{}{}
}

// bucketKey names one bucket of one grain of one org.
type bucketKey struct {
	org    string
	grain  calendar.Grain
	bucket calendar.Day
}

func compareKeys(a, b bucketKey) int {
	return cmp.Or(cmp.Compare(a.org, b.org), cmp.Compare(a.grain, b.grain), cmp.Compare(a.bucket, b.bucket))
}

// buckets returns the touched buckets of a grain, sorted.
func (t Touched) buckets(grain calendar.Grain, calendars Calendars) []bucketKey {
	set := map[bucketKey]struct{}{}
	for org, days := range t {
		c := calendars.Of(org)
		for day := range days {
			set[bucketKey{org, grain, c.Bucket(grain, day)}] = struct{}{}
		}
	}
	return slices.SortedFunc(maps.Keys(set), compareKeys)
}

// Calendars gives the calendar of each org that chose one.
type Calendars map[string]calendar.Calendar

// Of returns the org's calendar, by default the one of an org that has not chosen.
func (c Calendars) Of(org string) calendar.Calendar {
	if cal, ok := c[org]; ok {
		return cal
	}
	return defaultCalendar()
}

func defaultCalendar() calendar.Calendar {
	c, err := calendar.New(calendar.DefaultSettings())
	if err != nil {
		panic(err) // UTC is always known
	}
	return c
}
