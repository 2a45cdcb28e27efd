package events

import "fmt"

// The types of kind calendar.
const (
	TypeCalendarConfigured = "calendar.configured"
	TypeDayoffSet          = "dayoff.set"
	TypeDayoffWithdrawn    = "dayoff.withdrawn"
)

func calendarTypes() []definition {
	return []definition{
		define(TypeCalendarConfigured, "The working hours and public holidays of the org, a team or a rep, from a day on.", calendarIsWhole),
		define(TypeDayoffSet, "Days differ from their weekday: they are off, or worked in other hours.", dayoffIsWhole),
		define[DayoffWithdrawn](TypeDayoffWithdrawn, "Days that were set apart are like all others again."),
	}
}

// CalendarConfigured is the payload of calendar.configured. It replaces what the owner said before, from its day on; what
// is absent is as with the team, then the org, then by default.
type CalendarConfigured struct {
	Owner
	EffectiveOn     Date           `json:"effective_on" rule:"required" doc:"First day on which it holds. Days that are closed stay as they were, unless the owner had no calendar at all."`
	Hours           []WeekdayHours `json:"hours,omitzero" rule:"max=50" doc:"The working hours; an empty list means no work at all. Absent: those of the team or org, else Monday to Friday, 09:00 to 17:00."`
	Holidays        []string       `json:"holidays,omitzero" rule:"max=20,format=country" doc:"Countries and regions whose public holidays are days off; an empty list means none. Absent: those of the team or org, else of the org's country."`
	ClosesAfterDays *int64         `json:"closes_after_days,omitzero" rule:"min=0,max=3650" doc:"How many days after its end a day is closed, so that nothing can be changed about it any more. Absent: as with the team or org, else 7."`
	Note            string         `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}

// WeekdayHours are working hours on one weekday; a weekday may have several.
type WeekdayHours struct {
	Weekday string `json:"weekday" rule:"required,enum=monday|tuesday|wednesday|thursday|friday|saturday|sunday" doc:"The weekday."`
	ClockSpan
}

// ClockSpan is a span of one day by the wall clock.
type ClockSpan struct {
	From string `json:"from" rule:"required,format=clock" doc:"When it begins, local to the org."`
	To   string `json:"to" rule:"required,format=clock" doc:"When it ends, local to the org; 00:00 is the end of the day."`
}

// DayoffSet is the payload of dayoff.set. Days that are closed when it is recorded stay as they were.
type DayoffSet struct {
	Owner
	Dayoff   string      `json:"dayoff" rule:"required" doc:"The id by which it can be withdrawn."`
	StartsOn Date        `json:"starts_on" rule:"required" doc:"First day, local to the org."`
	EndsOn   Date        `json:"ends_on,omitzero" doc:"Last day, local to the org; absent: the first."`
	Hours    []ClockSpan `json:"hours,omitzero" rule:"max=10" doc:"When there is work on these days all the same; absent: not at all."`
	Note     string      `json:"note,omitzero" rule:"private,multiline" doc:"Why; it is nobody else's business."`
}

// DayoffWithdrawn is the payload of dayoff.withdrawn. Days that are closed when it is recorded stay as they were.
type DayoffWithdrawn struct {
	Dayoff string `json:"dayoff" rule:"required" doc:"The id of what is withdrawn."`
	Note   string `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}

func calendarIsWhole(_ Draft, c CalendarConfigured, report reporter) {
	c.checkOwner(report)
	last := map[string]string{}
	for i, h := range c.Hours {
		at := fmt.Sprintf("hours/%d", i)
		checkClockSpan(at, h.ClockSpan, last[h.Weekday], report)
		last[h.Weekday] = h.end()
	}
}

func dayoffIsWhole(_ Draft, d DayoffSet, report reporter) {
	d.checkOwner(report)
	checkSpan(d.StartsOn, d.EndsOn, report)
	checkDayoffLength(d, report)
	last := ""
	for i, h := range d.Hours {
		checkClockSpan(fmt.Sprintf("hours/%d", i), h, last, report)
		last = h.end()
	}
}

// maxDayoffDays bounds how many days one event sets apart: ten years.
const maxDayoffDays = 3661

// checkDayoffLength reports a last day that lies too far after the first.
func checkDayoffLength(d DayoffSet, report reporter) {
	from, errFrom := d.StartsOn.Time()
	to, errTo := d.EndsOn.Time()
	if errFrom != nil || errTo != nil {
		return // reported before, or a single day
	}
	if last := from.AddDate(0, 0, maxDayoffDays-1); to.After(last) {
		report("ends_on", fmt.Sprintf("must lie at most %d days on: not after %s", maxDayoffDays, DateOf(last)))
	}
}

// end returns when the span ends, in a form that compares: the end of the day is 24:00.
func (s ClockSpan) end() string {
	if s.To == "00:00" {
		return "24:00"
	}
	return s.To
}

// checkClockSpan reports a span that ends before it begins, or begins before the one before it has ended.
func checkClockSpan(at string, s ClockSpan, last string, report reporter) {
	switch {
	case s.From == "" || s.To == "": // reported before
	case s.end() <= s.From:
		report(at+"/to", "must lie after from; 00:00 is the end of the day")
	case s.From < last:
		report(at+"/from", "must not lie before the end of the span before, "+last)
	}
}
