package goals

import (
	"context"
	"maps"
	"slices"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/internal/rates"
	"milemarker/projections"
)

// tally is how much somebody did of some stages, by the metric that counts them.
type tally map[string]float64

// How many numbers a belief is worth that comes from everybody: of a share while it cannot be told how much people differ,
// and of an average.
const (
	unfitted       = 10
	everybodyWorth = 20
)

// everybody returns what each rep did of some stages in the months before a goal began. As of what was known earlier, it
// is one sum for all.
func (s *sitting) everybody(ctx context.Context, st Standing, steps []stage) ([]tally, error) {
	if !s.known.IsZero() {
		all := st
		all.Goal.Owner = events.Owner{OwnerKind: events.OwnerOrg}
		f, err := s.flow(ctx, all, steps, "")
		return []tally{f.before}, err
	}
	var types []string
	for _, x := range steps {
		d, _ := metric.Find(x.metric)
		types = append(types, d.Types()...)
	}
	rows, err := s.Reader.Metrics(ctx, projections.MetricQuery{
		Org: s.org, Grain: calendar.Monthly, From: pace.FirstOfMonth(st.Goal.StartsOn - historyDays), To: pace.FirstOfMonth(st.Goal.StartsOn),
		GroupBy: append(projections.TallyGroup(), projections.ByRep),
		Where:   map[projections.Dimension][]string{projections.ByType: types},
	})
	if err != nil {
		return nil, err
	}
	byRep := map[string][]metric.Row{}
	for _, r := range rows {
		byRep[r.Group[2]] = append(byRep[r.Group[2]], metric.Row{Type: r.Group[0], Outcome: r.Group[1], Count: r.Count})
	}
	var out []tally
	for _, rep := range slices.Sorted(maps.Keys(byRep)) {
		t := tally{}
		for _, x := range steps {
			d, _ := metric.Find(x.metric)
			n, _, _, _ := metric.Parts(d, byRep[rep])
			t[x.metric] = n.Float64()
		}
		out = append(out, t)
	}
	return out, nil
}

// believe returns what is believed of somebody's share from one stage to another: his own, drawn towards everybody's as
// far as people have been found to differ. ok is false with too little history of all, and where it is no share.
func believe(everybody []tally, from, to string, own tally) (share rates.Share, ok bool) {
	mine := rates.Trial{N: own[from], K: own[to]}
	var all rates.Trial
	var members []rates.Trial
	for _, t := range everybody {
		m := rates.Trial{N: t[from], K: t[to]}
		if m.K > m.N {
			return share, false
		}
		all, members = all.Plus(m), append(members, m)
	}
	if all.N < mine.N { // what happened in the month in which the goal began
		all, members = mine, []rates.Trial{mine}
	}
	if mine.K > mine.N || all.N < thinHistory || all.K == 0 || all.K == all.N {
		return share, false
	}
	return rates.Fit(members, rates.Prior{Mean: all.K / all.N, Strength: unfitted}).Shrink(mine), true
}

// average returns what everybody's amounts were on average before a goal began.
func (s *sitting) average(ctx context.Context, st Standing) (rates.Mean, error) {
	all := st
	all.Goal.Owner = events.Owner{OwnerKind: events.OwnerOrg}
	all.Behind.Where = where(all.Goal.Owner, st.Metric, st.Currency)
	days, err := s.read(ctx, all, st.Goal.StartsOn-historyDays)
	if err != nil {
		return rates.Mean{}, err
	}
	var m rates.Mean
	for _, on := range slices.Sorted(maps.Keys(days)) {
		if on >= st.Goal.StartsOn {
			continue
		}
		sum, _, happened, _ := metric.Parts(st.Metric, days[on])
		m.Value, m.N = m.Value+sum.Float64(), m.N+float64(happened)
	}
	m.Value /= max(1, m.N)
	return m, nil
}

// source says where a number comes from of which own observations count so much.
func source(what string, o events.Owner, n, weight float64) string {
	switch {
	case n == 0:
		return "everybody's " + what + " before the goal began"
	case weight >= 0.9 || o.OwnerKind == events.OwnerOrg:
		return "own " + what + " before the goal began"
	default:
		return "own " + what + " before the goal began, drawn towards everybody's"
	}
}

// planned is what the plan behind a goal leans on.
type planned struct {
	rates  map[string]events.Decimal // by metric, of which a stage stands for the rate that leads to it
	stages []string                  // in their order
}

// leadsTo tells whether the plan goes to a stage by way of others.
func (p planned) leadsTo(stage string) bool { return slices.Index(p.stages, stage) > 0 }

// rate returns the planned rate from a stage to another, 0 if there is none.
func (p planned) rate(to stage, from string) float64 {
	if r, ok := p.rates[to.rate]; ok {
		return r.Float64()
	}
	if i := slices.Index(p.stages, to.metric); i > 0 && p.stages[i-1] == from {
		return p.rates[to.metric].Float64()
	}
	return 0
}

// planned returns the plan that stands behind a goal on its day: the last one that names the goal, or whose owner and time
// are the goal's.
func (s *sitting) planned(st Standing) (found planned) {
	for _, r := range s.plans {
		p, err := events.DecodeData[events.PlanAdopted](r.Event)
		if err != nil {
			continue
		}
		from, errFrom := calendar.ParseDay(string(p.StartsOn))
		to, errTo := calendar.ParseDay(string(p.EndsOn))
		if errFrom != nil || errTo != nil {
			continue
		}
		own := projections.Chain(p.Owner, nil)[0] == st.Goal.Owner && from <= st.Day && st.Day <= to
		if p.Goal == st.Goal.ID || p.Goal == "" && own || p.Goal != "" && Above(s.goals, st.Goal.ID, p.Goal, st.Day) {
			found = planned{rates: p.Rates}
			for _, a := range p.Activities {
				found.stages = append(found.stages, a.Metric)
			}
		}
	}
	return found
}
