package api

import (
	"testing"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/projections"
)

func TestWhatRunsOfAFormerPlan(t *testing.T) {
	plan := func(id, owner string, adopted bool) projections.Plan {
		p := projections.Plan{PlanDrafted: events.PlanDrafted{Plan: id, Owner: events.Owner{OwnerKind: events.OwnerRep, Owner: owner}}}
		if adopted {
			p.Adopted = &projections.Adoption{PlanAdopted: events.PlanAdopted{Activities: []events.PlannedActivity{{Metric: "calls"}, {Metric: "signups"}}}}
		}
		return p
	}
	set := `{"goal":"old.calls","metric":"calls","title":"Calls","target":50,"starts_on":"2024-03-01","ends_on":"2024-03-31"}`
	all, err := projections.FoldGoals(nil, []events.Record{{Event: events.Event{Type: events.TypeGoalSet, DataVersion: 1, Data: []byte(set)}}})
	if err != nil {
		t.Fatal(err)
	}
	next := plan("new", "kim", true)
	plans := []projections.Plan{plan("old", "kim", true), plan("drawn", "kim", false), plan("other", "lee", true), next}
	former := formerGoals(plans, all, next, calendar.Date(2024, 3, 13))
	if len(former) != 1 || former[0] != (formerGoal{"old.calls", "Calls", "old", `POST /v1/goals/old.calls:close {"result": "abandoned"}`}) {
		t.Errorf("%+v", former)
	}
	if former := formerGoals(plans, all, next, calendar.Date(2024, 4, 1)); former != nil {
		t.Errorf("%+v is over", former)
	}
}
