package plan

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/internal/calendar"
	"milemarker/internal/rates"
)

// anyInput draws a plan that is small enough to be made many times.
func anyInput(t *rapid.T) Input {
	from := calendar.Date(2026, 1, 1) + calendar.Day(rapid.IntRange(0, 700).Draw(t, "from"))
	in := Input{
		Wish: Wish{
			Kind:   rapid.SampledFrom([]Kind{Monthly, Total, Result}).Draw(t, "kind"),
			Amount: float64(rapid.IntRange(1, 40).Draw(t, "amount")), From: from,
			By: from + calendar.Day(rapid.IntRange(0, 250).Draw(t, "days")), Chance: rapid.Float64Range(0.5, 0.95).Draw(t, "chance"),
		},
		Stages: []Stage{{Name: "calls", Minutes: 5}},
		Sale:   Sale{AtOnce: rapid.Float64Range(0.1, 5).Draw(t, "at once"), Monthly: rapid.Float64Range(0, 5).Draw(t, "monthly"), Churn: rapid.Float64Range(0, 0.5).Draw(t, "churn")},
		Time:   Time{Hours: officeHours, PerWeek: rapid.Float64Range(1, 60).Draw(t, "hours"), RampWeeks: rapid.IntRange(0, 10).Draw(t, "ramp")},
		Seed:   rapid.Uint64().Draw(t, "seed"), Worlds: 100,
	}
	for _, name := range []string{"appointments_held", "signups"}[:rapid.IntRange(0, 2).Draw(t, "stages")] {
		in.Stages = append(in.Stages, Stage{
			Name: name, Rate: rates.Exactly(rapid.Float64Range(0.02, 1).Draw(t, "rate")), Delay: rapid.IntRange(0, 40).Draw(t, "delay"),
			Minutes: rapid.Float64Range(0, 90).Draw(t, "minutes"),
		})
	}
	if in.Wish.Kind == Monthly && rapid.Bool().Draw(t, "team") {
		in.Team = &Team{
			Ranks:    []Rank{{"a", 1, 1, 2, 3, 10}, {"b", 2, 3, 8, 20, 50}},
			Recruits: rapid.Float64Range(0, 1).Draw(t, "recruits"), PerCustomer: 1, PerRecruit: 1,
			Growth: rapid.Float64Range(0, 0.3).Draw(t, "growth"), Churn: rapid.Float64Range(0, 0.3).Draw(t, "stop"),
		}
	}
	return in
}

func mustMake(t *rapid.T, in Input) Plan {
	p, err := Make(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPartsAddUp(t *testing.T) {
	cal := plainCalendar(t)
	rapid.Check(t, func(t *rapid.T) {
		p := mustMake(t, anyInput(t))
		for _, e := range []Effort{p.Average, p.Sure} {
			for _, g := range calendar.Grains() {
				sums := make([]int, len(e.Stages))
				next := p.Wish.From
				for _, part := range p.Parts(e, cal, g) {
					if part.From != next || part.To < part.From {
						t.Fatalf("%s from %s to %s, want from %s", g, part.From, part.To, next)
					}
					next = part.To + 1
					for i, n := range part.Counts {
						if n < 0 {
							t.Fatalf("%d of %s", n, e.Stages[i].Name)
						}
						sums[i] += n
					}
				}
				for i, s := range e.Stages {
					if sums[i] != s.Count {
						t.Fatalf("%d of %s by the %s, %d in all", sums[i], s.Name, g, s.Count)
					}
				}
			}
		}
	})
}

func TestMoreHoursAreNeverLessFeasible(t *testing.T) {
	order := map[Verdict]int{Feasible: 2, Tight: 1, Infeasible: 0}
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput(t)
		before := mustMake(t, in)
		in.Time.PerWeek *= rapid.Float64Range(1, 2).Draw(t, "more")
		after := mustMake(t, in)
		if order[after.Sure.Verdict] < order[before.Sure.Verdict] || order[after.Average.Verdict] < order[before.Average.Verdict] {
			t.Fatalf("%s, with more hours %s", before.Words, after.Words)
		}
	})
}

