package goals

import (
	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/holidays"
	"milemarker/projections"
)

// Calendars are the working times of an org, its teams and reps. What a rep has not said is as with its team, what a team
// has not said as with the org, what the org has not said is Monday to Friday, 09:00 to 17:00, without the public holidays
// of the org's country. A day that somebody set apart is as the nearest of the three said.
type Calendars struct {
	settings  projections.OrgSettings
	schedules projections.Schedules
}

// Settings returns the org's settings, which name its zone.
func (c Calendars) Settings() projections.OrgSettings { return c.settings }

// Schedules returns what was declared.
func (c Calendars) Schedules() projections.Schedules { return c.schedules }

// Of returns the working time of an owner. A rep belongs to the team that the org's settings say.
func (c Calendars) Of(o events.Owner) calendar.Working {
	return c.settings.Calendar().Working(hours{chain: c.Chain(o), settings: c.settings, schedules: c.schedules})
}

// Working returns the working time of a rep, of a team or, with both empty, of the org.
func (c Calendars) Working(rep, team string) calendar.Working {
	switch {
	case rep != "":
		return c.Of(events.Owner{OwnerKind: events.OwnerRep, Owner: rep})
	case team != "":
		return c.Of(events.Owner{OwnerKind: events.OwnerTeam, Owner: team})
	default:
		return c.Of(events.Owner{OwnerKind: events.OwnerOrg})
	}
}

// Chain returns the owners whose calendars hold for an owner, the nearest first.
func (c Calendars) Chain(o events.Owner) []events.Owner {
	return projections.Chain(o, c.settings.Teams)
}

// Holiday returns the name of the public holiday that an owner has on a day.
func (c Calendars) Holiday(o events.Owner, day calendar.Day) (name string, ok bool) {
	return holiday(c.Regions(o, day), day)
}

// Regions returns the ISO 3166 codes whose public holidays an owner has on a day.
func (c Calendars) Regions(o events.Owner, day calendar.Day) []string {
	if said := c.schedules.On(c.Chain(o), day).Holidays; said != nil {
		return *said
	}
	if c.settings.Country != "" {
		return []string{c.settings.Country}
	}
	return nil
}

func holiday(regions []string, day calendar.Day) (name string, ok bool) {
	for _, code := range regions {
		if r, known := holidays.Find(code); known {
			if name, ok := r.On(day); ok {
				return name, true
			}
		}
	}
	return "", false
}
