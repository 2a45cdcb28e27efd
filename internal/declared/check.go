package declared

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/holidays"
	"milemarker/internal/metric"
	"milemarker/internal/timeblocks"
)

// Check returns what is wrong with a draft that has passed events.Draft.Check, or the rest of what is wrong with one that
// has not: a field that is missing or wrong in itself was reported there and is passed over. c is the calendar in which
// rows of time blocks run. Types that declare nothing have nothing wrong.
func Check(d events.Draft, c calendar.Calendar) []events.Violation {
	switch d.Type {
	case events.TypeGoalSet:
		return check(d, goal)
	case events.TypeOrgConfigured:
		return check(d, settings)
	case events.TypeCalendarConfigured:
		return check(d, workingTime)
	case events.TypeTimeblockPlanned:
		found := check(d, func(p events.TimeblockPlanned) []events.Violation { return timeblock(p, c) })
		if d.Rep == "" {
			found = append(found, events.Violation{Pointer: "/rep", Detail: "is required: whose time it is"})
		}
		return found
	default:
		return nil
	}
}

// check reads the payload of a draft and hands it on.
func check[T any](d events.Draft, rule func(T) []events.Violation) []events.Violation {
	var payload T
	if json.Unmarshal(d.Data, &payload) != nil {
		return nil // was reported
	}
	return rule(payload)
}

// at is a violation at a place in the payload.
func at(pointer, detail string) events.Violation {
	return events.Violation{Pointer: "/data" + pointer, Detail: detail}
}

// goal holds a goal to what it takes to tell its pace.
func goal(g events.GoalSet) []events.Violation {
	found := Length(g.StartsOn, g.EndsOn)
	if g.Goal == "." || g.Goal == ".." || strings.Contains(g.Goal, ":") {
		found = append(found, at("/goal", "cannot stand in an address: no colon, and not . or .."))
	}
	if g.Metric == "" {
		return found // was reported
	}
	def, ok := metric.Find(g.Metric)
	if !ok {
		return append(found, at("/metric", UnknownMetric(g.Metric)))
	}
	switch {
	case !def.ByCurrency() && g.Currency != "":
		found = append(found, at("/currency", "must be left out: "+g.Metric+" is no amount"))
	case def.ByCurrency() && g.Currency == "":
		found = append(found, at("/currency", "is required for an amount: an ISO 4217 code such as \"EUR\""))
	}
	if !def.Additive() && g.Curve != "" && g.Curve != events.CurveStraight {
		found = append(found, at("/curve", "must be left out: a ratio has no curve, its line is the target all the time"))
	}
	if def.Share && g.Target > events.Scale {
		found = append(found, at("/target", "must be from 0 to 1: a share such as 0.3 for 30 %"))
	}
	return found
}

// UnknownMetric says that a metric is not defined, and which one may have been meant.
func UnknownMetric(name string) string {
	if near := events.Nearest(name, metric.Names()); near != "" {
		return fmt.Sprintf("is not defined; did you mean %q? /v1/metrics/definitions lists all there is", near)
	}
	return "is not defined; /v1/metrics/definitions lists all there is"
}

// MaxGoalDays bounds how long a goal runs: ten years.
const MaxGoalDays = 3661

// Length says that a goal from a day to another, both inclusive, runs for too long. Days that cannot be read are passed over.
func Length(from, to events.Date) []events.Violation {
	first, errFirst := calendar.ParseDay(string(from))
	last, errLast := calendar.ParseDay(string(to))
	if errFirst != nil || errLast != nil || last-first < MaxGoalDays {
		return nil
	}
	return []events.Violation{at("/ends_on", fmt.Sprintf("must lie at most ten years on: not after %s", first+MaxGoalDays-1))}
}

// settings says that there is no such country. One whose holidays are not known may be told, and has none.
func settings(o events.OrgConfigured) []events.Violation {
	if o.Country == "" || holidays.Country(o.Country) {
		return nil
	}
	return []events.Violation{at("/country", "names no country of ISO 3166, or no region of it; those whose holidays are known are "+
		strings.Join(holidays.Codes(), ", "))}
}

// workingTime names the countries whose public holidays are not known.
func workingTime(c events.CalendarConfigured) []events.Violation {
	var found []events.Violation
	for i, code := range c.Holidays {
		if !holidays.Known(code) {
			found = append(found, at(fmt.Sprintf("/holidays/%d", i),
				"names a country or region whose holidays are not known here; known are "+strings.Join(holidays.Codes(), ", ")))
		}
	}
	return found
}

// timeblock holds a block to a rule that is understood and that ever takes place.
func timeblock(p events.TimeblockPlanned, c calendar.Calendar) []events.Violation {
	if p.StartsAt.IsZero() || p.EndsAt.IsZero() {
		return nil // was reported
	}
	if err := timeblocks.CheckRule(p.RRule); err != nil {
		return []events.Violation{at("/rrule", err.Error())}
	}
	if p.EndsAt.Sub(p.StartsAt) > 24*time.Hour {
		return []events.Violation{at("/ends_at", "must lie within a day of starts_at")}
	}
	if !(timeblocks.Block{Starts: p.StartsAt, Ends: p.EndsAt, Rule: p.RRule}).Occurs(c) {
		return []events.Violation{at("/rrule", "never takes place: it names days that do not exist, or ends before starts_at")}
	}
	return nil
}
