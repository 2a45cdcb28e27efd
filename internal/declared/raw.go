package declared

import (
	"fmt"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// endpoints are the types that can be judged by what stands already only, and where they are declared.
func endpoints() map[string]string {
	return map[string]string{
		events.TypeGoalRevised:     "POST /v1/goals/{id}:revise",
		events.TypeGoalClosed:      "POST /v1/goals/{id}:close",
		events.TypePlanDrafted:     "POST /v1/plans",
		events.TypePlanAdopted:     "POST /v1/plans/{id}:adopt",
		events.TypePrioritySet:     "PUT /v1/priorities",
		events.TypeDayoffWithdrawn: "DELETE /v1/calendars/{kind}/{name}/days-off/{id}",
	}
}

// Raw returns what is wrong with a draft that comes as a raw event: what Check finds, and that it is of a type, or says
// something, that only an endpoint can judge; its words name the endpoint. now tells today.
//
// Raw events are judged without the org's zone: rows of time blocks in UTC, and a day off counts as one to come if it is
// one everywhere on earth.
func Raw(d events.Draft, now time.Time) []events.Violation {
	if endpoint, ok := endpoints()[d.Type]; ok {
		return []events.Violation{{Pointer: "/type", Detail: fmt.Sprintf(
			"is not taken as a raw event, because it can be judged only against what stands already: use %s", endpoint)}}
	}
	found := InUTC(d)
	switch d.Type {
	case events.TypeGoalSet:
		found = append(found, check(d, served)...)
	case events.TypeDayoffSet:
		found = append(found, check(d, func(off events.DayoffSet) []events.Violation { return ahead(off, now) })...)
	}
	return found
}

// InUTC is Check where the org's calendar is not known: whether a row of time blocks ever takes place is told in UTC.
func InUTC(d events.Draft) []events.Violation {
	utc, err := calendar.New(calendar.DefaultSettings())
	if err != nil {
		panic("declared: " + err.Error()) // the default settings are good
	}
	return Check(d, utc)
}

// served refuses a parent, which must be known and hold the goal's days.
func served(g events.GoalSet) []events.Violation {
	if g.Parent == "" {
		return nil
	}
	return []events.Violation{at("/parent", "is not taken in a raw event, because it can be judged only against the goals that stand: use POST /v1/goals")}
}

// ahead refuses days that may be closed.
func ahead(off events.DayoffSet, now time.Time) []events.Violation {
	first, err := calendar.ParseDay(string(off.StartsOn))
	if err != nil || first > calendar.DayOf(now.UTC().Add(farEast)) {
		return nil
	}
	return []events.Violation{at("/starts_on", "must lie ahead in a raw event, because days up to today may be closed: use POST /v1/calendars/{kind}/{name}/days-off")}
}

// farEast is how far ahead of UTC a zone's clock may be.
const farEast = 14 * time.Hour
