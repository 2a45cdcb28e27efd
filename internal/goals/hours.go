package goals

import (
	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/projections"
)

// hours is the schedule of one owner.
type hours struct {
	chain     []events.Owner
	settings  projections.OrgSettings
	schedules projections.Schedules
}

// On implements calendar.Schedule.
func (h hours) On(day calendar.Day) []calendar.Hours {
	if apart, ok := h.schedules.Apart(h.chain, day); ok {
		return apart
	}
	terms := h.schedules.On(h.chain, day)
	worked := calendar.DefaultWeek().On(day)
	if terms.Hours != nil {
		worked = terms.Hours.On(day)
	}
	if len(worked) == 0 {
		return nil
	}
	var regions []string
	switch {
	case terms.Holidays != nil:
		regions = *terms.Holidays
	case h.settings.Country != "":
		regions = []string{h.settings.Country}
	}
	if _, off := holiday(regions, day); off {
		return nil
	}
	return worked
}
