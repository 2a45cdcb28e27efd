package projections

import (
	"maps"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// DefaultOrgSettings are those of an org that has chosen nothing yet.
func DefaultOrgSettings() OrgSettings {
	return OrgSettings{Settings: calendar.DefaultSettings(), Teams: map[string]string{}}
}

// Calendar returns the org's calendar; settings that name an unknown zone fall back to UTC, so that a fold never stops.
func (s OrgSettings) Calendar() calendar.Calendar {
	c, err := calendar.New(s.Settings)
	if err != nil {
		return defaultCalendar()
	}
	return c
}

// apply folds one org.configured, told at an instant, into the settings: what it leaves out stays.
func (s *OrgSettings) apply(c events.OrgConfigured, at time.Time) {
	if c.Zone != "" {
		s.Zone = c.Zone
	}
	if d, ok := weekday(c.WeekStart); ok {
		s.WeekStart = d
	}
	if c.FiscalYearStartMonth != 0 {
		s.FiscalYearStart = time.Month(c.FiscalYearStartMonth)
	}
	if c.Currency != "" {
		s.Currency = c.Currency
	}
	if c.Country != "" {
		s.Country = c.Country
	}
	if c.Teams != nil {
		s.Teams = maps.Clone(c.Teams)
	}
	s.produce(c.IncomeProducing, s.Calendar().DayOf(at))
}

func weekday(name string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(d.String(), name) {
			return d, true
		}
	}
	return 0, false
}
