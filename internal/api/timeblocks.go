package api

import (
	"net/http"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/internal/timeblocks"
	"milemarker/projections"
)

// timeView is how the time of a rep was spent.
type timeView struct {
	Position    events.Position         `json:"position"`
	Rep         string                  `json:"rep"`
	From        calendar.Day            `json:"from"`
	To          calendar.Day            `json:"to"`
	Minutes     float64                 `json:"minutes"`          // told of, each counted once
	Income      float64                 `json:"income_producing"` // of them, in minutes
	Share       *float64                `json:"income_producing_share"`
	ByCategory  map[string]float64      `json:"by_category"`
	N           int                     `json:"n"` // events behind it
	Focus       focusView               `json:"focus"`
	Filled      filledView              `json:"blocks_filled"`
	Definitions []timeblocks.Definition `json:"definitions"`
}

type focusView struct {
	Planned float64    `json:"planned"` // minutes, of blocks that are over
	Kept    float64    `json:"kept"`
	Share   *float64   `json:"share"`
	Blocks  []keptView `json:"blocks"`
}

type keptView struct {
	timeblocks.Occurrence
	Minutes float64 `json:"minutes"` // spent on its activity
	Missed  bool    `json:"missed"`
}

type filledView struct {
	Days     []calendar.Day `json:"days"`
	Capacity int            `json:"capacity"`
	Made     int            `json:"made"`
	Share    *float64       `json:"share"`
}

// maxTimeDays bounds how many days one question about time may span: it is answered from the events.
const maxTimeDays = 93

// timeSpent answers GET /v1/time.
func (s *server) timeSpent(a ask) error {
	rep, days := a.query.one("rep"), a.query.days()
	if rep == "" {
		a.query.fault("rep", "is required: whose time")
	}
	if days.from == 0 {
		days.from = a.calendar.Bucket(calendar.Weekly, a.today())
	}
	if days.to == 0 {
		days.to = max(a.today(), days.from) + 1
	}
	if days.to-days.from > maxTimeDays {
		a.query.fault("to", "lies more than 93 days after from")
	}
	if err := a.query.done(); err != nil {
		return err
	}
	v, err := s.timeOf(a, rep, days)
	if err != nil {
		return err
	}
	return a.JSON(http.StatusOK, v)
}

// timeOf reckons the numbers about a rep's time.
func (s *server) timeOf(a ask, rep string, days span) (timeView, error) {
	v := timeView{
		Position: a.position, Rep: rep, From: days.from, To: days.to - 1, ByCategory: map[string]float64{},
		Focus: focusView{Blocks: []keptView{}}, Definitions: timeblocks.Definitions(),
	}
	blocks, err := s.blocks(a, rep)
	if err != nil {
		return v, err
	}
	from, to := a.instantsOf(days)
	acts, err := s.acts(a, rep, days)
	if err != nil {
		return v, err
	}
	spent := timeblocks.Spend(acts, timeblocks.Span{From: from, To: to})
	counted := timeblocks.Spend(a.counted(acts), timeblocks.Span{From: from, To: to}) // by_category is as it was logged
	v.Minutes, v.Income, v.N, v.Share = spent.Total.Minutes(), counted.Income.Minutes(), spent.N, roundedShare(counted.Share)
	for category, d := range spent.ByCategory {
		v.ByCategory[category] = d.Minutes()
	}
	over, err := s.takePlace(a, blocks, from, to)
	if err != nil {
		return v, err
	}
	over = slices.DeleteFunc(over, func(o timeblocks.Occurrence) bool { return o.To.After(a.now) })
	focus := timeblocks.Keep(over, acts)
	v.Focus.Planned, v.Focus.Kept, v.Focus.Share = focus.Planned.Minutes(), focus.Kept.Minutes(), roundedShare(focus.Share)
	for _, b := range focus.Blocks {
		v.Focus.Blocks = append(v.Focus.Blocks, keptView{b.Occurrence, b.Spent.Minutes(), b.Missed()})
	}
	told, err := s.deps.Notices.Calendar.Appointments(a.ctx(), projections.AppointmentQuery{
		Org: a.caller.Org, From: a.now, Until: a.now.AddDate(0, 2, 0),
	})
	if err != nil {
		return v, err
	}
	calendars, err := s.standingsDesk().Calendars(a.ctx(), a.caller.Org, time.Time{})
	if err != nil {
		return v, err
	}
	filled := timeblocks.Fill(blocks, timeblocks.Appointments(told), calendars.Working(rep, ""), a.now)
	v.Filled = filledView{filled.Days, filled.Capacity, filled.Made, roundedShare(filled.Share)}
	return v, nil
}

func roundedShare(share *float64) *float64 {
	if share == nil {
		return nil
	}
	r := rounded(*share)
	return &r
}

// acts reads what took a rep's time on some days, and a day on either side of them.
func (s *server) acts(a ask, rep string, days span) ([]timeblocks.Act, error) {
	from, to := a.instantsOf(span{days.from - 1, days.to + 1})
	scheduled, err := s.deps.Notices.Calendar.Appointments(a.ctx(), projections.AppointmentQuery{Org: a.caller.Org, From: from, Until: to})
	if err != nil {
		return nil, err
	}
	q := projections.EventQuery{
		Org: a.caller.Org, From: days.from - 1, To: days.to + 1, Limit: s.cfg.MaxPage,
		Where: map[projections.Dimension][]string{projections.ByType: timeblocks.ActTypes(), projections.ByRep: {rep}},
	}
	var told []events.Event
	for {
		rows, err := s.deps.Warehouse.Events(a.ctx(), q)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			told = append(told, r.Event)
		}
		if len(rows) < q.Limit || len(told) >= s.cfg.MaxRows {
			break
		}
		q.After = place(rows[len(rows)-1])
	}
	return timeblocks.Acts(told, timeblocks.Slots(timeblocks.Appointments(scheduled))), nil
}

// blocks reads the org's time blocks, of one rep or of all for "".
func (s *server) blocks(a ask, rep string) ([]timeblocks.Block, error) {
	records, err := s.deps.Warehouse.Declarations(a.ctx(), projections.DeclarationQuery{Org: a.caller.Org, Types: timeblocks.Types()})
	if err != nil {
		return nil, err
	}
	blocks, unread := timeblocks.Fold(records)
	if unread != nil {
		s.deps.Logger.WarnContext(a.ctx(), "time blocks left out", "org", a.caller.Org, "error", unread)
	}
	return slices.DeleteFunc(blocks, func(b timeblocks.Block) bool { return rep != "" && b.Rep != rep }), nil
}

// takePlace returns when blocks take place between two instants: not on days off and public holidays of their reps.
func (s *server) takePlace(a ask, blocks []timeblocks.Block, from, to time.Time) ([]timeblocks.Occurrence, error) {
	calendars, err := s.standingsDesk().Calendars(a.ctx(), a.caller.Org, time.Time{})
	if err != nil {
		return nil, err
	}
	return timeblocks.Without(timeblocks.Occurrences(blocks, a.calendar, from, to), daysOff(calendars)), nil
}

// daysOff tells which days somebody does not work that are worked otherwise: a weekday without hours is no day off.
func daysOff(c goals.Calendars) func(rep string, day calendar.Day) bool {
	return func(rep string, day calendar.Day) bool {
		owner := events.Owner{OwnerKind: events.OwnerRep, Owner: rep}
		if hours, apart := c.Schedules().Apart(c.Chain(owner), day); apart {
			return len(hours) == 0
		}
		_, off := c.Holiday(owner, day)
		return off
	}
}
