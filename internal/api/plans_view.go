package api

import (
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/plan"
	"milemarker/projections"
)

// planSummary is a plan without its reckoning.
type planSummary struct {
	Plan      string        `json:"plan"`
	Title     string        `json:"title,omitempty"`
	OwnerKind string        `json:"owner_kind"`
	Owner     string        `json:"owner,omitempty"`
	Kind      string        `json:"kind"`
	Amount    any           `json:"amount"` // money as a string, sign-ups as a number
	Currency  string        `json:"currency,omitempty"`
	StartsOn  events.Date   `json:"starts_on"`
	By        events.Date   `json:"by"`
	Chance    float64       `json:"chance"`
	Stages    []string      `json:"stages"`
	DraftedAt time.Time     `json:"drafted_at"`
	Adopted   *adoptionView `json:"adopted"` // null while it is not
	Link      string        `json:"link"`
}

type adoptionView struct {
	At   time.Time `json:"at"`
	Goal string    `json:"goal,omitempty"` // the result's
}

func summary(p projections.Plan) planSummary {
	v := planSummary{
		Plan: p.Plan, Title: p.Title, OwnerKind: p.OwnerKind, Owner: p.Owner.Owner, Kind: p.Kind, Amount: p.Amount,
		Currency: p.Currency, StartsOn: p.StartsOn, By: p.EndsOn, Chance: p.Chance.Float64(), Stages: p.Stages,
		DraftedAt: p.DraftedAt.UTC(), Link: planPath(p.Plan),
	}
	if p.Kind == events.PlanResult {
		v.Amount = p.Amount.Float64()
	}
	if p.Adopted != nil {
		v.Adopted = &adoptionView{At: p.Adopted.At, Goal: p.Adopted.Goal}
	}
	return v
}

// planView is a plan with its reckoning.
type planView struct {
	planSummary
	Sentence   string                `json:"sentence"`
	Rank       string                `json:"rank,omitempty"`
	RankIncome *float64              `json:"rank_income,omitempty"`
	Needed     float64               `json:"needed"`     // what sign-ups must bring, or sign-ups
	Signups    float64               `json:"signups"`    // that bring it, on average
	EntryRate  float64               `json:"entry_rate"` // share of the first stage that becomes a sign-up
	LagDays    int                   `json:"lag_days"`   // from the first stage to the sign-up
	LastDay    calendar.Day          `json:"last_day_to_begin"`
	Average    effortView            `json:"average"`
	Sure       effortView            `json:"sure"`
	Unsure     float64               `json:"chance_if_rates_are_unsure"`
	Choices    []choiceView          `json:"choices,omitempty"`
	Levers     []leverView           `json:"levers"`
	Assumed    []assumptionView      `json:"assumptions"`
	Ranks      []rankView            `json:"ranks,omitempty"`
	Spread     map[string][]planPart `json:"spread,omitempty"` // of the sure effort, by grain
}

type effortView struct {
	Chance       float64     `json:"chance"`
	Hours        float64     `json:"hours"`          // of work in all
	HoursPerWeek float64     `json:"hours_per_week"` // in a full week at the greatest pace
	Load         float64     `json:"load"`           // against the hours that there are
	Verdict      string      `json:"verdict"`
	WorkingDays  int         `json:"working_days"`
	Stages       []stageView `json:"stages"`
}

type stageView struct {
	Metric  string       `json:"metric"`
	Count   int          `json:"count"`
	PerDay  float64      `json:"per_working_day"`
	PerWeek float64      `json:"per_week"`
	From    calendar.Day `json:"from"`
	To      calendar.Day `json:"to"`
}

type choiceView struct {
	Rank   string   `json:"rank"`  // empty: by sales alone
	Units  *float64 `json:"units"` // of the first stage, on average; null if it cannot be reached so
	Chosen bool     `json:"chosen"`
}

type leverView struct {
	Name string        `json:"name"`
	From *float64      `json:"from,omitempty"`
	To   *float64      `json:"to,omitempty"`
	Date *calendar.Day `json:"date,omitempty"`
	Text string        `json:"text"`
}

