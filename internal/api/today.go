package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/timeblocks"
	"milemarker/projections"
)

// dayOfRep is what one answer about a rep's day needs.
type dayOfRep struct {
	ask

	rep     string
	day     calendar.Day
	working calendar.Working
	agenda  []projections.Meeting
	slots   map[string]timeblocks.Appointment // of the agenda, and of what was called off or put off
	blocks  []timeblocks.Occurrence
	counts  map[string]float64 // by metric, of the day
}

// clock returns the time of day of an instant, by the wall clock; what lies before or after the day is its end.
func (d dayOfRep) clock(t time.Time) time.Duration {
	loc := d.calendar.Location()
	switch t = t.In(loc); {
	case t.Before(d.day.In(loc)):
		return 0
	case !t.Before((d.day + 1).In(loc)):
		return 24 * time.Hour
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

// ends returns when an appointment is to end.
func (d dayOfRep) ends(m projections.Meeting) time.Time {
	if slot := d.slots[m.ID]; slot.To.After(m.Begins) {
		return slot.To
	}
	return m.Begins.Add(timeblocks.DefaultLength)
}

// settled tells whether it was told what became of an appointment.
func (d dayOfRep) settled(id string) bool {
	slot, known := d.slots[id]
	return known && !slot.Open
}

// today answers GET /v1/today. The first look at a day's plan fixes it.
func (s *server) today(c echo.Context, caller access.Caller) error {
	a, err := s.ask(c, caller)
	if err != nil {
		return err
	}
	rep := a.query.one("rep")
	day, given := a.query.day("day")
	switch {
	case rep == "":
		a.query.fault("rep", "is required: whose day it is")
	case given && day > a.today():
		a.query.fault("day", "lies in the future: a day is planned when it comes")
	}
	if err := a.query.done(); err != nil {
		return err
	}
	if !given {
		day = a.today()
	}
	d, err := s.dayOf(a, rep, day)
	if err != nil {
		return err
	}
	planned, err := s.dayPlan(a, rep, day)
	if err != nil {
		return err
	}
	if !planned.Set && day == a.today() {
		if planned, err = s.fixDay(&d, planned); err != nil {
			return err
		}
	}
	v, err := s.viewDay(d, planned)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

// dayOf reads what a rep's day is made of.
func (s *server) dayOf(a ask, rep string, day calendar.Day) (dayOfRep, error) {
	d := dayOfRep{ask: a, rep: rep, day: day, slots: map[string]timeblocks.Appointment{}}
	calendars, err := s.desk(a).Calendars(a.ctx(), a.caller.Org, time.Time{})
	if err != nil {
		return d, err
	}
	d.working = calendars.Working(rep, "")
	loc := a.calendar.Location()
	from, until := day.In(loc), (day + 1).In(loc)
	d.agenda, err = s.deps.Prospects.Agenda(a.ctx(), projections.AgendaQuery{
		Org: a.caller.Org, Rep: rep, From: from, Until: until, Since: day - 120,
	})
	if err != nil {
		return d, err
	}
	told, err := s.deps.Notices.Calendar.Appointments(a.ctx(), projections.AppointmentQuery{Org: a.caller.Org, From: from, Until: until})
	if err != nil {
		return d, err
	}
	for _, slot := range timeblocks.Appointments(told) {
		d.slots[slot.ID] = slot
	}
	blocks, err := s.blocks(a, rep)
	if err != nil {
		return d, err
	}
	if d.blocks, err = s.takePlace(a, blocks, from, until); err != nil {
		return d, err
	}
	d.counts, err = s.countsOf(d, span{day, day + 1})
	return d, err
}

// countsOf returns what the rep did within some days, by metric.
func (s *server) countsOf(d dayOfRep, days span) (map[string]float64, error) {
	rows, err := s.deps.Warehouse.Metrics(d.ctx(), projections.MetricQuery{
		Org: d.caller.Org, Grain: calendar.Daily, From: days.from, To: days.to,
		GroupBy: []projections.Dimension{projections.ByType, projections.ByOutcome},
		Where:   map[projections.Dimension][]string{projections.ByRep: {d.rep}},
	})
	if err != nil {
		return nil, err
	}
	var sums []metric.Row
	for _, r := range rows {
		sums = append(sums, metric.Row{Type: r.Group[0], Outcome: r.Group[1], Count: r.Count, Seconds: r.Seconds})
	}
	counts := map[string]float64{}
	for _, def := range metric.All() {
		if def.Additive() && def.Unit != metric.Money {
			if v, ok := metric.Evaluate(def, sums); ok {
				counts[def.Name] = v.Number.Float64()
			}
		}
	}
	return counts, nil
}

// dayPlan returns what was planned for a rep's day.
func (s *server) dayPlan(a ask, rep string, day calendar.Day) (projections.DayPlan, error) {
	rows, err := s.deps.Warehouse.Events(a.ctx(), projections.DayPlanQuery(a.caller.Org, rep, day))
	if err != nil {
		return projections.DayPlan{}, err
	}
	for i := range rows { // a plan that was set by hand has its steps in words
		if rows[i].Event.Data, err = s.opened(a.ctx(), rows[i].Event); err != nil {
			return projections.DayPlan{}, err
		}
	}
	p, err := projections.FoldDayPlan(day, rows)
	if err != nil {
		s.deps.Logger.WarnContext(a.ctx(), "day plan events left out", "org", a.caller.Org, "error", err)
	}
	return p, nil
}

// fixDay plans the day and records it, so that it stays as it was first seen. When somebody else was quicker, his plan
// is the one that counts.
func (s *server) fixDay(d *dayOfRep, none projections.DayPlan) (projections.DayPlan, error) {
	made, err := s.planDay(*d)
	if err != nil || len(made.Steps) == 0 {
		none.LeftOut = made.LeftOut // no plan: it is made when there is something in it
		return none, err
	}
	data, err := json.Marshal(events.DayplanSet{Day: events.Date(d.day.String()), Steps: made.Steps, LeftOut: made.LeftOut})
	if err != nil {
		return none, err
	}
	draft, found := events.Draft{
		ID: dayID(events.TypeDayplanSet, d.rep, d.day), Source: told, Type: events.TypeDayplanSet, Rep: d.rep, Time: d.now, Data: data,
	}.Check()
	if len(found) > 0 {
		return none, fmt.Errorf("plan of %s: %s %s", d.day, found[0].Pointer, found[0].Detail)
	}
	receipts, err := s.deps.Recorder.Record(d.ctx(), d.caller.Org, []events.Draft{draft})
	if err != nil {
		return none, err
	}
	r := receipts[0]
	if r.Outcome == events.Conflict {
		if d.position, err = s.reach(d.Context, d.caller.Org, r.Position); err != nil {
			return none, err
		}
		d.Response().Header().Set(positionHeader, strconv.FormatUint(uint64(d.position), 10))
		return s.dayPlan(d.ask, d.rep, d.day)
	}
	if len(r.Violations) > 0 {
		return none, fmt.Errorf("plan of %s: %s", d.day, r.Violations[0].Detail)
	}
	d.position = max(d.position, r.Position)
	d.Response().Header().Set(positionHeader, strconv.FormatUint(uint64(d.position), 10))
	return projections.DayPlan{Set: true, At: d.now, Steps: made.Steps, LeftOut: made.LeftOut, Done: none.Done}, nil
}

func dayID(typ, rep string, day calendar.Day) string {
	return typ + "/" + url.PathEscape(rep) + "/" + day.String()
}
