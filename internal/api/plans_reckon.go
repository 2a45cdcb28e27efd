package api

import (
	"encoding/binary"
	"hash/fnv"
	"net/http"
	"strings"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/plan"
)

// reckon makes the plan of what is recorded of it. The same record gives the same plan, as long as the owner's working
// time is the same.
func (s *server) reckon(a ask, p events.PlanDrafted) (plan.Plan, error) {
	return s.reckonBy(a, p, plan.Make)
}

// reckonBy is reckon by plan.Make, or by plan.Reckon where nobody asks what would make the plan feasible.
func (s *server) reckonBy(a ask, p events.PlanDrafted, reckon func(plan.Input) (plan.Plan, error)) (plan.Plan, error) {
	from, err := calendar.ParseDay(string(p.StartsOn))
	if err != nil {
		return plan.Plan{}, badBody([]fault{at("/starts_on", "must be a date such as \"2027-01-01\"")})
	}
	by, err := calendar.ParseDay(string(p.EndsOn))
	if err != nil {
		return plan.Plan{}, badBody([]fault{at("/by", "must be a date such as \"2027-12-31\"")})
	}
	if by-from >= plan.MaxDays {
		return plan.Plan{}, badBody([]fault{at("/by", "must be less than 5 years after the first day, "+string(p.StartsOn)+": "+
			(from+plan.MaxDays-1).String()+" at the latest")})
	}
	hours, err := s.workingHours(a, p.Owner)
	if err != nil {
		return plan.Plan{}, err
	}
	d := plan.Draft{
		Wish:   plan.Wish{Kind: plan.Kind(p.Kind), Amount: p.Amount.Float64(), From: from, By: by, Chance: p.Chance.Float64()},
		Stages: p.Stages, Hours: hours, Seed: planSeed(a.caller.Org),
	}
	for _, x := range p.Assumptions {
		d.Assumptions = append(d.Assumptions, plan.Assumption{
			Name: x.Name, Value: x.Value.Float64(), Low: x.Low.Float64(), High: x.High.Float64(), Source: plan.Source(x.Source),
			N: x.N.Float64(), Weight: x.Weight.Float64(),
		})
	}
	for _, r := range p.Ranks {
		d.Ranks = append(d.Ranks, plan.Rank{
			Name: r.Name, OwnVolume: r.OwnVolume.Float64(), Sponsored: r.Sponsored.Float64(), TeamSize: r.TeamSize.Float64(),
			TeamVolume: r.TeamVolume.Float64(), Income: r.Income.Float64(),
		})
	}
	for _, x := range p.Season {
		d.Season = append(d.Season, x.Float64())
	}
	for _, x := range p.Sizes {
		d.Sizes = append(d.Sizes, x.Float64())
	}
	made, err := reckon(d.Input())
	if err != nil {
		f := failed(http.StatusUnprocessableEntity, "This cannot be planned: "+strings.ReplaceAll(err.Error(), "\n", "; ")+".", "")
		f.Errors = []fault{at("", strings.ReplaceAll(err.Error(), "\n", "; "))}
		return made, f
	}
	return made, nil
}

// planSeed is the same for all plans of an org, so that two of them are tried in the same worlds.
func planSeed(org string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("plan/" + org)) // never fails
	return binary.BigEndian.Uint64(h.Sum(nil))
}
