package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/projections"
)

// eventsQuestion is what GET /v1/events and the page of events ask.
type eventsQuestion struct {
	projections.EventQuery
	metric *metric.Definition // only the events that this number is made of; nil for all
	limit  int
	none   bool // nothing can match
}

// eventsAnswer is what GET /v1/events answers.
type eventsAnswer struct {
	Position events.Position `json:"position"`
	Events   []eventView     `json:"events"`
	Next     string          `json:"next,omitempty"` // where the next page is
}

// eventView is one event as it is shown: its private fields only to who may see them and asks for it.
type eventView struct {
	ID           string          `json:"id"`
	Type         string          `json:"type"`
	Time         time.Time       `json:"time"`
	TimeInferred bool            `json:"time_inferred,omitempty"`
	Day          calendar.Day    `json:"day"`
	Rep          string          `json:"rep,omitempty"`
	Team         string          `json:"team,omitempty"`
	Prospect     string          `json:"prospect,omitempty"`
	Aliases      []string        `json:"aliases,omitempty"`
	Source       string          `json:"source"` // who told
	Data         json.RawMessage `json:"data"`
	Sealed       bool            `json:"sealed"` // it has private fields
	RecordedAt   time.Time       `json:"recorded_at"`
	Position     events.Position `json:"position"`
	VoidedBy     string          `json:"voided_by,omitempty"`
	RecordedBy   string          `json:"recorded_by,omitempty"` // id of the key, of corrections
	Amends       string          `json:"amends,omitempty"`
	Private      json.RawMessage `json:"private,omitempty"` // when it is opened
	Erased       bool            `json:"erased,omitempty"`  // its private fields can never be opened again

	Whole events.Event `json:"-"`
}

func viewEvent(r projections.EventRow) eventView {
	e := r.Event
	return eventView{
		ID: e.ID, Type: e.Type, Time: e.Time, TimeInferred: e.TimeInferred, Day: r.Day, Rep: e.Rep, Team: e.Team,
		Prospect: e.Prospect, Aliases: e.Aliases, Source: e.Source, Data: e.Data, Sealed: e.Sealed != "",
		RecordedAt: e.RecordedAt, Position: r.Position, VoidedBy: r.VoidedBy,
		RecordedBy: e.RecordedBy, Amends: e.Amends, Whole: e,
	}
}

// listEvents answers GET /v1/events.
func (s *server) listEvents(a ask) error {
	opened, err := opens(a)
	if err != nil {
		return err
	}
	q, err := s.readEvents(a, 100)
	if err != nil {
		return err
	}
	if wantsCSV(a.Context) && !a.QueryParams().Has("limit") {
		return s.eventsFile(a, q, opened)
	}
	views, next, err := s.viewPage(a, q, opened)
	if err != nil {
		return err
	}
	link := nextLink(a, "/v1/events", next)
	if link != "" {
		a.Response().Header().Set("Link", "<"+link+`>; rel="next"`)
	}
	if wantsCSV(a.Context) {
		header, cells := eventColumns(opened)
		return writeCSV(a.Context, "events", header, views, cells)
	}
	return a.JSON(http.StatusOK, eventsAnswer{Position: a.position, Events: views, Next: link})
}

// viewPage reads one page as it is shown, and the place behind which the next one begins: nil behind the last.
func (s *server) viewPage(a ask, q eventsQuestion, opened bool) ([]eventView, *projections.Cursor, error) {
	rows, next, err := s.page(a, q)
	if err != nil {
		return nil, nil, err
	}
	views := make([]eventView, 0, len(rows))
	for _, r := range rows {
		views = append(views, viewEvent(r))
	}
	if opened {
		err = s.open(a, views)
	}
	return views, next, err
}

