package api

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// paceView is how a goal stands at an instant.
type paceView struct {
	Position events.Position `json:"position"`
	Goal     goalView        `json:"goal"` // as it stood then
	At       time.Time       `json:"at"`
	Line     string          `json:"line"` // the curve that was followed
	Actual   any             `json:"actual"`
	Expected any             `json:"expected"`
	Margin   any             `json:"margin"`
	Ratio    *float64        `json:"ratio"` // null while nothing is expected
	Status   pace.Status     `json:"status"`
	Rule     pace.Rule       `json:"rule"` // by which the status was found
	Limits   limitsView      `json:"limits"`
	Left     leftView        `json:"left"`
	Sentence string          `json:"sentence"`
	Events   string          `json:"events"` // where the events behind actual are
}

type limitsView struct {
	OffTrack any `json:"off_track"`
	AtRisk   any `json:"at_risk"`
	Ahead    any `json:"ahead"`
}

type leftView struct {
	Total       any `json:"total"`
	WorkingDays int `json:"working_days"`
	PerDay      any `json:"per_working_day"` // null if no working day is left
	PerWeek     any `json:"per_week"`
}

// standing is a goal with its pace.
type standing struct {
	goal   projections.Goal
	metric metric.Definition
	line   string
	pace   pace.Pace
	link   string // query of the events behind it
}

// goalPace answers GET /v1/goals/{id}/pace.
func (s *server) goalPace(a ask) error {
	moment, day := readInstant(a)
	if err := a.query.done(); err != nil {
		return err
	}
	g, err := s.goal(a)
	if err != nil {
		return err
	}
	st, err := s.stand(a, g, moment, day)
	if err != nil {
		return err
	}
	show := func(d events.Decimal) any { return quantity(st.metric.Unit, d) }
	p := st.pace
	v := paceView{
		Position: a.position, Goal: viewGoal(g, day), At: p.At.UTC(), Line: st.line, Actual: show(p.Actual),
		Expected: show(p.Expected), Margin: show(p.Margin), Status: p.Status, Rule: p.Rule,
		Limits:   limitsView{OffTrack: show(p.Limits.OffTrack), AtRisk: show(p.Limits.AtRisk), Ahead: show(p.Limits.Ahead)},
		Left:     leftView{Total: show(p.Left.Total), WorkingDays: p.Left.Days},
		Sentence: p.Sentence, Events: "/v1/events?" + st.link,
	}
	if p.Ratio != nil {
		ratio := rounded(*p.Ratio)
		v.Ratio = &ratio
	}
	if p.Left.Days > 0 {
		v.Left.PerDay, v.Left.PerWeek = show(p.Left.Day), show(p.Left.Week)
	}
	return a.JSON(http.StatusOK, v)
}

// readInstant reads the parameter at: an instant, or a date for the end of that day; now if it is not given. It returns
// the local day that the instant belongs to as well, which for the end of a day is that day.
func readInstant(a ask) (time.Time, calendar.Day) {
	v := a.query.one("at")
	if v == "" {
		return a.now, a.today()
	}
	if day, err := calendar.ParseDay(v); err == nil && day >= firstDay() {
		if day < a.today() {
			return (day + 1).In(a.calendar.Location()), day
		}
		if day == a.today() {
			return a.now, day
		}
		a.query.fault("at", "lies in the future")
		return a.now, day
	}
	moment, err := time.Parse(time.RFC3339, v)
	switch {
	case err != nil || a.calendar.DayOf(moment) < firstDay():
		a.query.fault("at", "want an instant such as 2017-12-31T12:00:00Z, or a date for the end of that day")
	case moment.After(a.now):
		a.query.fault("at", "lies in the future")
	}
	return moment.Truncate(time.Microsecond), a.calendar.DayOf(moment)
}

// stand tells how a goal, as it stood on a day, stands at a moment of that day.
func (s *server) stand(a ask, g projections.Goal, moment time.Time, day calendar.Day) (standing, error) {
	st := standing{goal: g}
	var ok bool
	if st.metric, ok = metric.Find(g.Metric); !ok || !st.metric.Additive() {
		return st, noPace(fmt.Sprintf("The goal counts %.100q, which is not defined or does not add up.", g.Metric))
	}
	currency := ""
	if st.metric.ByCurrency() {
		if currency = cmp.Or(g.Currency, a.settings.Currency); currency == "" {
			return st, noPace("The goal is an amount, but neither it nor the org has a currency.")
		}
	}
	terms := g.On(day)
	goal := pace.Goal{
		Target: terms.Target, Direction: pace.Direction(g.Direction), From: g.StartsOn, To: terms.EndsOn,
		Rule: pace.Rule(terms.StatusRule), Counts: st.metric.Unit == metric.Count,
		Noun: strings.TrimSpace(currency + " " + st.metric.Noun),
	}
	goal.Markers, st.line = markers(goal, terms.Course)
	if err := goal.Validate(); err != nil {
		return st, noPace(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	q := actualQuery{
		metric: st.metric, currency: currency, where: goalFilter(g, st.metric, currency),
		days: span{g.StartsOn, min(terms.EndsOn, day) + 1}, moment: moment,
	}
	actual, err := s.actual(a, q)
	if err != nil {
		return st, err
	}
	st.pace = pace.Check(goal, actual, moment, a.working)
	link := url.Values{"metric": {g.Metric}}
	for d, values := range q.where {
		if d != projections.ByType {
			link[string(d)] = values
		}
	}
	q.days.to = max(q.days.to, q.days.from+1)
	if a.cutShort(moment, q.days) { // the list of events goes from new to old: it begins right before the moment
		link.Set("cursor", encodeCursor(projections.Cursor{Time: moment}))
	}
	st.link = strings.TrimPrefix(eventsLink("", q.days, link), "?")
	return st, nil
}

func noPace(detail string) error {
	return failed(http.StatusUnprocessableEntity, detail, "Close the goal and set one whose pace can be told.")
}

// markers returns the mile markers of a course, and the curve that they make: a course that cannot be followed runs
// straight.
func markers(g pace.Goal, c events.Course) ([]pace.Marker, string) {
	switch c.Curve {
	case events.CurveMonthly:
		if m, ok := pace.MonthlyMarkers(g.From, g.To, g.Target, c.Weights); ok {
			return m, events.CurveMonthly
		}
	case events.CurveMarkers:
		for _, m := range c.Markers {
			on, err := calendar.ParseDay(string(m.On))
			if err != nil {
				return nil, events.CurveStraight
			}
			g.Markers = append(g.Markers, pace.Marker{On: on, Value: m.Value})
		}
		if g.Validate() == nil {
			return g.Markers, events.CurveMarkers
		}
	}
	return nil, events.CurveStraight
}
