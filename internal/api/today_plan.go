package api

import (
	"cmp"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/today"
	"milemarker/projections"
)

// What waits is looked for this far back, and a proposal is followed up after so many days without a word.
const (
	waitingDays = 60
	quietDays   = 5
	waitingMost = 20
)

// planDay makes the steps of a day from what goals need and who waits.
func (s *server) planDay(d dayOfRep) ([]events.Step, error) {
	spans := d.working.Spans(d.day)
	if len(spans) == 0 {
		return nil, nil
	}
	clock := func(t time.Time) time.Duration { return t.Sub(d.day.In(d.calendar.Location())) }
	in := today.Input{
		Quiet: quietDays, Appointments: len(d.agenda), Now: clock(d.now),
		Begins: clock(spans[0].From), Ends: clock(spans[len(spans)-1].To),
	}
	waiting, err := s.deps.Prospects.NextSteps(d.ctx(), projections.NextStepQuery{
		Org: d.caller.Org, Rep: d.rep, Since: d.now.AddDate(0, 0, -waitingDays), Quiet: d.now.AddDate(0, 0, -quietDays),
		Until: d.now, Limit: waitingMost,
	})
	if err != nil {
		return nil, err
	}
	for _, w := range waiting {
		in.Waiting = append(in.Waiting, today.Waiting(w))
	}
	if in.Needs, err = s.needs(d); err != nil {
		return nil, err
	}
	return today.Plan(in), nil
}

// needs returns how much of each activity the rep's goals ask for today.
func (s *server) needs(d dayOfRep) ([]today.Need, error) {
	desk := s.desk(d.ask)
	all, err := desk.Goals(d.ctx(), d.caller.Org)
	if err != nil {
		return nil, err
	}
	lead, err := s.leadActivity(d)
	if err != nil {
		return nil, err
	}
	var out []today.Need
	for _, name := range activities() {
		var open []projections.Goal // on this activity, the shortest first
		for _, g := range all {
			mine := g.Owner == events.Owner{OwnerKind: events.OwnerRep, Owner: d.rep}
			if mine && g.Metric == name && g.Direction == events.AtLeast && g.StartsOn <= d.day && isOpen(g, d.day) {
				open = append(open, g)
			}
		}
		slices.SortStableFunc(open, func(x, y projections.Goal) int {
			return cmp.Compare(x.On(d.day).EndsOn-x.StartsOn, y.On(d.day).EndsOn-y.StartsOn)
		})
		if len(open) > 2 { // the nearest says what the rhythm asks for, the farthest what was left undone so far
			open = []projections.Goal{open[0], open[len(open)-1]}
		}
		need := today.Need{Metric: name, Lead: name == lead}
		for _, g := range open {
			st, err := desk.Standing(d.ctx(), d.caller.Org, g.ID, d.now, time.Time{})
			if err != nil {
				continue // a goal without a pace asks for nothing
			}
			left := max(0, st.Pace.Left.Total.Float64()) + d.counts[name]
			if st.Pace.Left.Days > 0 && left/float64(st.Pace.Left.Days) > need.Count {
				need.Count, need.Goal = left/float64(st.Pace.Left.Days), g.ID
			}
			if st.Pace.Expected > 0 {
				need.Behind = max(need.Behind, -st.Pace.Margin.Float64()/st.Pace.Expected.Float64())
			}
		}
		out = append(out, need)
	}
	return out, nil
}

// activities are the metrics of which a day can be asked to bring some: what one does, not what comes of it.
func activities() []string {
	return []string{"calls", "leads", "appointments_scheduled", "proposals_sent", "conversations", "minutes"}
}

// leadActivity returns the first stage of the plan that the rep adopted last, calls if there is none.
func (s *server) leadActivity(d dayOfRep) (string, error) {
	plans, err := s.plans(d.ask)
	if err != nil {
		return "", err
	}
	var last *projections.Plan
	for i, p := range plans {
		if p.Adopted != nil && p.Owner == (events.Owner{OwnerKind: events.OwnerRep, Owner: d.rep}) && (last == nil || p.Position > last.Position) {
			last = &plans[i]
		}
	}
	if last == nil || len(last.Stages) == 0 {
		return "calls", nil
	}
	return last.Stages[0], nil
}
