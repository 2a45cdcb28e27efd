package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"milemarker/internal/calendar"
	"milemarker/internal/rates"
)

// Source tells where an assumption comes from.
type Source string

// The sources.
const (
	Measured Source = "measured" // own numbers, which count nine tenths at least
	Shrunk   Source = "shrunk"   // own numbers, pulled towards those of others
	Assumed  Source = "assumed"  // nobody's numbers: a starting point
	Given    Source = "given"    // somebody said so
)

// Assumption is one number that a plan leans on, with at most 4 fraction digits, as it is recorded.
type Assumption struct {
	Name      string
	Value     float64
	Low, High float64 // of a rate: the 80 % interval; both 0 for all else
	Source    Source
	N         float64 // own observations
	Weight    float64 // how much they count against what is known of others
}

// Quantity says what an assumption is and what holds while nothing is known.
type Quantity struct {
	Name    string
	Title   string // what it means, in plain words
	Unit    string // share, days, minutes, hours, weeks, money, volume, people
	Default float64
	Max     float64
}

// The prefixes of quantities that each stage has.
const (
	rateOf    = "rate_"
	delayOf   = "delay_"
	minutesOf = "minutes_"
)

// link is a stage of the usual way and what is assumed of it while nothing is known: starting points, not findings.
type link struct {
	stage   string
	rate    float64 // from the stage before
	delay   float64 // days after it
	minutes float64
}

// usual is the way from a lead to a sign-up as most go it.
func usual() []link {
	return []link{
		{"leads", 1, 0, 5},
		{"calls", 1, 0, 5},
		{"conversations", 0.25, 0, 5},
		{"appointments_scheduled", 0.25, 0, 5},
		{"appointments_held", 0.75, 5, 60},
		{"proposals_sent", 0.5, 3, 60},
		{"signups", 0.5, 7, 30},
	}
}

// between returns what is assumed from one stage to a later one: what lies between them on the usual way.
func between(from, to string) link {
	way := usual()
	at := func(stage string) int {
		stage, _, _ = strings.Cut(strings.Replace(stage, "signups_", "signups ", 1), " ")
		return slices.IndexFunc(way, func(l link) bool { return l.stage == stage })
	}
	a, b := at(from), at(to)
	l := link{stage: to, rate: 0.3, delay: 3, minutes: 15}
	if b >= 0 {
		l.minutes = way[b].minutes
	}
	if a >= 0 && b > a {
		l.rate, l.delay = 1, 0
		for _, next := range way[a+1 : b+1] {
			l.rate *= next.rate
			l.delay += next.delay
		}
	}
	return l
}

// Quantities returns everything that a plan over these stages leans on, in the order in which it is shown.
func Quantities(stages []string, team bool) []Quantity {
	var all []Quantity
	for i, s := range stages {
		l := between(stages[max(0, i-1)], s)
		name := words(s)
		if i > 0 {
			before := words(stages[i-1])
			all = append(all,
				Quantity{rateOf + s, "share of " + before + " that lead to " + name, "share", l.rate, 1},
				Quantity{delayOf + s, "days from " + before + " to " + name + ", on average", "days", l.delay, MaxDays})
		}
		all = append(all, Quantity{minutesOf + s, "minutes of work for each of " + name, "minutes", l.minutes, 1e5})
	}
	all = append(all,
		Quantity{"average_sale", "amount of a sale, on average", "money", 1000, 1e11},
		Quantity{"recurring_sale", "amount of a sale that comes in each month, on average", "money", 0, 1e11},
		Quantity{"commission_share", "share of both that is yours; all of it is the org's", "share", 0.2, 1},
		Quantity{"churn", "share of customers who leave in a month", "share", 0.03, 0.99},
		Quantity{"expenses", "what the work costs you each month", "money", 0, 1e11},
		Quantity{"recurring_now", "what comes to you each month by now: your share of the contracts that go on", "money", 0, 1e11},
		Quantity{"hours_per_week", "hours a week that are there for it; by default your working hours", "hours", 40, 168},
		Quantity{"ramp_weeks", "weeks until the full pace is reached", "weeks", 0, 104})
	if team {
		all = append(all,
			Quantity{"recruit_share", "share of sign-ups who join the team", "share", 0.3, 1},
			Quantity{"volume_per_customer", "volume of a customer in a month", "volume", 50, 1e9},
			Quantity{"volume_per_recruit", "volume of a team member in a month", "volume", 100, 1e9},
			Quantity{"team_growth", "people whom an active member brings in, each month", "share", 0.05, 1},
			Quantity{"team_churn", "share of team members who stop in a month", "share", 0.05, 0.99},
			Quantity{"own_volume_now", "your own volume in a month by now, own order included", "volume", 100, 1e9},
			Quantity{"sponsored_now", "people sponsored by you who are active by now", "people", 0, 1e9},
			Quantity{"team_size_now", "active people in your team by now: at least those whom you sponsor", "people", 0, 1e9},
			Quantity{"team_volume_now", "volume of your team in a month by now, your own included", "volume", 100, 1e9})
	}
	return all
}

