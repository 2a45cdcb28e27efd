package api

import (
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/projections"
)

// formerGoal is a goal of a plan that was adopted before for the same owner, and still runs beside the new ones.
type formerGoal struct {
	Goal  string `json:"goal"`
	Title string `json:"title"`
	Plan  string `json:"plan"`
	Mend  string `json:"mend"` // the request that closes it and its parts
}

// formerGoals returns the goals over the whole of other adopted plans of a plan's owner that are open.
func formerGoals(plans []projections.Plan, all []projections.Goal, p projections.Plan, today calendar.Day) (former []formerGoal) {
	for _, other := range plans {
		if other.Adopted == nil || other.Plan == p.Plan || other.Owner != p.Owner {
			continue
		}
		for _, activity := range other.Adopted.Activities {
			g, ok := goals.Find(all, other.Plan+"."+activity.Metric)
			if ok && isOpen(g, today) {
				former = append(former, formerGoal{
					Goal: g.ID, Title: goals.Title(g, today), Plan: other.Plan,
					Mend: `POST ` + goalPath(g.ID) + `:close {"result": "abandoned"}`,
				})
			}
		}
	}
	return former
}

// stillRunning tells what adopting a plan leaves running of those before it.
func (s *server) stillRunning(a ask, p projections.Plan) ([]formerGoal, error) {
	plans, err := s.plans(a)
	if err != nil {
		return nil, err
	}
	all, err := s.desk(a).Goals(a.ctx(), a.caller.Org)
	return formerGoals(plans, all, p, a.today()), err
}
