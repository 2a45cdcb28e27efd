package api

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/projections"
)

// maxPriorities is how many things can matter most.
const maxPriorities = 3

// priorityView is one priority, with the goal that it serves.
type priorityView struct {
	Priority string `json:"priority"`
	Text     string `json:"text,omitempty"` // the priority in words; absent once its data key was destroyed
	Goal     string `json:"goal,omitempty"`
	Title    string `json:"title,omitempty"` // of the goal
}

// setPriorities answers PUT /v1/priorities: the body is the payload of priority.set; without days it is the quarter of
// today.
func (s *server) setPriorities(c echo.Context, caller access.Caller) error {
	body, fields, err := readObject(c)
	if err != nil {
		return err
	}
	a, err := s.askCurrent(c, caller)
	if err != nil {
		return err
	}
	var wanted struct {
		Priorities []struct {
			Goal string `json:"goal"`
		} `json:"priorities"`
	}
	if json.Unmarshal(body, &wanted) == nil && len(wanted.Priorities) > maxPriorities {
		return badBody([]fault{at("/priorities", fmt.Sprintf("are %d, and three are the most: what is everywhere is nowhere. "+
			"Keep those without which the quarter would be lost; the others wait for the next one, or become steps of these.",
			len(wanted.Priorities)))})
	}
	first := a.calendar.Bucket(calendar.Quarterly, a.today())
	for name, day := range map[string]calendar.Day{"starts_on": first, "ends_on": a.calendar.Next(calendar.Quarterly, first) - 1} {
		if _, given := fields[name]; !given {
			body = withMember(body, name, day.String(), len(fields) == 0)
			fields[name] = nil
		}
	}
	draft, found := events.Draft{ID: events.TypePrioritySet, Source: told, Type: events.TypePrioritySet, Data: body}.Check()
	faults := violations(found)
	if len(faults) == 0 {
		if faults, err = s.priorityFaults(a, draft); err != nil {
			return err
		}
	}
	if len(faults) > 0 {
		return badBody(faults)
	}
	draft.ID = events.TypePrioritySet + "/" + contentAfter(uint64(a.position), draft.Data)
	receipt, err := s.record(c, caller.Org, draft)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"position": receipt.Position, "outcome": receipt.Outcome})
}

// priorityFaults says what is wrong with priorities, given the calendar and the goals.
func (s *server) priorityFaults(a ask, d events.Draft) ([]fault, error) {
	var p events.PrioritySet
	if err := json.Unmarshal(d.Data, &p); err != nil {
		return nil, err
	}
	var faults []fault
	days, _ := daysOf(p.StartsOn, p.EndsOn)
	if q := a.calendar.Bucket(calendar.Quarterly, days.from); q != days.from || a.calendar.Next(calendar.Quarterly, q) != days.to {
		faults = append(faults, at("/starts_on", fmt.Sprintf("and ends_on must be a quarter of the org's year, such as %s to %s",
			q, a.calendar.Next(calendar.Quarterly, q)-1)))
	}
	all, err := s.desk(a).Goals(a.ctx(), a.caller.Org)
	if err != nil {
		return nil, err
	}
	for i, one := range p.Priorities {
		if _, ok := goals.Find(all, one.Goal); one.Goal != "" && !ok {
			faults = append(faults, at(fmt.Sprintf("/priorities/%d/goal", i), "names no goal that is known"))
		}
	}
	return faults, nil
}

// listPriorities answers GET /v1/priorities: those of an owner in the quarter of a day.
func (s *server) listPriorities(a ask) error {
	on, given := a.query.day("on")
	if !given {
		on = a.today()
	}
	owner := events.Owner{OwnerKind: events.OwnerOrg}
	if rep := a.query.one("rep"); rep != "" {
		owner = events.Owner{OwnerKind: events.OwnerRep, Owner: rep}
	}
	if team := a.query.one("team"); team != "" {
		if owner.Owner != "" {
			a.query.fault("team", "does not go with rep")
		}
		owner = events.Owner{OwnerKind: events.OwnerTeam, Owner: team}
	}
	if err := a.query.done(); err != nil {
		return err
	}
	records, err := s.deps.Warehouse.Declarations(a.ctx(), projections.DeclarationQuery{
		Org: a.caller.Org, Types: []string{events.TypePrioritySet},
	})
	if err != nil {
		return err
	}
	all, err := s.desk(a).Goals(a.ctx(), a.caller.Org)
	if err != nil {
		return err
	}
	quarter := a.calendar.Bucket(calendar.Quarterly, on)
	var last events.Event
	for _, r := range records { // the last event of an owner's quarter stands
		p, err := events.DecodeData[events.PrioritySet](r.Event)
		if err == nil && projections.Chain(p.Owner, nil)[0] == owner && string(p.StartsOn) == quarter.String() {
			last = r.Event
		}
	}
	views := []priorityView{}
	if last.ID != "" {
		if views, err = s.viewPriorities(a, last, all, on); err != nil {
			return err
		}
	}
	return a.JSON(http.StatusOK, map[string]any{
		"position": a.position, "starts_on": quarter, "ends_on": a.calendar.Next(calendar.Quarterly, quarter) - 1,
		"priorities": views,
	})
}

// viewPriorities shows the priorities that an event set, in the words in which they were set.
func (s *server) viewPriorities(a ask, e events.Event, all []projections.Goal, on calendar.Day) ([]priorityView, error) {
	data, err := s.opened(a.ctx(), e)
	if err != nil {
		return nil, err
	}
	var p events.PrioritySet
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, err
	}
	views := []priorityView{}
	for _, one := range p.Priorities {
		v := priorityView{Priority: one.Priority, Text: one.Text, Goal: one.Goal}
		if g, ok := goals.Find(all, one.Goal); ok {
			v.Title = goals.Title(g, on)
		}
		views = append(views, v)
	}
	return views, nil
}