// seasonOf begins the names of the quantities that say what calendar months bring.
const seasonOf = "season_"

// Seasons returns a quantity for each calendar month that the days from one to another touch, both inclusive: what the
// month brings against an average one, by its working time.
func Seasons(from, by calendar.Day) []Quantity {
	var all []Quantity
	for m := time.January; m <= time.December; m++ {
		for d := from; d <= min(by, from+366); d++ {
			if d.Time().Month() == m {
				all = append(all, Quantity{
					fmt.Sprintf("%s%02d", seasonOf, m), "what is done in " + m.String() + " against an average month of as much working time",
					"times", 1, 100,
				})
				break
			}
		}
	}
	return all
}

// SeasonMonth returns which calendar month a quantity is about, if it is one of Seasons.
func SeasonMonth(name string) (m time.Month, ok bool) {
	number, ok := strings.CutPrefix(name, seasonOf)
	n, err := strconv.Atoi(number)
	return time.Month(n), ok && err == nil && n >= 1 && n <= 12
}

// Evidence is what is known of a quantity: of the owner, and of everybody in the org.
type Evidence struct {
	Own     rates.Trial   // of a share
	Members []rates.Trial // of everybody in the org; of who leaves, of the others alone

	OwnMean, OrgMean rates.Mean // of anything else
	Known            *Known     // what needs no belief; nil for all else
}

// Known is a number that is taken as it was found, such as the costs that were recorded.
type Known struct {
	Value  float64
	N      float64 // own observations
	Weight float64 // how much they count in it
}

// How many numbers a belief is worth: a starting point against the org's numbers, the org's against the owner's.
const (
	startWorth = 10
	orgWorth   = 20
)

// leaver is how many leavers the starting point of churn is worth, as in Jeffreys's prior: so few that customers who stay
// soon tell more, and enough that none who left yet does not mean that none ever will.
const leaver = 0.5

// Assume returns what is to be assumed of a quantity: the starting point pulled towards what the org's numbers say, and
// that towards the owner's own.
func Assume(q Quantity, e Evidence) Assumption {
	a := Assumption{Name: q.Name, Value: q.Default, Source: Assumed}
	if e.Known != nil {
		a.Value, a.N, a.Weight, a.Source = e.Known.Value, e.Known.N, e.Known.Weight, Shrunk
	} else if strings.HasPrefix(q.Name, rateOf) || e.tried() {
		prior := rates.Prior{Mean: min(max(q.Default, 0.01), 0.99), Strength: startWorth}
		if q.Name == "churn" {
			prior.Strength = leaver / prior.Mean
		}
		s := rates.Fit(e.Members, prior).Shrink(e.Own)
		a.Value, a.Low, a.N, a.Weight = max(s.Mean, 1e-4), s.Low, s.N, s.Weight
		a.High = max(s.High, a.Value)
		if e.tried() {
			a.Source = Shrunk
		}
	} else if e.OwnMean.N+e.OrgMean.N > 0 {
		org, _ := e.OrgMean.Shrink(q.Default, startWorth)
		a.Value, a.Weight = e.OwnMean.Shrink(org, orgWorth)
		a.N, a.Source = e.OwnMean.N, Shrunk
	}
	if a.Source != Assumed && a.Weight >= 0.9 {
		a.Source = Measured
	}
	a.Value, a.Low = min(a.Value, q.Max), min(a.Low, q.Max)
	if q.Unit == "days" {
		a.Value = math.Round(a.Value)
	}
	for _, x := range []*float64{&a.Value, &a.Low, &a.High, &a.N, &a.Weight} {
		*x = fine(*x)
	}
	return a
}