// oneEvent answers GET /v1/events/{id}: the event and its whole history.
func (s *server) oneEvent(a ask) error {
	opened, err := opens(a)
	if err != nil {
		return err
	}
	if err := a.query.done(); err != nil {
		return err
	}
	id := pathID(a.Context)
	rows, err := s.deps.Warehouse.Events(a.ctx(), projections.EventQuery{
		Org: a.caller.Org, IDs: []string{id}, Voided: true, Limit: 1,
	})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return failed(http.StatusNotFound, fmt.Sprintf("There is no event %.200q up to position %d.", id, a.position),
			"If it was just recorded, ask with min_position.")
	}
	history, err := s.history(a, rows[0])
	if err != nil {
		return err
	}
	view := []eventView{viewEvent(rows[0])}
	if opened {
		if err := errors.Join(s.open(a, view), s.openSteps(a, history)); err != nil {
			return err
		}
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "event": view[0], "history": history})
}

func (s *server) readEvents(a ask, pageSize int) (eventsQuestion, error) {
	days := a.query.days()
	q := eventsQuestion{limit: a.query.number("limit", pageSize, s.cfg.MaxPage)}
	q.EventQuery = projections.EventQuery{
		Org: a.caller.Org, From: days.from, To: days.to, Where: a.query.filters(), Prospect: a.query.one("prospect"),
		Voided: a.query.choice("voided", "false", "true") == "true",
	}
	if name := a.query.choice("metric", append([]string{""}, metric.Names()...)...); name != "" {
		if d, ok := metric.Find(name); ok {
			q.metric = &d
			q.narrow(projections.ByType, d.Types())
			q.narrow(projections.ByOutcome, d.Outcomes())
		}
	}
	if id := a.query.one("person"); id != "" {
		g, err := s.group(a, id)
		if err != nil {
			return q, err
		}
		q.Prospects = g.prospects()
	}
	if v := a.query.one("cursor"); v != "" {
		after, err := decodeCursor(v)
		if err != nil {
			a.query.fault("cursor", err.Error())
		}
		q.After = &after
	}
	return q, a.query.done()
}

// narrow allows only those values of a dimension, none meaning all, among which were asked for.
func (q *eventsQuestion) narrow(d projections.Dimension, values []string) {
	if len(values) == 0 {
		return
	}
	if asked, ok := q.Where[d]; ok {
		values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return !slices.Contains(asked, v) })
	}
	q.none = q.none || len(values) == 0
	q.Where[d] = values
}

// maxRounds bounds how often the warehouse is asked for one page.
const maxRounds = 20

// page reads one page, and the place behind which the next one begins: nil behind the last. A page may be short when few
// of many events are among those that a number is made of; the next one then goes on.
func (s *server) page(a ask, q eventsQuestion) (rows []projections.EventRow, next *projections.Cursor, err error) {
	if q.none {
		return nil, nil, nil
	}
	q.Limit = q.limit + 1 // one more tells whether there is a next page
	for range maxRounds {
		batch, err := s.deps.Warehouse.Events(a.ctx(), q.EventQuery)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range batch {
			if !q.uses(r) {
				continue
			}
			if len(rows) == q.limit {
				return rows, place(rows[len(rows)-1]), nil
			}
			rows = append(rows, r)
		}
		if len(batch) < q.Limit {
			return rows, nil, nil
		}
		q.After = place(batch[len(batch)-1])
	}
	return rows, q.After, nil
}

// uses tells whether an event is among those that the number asked for is made of.
func (q *eventsQuestion) uses(r projections.EventRow) bool {
	if q.metric == nil {
		return true
	}
	fact, err := events.Facts(r.Event)
	return err == nil && q.metric.Uses(r.Event.Type, fact.Outcome)
}

func place(r projections.EventRow) *projections.Cursor {
	return &projections.Cursor{Time: r.Event.Time, Position: r.Position}
}

// nextLink repeats the question with another cursor. The position need not be waited for again.
func nextLink(a ask, path string, next *projections.Cursor) string {
	if next == nil {
		return ""
	}
	values := a.QueryParams()
	values.Del("min_position")
	values.Set("cursor", encodeCursor(*next))
	return path + "?" + values.Encode()
}
