package projections

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Plan is a plan as its events tell it: what it follows from, and whether it was adopted.
type Plan struct {
	events.PlanDrafted

	From, By  calendar.Day
	DraftedAt time.Time
	Position  events.Position // of the last event that changed it
	Adopted   *Adoption       // nil while it was not; the last one counts
}

// Adoption says when a plan was adopted, and with which activities.
type Adoption struct {
	events.PlanAdopted

	At time.Time
}

// PlanTypes returns the types of events that plans are folded from.
func PlanTypes() []string { return []string{events.TypePlanDrafted, events.TypePlanAdopted} }

// FoldPlans takes plan.drafted and plan.adopted records, in the order of their positions, into plans, in the order in
// which they were drawn up. The first plan.drafted of an id counts; the adoption of a plan that is not known changes
// nothing. The error names the records that could not be read: the plans are right without them.
func FoldPlans(records []events.Record) ([]Plan, error) {
	var plans []Plan
	var unread []error
	for _, r := range records {
		var err error
		switch r.Event.Type {
		case events.TypePlanDrafted:
			plans, err = draftPlan(plans, r)
		case events.TypePlanAdopted:
			err = adoptPlan(plans, r)
		}
		if err != nil {
			unread = append(unread, fmt.Errorf("plan event %s at position %d: %w", r.Event.ID, r.Position, err))
		}
	}
	return plans, errors.Join(unread...)
}

func draftPlan(plans []Plan, r events.Record) ([]Plan, error) {
	d, err := events.DecodeData[events.PlanDrafted](r.Event)
	if err != nil || findPlan(plans, d.Plan) != nil {
		return plans, err
	}
	from, err1 := calendar.ParseDay(string(d.StartsOn))
	by, err2 := calendar.ParseDay(string(d.EndsOn))
	if err := errors.Join(err1, err2); err != nil {
		return plans, err
	}
	d.OwnerKind = cmp.Or(d.OwnerKind, events.OwnerOrg)
	return append(plans, Plan{PlanDrafted: d, From: from, By: by, DraftedAt: r.Event.Time, Position: r.Position}), nil
}

func adoptPlan(plans []Plan, r events.Record) error {
	a, err := events.DecodeData[events.PlanAdopted](r.Event)
	if err != nil {
		return err
	}
	if p := findPlan(plans, a.Plan); p != nil {
		p.Adopted, p.Position = &Adoption{PlanAdopted: a, At: r.Event.Time}, r.Position
	}
	return nil
}

func findPlan(plans []Plan, id string) *Plan {
	i := slices.IndexFunc(plans, func(p Plan) bool { return p.Plan == id })
	if i < 0 {
		return nil
	}
	return &plans[i]
}
