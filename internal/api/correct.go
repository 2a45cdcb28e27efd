package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/projections"
)

// corrected answers POST /v1/events/{id}:void and POST /v1/events/{id}:amend.
func (s *server) corrected(c echo.Context, caller access.Caller) error {
	id := pathID(c)
	if target, ok := strings.CutSuffix(id, ":void"); ok {
		return s.voidEvent(c, caller, target)
	}
	if target, ok := strings.CutSuffix(id, ":amend"); ok {
		return s.amendEvent(c, caller, target)
	}
	return echo.ErrNotFound
}

// voidEvent takes an event back.
func (s *server) voidEvent(c echo.Context, caller access.Caller, target string) error {
	wanted, err := readCorrected(c, "reason")
	if err != nil {
		return err
	}
	return s.correct(c, caller, target, func(events.Event) ([]events.Draft, error) {
		return []events.Draft{voidOf(target, wanted.Reason, caller)}, nil
	})
}

// amendEvent takes an event back and records another in its place.
func (s *server) amendEvent(c echo.Context, caller access.Caller, target string) error {
	wanted, err := readCorrected(c, "reason", "event")
	if err != nil {
		return err
	}
	return s.correct(c, caller, target, func(e events.Event) ([]events.Draft, error) {
		d, err := amendmentOf(e, wanted.Event, caller)
		return []events.Draft{voidOf(target, wanted.Reason, caller), d}, err
	})
}

// correct records the drafts that correct an event, all or none, unless they stand already.
func (s *server) correct(
	c echo.Context, caller access.Caller, target string, drafts func(events.Event) ([]events.Draft, error),
) error {
	a, err := s.askPlainly(c, caller)
	if err != nil {
		return err
	}
	if err := s.recent(a); err != nil {
		return err
	}
	known, err := s.byID(a, target)
	if err != nil {
		return err
	}
	row, ok := known[target]
	if !ok {
		return failed(http.StatusNotFound, fmt.Sprintf("There is no event %.200q up to position %d.", target, a.position),
			"If it was just recorded, ask with min_position. To take back what is still to come, record an event.voided.")
	}
	if row.Event.Type == events.TypeEventVoided {
		return failed(http.StatusConflict, "A void is final: it cannot be taken back.",
			"Record the event that it voided anew, under another id.")
	}
	wanted, err := drafts(row.Event)
	if err != nil {
		return err
	}
	receipts, err := s.recordCorrection(a, row, wanted)
	if err != nil {
		return err
	}
	return answerCorrection(c, target, receipts)
}

// staleAfter is how old something may be that the read models lack when they are asked whether an event stands. What is
// younger the ledger knows of: it remembers ids for two hours.
const staleAfter = time.Hour

// recent fails when the read models lack anything that the ledger may not remember by itself any more: an event that was
// amended there would be amended once more, and both amendments would count.
func (s *server) recent(a ask) error {
	last, err := s.deps.Notices.Feed.Last(a.ctx())
	if err != nil || a.position >= last {
		return err
	}
	var lacking time.Time // the oldest that is lacking was recorded then
	s.deps.Notices.Feed.Follow(a.ctx(), a.position+1, func(f events.Frame) bool {
		e, err := events.Decode(f.Body)
		if err == nil {
			lacking = e.RecordedAt
		}
		return err != nil && f.Position < last
	})
	if a.now.Sub(lacking) > staleAfter {
		return s.behind(a, last, a.position)
	}
	return nil
}

// recordCorrection records the drafts together. What the read models know is not asked of the ledger, whose memory of ids
// is short: drafts that stand with the same content are duplicates, and an event that is void otherwise stays so.
func (s *server) recordCorrection(a ask, row projections.EventRow, drafts []events.Draft) ([]events.Receipt, error) {
	ids := make([]string, len(drafts))
	for i, d := range drafts {
		ids[i] = d.ID
	}
	known, err := s.byID(a, ids...)
	if err != nil {
		return nil, err
	}
	if len(known) == 0 && row.VoidedBy == "" {
		return s.deps.Recorder.RecordTogether(a.ctx(), a.caller.Org, drafts)
	}
	if len(known) < len(ids) { // perhaps a part shows of what is being folded
		last, err := s.deps.Notices.Feed.Last(a.ctx())
		if err != nil {
			return nil, err
		}
		if _, err := s.reach(a.Context, a.caller.Org, last); err != nil {
			return nil, err
		}
		if known, err = s.byID(a, ids...); err != nil {
			return nil, err
		}
	}
	receipts := make([]events.Receipt, len(drafts))
	for i, d := range drafts {
		digest, err := s.deps.Recorder.Digest(a.ctx(), a.caller.Org, d)
		if err != nil {
			return nil, err
		}
		receipts[i] = events.Receipt{ID: d.ID, Outcome: events.Duplicate, Position: known[d.ID].Position}
		if known[d.ID].Event.Digest != digest {
			receipts[i].Outcome = events.Conflict
		}
	}
	return receipts, nil
}

// byID returns the events under some ids, voided or not.
func (s *server) byID(a ask, ids ...string) (map[string]projections.EventRow, error) {
	rows, err := s.deps.Warehouse.Events(a.ctx(), projections.EventQuery{
		Org: a.caller.Org, IDs: ids, Voided: true, Limit: len(ids),
	})
	out := make(map[string]projections.EventRow, len(rows))
	for _, r := range rows {
		out[r.Event.ID] = r
	}
	return out, err
}

// answerCorrection says what became of drafts that were recorded together: the void, then what stands in its place.
func answerCorrection(c echo.Context, target string, receipts []events.Receipt) error {
	var faults []fault
	var position events.Position
	outcomes := map[events.Outcome]int{}
	for i, r := range receipts {
		if i == 0 {
			faults = append(faults, violations(r.Violations)...)
		} else {
			faults = append(faults, inEvent(r.Violations)...)
		}
		outcomes[r.Outcome]++
		position = max(position, r.Position)
	}
	status := http.StatusAccepted
	switch {
	case outcomes[events.Appended] == len(receipts):
	case outcomes[events.Duplicate] == len(receipts):
		status = http.StatusOK
	case outcomes[events.Rejected] == len(receipts):
		return badBody(faults)
	default: // some of it stands already, or something else in its place
		return failed(http.StatusConflict, fmt.Sprintf("The event %.200q is void already, in another way. Nothing was written.", target),
			"Ask for the event to see its history. Record what is missing by itself, or amend what stands in its place.")
	}
	c.Response().Header().Set(positionHeader, strconv.FormatUint(uint64(position), 10))
	return c.JSON(status, map[string]any{"results": receipts, "position": position})
}
