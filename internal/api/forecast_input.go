package api

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/forecast"
	"milemarker/internal/rates"
	"milemarker/projections"
)

// How far back a forecast looks: for ways, for those still under way, for the present rate.
const (
	waysDays     = 2 * 366
	openDays     = 366
	presentWeeks = 13
)

// forecastInput reads everything that a forecast as of an instant follows from, and nothing that happened later.
func (s *server) forecastInput(
	a ask, rep, currency string, day calendar.Day, now time.Time,
) (forecast.Input, leansOn, error) {
	var lean leansOn
	stages := append(projections.Progress(), "signup")
	in := forecast.Input{Stages: make([]forecast.Stage, len(stages)), Seed: forecastSeed(a.caller.Org, rep, day)}
	if err := s.ways(a, &in, stages, rep, now); err != nil {
		return in, lean, err
	}
	open, err := s.deps.Prospects.OpenProspects(a.ctx(), projections.OpenQuery{
		Org: a.caller.Org, Rep: rep, Since: now.AddDate(0, 0, -openDays), Now: now,
	})
	if err != nil {
		return in, lean, err
	}
	for _, o := range open {
		in.Open = append(in.Open, forecast.Open{Stage: slices.Index(stages, o.Stage), Days: o.Days, N: o.N})
		lean.Open += o.N
	}
	if err := s.arrivals(a, &in, stages, rep, now); err != nil {
		return in, lean, err
	}
	lean.Met, lean.Weeks = in.Met.N, in.Met.Weeks
	if err := s.forecastSales(a, &in, rep, currency, day); err != nil {
		return in, lean, err
	}
	lean.Sales = len(in.Sales.Amounts)
	owner := events.Owner{OwnerKind: events.OwnerOrg}
	if rep != "" {
		owner = events.Owner{OwnerKind: events.OwnerRep, Owner: rep}
	}
	hours, err := s.workingHours(a, owner)
	if err != nil {
		return in, lean, err
	}
	in.Pace = weekPaces(hours, day)
	lean.Sentence = fmt.Sprintf("It leans on %d open prospects, on %.0f people met in %.0f weeks, and on %d sales",
		lean.Open, lean.Met, lean.Weeks, lean.Sales)
	return in, lean, nil
}

// ways reads how people get from each stage to each later one: the share shrunk to the org's, the delay that of the org.
func (s *server) ways(a ask, in *forecast.Input, stages []string, rep string, now time.Time) error {
	q := projections.DelayQuery{Org: a.caller.Org, Since: now.AddDate(0, 0, -waysDays), Now: now}
	for _, to := range stages {
		q.From, q.To = append(q.From, projections.Met), append(q.To, to)
	}
	for b, to := range stages {
		for _, from := range stages[:b] {
			q.From, q.To = append(q.From, from), append(q.To, to)
		}
	}
	rows, err := s.deps.Prospects.Delays(a.ctx(), q)
	if err != nil {
		return err
	}
	byPair := make([][]projections.DelayRow, len(q.From))
	for _, r := range rows {
		byPair[r.Pair] = append(byPair[r.Pair], r)
	}
	next := len(stages)
	for b, to := range stages {
		in.Stages[b] = forecast.Stage{Name: to, FromMet: wayOf(byPair[b], rep)}
		for range b {
			in.Stages[b].From = append(in.Stages[b].From, wayOf(byPair[next], rep))
			next++
		}
	}
	return nil
}

// What is believed of a way that nobody went yet: a starting point worth a few trials.
const (
	wayShare  = 0.2
	wayWorth  = 4
	wayDays   = 14
	wayPeople = 3 // who must have arrived before their delays count
)

// wayOf reads one way off the people who went it.
func wayOf(rows []projections.DelayRow, rep string) forecast.Way {
	var all []rates.Observation
	byRep := map[string][]rates.Observation{}
	var names []string
	reached := 0.0
	for _, r := range rows {
		o := rates.Observation{Days: r.Days, Reached: r.Reached, N: r.N}
		all = append(all, o)
		if byRep[r.Rep] == nil {
			names = append(names, r.Rep)
		}
		byRep[r.Rep] = append(byRep[r.Rep], o)
		if r.Reached {
			reached += r.N
		}
	}
	timing := rates.Fixed(wayDays)
	if reached >= wayPeople {
		timing = rates.KaplanMeier(all).Timing()
	}
	slices.Sort(names)
	var members []rates.Trial
	var own rates.Trial
	for _, name := range names {
		t := timing.Trial(byRep[name])
		members = append(members, t)
		if rep == "" || name == rep {
			own = own.Plus(t)
		}
	}
	prior := rates.Prior{Mean: wayShare, Strength: wayWorth}
	if rep != "" {
		prior = rates.Fit(members, prior)
	}
	return forecast.Way{Share: prior.Shrink(own), Timing: timing}
}

// arrivals reads the present rates off the last weeks.
func (s *server) arrivals(a ask, in *forecast.Input, stages []string, rep string, now time.Time) error {
	rows, err := s.deps.Prospects.Weeks(a.ctx(), projections.WeekQuery{
		Org: a.caller.Org, Rep: rep, Since: now.AddDate(0, 0, -7*presentWeeks), Now: now,
	})
	if err != nil {
		return err
	}
	weeks := 1 // of history: from the first that shows anything
	for _, r := range rows {
		weeks = max(weeks, r.Ago+1)
	}
	count := func(stage string) forecast.Arrivals {
		numbers := make([]float64, weeks)
		for _, r := range rows {
			// A conversation is an attempt too, as in journeys.
			if r.Stage == stage || stage == "attempt" && r.Stage == "conversation" {
				numbers[r.Ago] += float64(r.N)
			}
		}
		return forecast.Rate(numbers)
	}
	in.Met = count(projections.Met)
	for b, stage := range stages {
		in.Stages[b].Anonymous = count(stage)
	}
	return nil
}

// forecastSales reads single amounts: the rep's own if there are twenty, else the org's.
func (s *server) forecastSales(a ask, in *forecast.Input, rep, currency string, day calendar.Day) error {
	if currency == "" {
		return nil
	}
	sales, err := s.deps.Prospects.Sales(a.ctx(), projections.SaleQuery{
		Org: a.caller.Org, Currency: currency, Since: day - waysDays, Before: day + 1, Limit: evidenceSales,
	})
	if err != nil {
		return err
	}
	var own, all []float64
	for _, r := range sales {
		if r.Amount <= 0 {
			continue
		}
		all = append(all, r.Amount.Float64())
		if r.Rep == rep {
			own = append(own, r.Amount.Float64())
		}
	}
	if in.Sales.Amounts = all; len(own) >= 20 {
		in.Sales.Amounts = own
	}
	return nil
}

// weekPaces returns the working time of each week to come against that of the weeks before.
func weekPaces(hours func(calendar.Day) time.Duration, day calendar.Day) (paces [forecast.Weeks]float64) {
	sum := func(from calendar.Day, n int) (total float64) {
		for d := range calendar.Day(n) {
			total += hours(from + d).Hours()
		}
		return total
	}
	usual := sum(day+1-7*presentWeeks, 7*presentWeeks) / presentWeeks
	for w := range paces {
		paces[w] = 1
		if usual > 0 {
			paces[w] = sum(day+1+calendar.Day(7*w), 7) / usual
		}
	}
	return paces
}

// forecastSeed is the same for the same question on the same day.
func forecastSeed(org, rep string, day calendar.Day) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "forecast/%s/%s/%s", org, rep, day) // never fails
	return h.Sum64()
}
