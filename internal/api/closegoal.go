package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// closeGoal ends a goal: with the result that is given, else with what its number says. The parts that were made of it and
// are not over end with it.
func (s *server) closeGoal(a ask, g projections.Goal) error {
	body, fields, err := readObject(a.Context)
	if err != nil {
		return err
	}
	if _, given := fields["goal"]; given {
		return badBody([]fault{at("/goal", "must be left out: the address names the goal")})
	}
	if _, given := fields["result"]; !given {
		st, err := s.desk(a).Standing(a.ctx(), a.caller.Org, g.ID, a.now, time.Time{})
		if err != nil {
			return paceFailure(a, g.ID, err)
		}
		body = withMember(body, "result", resultOf(st), len(fields) == 0)
		fields["result"] = nil
	}
	body = withMember(body, "goal", g.ID, len(fields) == 0)
	draft, found := events.Draft{ID: "goal.closed/" + g.ID, Source: told, Type: events.TypeGoalClosed, Data: body}.Check()
	if found != nil {
		return badBody(violations(found))
	}
	all, err := s.desk(a).Goals(a.ctx(), a.caller.Org)
	if err != nil {
		return err
	}
	along := openParts(all, g.ID, a.today())
	drafts, err := closings(along, "its goal was closed")
	if err != nil {
		return err
	}
	receipt, err := s.recordClosings(a, append(drafts, draft))
	if err != nil {
		return err
	}
	a.Response().Header().Set(positionHeader, strconv.FormatUint(uint64(receipt.Position), 10))
	return a.JSON(http.StatusOK, goalAnswer{
		Goal: g.ID, Event: receipt.ID, Outcome: receipt.Outcome, Position: receipt.Position, Closed: along,
	})
}

// openParts returns the ids of the parts that were made of a goal, at any depth, and neither were closed nor are over.
func openParts(all []projections.Goal, id string, today calendar.Day) (ids []string) {
	for _, p := range goals.MadeOf(all, id) {
		if isOpen(p, today) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// closings are the events that give goals up. Their ids follow from the goals: who repeats it records nothing twice.
func closings(ids []string, reason string) ([]events.Draft, error) {
	var drafts []events.Draft
	for _, id := range ids {
		data, err := json.Marshal(events.GoalClosed{Goal: id, Result: string(pace.Abandoned), Reason: reason})
		if err != nil {
			return nil, err
		}
		drafts = append(drafts, events.Draft{ID: "goal.closed/" + id, Source: told, Type: events.TypeGoalClosed, Data: data})
	}
	return drafts, nil
}

// recordClosings records drafts in the order given, as many in one piece as can be, and returns the receipt of the last: the
// whole ends behind its parts, so that a repetition after a failure closes the rest.
func (s *server) recordClosings(a ask, drafts []events.Draft) (last events.Receipt, err error) {
	for piece := range slices.Chunk(drafts, maxRecorded) {
		receipts, err := s.deps.Recorder.RecordTogether(a.ctx(), a.caller.Org, piece)
		if err != nil {
			return last, err
		}
		for _, r := range receipts {
			switch {
			case r.Outcome == events.Rejected && len(r.Violations) > 0:
				return r, badBody(violations(r.Violations))
			case r.Outcome == events.Conflict || r.Outcome == events.Rejected:
				return r, failed(http.StatusConflict, "The goal or its parts were closed meanwhile.", "Look at them, and close once more what is open.")
			}
			last = r
		}
	}
	return last, nil
}

// resultOf says how a goal came out that is closed now.
func resultOf(st goals.Standing) string {
	reached := st.Pace.Actual >= st.Terms.Target
	if st.Course.Direction == pace.AtMost {
		reached = st.Pace.Actual <= st.Terms.Target
	}
	if reached && (!st.Course.Kind.Ratio() || st.Pace.Of > 0) {
		return string(pace.Achieved)
	}
	return string(pace.Missed)
}
