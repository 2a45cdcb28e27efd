package api

import (
	"cmp"
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
	"milemarker/projections"
)

// calendarView is the working time of an owner.
type calendarView struct {
	Owner    string             `json:"owner"` // org, team/x or rep/y
	Chain    []string           `json:"falls_back_on"`
	Own      []calendarTermView `json:"own"`  // what the owner said, by the days from which it holds
	Days     []dayView          `json:"days"` // as they come out
	Dayoffs  []dayoffView       `json:"days_off"`
	Position events.Position    `json:"position"`
}

type calendarTermView struct {
	EffectiveOn calendar.Day     `json:"effective_on"`
	Hours       *[]weekdayView   `json:"hours,omitempty"` // absent: as with the team or org
	Holidays    *[]string        `json:"holidays,omitempty"`
	ClosesAfter *int             `json:"closes_after_days,omitempty"`
	Position    *events.Position `json:"position,omitempty"`
}

type weekdayView struct {
	Weekday string `json:"weekday"`
	From    string `json:"from"`
	To      string `json:"to"`
}

// dayView is one day as it comes out.
type dayView struct {
	Day     calendar.Day `json:"day"`
	Hours   float64      `json:"hours"` // of work
	Spans   []spanView   `json:"spans"`
	Holiday string       `json:"holiday,omitempty"`
	Apart   bool         `json:"set_apart,omitempty"` // by a day off, or other hours
	Closed  bool         `json:"closed"`
}

type spanView struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

type dayoffView struct {
	Dayoff    string          `json:"dayoff"`
	StartsOn  calendar.Day    `json:"starts_on"`
	EndsOn    calendar.Day    `json:"ends_on"`
	Hours     []clockView     `json:"hours,omitempty"`
	Withdrawn bool            `json:"withdrawn,omitempty"`
	Position  events.Position `json:"position"`
}

type clockView struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// ownerOf reads the owner that a path names: org, team/x or rep/y.
func ownerOf(c echo.Context) (events.Owner, error) {
	kind, name := c.Param("kind"), pathParam(c, "name")
	switch {
	case kind == "": // the org's has an address of its own
		return events.Owner{OwnerKind: events.OwnerOrg}, nil
	case (kind == events.OwnerTeam || kind == events.OwnerRep) && name != "":
		return events.Owner{OwnerKind: kind, Owner: name}, nil
	default:
		return events.Owner{}, failed(http.StatusNotFound, fmt.Sprintf("There is no calendar at %.200q.", c.Request().URL.Path),
			"There are /v1/calendars/org, /v1/calendars/team/{name} and /v1/calendars/rep/{name}.")
	}
}

func ownerPath(o events.Owner) string {
	if o.OwnerKind == events.OwnerOrg || o.OwnerKind == "" {
		return events.OwnerOrg
	}
	return o.OwnerKind + "/" + o.Owner
}

// maxCalendarDays bounds the days of one answer.
const maxCalendarDays = 400

// oneCalendar answers GET /v1/calendars/org, /team/{name} and /rep/{name}.
func (s *server) oneCalendar(a ask) error {
	owner, err := ownerOf(a.Context)
	if err != nil {
		return err
	}
	days := a.query.days()
	if days.from == 0 {
		days.from = a.today()
	}
	if days.to == 0 {
		days.to = days.from + 14
	}
	if days.to-days.from > maxCalendarDays {
		a.query.fault("to", fmt.Sprintf("want at most %d days", maxCalendarDays))
	}
	if err := a.query.done(); err != nil {
		return err
	}
	calendars, err := s.desk(a).Calendars(a.ctx(), a.caller.Org, time.Time{})
	if err != nil {
		return err
	}
	return a.JSON(http.StatusOK, viewCalendar(a, calendars, owner, days))
}

func viewCalendar(a ask, c goals.Calendars, owner events.Owner, days span) calendarView {
	v := calendarView{
		Owner: ownerPath(owner), Chain: []string{}, Own: []calendarTermView{}, Days: []dayView{}, Dayoffs: []dayoffView{},
		Position: a.position,
	}
	chain := c.Chain(owner)
	for _, o := range chain[1:] {
		v.Chain = append(v.Chain, ownerPath(o))
	}
	for _, t := range c.Schedules().Terms(owner) {
		v.Own = append(v.Own, viewTerms(t))
	}
	for _, d := range c.Schedules().Dayoffs(owner) {
		off := dayoffView{Dayoff: d.ID, StartsOn: d.From, EndsOn: d.To, Withdrawn: d.Withdrawn, Position: d.Position}
		for _, h := range d.Hours {
			off.Hours = append(off.Hours, clockView{clockText(h.From), clockText(h.To)})
		}
		v.Dayoffs = append(v.Dayoffs, off)
	}
	w := c.Of(owner)
	for day := days.from; day < days.to; day++ {
		d := dayView{Day: day, Hours: rounded(w.On(day).Hours()), Spans: []spanView{}}
		for _, i := range w.Spans(day) {
			d.Spans = append(d.Spans, spanView(i))
		}
		d.Holiday, _ = c.Holiday(owner, day)
		_, d.Apart = c.Schedules().Apart(chain, day)
		d.Closed = c.Schedules().Closed(chain, day, a.today())
		v.Days = append(v.Days, d)
	}
	return v
}

