package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"milemarker/events"
	"milemarker/projections"
)

// eventsFile answers GET /v1/events with all pages, one after the other, as one CSV file. Each page may take as long as an
// answer may. When one cannot be had the connection is broken off: a file that ended there would look complete.
func (s *server) eventsFile(a ask, q eventsQuestion, opened bool) error {
	q.limit = s.cfg.MaxPage
	views, next, err := s.pageOfFile(a, q, opened)
	if err != nil {
		return err
	}
	header, cells := eventColumns(opened)
	file, err := beginCSV(a.Context, "events", header)
	if err == nil {
		err = addCSV(file, views, cells)
	}
	for next != nil && err == nil {
		q.After = next
		if views, next, err = s.pageOfFile(a, q, opened); err == nil {
			err = addCSV(file, views, cells)
		}
	}
	if err != nil {
		s.deps.Logger.WarnContext(a.Request().Context(), "file broken off", "path", a.Path(), "error", err)
		panic(http.ErrAbortHandler) // net/http's way to break off
	}
	return nil
}

// pageOfFile reads a page, for which there is as much time as for a whole answer. Who has gone meanwhile is noticed when it
// is written.
func (s *server) pageOfFile(a ask, q eventsQuestion, opened bool) ([]eventView, *projections.Cursor, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.ctx()), s.cfg.Timeout)
	defer cancel()
	a.context = ctx
	return s.viewPage(a, q, opened)
}

// eventColumns returns the columns of events as CSV.
func eventColumns(opened bool) (header []string, cells func(eventView) []cell) {
	if !opened {
		return eventsHeader(), eventCells
	}
	return append(eventsHeader(), openedHeader()...), func(v eventView) []cell { return append(eventCells(v), openedCells(v)...) }
}

func eventsHeader() []string {
	return []string{
		"id", "type", "time", "day", "rep", "team", "prospect", "outcome", "source", "campaign", "product", "amount",
		"currency", "seconds", "position", "voided_by",
	}
}

func eventCells(v eventView) []cell {
	f, _ := events.Facts(events.Event{Type: v.Type, Data: v.Data}) // what cannot be read has no shared fields
	var said struct{ Amount, Seconds, Minutes json.RawMessage }
	_ = json.Unmarshal(v.Data, &said) // the same
	var amount, seconds cell          // of what was not said there is none, which is not 0
	if said.Amount != nil {
		amount = value(f.Amount)
	}
	if said.Seconds != nil || said.Minutes != nil {
		seconds = cell(strconv.FormatInt(f.Seconds, 10))
	}
	return []cell{
		text(v.ID), cell(v.Type), cell(v.Time.Format(time.RFC3339Nano)), cell(v.Day.String()), text(v.Rep), text(v.Team),
		text(v.Prospect), text(f.Outcome), text(f.Source), text(f.Campaign), text(f.Product), amount,
		text(f.Currency), seconds, value(uint64(v.Position)), text(v.VoidedBy),
	}
}
