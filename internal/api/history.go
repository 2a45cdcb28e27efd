package api

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"milemarker/events"
	"milemarker/projections"
)

// step is one thing that happened to an event.
type step struct {
	What  string    `json:"what"`
	Event eventView `json:"event"` // that says so
}

// The steps of an event's history.
const (
	stepRecorded  = "recorded"     // the event itself
	stepAmends    = "amends"       // the event in whose place it stands
	stepVoided    = "voided"       // the void that took it back
	stepRepeated  = "voided_again" // a void without effect: it was void already, or is a void itself
	stepAmended   = "amended"      // what stands in its place
	stepDuplicate = "duplicate"    // its id came again, with the same content
	stepConflict  = "conflict"     // its id came again, with other content
)

// maxCopies bounds the second copies of one event that are shown.
const maxCopies = 100

// history returns all that is known of an event, in the order in which it was recorded.
func (s *server) history(a ask, row projections.EventRow) ([]step, error) {
	e := row.Event
	steps := []step{{stepRecorded, viewEvent(row)}}
	ids, err := s.deps.Warehouse.Corrections(a.ctx(), projections.CorrectionQuery{Org: a.caller.Org, ID: e.ID})
	if err != nil {
		return nil, err
	}
	if e.Amends != "" {
		ids = append(ids, e.Amends)
	}
	if len(ids) > 0 {
		related, err := s.byID(a, ids...)
		if err != nil {
			return nil, err
		}
		for id, r := range related {
			steps = append(steps, step{relation(row, id, r.Event), viewEvent(r)})
		}
	}
	copies, err := s.deps.Warehouse.Duplicates(a.ctx(), projections.DuplicateQuery{
		Org: a.caller.Org, IDs: []string{e.ID}, Limit: maxCopies,
	})
	if err != nil {
		return nil, err
	}
	for _, c := range copies {
		steps = append(steps, step{string(c.Verdict), s.viewCopy(a, c)})
	}
	slices.SortFunc(steps, func(x, y step) int { return cmp.Compare(x.Event.Position, y.Event.Position) })
	return steps, nil
}

// relation says what another event is to this one.
func relation(row projections.EventRow, id string, other events.Event) string {
	switch {
	case id == row.Event.Amends:
		return stepAmends
	case id == row.VoidedBy:
		return stepVoided
	case other.Type == events.TypeEventVoided:
		return stepRepeated
	default:
		return stepAmended
	}
}

// viewCopy shows a second copy, on the day on which it would count.
func (s *server) viewCopy(a ask, c projections.Copy) eventView {
	return viewEvent(projections.EventRow{Record: c.Record, Day: a.calendar.DayOf(c.Event.Time)})
}

// duplicate is one second copy beside the event that counts.
type duplicate struct {
	ID            string          `json:"id"`
	Verdict       events.Outcome  `json:"verdict"`
	Position      events.Position `json:"position"`
	FirstPosition events.Position `json:"first_position"`
	First         *eventView      `json:"first,omitempty"`
	Second        eventView       `json:"second"`
}

// listDuplicates answers GET /v1/duplicates.
func (s *server) listDuplicates(a ask) error {
	q := projections.DuplicateQuery{
		Org:     a.caller.Org,
		Verdict: events.Outcome(a.query.choice("verdict", "", string(events.Duplicate), string(events.Conflict))),
		Limit:   a.query.number("limit", 100, s.cfg.MaxPage),
	}
	if v := a.query.one("before"); v != "" {
		before, err := strconv.ParseUint(v, 10, 64)
		if err != nil || before == 0 {
			a.query.fault("before", "want a position, as an answer gave it")
		}
		q.Before = events.Position(before)
	}
	if err := a.query.done(); err != nil {
		return err
	}
	size := q.Limit
	q.Limit++ // one more tells whether there is a next page
	copies, err := s.deps.Warehouse.Duplicates(a.ctx(), q)
	if err != nil {
		return err
	}
	next := ""
	if len(copies) > size {
		copies = copies[:size]
		next = nextDuplicates(a, copies[size-1].Position)
		a.Response().Header().Set("Link", "<"+next+`>; rel="next"`)
	}
	list, err := s.beside(a, copies)
	if err != nil {
		return err
	}
	return a.JSON(http.StatusOK, struct {
		Position   events.Position `json:"position"`
		Duplicates []duplicate     `json:"duplicates"`
		Next       string          `json:"next,omitempty"`
	}{a.position, list, next})
}

// beside sets each second copy beside the event that counts.
func (s *server) beside(a ask, copies []projections.Copy) ([]duplicate, error) {
	list := make([]duplicate, len(copies))
	var ids []string
	for _, c := range copies {
		if !slices.Contains(ids, c.Event.ID) {
			ids = append(ids, c.Event.ID)
		}
	}
	firsts := map[string]projections.EventRow{}
	if len(ids) > 0 {
		var err error
		if firsts, err = s.byID(a, ids...); err != nil {
			return nil, err
		}
	}
	for i, c := range copies {
		list[i] = duplicate{
			ID: c.Event.ID, Verdict: c.Verdict, Position: c.Position, FirstPosition: c.First, Second: s.viewCopy(a, c),
		}
		if row, ok := firsts[c.Event.ID]; ok {
			first := viewEvent(row)
			list[i].First = &first
		}
	}
	return list, nil
}

func nextDuplicates(a ask, last events.Position) string {
	values := maps.Clone(a.QueryParams())
	values.Del("min_position")
	values.Set("before", strconv.FormatUint(uint64(last), 10))
	return "/v1/duplicates?" + values.Encode()
}
