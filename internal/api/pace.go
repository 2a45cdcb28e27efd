package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// paceView is how a goal stands at an instant. Numbers are in the unit of the goal's metric.
type paceView struct {
	Position *events.Position `json:"position,omitempty"`
	Goal     goalView         `json:"goal"` // as it stood then
	At       time.Time        `json:"at"`
	Known    *time.Time       `json:"known,omitempty"` // whose knowledge was used, unless it is today's
	Line     string           `json:"line"`            // the curve that was followed
	Actual   any              `json:"actual"`          // null for a ratio of which nothing is known
	Part     any              `json:"part,omitempty"`  // of a ratio, what actual is made of
	Of       any              `json:"of,omitempty"`
	Expected any              `json:"expected"`
	Margin   any              `json:"margin"`
	Ratio    *float64         `json:"ratio"`           // null while nothing is expected
	Ahead    *aheadView       `json:"ahead,omitempty"` // negative when behind
	Status   pace.Status      `json:"status"`
	Rule     pace.Rule        `json:"rule"` // by which the status was found
	Limits   limitsView       `json:"limits"`
	Luck     luckView         `json:"luck"`
	Left     leftView         `json:"left"`
	Current  *currentView     `json:"current,omitempty"`
	SafeDays *int             `json:"safe_days,omitempty"`
	Markers  []passedView     `json:"markers,omitempty"`
	Outlook  *outlookView     `json:"outlook,omitempty"`
	Sentence string           `json:"sentence"`
	Events   string           `json:"events"` // where the events behind actual are
}

type limitsView struct {
	OffTrack any `json:"off_track"`
	AtRisk   any `json:"at_risk"`
	Ahead    any `json:"ahead"`
}

// luckView says what luck was reckoned with.
type luckView struct {
	Dispersion float64 `json:"dispersion"` // 1 is pure chance, and what is taken until it is measured
	Days       int     `json:"measured_over_days"`
	Amounts    int     `json:"measured_over_amounts,omitempty"`
}

type aheadView struct {
	Hours float64 `json:"working_hours"`
	Days  float64 `json:"working_days"`
}

type leftView struct {
	Total       any      `json:"total"`
	WorkingDays int      `json:"working_days"`
	PerDay      any      `json:"per_working_day"` // null if no working day is left
	PerWeek     any      `json:"per_week"`
	Needed      *float64 `json:"needed,omitempty"` // of a ratio: what it must be from here on
}

type currentView struct {
	PerDay  float64 `json:"per_working_day"`
	PerWeek float64 `json:"per_week"`
	Over    int     `json:"over_working_days"`
}

type passedView struct {
	On      calendar.Day `json:"on"`
	Value   any          `json:"value"`
	Actual  any          `json:"actual"`
	Over    bool         `json:"over"`
	Reached bool         `json:"reached"`
}

// outlookView is what is to be expected, at 10, 50 and 90 %.
type outlookView struct {
	Chance  float64          `json:"chance"`
	Finish  map[string]any   `json:"finish"`
	Reached map[string]any   `json:"reached_on,omitempty"`
	LeansOn outlookLeansView `json:"leans_on"`
}

type outlookLeansView struct {
	Model    string  `json:"model"` // forecast, or rate: the goal's own rate of late
	Days     int     `json:"working_days,omitempty"`
	Events   float64 `json:"events,omitempty"` // as they are weighed
	Sentence string  `json:"sentence"`
}

// goalPace answers GET /v1/goals/{id}/pace.
func (s *server) goalPace(a ask) error {
	moment := readInstant(a)
	known := readKnown(a, moment)
	if err := a.query.done(); err != nil {
		return err
	}
	id := pathID(a.Context)
	st, err := s.seeingDesk(a).Standing(a.ctx(), a.caller.Org, id, moment, known)
	if errors.Is(err, goals.ErrNoGoal) && !known.IsZero() {
		return s.notKnownThen(a, id, known)
	}
	if err != nil {
		return paceFailure(a, id, err)
	}
	v := viewPace(st)
	v.Position = &a.position
	return a.JSON(http.StatusOK, v)
}

// readKnown reads the parameter known: now, then (as of the moment that is judged), or an instant. It returns zero for now.
func readKnown(a ask, moment time.Time) time.Time {
	switch v := a.query.one("known"); v {
	case "", "now":
		return time.Time{}
	case "then":
		return moment
	default:
		known, err := time.Parse(time.RFC3339, v)
		switch {
		case err != nil:
			a.query.fault("known", "want now, then, or an instant such as 2017-12-31T12:00:00Z")
		case known.After(a.now):
			a.query.fault("known", "lies in the future")
		}
		return known
	}
}

// listPaces answers GET /v1/pace: how all open goals of somebody stand, the most urgent first.
func (s *server) listPaces(a ask) error {
	moment := readInstant(a)
	f := goals.Filter{Rep: a.query.one("rep"), Team: a.query.one("team")}
	since, _ := a.query.day("ended_since")
	f.Since = since
	f.Owned = a.query.choice("owner_kind", "", events.OwnerOrg) == events.OwnerOrg
	if f.Owned && (f.Rep != "" || f.Team != "") {
		a.query.fault("owner_kind", "goes neither with rep nor with team")
	}
	if f.Rep != "" && f.Team != "" {
		a.query.fault("team", "does not go with rep: ask of one of them")
	}
	if err := a.query.done(); err != nil {
		return err
	}
	all, err := s.seeingDesk(a).All(a.ctx(), a.caller.Org, f, moment)
	if err != nil {
		return err
	}
	views, without := []paceView{}, []noPaceView{}
	for _, st := range all {
		if st.NoPace != "" {
			without = append(without, noPaceView{Goal: st.Goal.ID, Title: st.Title, Reason: st.NoPace})
			continue
		}
		views = append(views, viewPace(st))
	}
	if wantsCSV(a.Context) {
		return writeCSV(a.Context, "pace", paceHeader(), views, paceCells)
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "goals": views, "without_pace": without})
}