// A better rate never takes more of the first stage, nor more work, but for the one unit by which counts are whole.
func TestABetterRateIsNeverMoreWork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput(t)
		if len(in.Stages) == 1 {
			return
		}
		before := mustMake(t, in)
		i := rapid.IntRange(1, len(in.Stages)-1).Draw(t, "stage")
		better := in.withRate(i, min(1, in.Stages[i].Rate.Mean*rapid.Float64Range(1, 3).Draw(t, "better")))
		after := mustMake(t, better)
		if len(before.Sure.Stages) == 0 || len(after.Sure.Stages) == 0 {
			return
		}
		for name, e := range map[string][2]Effort{"average": {before.Average, after.Average}, "sure": {before.Sure, after.Sure}} {
			if e[1].Stages[0].Count > e[0].Stages[0].Count {
				t.Fatalf("%s: %d, with a better rate %d", name, e[0].Stages[0].Count, e[1].Stages[0].Count)
			}
		}
		if unit := better.minutes() / 60; after.Average.Hours > before.Average.Hours+unit {
			t.Fatalf("%v hours, with a better rate %v", before.Average.Hours, after.Average.Hours)
		}
	})
}

func TestASurerPlanIsNeverLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput(t)
		before := mustMake(t, in)
		in.Wish.Chance = min(0.99, in.Wish.Chance+rapid.Float64Range(0, 0.4).Draw(t, "surer"))
		after := mustMake(t, in)
		if len(before.Sure.Stages) > 0 && after.Sure.Stages[0].Count < before.Sure.Stages[0].Count {
			t.Fatalf("%d, surer %d", before.Sure.Stages[0].Count, after.Sure.Stages[0].Count)
		}
		if before.Sure.Chance < before.Wish.Chance-1e-9 && len(before.Sure.Stages) > 0 {
			t.Fatalf("chance %v, want %v", before.Sure.Chance, before.Wish.Chance)
		}
	})
}

func TestTheSameQuestionHasTheSameAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput(t)
		if diff := cmp.Diff(mustMake(t, in), mustMake(t, in), cmp.AllowUnexported(Effort{}, schedule{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A lever, pulled alone or with its later date, makes the plan fit.
func TestLeversDoWhatTheySay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput(t)
		for _, l := range mustMake(t, in).Levers {
			changed := in
			if l.Date != 0 {
				changed.Wish.By = l.Date
			}
			switch l.Name {
			case LeverHours:
				changed.Time.PerWeek = l.To
			case LeverPrice:
				changed = changed.withPrice(l.To)
			case LeverDate:
			case LeverAmount:
				changed = changed.withAmount(l.To)
			default:
				for i, s := range in.Stages {
					if leverRate+s.Name == l.Name {
						changed = changed.withRate(i, l.To)
					}
				}
			}
			unit := changed.minutes() / 60 * 5 // counts are whole, and fewer worlds tell less
			after := mustMake(t, changed)
			if after.Sure.HoursPeak > 1.05*changed.Time.PerWeek+unit || len(after.Sure.Stages) == 0 {
				t.Fatalf("%s: %v of %v hours", l.Words(), after.Sure.HoursPeak, changed.Time.PerWeek)
			}
		}
	})
}

// FuzzMake holds that whatever comes in is refused or planned, and never with a number that is none.
func FuzzMake(f *testing.F) {
	f.Add(1000.0, int32(20000), int32(90), 0.8, 0.1, 5, 10.0, 500.0, 50.0, 0.1, 3)
	f.Add(1e12, int32(0), int32(0), 0.99, 1e-300, 0, 1e-9, 0.0, 1e-9, 0.999999, 104)
	f.Add(math.NaN(), int32(1), int32(-5), math.Inf(1), math.NaN(), -1, -1.0, math.NaN(), -1.0, 1.0, -1)
	f.Fuzz(func(t *testing.T, amount float64, from, days int32, chance, rate float64, delay int, hours, atOnce, monthly, churn float64, ramp int) {
		in := Input{
			Wish: Wish{Kind: Monthly, Amount: amount, From: calendar.Day(from), By: calendar.Day(from) + calendar.Day(days), Chance: chance},
			Stages: []Stage{
				{Name: "calls", Minutes: 5}, {Name: "signups", Rate: rates.Exactly(rate), Delay: delay},
			},
			Sale: Sale{AtOnce: atOnce, Monthly: monthly, Churn: churn},
			Time: Time{Hours: officeHours, PerWeek: hours, RampWeeks: ramp}, Worlds: 100,
		}
		p, err := Make(in)
		if err != nil {
			return
		}
		for _, e := range []Effort{p.Average, p.Sure} {
			for _, x := range []float64{e.Chance, e.Hours, e.HoursPeak, e.Load, p.Signups, p.Needed, p.Unsure} {
				if math.IsNaN(x) || x < 0 {
					t.Fatalf("%+v", e)
				}
			}
			if e.Chance > 1+1e-9 {
				t.Fatalf("chance %v", e.Chance)
			}
		}
		if p.Words == "" {
			t.Fatal("no words")
		}
	})
}
