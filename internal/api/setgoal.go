package api

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/calendar"
	"milemarker/internal/declared"
	"milemarker/internal/goals"
	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// goalAnswer is what POST /v1/goals answers.
type goalAnswer struct {
	Goal     string          `json:"goal"`
	Event    string          `json:"event"` // id of the event that set it
	Outcome  events.Outcome  `json:"outcome"`
	Position events.Position `json:"position"`
	Derived  map[string]any  `json:"derived,omitempty"` // the third of target, ends_on and rate

	OutOfStep []outOfStep `json:"out_of_step,omitempty"` // after a revision: parts that no longer add up
	Closed    []string    `json:"closed,omitempty"`      // after a closing: its parts that were closed with it
}

// members are what a body holds, by name.
type members = map[string]json.RawMessage

// setGoal answers POST /v1/goals: the body is the payload of goal.set, its id may be left out, and a rate may stand in for
// target or ends_on. The same goal sent again is the same goal.
func (s *server) setGoal(c echo.Context, caller access.Caller) error {
	body, fields, err := readObject(c)
	if err != nil {
		return err
	}
	a, err := s.askCurrent(c, caller)
	if err != nil {
		return err
	}
	if _, given := fields["starts_on"]; !given {
		body = withMember(body, "starts_on", a.today().String(), len(fields) == 0)
		fields["starts_on"] = nil
	}
	body = withCurrency(body, fields, a.settings.Currency)
	derived, body, faults, err := s.derive(a, body, fields)
	if err != nil {
		return err
	}
	id, data := "", body
	if raw, given := fields["goal"]; given {
		if err := json.Unmarshal(raw, &id); err != nil || id == "" {
			return badBody([]fault{at("/goal", "must be a text that is not empty, or left out")})
		}
	} else {
		id = contentID(body)
		data = withMember(body, "goal", id, false)
	}
	draft, found := events.Draft{ID: "goal.set/" + id, Source: told, Type: events.TypeGoalSet, Data: data}.Check()
	faults = goalFaults(faults, found, draft, fields, a.calendar)
	if len(faults) == 0 {
		faults, err = s.parentFaults(a, draft)
	}
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return badBody(faults)
	}
	receipt, err := s.record(c, caller.Org, draft)
	if receipt.Outcome == events.Conflict {
		return failed(http.StatusConflict, fmt.Sprintf("There is another goal %.200q, recorded at position %d.", id, receipt.Position),
			"To change it, POST "+goalPath(id)+":revise; to set one more, give it another id.")
	}
	if err != nil {
		return err
	}
	c.Response().Header().Set("Location", goalPath(id))
	status := http.StatusCreated
	if receipt.Outcome == events.Duplicate {
		status = http.StatusOK
	}
	return c.JSON(status, goalAnswer{
		Goal: id, Event: receipt.ID, Outcome: receipt.Outcome, Position: receipt.Position, Derived: derived,
	})
}

// withCurrency gives an amount that names no currency that of the org.
func withCurrency(body []byte, fields members, currency string) []byte {
	counts, _ := parsed[struct{ Metric string }](body)
	d, known := metric.Find(counts.Metric)
	if _, given := fields["currency"]; given || !known || !d.ByCurrency() || currency == "" {
		return body
	}
	fields["currency"] = nil
	return withMember(body, "currency", currency, false)
}

// wished puts what helps in the place of what only says that something is missing.
func wished(faults []fault, fields members) []fault {
	for name, detail := range map[string]string{
		"ends_on": "is required: a goal without a date is a wish. Say by when it is to be reached, such as \"2027-03-31\"; " +
			"or give a target and a rate, and the date follows.",
		"metric": "is required: a goal that nobody can measure cannot be kept track of. Say what is counted, such as " +
			"\"calls\"; /v1/metrics/definitions lists all there is.",
		"target": "is required: say how much is to be reached, such as 60; or give a date and a rate, and the target follows.",
	} {
		if _, given := fields[name]; given {
			continue
		}
		had := len(faults)
		faults = slices.DeleteFunc(faults, func(f fault) bool { return *f.Pointer == "/"+name })
		if len(faults) < had {
			faults = append(faults, at("/"+name, detail))
		}
	}
	slices.SortStableFunc(faults, func(a, b fault) int { return strings.Compare(*a.Pointer, *b.Pointer) })
	return faults
}

