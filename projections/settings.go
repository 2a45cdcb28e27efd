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
	if len(c.TeamChanges)+len(c.Teamless) > 0 {
		s.changeTeams(c.TeamChanges, c.Teamless)
	}
	s.produce(c.IncomeProducing, s.Calendar().DayOf(at))
}

// changeTeams gives single reps a team, or takes them out of theirs. Whoever holds the former settings keeps them.
func (s *OrgSettings) changeTeams(changes map[string]string, teamless []string) {
	teams := maps.Clone(s.Teams)
	maps.Copy(teams, changes)
	for _, rep := range teamless {
		delete(teams, rep)
	}
	s.Teams = teams
}

func weekday(name string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(d.String(), name) {
			return d, true
		}
	}
	return 0, false
}
