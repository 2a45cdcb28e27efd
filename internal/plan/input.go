package plan

import (
	"errors"
	"fmt"
	"math"
	"time"

	"milemarker/internal/calendar"
	"milemarker/internal/rates"
)

// Kind is what is wanted.
type Kind string

// The kinds of wish.
const (
	Monthly Kind = "monthly" // so much income in the month that ends with the date
	Total   Kind = "total"   // so much income from the first day to the date
	Result  Kind = "result"  // so many sign-ups by the date
)

// Wish is what is wanted, by when, and how surely.
type Wish struct {
	Kind     Kind
	Amount   float64      // income in the org's currency, or sign-ups
	From, By calendar.Day // both inclusive
	Chance   float64      // with which the sure effort is to bring it, from 0.5 to 0.99
}

// Stage is one step on the way from the first activity to the sign-up.
type Stage struct {
	Name    string      // the metric that counts it
	Rate    rates.Share // how many of the stage before reach it; of no meaning for the first
	Delay   int         // days after the stage before, on average; 0 for the first
	Minutes float64     // of work for each
}

// Sale is what a customer brings in.
type Sale struct {
	AtOnce  float64   // when he signs up
	Monthly float64   // each month while he stays, from the first on
	Churn   float64   // share of customers who leave in a month
	Sizes   []float64 // how large single sales are against the average, which is 1; none: all alike
}

// Money is what comes in and goes out besides the sales of the plan, by the month.
type Money struct {
	Expenses float64
	Already  float64 // recurring income that stands on the first day; it shrinks by Sale.Churn
}

// Rank is a step of a team plan: what a month must show for its income.
type Rank struct {
	Name       string
	OwnVolume  float64 // volume of the own order and customers
	Sponsored  float64 // people sponsored personally who are still active
	TeamSize   float64 // active people in the whole team
	TeamVolume float64 // volume of all of them and of the own customers
	Income     float64
}

// Team is how a network builder earns.
type Team struct {
	Ranks       []Rank
	Recruits    float64 // share of sign-ups who join the team; the others are customers
	PerCustomer float64 // volume a month
	PerRecruit  float64 // volume a month
	Growth      float64 // people whom an active member brings in, a month
	Churn       float64 // share of members who stop, a month

	// What stands already and is expected to stay.
	OwnVolume, Sponsored, TeamSize, TeamVolume float64
}

// Time is when there is time for it.
type Time struct {
	Hours     func(calendar.Day) time.Duration // working time of a day
	PerWeek   float64                          // hours a week that are there for it, in a week without days off
	RampWeeks int                              // weeks until the full pace is reached, in even steps
	Season    [12]float64                      // how much is done in each calendar month against the average; all 0: the same
}

// Input is everything that a plan follows from.
type Input struct {
	Wish   Wish
	Stages []Stage
	Sale   Sale
	Money  Money
	Team   *Team // nil for who sells only
	Time   Time
	Seed   uint64
	Worlds int // in which it is tried at most; 0 for 16,000
}

// Limits of what can be planned.
const (
	MaxDays   = 5 * 366
	MaxStages = 10
	MaxRanks  = 30
)

// Validate returns what is wrong with the input, all of it.
func (in Input) Validate() error {
	var errs []error
	must := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	w := in.Wish
	must(w.Kind == Monthly || w.Kind == Total || w.Kind == Result, "kind %q: want monthly, total or result", w.Kind)
	must(w.Amount > 0 && w.Amount <= 1e12, "amount: want more than 0 and at most 10^12")
	must(w.By >= w.From, "the date lies before the first day")
	must(w.By-w.From < MaxDays, "more than 5 years ahead cannot be planned by the day")
	must(w.Chance >= 0.5 && w.Chance <= 0.99, "chance: want 0.5 to 0.99")
	must(len(in.Stages) > 0 && len(in.Stages) <= MaxStages, "want 1 to %d stages", MaxStages)
	for i, s := range in.Stages {
		must(i == 0 || s.Rate.Mean >= 1e-6 && s.Rate.Mean <= 1, "rate of %s: want a millionth to 1", s.Name)
		must(s.Delay >= 0 && s.Delay <= MaxDays, "delay of %s: want 0 to %d days", s.Name, MaxDays)
		must(s.Minutes >= 0 && s.Minutes <= 1e5, "minutes of %s: want 0 to 100,000", s.Name)
	}
	for _, s := range in.Sale.Sizes {
		must(s >= 0 && s <= 1e6, "sizes of sales: want 0 to a million times the average")
	}
	must(amounts(in.Sale.AtOnce, in.Sale.Monthly, in.Money.Expenses, in.Money.Already), "money: want 0 to 10^12")
	must(share(in.Sale.Churn), "churn: want 0 to less than 1")
	if t := in.Team; t != nil {
		must(len(t.Ranks) > 0 && len(t.Ranks) <= MaxRanks, "want 1 to %d ranks", MaxRanks)
		must(w.Kind == Monthly, "ranks are reached by the month: want kind monthly")
		must(t.Recruits >= 0 && t.Recruits <= 1, "share of recruits: want 0 to 1")
		must(share(t.Churn) && t.Growth >= 0 && t.Growth <= 1, "churn and growth of the team: want 0 to less than 1")
		must(amounts(t.PerCustomer, t.PerRecruit, t.OwnVolume, t.Sponsored, t.TeamSize, t.TeamVolume), "team: want 0 to 10^12")
		for _, r := range t.Ranks {
			must(amounts(r.OwnVolume, r.Sponsored, r.TeamSize, r.TeamVolume, r.Income), "rank %q: want 0 to 10^12", r.Name)
		}
	}
	must(in.Time.Hours != nil, "working time is required")
	must(in.Time.PerWeek > 0 && in.Time.PerWeek <= 168, "hours a week: want more than 0 and at most 168")
	must(in.Time.RampWeeks >= 0 && in.Time.RampWeeks <= 104, "ramp: want 0 to 104 weeks")
	for _, s := range in.Time.Season {
		must(s >= 0 && s <= 100, "season: want weights from 0 to 100")
	}
	return errors.Join(errs...)
}

func amounts(all ...float64) bool {
	for _, a := range all {
		if math.IsNaN(a) || a < 0 || a > 1e12 {
			return false
		}
	}
	return true
}

func share(s float64) bool { return s >= 0 && s < 1 }

// chance returns the chance that a unit of the first stage becomes a sign-up.
func (in Input) chance() float64 {
	p := 1.0
	for _, s := range in.Stages[1:] {
		p *= s.Rate.Mean
	}
	return p
}

// delay returns the days from the first stage to stage i.
func (in Input) delay(i int) int {
	days := 0
	for _, s := range in.Stages[1 : i+1] {
		days += s.Delay
	}
	return days
}

// lag returns the days from the first stage to the sign-up.
func (in Input) lag() calendar.Day { return calendar.Day(in.delay(len(in.Stages) - 1)) }

// minutes returns the work that a unit of the first stage brings with it, on average, on all stages.
func (in Input) minutes() float64 {
	sum, p := 0.0, 1.0
	for i, s := range in.Stages {
		if i > 0 {
			p *= s.Rate.Mean
		}
		sum += p * s.Minutes
	}
	return sum
}