// rateGiven is the member rate of a new goal.
type rateGiven struct {
	Count events.Decimal `json:"count"`
	Per   string         `json:"per"`
}

// derive takes the member rate out of a body, and puts what follows from it in the place of the target or the last day. Of
// target and last day without a rate it tells the rate.
func (s *server) derive(a ask, body []byte, fields members) (derived map[string]any, out []byte, faults []fault, err error) {
	raw, given := fields["rate"]
	if !given {
		derived, err = s.rateOf(a, body)
		return derived, body, nil, err
	}
	out = withoutMember(body, "rate")
	delete(fields, "rate")
	rate, ok := parsed[rateGiven](raw)
	switch {
	case !ok || rate.Count <= 0:
		return nil, out, []fault{at("/rate", `must be an object such as {"count": 10, "per": "week"}, per day, week or month`)}, nil
	case !slices.Contains([]string{"day", "week", "month"}, rate.Per):
		return nil, out, []fault{at("/rate/per", "must be one of day, week, month")}, nil
	}
	g, read := parsed[events.GoalSet](out)
	days, dated := daysOf(g.StartsOn, cmp.Or(g.EndsOn, g.StartsOn))
	_, hasTarget := fields["target"]
	_, hasEnd := fields["ends_on"]
	d, known := metric.Find(g.Metric)
	switch {
	case !read || !dated || !known || days.to-days.from > maxGoalDays:
		return nil, out, nil, nil // what is wrong is found by the check
	case !d.Additive():
		return nil, out, []fault{at("/rate", "cannot go with a ratio, which does not add up")}, nil
	case hasTarget == hasEnd:
		return nil, out, []fault{at("/rate", "must stand with either target or ends_on: any two of the three give the third")}, nil
	}
	calendars, err := s.desk(a).Calendars(a.ctx(), a.caller.Org, time.Time{})
	if err != nil {
		return nil, out, nil, err
	}
	speed, w := pace.Speed{Count: rate.Count, Per: rate.Per}, calendars.Of(g.Owner)
	if hasTarget {
		to, ok := speed.End(days.from, g.Target, w)
		if !ok {
			return nil, out, []fault{at("/rate", "does not reach the target within ten years")}, nil
		}
		fields["ends_on"] = nil
		return map[string]any{"ends_on": to}, withMember(out, "ends_on", to.String(), false), nil, nil
	}
	target, ok := speed.Target(days.from, days.to-1, w)
	target = wholeUnits(d, target)
	if !ok || target <= 0 {
		return nil, out, []fault{at("/rate", "comes to nothing until ends_on, or to more than can be counted")}, nil
	}
	fields["target"] = nil
	return map[string]any{"target": quantity(d.Unit, target)}, withMember(out, "target", target.String(), false), nil, nil
}

// rateOf returns the rate that a target and a last day come to, where both are given and add up.
func (s *server) rateOf(a ask, body []byte) (map[string]any, error) {
	g, read := parsed[events.GoalSet](body)
	days, dated := daysOf(g.StartsOn, g.EndsOn)
	d, known := metric.Find(g.Metric)
	if !read || !dated || !known || !d.Additive() || days.to-days.from > maxGoalDays {
		return nil, nil // what is wrong is found by the check
	}
	calendars, err := s.desk(a).Calendars(a.ctx(), a.caller.Org, time.Time{})
	if err != nil {
		return nil, err
	}
	speed, ok := pace.SpeedTo(days.from, days.to-1, g.Target, "day", calendars.Of(g.Owner))
	if !ok {
		return nil, nil
	}
	return map[string]any{"rate": map[string]any{"count": quantity(d.Unit, speed.Count), "per": speed.Per}}, nil
}

// parsed reads JSON; ok is false if it is not of the form of a T.
func parsed[T any](body []byte) (v T, ok bool) {
	err := json.Unmarshal(body, &v)
	return v, err == nil
}

// daysOf returns the span of two dates, both inclusive; ok is false if one is none or
// cannot be recorded, or they are in the wrong order.
func daysOf(from, to events.Date) (s span, ok bool) {
	first, errFirst := calendar.ParseDay(string(from))
	last, errLast := calendar.ParseDay(string(to))
	ok = errFirst == nil && errLast == nil && firstDay() <= first && first <= last && last <= lastDay()
	return span{first, last + 1}, ok
}