type assumptionView struct {
	Name   string   `json:"name"`
	Title  string   `json:"title"`
	Unit   string   `json:"unit"`
	Value  float64  `json:"value"`
	Low    *float64 `json:"low,omitempty"`
	High   *float64 `json:"high,omitempty"`
	Source string   `json:"source"`
	N      float64  `json:"n"`
	Weight float64  `json:"weight"`
}

type rankView struct {
	Name       string  `json:"name"`
	OwnVolume  float64 `json:"own_volume"`
	Sponsored  float64 `json:"sponsored"`
	TeamSize   float64 `json:"team_size"`
	TeamVolume float64 `json:"team_volume"`
	Income     float64 `json:"income"`
}

type planPart struct {
	From   calendar.Day   `json:"from"`
	To     calendar.Day   `json:"to"`
	Counts map[string]int `json:"counts"`
}

func viewPlan(a ask, p projections.Plan, made plan.Plan, grains []calendar.Grain) planView {
	v := planView{
		planSummary: summary(p), Sentence: made.Words, Rank: made.Rank, Needed: rounded(made.Needed), Signups: rounded(made.Signups),
		EntryRate: rounded(made.Chance), LagDays: made.Lag, LastDay: made.LastDay, Average: viewEffort(made.Average),
		Sure: viewEffort(made.Sure), Unsure: rounded(made.Unsure), Levers: []leverView{},
	}
	if made.Rank != "" {
		v.RankIncome = &made.Income
	}
	if len(p.Ranks) > 0 {
		for _, c := range made.Choices {
			choice := choiceView{Rank: c.Rank, Chosen: c.Chosen}
			if units := rounded(c.Units); c.Units <= 1e12 {
				choice.Units = &units
			}
			v.Choices = append(v.Choices, choice)
		}
	}
	for _, l := range made.Levers {
		v.Levers = append(v.Levers, viewLever(l))
	}
	titles := map[string]plan.Quantity{}
	for _, q := range quantities(p.PlanDrafted) {
		titles[q.Name] = q
	}
	for _, x := range p.Assumptions {
		view := assumptionView{
			Name: x.Name, Title: titles[x.Name].Title, Unit: titles[x.Name].Unit, Value: x.Value.Float64(), Source: x.Source,
			N: x.N.Float64(), Weight: x.Weight.Float64(),
		}
		if low, high := x.Low.Float64(), x.High.Float64(); high > 0 {
			view.Low, view.High = &low, &high
		}
		v.Assumed = append(v.Assumed, view)
	}
	for _, r := range p.Ranks {
		v.Ranks = append(v.Ranks, rankView{
			r.Name, r.OwnVolume.Float64(), r.Sponsored.Float64(), r.TeamSize.Float64(), r.TeamVolume.Float64(), r.Income.Float64(),
		})
	}
	if grains != nil {
		v.Spread = map[string][]planPart{}
	}
	for _, g := range grains {
		v.Spread[string(g)] = viewParts(made, a.calendar, g)
	}
	return v
}

func viewParts(made plan.Plan, cal calendar.Calendar, g calendar.Grain) []planPart {
	parts := []planPart{}
	if len(made.Sure.Stages) == 0 {
		return parts
	}
	for _, part := range made.Parts(made.Sure, cal, g) {
		view := planPart{From: part.From, To: part.To, Counts: map[string]int{}}
		for i, n := range part.Counts {
			view.Counts[made.Sure.Stages[i].Name] = n
		}
		parts = append(parts, view)
	}
	return parts
}

func viewEffort(e plan.Effort) effortView {
	v := effortView{
		Chance: rounded(e.Chance), Hours: rounded(e.Hours), HoursPerWeek: rounded(e.HoursPeak), Load: rounded(e.Load),
		Verdict: string(e.Verdict), WorkingDays: e.WorkingDays, Stages: []stageView{},
	}
	for _, s := range e.Stages {
		v.Stages = append(v.Stages, stageView{
			Metric: s.Name, Count: s.Count, PerDay: rounded(s.PerDay), PerWeek: rounded(s.PerWeek), From: s.From, To: s.To,
		})
	}
	return v
}

func viewLever(l plan.Lever) leverView {
	v := leverView{Name: l.Name, Text: l.Words()}
	if l.Name == plan.LeverDate {
		v.Date = &l.Date
		return v
	}
	v.From, v.To = &l.From, &l.To
	if l.Date != 0 {
		v.Date = &l.Date
	}
	return v
}
