package api

import (
	"encoding/json"
	"fmt"

	"milemarker/events"
	"milemarker/internal/plan"
	"milemarker/projections"
)

// book is what an owner's contracts that go on bring in a month, in the currency of a plan, before his share of it.
type book struct {
	monthly float64
	n       float64 // contracts
}

// running returns the owner's contracts that go on: the recurring amounts of sign-ups that were not cancelled by now, as
// forecasts count them.
func (e evidence) running(contracts []projections.Contract, currency string) (b book) {
	for _, c := range contracts {
		if c.Annual > 0 && c.Ended.IsZero() && currency != "" && c.Currency == currency && e.mine(c.Rep, c.Team) {
			b.monthly += c.Annual.Float64() / 12
			b.n++
		}
	}
	return b
}

// income returns what of the book is the owner's; nil where there are no contracts.
func (b book) income(share float64) *plan.Known {
	if b.n == 0 {
		return nil
	}
	return &plan.Known{Value: b.monthly * share, N: b.n, Weight: 1}
}

// mostRecruits is how many of the newest recruits, and cancellations, are looked through.
const mostRecruits = 5000

// sponsored holds how many of those whom the owner signed up as recruits have not cancelled; nil where there were none.
func (s *server) sponsored(a ask, e evidence) (*plan.Known, error) {
	signups := func(where map[projections.Dimension][]string) ([]projections.EventRow, error) {
		return s.deps.Warehouse.Events(a.ctx(), projections.EventQuery{
			Org: a.caller.Org, From: a.today() - bookDays, To: a.today() + 1, Where: where, Limit: mostRecruits,
		})
	}
	joined, err := signups(map[projections.Dimension][]string{
		projections.ByType: {events.TypeSignupCompleted}, projections.ByOutcome: {events.RoleRecruit},
	})
	if err != nil || len(joined) == 0 {
		return nil, err
	}
	left, err := signups(map[projections.Dimension][]string{projections.ByType: {events.TypeSignupCancelled}})
	if err != nil {
		return nil, err
	}
	active := map[string]bool{}
	for _, r := range joined {
		team := r.Event.Team
		if team == "" {
			team = e.teams[r.Event.Rep]
		}
		if !e.mine(r.Event.Rep, team) {
			continue
		}
		id, err := signupOf(r)
		if err != nil {
			return nil, err
		}
		active[id] = true
	}
	n := len(active)
	if n == 0 {
		return nil, nil //nolint:nilnil // nobody was recruited
	}
	for _, r := range left {
		id, err := signupOf(r)
		if err != nil {
			return nil, err
		}
		delete(active, id)
	}
	return &plan.Known{Value: float64(len(active)), N: float64(n), Weight: 1}, nil
}

// signupOf returns the id of the sign-up that an event is about.
func signupOf(r projections.EventRow) (string, error) {
	var ref events.SignupRef
	if err := json.Unmarshal(r.Event.Data, &ref); err != nil {
		return "", fmt.Errorf("sign-up of %s: %w", r.Event.ID, err)
	}
	return ref.Signup, nil
}

// starting returns a quantity with the starting point that follows from what is assumed already, by name.
func starting(q plan.Quantity, p events.PlanDrafted, hoursAWeek float64, assumed map[string]float64) plan.Quantity {
	switch {
	case q.Name == "hours_per_week" && hoursAWeek > 0:
		q.Default = hoursAWeek
	case q.Name == "commission_share" && p.OwnerKind == events.OwnerOrg:
		q.Default = 1
	case q.Name == "team_size_now":
		q.Default = max(q.Default, assumed["sponsored_now"])
	}
	return q
}
