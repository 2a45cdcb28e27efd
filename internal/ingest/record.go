package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/declared"
	"milemarker/internal/problem"
)

// positionHeader carries the position up to which a reader must have come to see what was written.
const positionHeader = "Milemarker-Position"

// batchAnswer is the answer to a batch: one receipt for each event, in order.
type batchAnswer struct {
	Results  []events.Receipt `json:"results"`
	Position events.Position  `json:"position"` // the highest that was appended or stood already, 0 if none
}

// submission is one event as it came in, parsed.
type submission struct {
	draft      events.Draft
	violations []events.Violation
}

// record answers POST /v1/events.
func (s *server) record(c echo.Context, caller access.Caller) error {
	m, err := modeOf(c)
	if err != nil {
		return err
	}
	if err := s.enter(c); err != nil {
		return err
	}
	defer s.leave()
	limit := s.cfg.MaxBatchBody
	if m == structured || m == binary {
		limit = s.cfg.MaxBody
	}
	body, err := s.readBody(c, limit)
	if err != nil {
		return err
	}
	if m == either {
		if m = structured; bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
			m = batched
		}
	}
	if m == batched {
		return s.recordBatch(c, caller, body)
	}
	return s.recordOne(c, caller, m, body)
}

func (s *server) recordOne(c echo.Context, caller access.Caller, m mode, body []byte) error {
	if int64(len(body)) > s.cfg.MaxBody {
		return tooLarge(fmt.Sprintf("The event has %d bytes, the limit is %d.", len(body), s.cfg.MaxBody))
	}
	if err := s.spend(c, caller.KeyID, 1); err != nil {
		return err
	}
	var in submission
	if m == binary {
		h := c.Request().Header
		in.draft, in.violations = events.ParseBinary(h.Get, h.Get("Content-Type"), body)
	} else {
		in.draft, in.violations = events.ParseStructured(body)
	}
	receipts, err := s.submit(c, caller, []submission{in})
	if err != nil {
		return err
	}
	r := receipts[0]
	if r.Position > 0 {
		c.Response().Header().Set(positionHeader, strconv.FormatUint(uint64(r.Position), 10))
	}
	switch r.Outcome {
	case events.Appended:
		return c.JSON(http.StatusAccepted, r)
	case events.Duplicate:
		return c.JSON(http.StatusOK, r)
	case events.Conflict:
		return problem.Problem{
			Type:   "urn:milemarker:problem:conflict",
			Title:  "The id is taken",
			Status: http.StatusConflict,
			Detail: fmt.Sprintf("Another event has the id %q, at position %d. Nothing was written.", r.ID, r.Position),
			Mend:   "Give a new event an id of its own. To correct the one recorded, void it with event.voided and record it anew.",
		}
	case events.Rejected:
		return invalid(r.Violations)
	}
	return fmt.Errorf("outcome %q", r.Outcome)
}

func (s *server) recordBatch(c echo.Context, caller access.Caller, body []byte) error {
	items, violations := events.ParseBatch(body)
	if len(violations) > 0 {
		return invalid(violations)
	}
	if len(items) > s.cfg.MaxBatch {
		return tooLarge(fmt.Sprintf("The batch has %d events, the limit is %d.", len(items), s.cfg.MaxBatch))
	}
	if err := s.spend(c, caller.KeyID, max(1, len(items))); err != nil {
		return err
	}
	in := make([]submission, len(items))
	for i, item := range items {
		in[i] = s.parse(item)
	}
	receipts, err := s.submit(c, caller, in)
	if err != nil {
		return err
	}
	answer, status := batchAnswer{Results: receipts}, http.StatusAccepted
	for i, r := range receipts {
		if r.Outcome == events.Appended || r.Outcome == events.Duplicate {
			answer.Position = max(answer.Position, r.Position)
			continue
		}
		status = http.StatusMultiStatus
		for j := range r.Violations {
			r.Violations[j].Pointer = "/" + strconv.Itoa(i) + r.Violations[j].Pointer
		}
	}
	if answer.Position > 0 {
		c.Response().Header().Set(positionHeader, strconv.FormatUint(uint64(answer.Position), 10))
	}
	return c.JSON(status, answer)
}

// parse reads one event of a batch, which is held to the same size as an event that comes alone.
func (s *server) parse(item json.RawMessage) submission {
	if int64(len(item)) > s.cfg.MaxBody {
		detail := fmt.Sprintf("has %d bytes, the limit is %d", len(item), s.cfg.MaxBody)
		return submission{violations: []events.Violation{{Detail: detail}}}
	}
	d, violations := events.ParseStructured(item)
	return submission{d, violations}
}

// reserved tells whether only an admin may record events of a type: what changes all numbers of the org, destroys
// something, or is Milemarker's own word.
func reserved(typ string) bool {
	switch typ {
	case events.TypeOrgConfigured, events.TypeProspectErased, events.TypePaceChanged, events.TypeForecastIssued:
		return true
	default:
		return false
	}
}

// submit hands what could be read to the recorder and returns a receipt for each submission, in order.
func (s *server) submit(c echo.Context, caller access.Caller, in []submission) ([]events.Receipt, error) {
	receipts := make([]events.Receipt, len(in))
	drafts := make([]events.Draft, 0, len(in))
	for i := range in {
		each := &in[i]
		if reserved(each.draft.Type) && !caller.May(access.ScopeAdmin) {
			each.violations = append(each.violations, events.Violation{
				Pointer: "/type", Detail: "is for keys with the scope admin",
			})
		}
		if len(each.violations) == 0 {
			each.violations = declared.Raw(each.draft, s.deps.Clock())
		}
		if len(each.violations) > 0 {
			receipts[i] = events.Receipt{ID: each.draft.ID, Outcome: events.Rejected, Violations: each.violations}
			continue
		}
		drafts = append(drafts, each.draft)
	}
	if len(drafts) == 0 {
		return receipts, nil
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), s.cfg.Timeout)
	defer cancel()
	answers, err := s.deps.Recorder.Record(ctx, caller.Org, drafts)
	if err != nil {
		if c.Request().Context().Err() == nil || !errors.Is(err, context.Canceled) { // else the caller has gone
			s.deps.Logger.Error("events not recorded", "org", caller.Org, "events", len(drafts), "error", err)
		}
		return nil, later(c, http.StatusServiceUnavailable, time.Second, "The ledger cannot be reached or is busy.")
	}
	next := 0
	for i, each := range in {
		if len(each.violations) == 0 {
			receipts[i] = answers[next]
			next++
		}
	}
	return receipts, nil
}

// invalid is the problem of an event, or of a batch as a whole, that cannot be taken.
func invalid(violations []events.Violation) problem.Problem {
	p := problem.Problem{
		Type:   "urn:milemarker:problem:invalid-event",
		Title:  "Not a valid event",
		Status: http.StatusUnprocessableEntity,
		Detail: "Nothing was written.",
		Mend:   "GET /v1/schemas names the types of events and their JSON Schemas.",
	}
	for _, v := range violations {
		p.Errors = append(p.Errors, problem.Fault{Pointer: v.Pointer, Detail: v.Detail})
	}
	return p
}