// wholeUnits rounds to such units, half up.
func wholeUnits(d metric.Definition, x events.Decimal) events.Decimal {
	unit := goals.Unit(d)
	return (x + unit/2) / unit * unit
}

// goalFaults puts together what is wrong with a new goal, one fault a place: with its rate, with its form, and with what it
// counts.
func goalFaults(rate []fault, found []events.Violation, d events.Draft, fields members, c calendar.Calendar) []fault {
	form := wished(violations(found), fields)
	if len(rate) > 0 { // what the rate does not give is said at the rate
		form = slices.DeleteFunc(form, func(f fault) bool {
			_, given := fields[strings.TrimPrefix(*f.Pointer, "/")]
			return !given && (*f.Pointer == "/target" || *f.Pointer == "/ends_on")
		})
	}
	return oneEach(rate, withRate(form), violations(declared.Check(d, c)))
}

// oneEach puts faults together; of several at one place the first says it.
func oneEach(lists ...[]fault) []fault {
	var out []fault
	for _, f := range slices.Concat(lists...) {
		if !slices.ContainsFunc(out, func(o fault) bool { return *o.Pointer == *f.Pointer }) {
			out = append(out, f)
		}
	}
	return out
}

// withRate adds rate to the names that a goal's members may have: it is the one that no event has.
func withRate(faults []fault) []fault {
	for i, f := range faults {
		rest, unknown := strings.CutPrefix(f.Detail, "is not known here; ")
		switch {
		case !unknown:
		case events.Nearest(strings.TrimPrefix(*f.Pointer, "/"), []string{"rate"}) != "":
			faults[i].Detail = `is not known here; did you mean "rate"?`
		case strings.HasPrefix(rest, "known are "):
			faults[i].Detail += ", and rate"
		}
	}
	return faults
}

// maxGoalDays bounds how long a goal runs: ten years.
const maxGoalDays = declared.MaxGoalDays

// parentFaults says what a goal must be so that it can serve the one above it.
func (s *server) parentFaults(a ask, d events.Draft) ([]fault, error) {
	var g events.GoalSet
	if err := json.Unmarshal(d.Data, &g); err != nil || g.Parent == "" {
		return nil, err
	}
	all, err := s.desk(a).Goals(a.ctx(), a.caller.Org)
	if err != nil {
		return nil, err
	}
	days, _ := daysOf(g.StartsOn, g.EndsOn)
	return servesFaults(all, g.Goal, g.Parent, days.from, days.to-1, a.today()), nil
}

// servesFaults says why a goal cannot serve another.
func servesFaults(all []projections.Goal, id, parent string, from, to, on calendar.Day) []fault {
	above, ok := goals.Find(all, parent)
	switch {
	case !ok:
		return []fault{at("/parent", "names no goal that is known. If it was just set, send min_position with the position that it got.")}
	case from < above.StartsOn || to > above.On(on).EndsOn:
		return []fault{at("/parent", fmt.Sprintf("runs from %s to %s: a goal that serves it must lie inside",
			above.StartsOn, above.On(on).EndsOn))}
	case goals.Above(all, parent, id, on):
		return []fault{at("/parent", "serves this goal itself, directly or through others")}
	default:
		return nil
	}
}

// contentID names a goal that was given no name by what it is, so that sending it twice makes one goal.
func contentID(body []byte) string {
	draft, _ := events.Draft{Type: events.TypeGoalSet, Source: told, Data: body}.Check()
	sum := sha256.Sum256(draft.Data)
	return "g_" + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10]))
}

// withMember puts a member in front of the members of an object. What was given stays as it was given, so that what is
// wrong with it is found.
func withMember(object []byte, name, value string, empty bool) []byte {
	_, members, _ := bytes.Cut(object, []byte{'{'})
	data := fmt.Appendf(nil, `{%q:%q`, name, value)
	if !empty {
		data = append(data, ',')
	}
	return append(data, members...)
}

// withoutMember takes a member out of an object, every time that it is given.
func withoutMember(object []byte, name string) []byte {
	dec := json.NewDecoder(bytes.NewReader(object))
	if _, err := dec.Token(); err != nil {
		return object
	}
	out := []byte{'{'}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return object
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return object
		}
		if key == name {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = fmt.Appendf(out, "%q:", key)
		out = append(out, value...)
	}
	return append(out, '}')
}