type noPaceView struct {
	Goal   string `json:"goal"`
	Title  string `json:"title"`
	Reason string `json:"reason"`
}

// paceFailure is the answer where nothing can be told of how a goal stands.
func paceFailure(a ask, id string, err error) error {
	var none goals.NoPaceError
	switch {
	case errors.Is(err, goals.ErrNoGoal):
		return noGoal(a, id)
	case errors.As(err, &none):
		return failed(http.StatusUnprocessableEntity, none.Reason, "Close the goal and set one whose pace can be told.")
	default:
		return err
	}
}

// notKnownThen is the answer where a goal was recorded after the moment whose knowledge was asked for.
func (s *server) notKnownThen(a ask, id string, known time.Time) error {
	all, err := s.desk(a).Goals(a.ctx(), a.caller.Org)
	if err != nil {
		return err
	}
	g, ok := goals.Find(all, id)
	if !ok {
		return noGoal(a, id)
	}
	return failed(http.StatusNotFound, fmt.Sprintf("The goal was not known at %s: it was recorded on %s.",
		known.In(a.calendar.Location()).Format(time.RFC3339), a.calendar.DayOf(g.SetAt)),
		"Leave known out to judge that day by what is known now, or ask for a later moment.")
}

func viewPace(st goals.Standing) paceView {
	show := func(d events.Decimal) any { return quantity(st.Metric.Unit, d) }
	p := st.Pace
	v := paceView{
		Goal: viewGoal(st.Goal, st.Day), At: p.At.UTC(), Line: st.Line, Actual: show(p.Actual),
		Expected: show(p.Expected), Margin: show(p.Margin), Status: p.Status, Rule: p.Rule,
		Limits:   limitsView{OffTrack: show(p.Limits.OffTrack), AtRisk: show(p.Limits.AtRisk), Ahead: show(p.Limits.Ahead)},
		Luck:     luckView{Dispersion: rounded(p.Spread.Dispersion), Days: p.Spread.Days, Amounts: p.Spread.Amounts},
		Left:     leftView{Total: show(p.Left.Total), WorkingDays: p.Left.Days},
		SafeDays: p.SafeDays, Sentence: p.Sentence, Events: "/v1/events?" + behindLink(st),
	}
	if !st.Known.IsZero() {
		known := st.Known.UTC()
		v.Known = &known
	}
	if st.Course.Kind.Ratio() {
		v.Part, v.Of, v.Left.Total = p.Part, p.Of, nil
		if p.Of == 0 {
			v.Actual, v.Margin = nil, nil
		}
		v.Left.Needed = roundedAt(p.Left.Needed)
	}
	v.Ratio = roundedAt(p.Ratio)
	if p.Ahead != nil {
		v.Ahead = &aheadView{Hours: rounded(p.Ahead.Time.Hours()), Days: rounded(p.Ahead.Days)}
	}
	if p.Left.Days > 0 && !st.Course.Kind.Ratio() {
		v.Left.PerDay, v.Left.PerWeek = show(p.Left.Day), show(p.Left.Week)
	}
	if p.Current != nil {
		v.Current = &currentView{rounded(p.Current.Day), rounded(p.Current.Week), p.Current.Over}
	}
	for _, m := range p.Markers {
		v.Markers = append(v.Markers, passedView{m.On, show(m.Value), show(m.Actual), m.Over, m.Reached})
	}
	if o := st.Outlook; o != nil {
		v.Outlook = &outlookView{
			Chance: rounded(o.Reach), Finish: map[string]any{}, LeansOn: viewOutlookLeans(st),
		}
		for i, name := range []string{"p10", "p50", "p90"} {
			v.Outlook.Finish[name] = show(o.Finish[i])
			if o.Reached[i] != nil {
				if v.Outlook.Reached == nil {
					v.Outlook.Reached = map[string]any{}
				}
				v.Outlook.Reached[name] = o.Reached[i]
			}
		}
	}
	return v
}

func roundedAt(x *float64) *float64 {
	if x == nil {
		return nil
	}
	r := rounded(*x)
	return &r
}

// behindLink is the query of the events behind the actual number of a standing.
func behindLink(st goals.Standing) string {
	link := url.Values{"metric": {st.Goal.Metric}}
	for d, values := range st.Behind.Where {
		if d != projections.ByType {
			link[string(d)] = values
		}
	}
	if st.Behind.CutShort { // the list of events goes from new to old: it begins right before the moment
		link.Set("cursor", encodeCursor(projections.Cursor{Time: st.At}))
	}
	return strings.TrimPrefix(eventsLink("", span{st.Behind.From, st.Behind.To}, link), "?")
}

// readInstant reads the parameter at: an instant, or a date for the end of that day; now if it is not given.
func readInstant(a ask) time.Time {
	v := a.query.one("at")
	if v == "" {
		return a.now
	}
	if day, err := calendar.ParseDay(v); err == nil && day >= firstDay() {
		if day < a.today() {
			return (day + 1).In(a.calendar.Location())
		}
		if day == a.today() {
			return a.now
		}
		a.query.fault("at", "lies in the future")
		return a.now
	}
	moment, err := time.Parse(time.RFC3339, v)
	switch {
	case err != nil || a.calendar.DayOf(moment) < firstDay():
		a.query.fault("at", "want an instant such as 2017-12-31T12:00:00Z, or a date for the end of that day")
	case moment.After(a.now):
		a.query.fault("at", "lies in the future")
	}
	return moment.Truncate(time.Microsecond)
}