// tried tells whether anybody tried what a share is of.
func (e Evidence) tried() bool {
	return e.Own.N > 0 || slices.ContainsFunc(e.Members, func(t rates.Trial) bool { return t.N > 0 })
}

// Say returns the assumption that somebody made himself.
func Say(name string, value float64) Assumption {
	return Assumption{Name: name, Value: fine(value), Source: Given}
}

// fine keeps 4 fraction digits.
func fine(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// Draft is a plan before it is reckoned: what is wanted, and everything that it leans on.
type Draft struct {
	Wish        Wish
	Stages      []string
	Assumptions []Assumption
	Ranks       []Rank // none for who sells only
	Season      []float64
	Sizes       []float64
	Hours       func(calendar.Day) time.Duration // working time of a day
	Seed        uint64
}

// Input turns the draft into what a plan follows from. A quantity that is not among its assumptions is 0.
func (d Draft) Input() Input {
	known := map[string]Assumption{}
	for _, a := range d.Assumptions {
		known[a.Name] = a
	}
	value := func(name string) float64 { return known[name].Value }
	hours := map[calendar.Day]time.Duration{} // asked for again and again
	in := Input{
		Wish: d.Wish, Seed: d.Seed,
		Sale: Sale{
			AtOnce: value("average_sale") * value("commission_share"), Churn: value("churn"), Sizes: d.Sizes,
			Monthly: value("recurring_sale") * value("commission_share"),
		},
		Money: Money{Expenses: value("expenses"), Already: value("recurring_now")},
		Time: Time{PerWeek: value("hours_per_week"), RampWeeks: int(value("ramp_weeks")), Hours: func(day calendar.Day) time.Duration {
			h, ok := hours[day]
			if !ok {
				h = d.Hours(day)
				hours[day] = h
			}
			return h
		}},
	}
	copy(in.Time.Season[:], d.Season)
	for i, s := range d.Stages {
		stage := Stage{Name: s, Minutes: value(minutesOf + s), Rate: rates.Exactly(1)}
		if i > 0 {
			r := known[rateOf+s]
			stage.Rate = rates.Between(r.Value, r.Low, r.High)
			stage.Delay = int(math.Round(value(delayOf + s)))
		}
		in.Stages = append(in.Stages, stage)
	}
	if len(d.Ranks) > 0 {
		in.Team = &Team{
			Ranks: d.Ranks, Recruits: value("recruit_share"), Growth: value("team_growth"), Churn: value("team_churn"),
			PerCustomer: value("volume_per_customer"), PerRecruit: value("volume_per_recruit"),
			OwnVolume: value("own_volume_now"), Sponsored: value("sponsored_now"), TeamSize: value("team_size_now"),
			TeamVolume: value("team_volume_now"),
		}
	}
	return in
}

// Difference is an assumption that two plans do not share.
type Difference struct {
	Name string
	A, B float64
}

// Differences returns the assumptions in which two plans differ, sorted by name.
func Differences(a, b []Assumption) []Difference {
	values := map[string][2]float64{}
	for _, x := range a {
		values[x.Name] = [2]float64{x.Value, 0}
	}
	for _, x := range b {
		values[x.Name] = [2]float64{values[x.Name][0], x.Value}
	}
	var out []Difference
	for name, v := range values {
		if v[0] != v[1] {
			out = append(out, Difference{name, v[0], v[1]})
		}
	}
	slices.SortFunc(out, func(x, y Difference) int { return cmp.Compare(x.Name, y.Name) })
	return out
}
