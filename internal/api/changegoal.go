package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/calendar"
	"milemarker/internal/declared"
	"milemarker/internal/goals"
	"milemarker/internal/metric"
	"milemarker/projections"
)

// changeGoal answers POST /v1/goals/{id}:revise, :close and :split.
func (s *server) changeGoal(c echo.Context, caller access.Caller) error {
	id := pathID(c)
	for suffix, change := range map[string]func(ask, projections.Goal) error{
		":revise": s.reviseGoal, ":close": s.closeGoal, ":split": s.splitGoal,
	} {
		target, ok := strings.CutSuffix(id, suffix)
		if !ok {
			continue
		}
		a, err := s.askCurrent(c, caller)
		if err != nil {
			return err
		}
		all, err := s.desk(a).Goals(a.ctx(), caller.Org)
		if err != nil {
			return err
		}
		g, ok := goals.Find(all, target)
		if !ok {
			return noGoal(a, target)
		}
		if g.Closed != nil {
			return failed(http.StatusConflict, "The goal was closed on "+a.calendar.DayOf(g.Closed.At).String()+": it stays as it is.",
				"Set another goal.")
		}
		return change(a, g)
	}
	return echo.ErrNotFound
}

// reviseGoal changes a goal from a day on, today if none is given: the body is the payload of goal.revised without its
// goal. The past stays as it was.
func (s *server) reviseGoal(a ask, g projections.Goal) error {
	body, fields, err := readObject(a.Context)
	if err != nil {
		return err
	}
	if _, given := fields["effective_on"]; !given {
		body = withMember(body, "effective_on", a.today().String(), len(fields) == 0)
		fields["effective_on"] = nil
	}
	if _, given := fields["goal"]; given {
		return badBody([]fault{at("/goal", "must be left out: the address names the goal")})
	}
	body = withMember(body, "goal", g.ID, len(fields) == 0)
	draft, found := events.Draft{Source: told, Type: events.TypeGoalRevised, Data: body, ID: "goal.revised/" + g.ID}.Check()
	if found != nil {
		return badBody(violations(found))
	}
	var r events.GoalRevised
	if err := json.Unmarshal(draft.Data, &r); err != nil {
		return err
	}
	faults, err := s.revisionFaults(a, g, r)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return badBody(faults)
	}
	// The id names the change from what stood before: a lost answer's repetition is the same event.
	before := g.Position
	if g.Last != nil && reflect.DeepEqual(*g.Last, r) {
		before = g.Before
	}
	draft.ID += "/" + contentAfter(uint64(before), draft.Data)
	receipt, err := s.record(a.Context, a.caller.Org, draft)
	if err != nil {
		return err
	}
	apart, err := s.around(a, g, g.Revised(r))
	if err != nil {
		return err
	}
	return a.JSON(http.StatusOK, goalAnswer{
		Goal: g.ID, Event: receipt.ID, Outcome: receipt.Outcome, Position: receipt.Position, OutOfStep: apart,
	})
}

// contentAfter names what follows on a position.
func contentAfter(position uint64, data []byte) string {
	sum := sha256.Sum256(append(strconv.AppendUint(nil, position, 10), data...))
	return hex.EncodeToString(sum[:10])
}

// revisionFaults says what is wrong with a revision, given the goal as it stands.
func (s *server) revisionFaults(a ask, g projections.Goal, r events.GoalRevised) ([]fault, error) {
	var faults []fault
	on, err := calendar.ParseDay(string(r.EffectiveOn))
	if err != nil {
		return nil, err
	}
	if on < a.today() {
		faults = append(faults, at("/effective_on", "lies in the past, which stays as it was: take today or a later day"))
	}
	terms := g.Revised(r).On(max(on, g.StartsOn))
	if terms.EndsOn < g.StartsOn {
		faults = append(faults, at("/ends_on", "must not lie before the goal's first day, "+g.StartsOn.String()))
	}
	faults = append(faults, violations(declared.Length(events.Date(g.StartsOn.String()), r.EndsOn))...)
	if on > terms.EndsOn {
		faults = append(faults, at("/effective_on", "lies behind the goal's last day, "+terms.EndsOn.String()))
	}
	d, _ := metric.Find(g.Metric)
	if !d.Additive() && r.Curve != "" && r.Curve != events.CurveStraight {
		faults = append(faults, at("/curve", "must be left out: a ratio has no curve"))
	}
	if terms.Target == 0 && g.Direction != events.AtMost {
		faults = append(faults, at("/target", "must be above 0 for a goal that is to be reached"))
	}
	for i, m := range r.Markers {
		if m.Value > terms.Target || string(m.On) > terms.EndsOn.String() || string(m.On) < g.StartsOn.String() {
			faults = append(faults, at(fmt.Sprintf("/markers/%d", i), "must lie inside the goal's days and not above its target"))
		}
	}
	if r.Parent != "" {
		all, err := s.desk(a).Goals(a.ctx(), a.caller.Org)
		if err != nil {
			return nil, err
		}
		faults = append(faults, servesFaults(all, g.ID, r.Parent, g.StartsOn, terms.EndsOn, on)...)
	}
	return faults, nil
}