func viewTerms(t projections.CalendarTerms) calendarTermView {
	v := calendarTermView{EffectiveOn: t.From, Holidays: t.Holidays, ClosesAfter: t.ClosesAfter, Position: &t.Position}
	if t.Hours == nil {
		return v
	}
	hours := []weekdayView{}
	for d, spans := range t.Hours {
		for _, h := range spans {
			hours = append(hours, weekdayView{strings.ToLower(time.Weekday(d).String()), clockText(h.From), clockText(h.To)})
		}
	}
	v.Hours = &hours
	return v
}

// clockText tells a time of day; the end of the day is 00:00.
func clockText(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours())%24, int(d.Minutes())%60)
}

// configureCalendar answers PUT /v1/calendars/...: the body is the payload of calendar.configured without its owner. It
// replaces what the owner said before, from its day on.
func (s *server) configureCalendar(c echo.Context, caller access.Caller) error {
	return s.changeCalendar(c, caller, events.TypeCalendarConfigured, func(a ask, body []byte, fields members, _ events.Owner) ([]byte, error) {
		if _, given := fields["effective_on"]; !given {
			body = withMember(body, "effective_on", a.today().String(), false)
		}
		return body, nil
	})
}

// addDayoff answers POST /v1/calendars/.../days-off: the body is the payload of dayoff.set without its owner and, if one is
// to be made, its id.
func (s *server) addDayoff(c echo.Context, caller access.Caller) error {
	return s.changeCalendar(c, caller, events.TypeDayoffSet, func(a ask, body []byte, fields members, o events.Owner) ([]byte, error) {
		if _, given := fields["dayoff"]; !given {
			canonical, _ := events.Draft{Source: told, Type: events.TypeDayoffSet, Data: body}.Check()
			body = withMember(body, "dayoff", "off_"+contentAfter(uint64(a.position), canonical.Data), false)
		}
		if d, ok := parsed[events.DayoffSet](body); ok {
			return body, s.closedDays(a, o, d)
		}
		return body, nil // what is wrong is found by the check
	})
}

// closedDays refuses days that are closed: what was judged by them stays.
func (s *server) closedDays(a ask, o events.Owner, d events.DayoffSet) error {
	days, ok := daysOf(d.StartsOn, cmp.Or(d.EndsOn, d.StartsOn))
	if !ok {
		return nil // what is wrong is found by the check
	}
	calendars, err := s.desk(a).Calendars(a.ctx(), a.caller.Org, time.Time{})
	if err != nil {
		return err
	}
	for day := days.from; day < min(days.to, a.today()+1); day++ {
		if calendars.Schedules().Closed(calendars.Chain(o), day, a.today()) {
			return failed(http.StatusConflict, day.String()+" is closed: what was asked for on that day stays as it was.",
				"Days stay open for some days after their end; see closes_after_days of the calendar.")
		}
	}
	return nil
}

// withdrawDayoff answers DELETE /v1/calendars/.../days-off/{id}: days that are open still are like all others again.
func (s *server) withdrawDayoff(c echo.Context, caller access.Caller) error {
	owner, err := ownerOf(c)
	if err != nil {
		return err
	}
	a, err := s.askCurrent(c, caller)
	if err != nil {
		return err
	}
	calendars, err := s.desk(a).Calendars(a.ctx(), caller.Org, time.Time{})
	if err != nil {
		return err
	}
	id := pathParam(c, "id")
	if !slices.ContainsFunc(calendars.Schedules().Dayoffs(owner), func(d projections.Dayoff) bool { return d.ID == id }) {
		return failed(http.StatusNotFound, fmt.Sprintf("There is no day off %.200q up to position %d.", id, a.position),
			"If it was just set, ask with min_position.")
	}
	data, err := json.Marshal(events.DayoffWithdrawn{Dayoff: id})
	if err != nil {
		return err
	}
	receipt, err := s.record(c, caller.Org, events.Draft{
		ID: "dayoff.withdrawn/" + id, Source: told, Type: events.TypeDayoffWithdrawn, Data: data,
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"position": receipt.Position, "outcome": receipt.Outcome})
}

// changeCalendar records what a body says about the calendar of the owner that the path names.
func (s *server) changeCalendar(
	c echo.Context, caller access.Caller, typ string, complete func(ask, []byte, members, events.Owner) ([]byte, error),
) error {
	owner, err := ownerOf(c)
	if err != nil {
		return err
	}
	body, fields, err := readObject(c)
	if err != nil {
		return err
	}
	a, err := s.askCurrent(c, caller)
	if err != nil {
		return err
	}
	var faults []fault
	for _, name := range []string{"owner", "owner_kind"} {
		if _, given := fields[name]; given {
			faults = append(faults, at("/"+name, "must be left out: the address names the owner"))
		}
	}
	if len(faults) > 0 {
		return badBody(faults)
	}
	body = withMember(body, "owner_kind", owner.OwnerKind, len(fields) == 0)
	if owner.Owner != "" {
		body = withMember(body, "owner", owner.Owner, false)
	}
	if body, err = complete(a, body, fields, owner); err != nil {
		return err
	}
	draft, found := events.Draft{ID: typ, Source: told, Type: typ, Data: body}.Check()
	if faults := append(violations(found), violations(declared.Check(draft, a.calendar))...); len(faults) > 0 {
		return badBody(faults)
	}
	draft.ID = typ + "/" + contentAfter(uint64(a.position), draft.Data)
	receipt, err := s.record(c, caller.Org, draft)
	if err != nil {
		return err
	}
	answer := map[string]any{"position": receipt.Position, "outcome": receipt.Outcome}
	var d events.DayoffSet
	if typ == events.TypeDayoffSet && json.Unmarshal(draft.Data, &d) == nil {
		answer["dayoff"] = d.Dayoff
	}
	return c.JSON(http.StatusOK, answer)
}
