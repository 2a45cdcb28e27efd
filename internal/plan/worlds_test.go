package plan

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"milemarker/internal/calendar"
	"milemarker/internal/rates"
)

// TestEightyPercentPlansAreReachedInEightyPercentOfWorlds lives through the sure effort of plans, day by day, in worlds
// built with the same rates. What happens in them is written down here anew, plainly: a call is made on the day on which
// the plan lays it out, it leads on stage by stage or not, and customers and team members stay for another month or not.
func TestEightyPercentPlansAreReachedInEightyPercentOfWorlds(t *testing.T) {
	for name, in := range promises() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := Make(in)
			if err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(2026, 11))
			const worlds = 3000
			reached := 0.0
			for range worlds {
				if livedThrough(r, in, p) {
					reached += 1.0 / worlds
				}
			}
			t.Logf("%s: %d units; reached in %.1f %% of worlds, told %.1f", name, p.Sure.Stages[0].Count, 100*reached, 100*p.Sure.Chance)
			if math.Abs(reached-in.Wish.Chance) > 0.03 {
				t.Errorf("reached in %.1f %% of worlds, want %.0f +- 3", 100*reached, 100*in.Wish.Chance)
			}
		})
	}
}

// promises are plans of every kind, for few sign-ups and for many.
func promises() map[string]Input {
	base := Input{
		Wish: Wish{Kind: Result, Amount: 6, From: calendar.Date(2026, 6, 1), By: calendar.Date(2026, 9, 30), Chance: 0.8},
		Stages: []Stage{
			{Name: "calls", Minutes: 5},
			{Name: "appointments_held", Rate: rates.Exactly(0.12), Delay: 6, Minutes: 60},
			{Name: "signups", Rate: rates.Exactly(0.25), Delay: 9},
		},
		Time: Time{Hours: officeHours, PerWeek: 40}, Seed: 7,
	}
	with := func(change func(*Input)) Input {
		in := base
		change(&in)
		return in
	}
	sizes := []float64{0.2, 0.4, 0.6, 0.8, 1, 1, 1.2, 1.4, 2.4}
	return map[string]Input{
		"few sign-ups":  base,
		"one sign-up":   with(func(in *Input) { in.Wish.Amount = 1 }),
		"many sign-ups": with(func(in *Input) { in.Wish.Amount = 400 }),
		"good rates": with(func(in *Input) {
			in.Wish.Amount = 120 // of fewer, one appointment more or less is a matter of several per cent
			in.Stages = []Stage{{Name: "appointments_held"}, {Name: "signups", Rate: rates.Exactly(0.6), Delay: 3}}
		}),
		"commissions in all": with(func(in *Input) {
			in.Wish.Kind, in.Wish.Amount, in.Sale = Total, 9000, Sale{AtOnce: 450, Sizes: sizes}
			in.Money = Money{Expenses: 100, Already: 60}
		}),
		"recurring income": with(func(in *Input) {
			in.Wish.Kind, in.Wish.Amount, in.Sale = Monthly, 1500, Sale{AtOnce: 100, Monthly: 60, Churn: 0.08, Sizes: sizes}
		}),
		"ramp and season": with(func(in *Input) {
			in.Wish.Kind, in.Wish.Amount, in.Sale = Monthly, 1000, Sale{Monthly: 77, Churn: 0.05}
			in.Time.RampWeeks, in.Time.Season = 6, [12]float64{1, 1, 1, 1, 1, 1, 0.5, 0.5, 1.5, 1.5, 1, 1}
		}),
		"ranks": with(func(in *Input) {
			in.Wish.Kind, in.Wish.Amount, in.Wish.By = Monthly, 5000, calendar.Date(2026, 12, 31)
			in.Sale = Sale{Churn: 0.05}
			in.Team = &Team{
				Ranks:    []Rank{{"silver", 400, 6, 30, 4000, 5000}, {"gold", 600, 8, 60, 9000, 8000}},
				Recruits: 0.4, PerCustomer: 50, PerRecruit: 100, Growth: 0.2, Churn: 0.06, OwnVolume: 100, TeamVolume: 100,
			}
		}),
		"a first rank in ten weeks": with(func(in *Input) {
			in.Wish.Kind, in.Wish.Amount, in.Wish.By = Monthly, 300, calendar.Date(2026, 8, 9)
			in.Sale = Sale{Churn: 0.1}
			in.Team = &Team{
				Ranks: []Rank{{"starter", 150, 3, 5, 500, 300}}, Recruits: 0.5, PerCustomer: 50, PerRecruit: 100, Growth: 0.1,
				Churn: 0.1, OwnVolume: 100, TeamVolume: 100,
			}
		}),
		"a high rank within a year": with(func(in *Input) {
			in.Wish.Kind, in.Wish.Amount, in.Wish.By = Monthly, 8000, calendar.Date(2027, 5, 31)
			in.Sale = Sale{Churn: 0.05}
			in.Team = &Team{
				Ranks:    []Rank{{"silver", 400, 6, 30, 4000, 5000}, {"gold", 600, 12, 90, 9000, 8000}},
				Recruits: 0.3, PerCustomer: 60, PerRecruit: 100, Growth: 0.15, Churn: 0.08, OwnVolume: 100, TeamVolume: 300,
				Sponsored: 2, TeamSize: 4,
			}
		}),
		"rank and sales together": with(func(in *Input) {
			in.Wish.Kind, in.Wish.Amount = Monthly, 2500
			in.Sale = Sale{AtOnce: 150, Monthly: 40, Churn: 0.05, Sizes: sizes}
			in.Team = &Team{
				Ranks: []Rank{{"bronze", 200, 4, 8, 800, 900}}, Recruits: 0.4, PerCustomer: 50, PerRecruit: 100, Growth: 0.1,
				Churn: 0.06, OwnVolume: 100, TeamVolume: 100,
			}
		}),
		"recurring commission over a year": with(func(in *Input) {
			in.Wish.Kind, in.Wish.Amount, in.Wish.By = Monthly, 4000, calendar.Date(2027, 5, 31)
			in.Sale = Sale{Monthly: 90, Churn: 0.04, Sizes: sizes}
			in.Money.Already = 500
		}),
		"recurring commission in all": with(func(in *Input) {
			in.Wish.Kind, in.Wish.Amount, in.Sale = Total, 2500, Sale{AtOnce: 50, Monthly: 60, Churn: 0.15}
		}),
		"short, with long delays": with(func(in *Input) {
			in.Wish.Amount, in.Wish.By = 4, calendar.Date(2026, 6, 28)
		}),
		"one week": with(func(in *Input) {
			in.Wish.Amount, in.Wish.By = 3, calendar.Date(2026, 6, 7)
			in.Stages = []Stage{{Name: "calls"}, {Name: "signups", Rate: rates.Exactly(0.04)}}
		}),
		"a few large sales": with(func(in *Input) {
			in.Wish.Kind, in.Wish.Amount, in.Sale = Total, 4000, Sale{AtOnce: 1500, Sizes: sizes}
		}),
		"nine in ten": with(func(in *Input) { in.Wish.Chance = 0.9 }),
		"just beyond the crowd": with(func(in *Input) {
			in.Wish.Kind, in.Wish.Amount, in.Sale = Total, 160*450, Sale{AtOnce: 450, Sizes: sizes}
		}),
		"good rates, few": with(func(in *Input) {
			in.Wish.Amount = 2
			in.Stages = []Stage{{Name: "appointments_held"}, {Name: "signups", Rate: rates.Exactly(0.6), Delay: 3}}
		}),
	}
}

// livedThrough tells whether one world ends with what was wished for.
func livedThrough(r *rand.Rand, in Input, p Plan) bool {
	var money, own, sponsored, size float64
	chance := 1.0
	for _, s := range in.Stages[1:] {
		chance *= s.Rate.Mean
	}
	for d := in.Wish.From; d <= in.Wish.By; d++ {
		for range p.Sure.Between(0, d, d) {
			signed := true
			for _, s := range in.Stages[1:] {
				signed = signed && r.Float64() < s.Rate.Mean
			}
			if on := d + delayed(r, in, signed); signed && on <= in.Wish.By {
				m, o, s, n := lived(r, in, on)
				money, own, sponsored, size = money+m, own+o, sponsored+s, size+n
			}
		}
	}
	if in.Team == nil {
		return money >= p.Needed-1e-6
	}
	t := in.Team
	for _, rank := range t.Ranks {
		if rank.Name == p.Rank {
			volume := t.TeamVolume + own + size*t.PerRecruit
			return money >= p.Needed-1e-6 && own+t.OwnVolume >= rank.OwnVolume && sponsored+t.Sponsored >= rank.Sponsored &&
				size+t.TeamSize >= rank.TeamSize && volume >= rank.TeamVolume
		}
	}
	return false
}

// delayed waits a day more, and another, at each stage, as it happens.
func delayed(r *rand.Rand, in Input, signed bool) (days calendar.Day) {
	for _, s := range in.Stages[1:] {
		for signed && r.Float64() < float64(s.Delay)/float64(1+s.Delay) {
			days++
		}
	}
	return days
}

// lived follows one sign-up until the date, month by month.
func lived(r *rand.Rand, in Input, on calendar.Day) (money, own, sponsored, size float64) {
	scale := 1.0
	if n := len(in.Sale.Sizes); n > 0 {
		scale = in.Sale.Sizes[r.IntN(n)]
	}
	age := months(on, in.Wish.By)
	if in.Team != nil && r.Float64() < in.Team.Recruits {
		// Each member has a place of his own in the list; the first is the recruit himself.
		active := []bool{true}
		for range age {
			for _, sponsors := range slices.Clone(active) {
				if !sponsors {
					continue
				}
				for range poisson(r, in.Team.Growth) {
					active = append(active, true)
				}
			}
			for i := len(active) - 1; i >= 0; i-- {
				if r.Float64() < in.Team.Churn {
					active[i] = false
				}
			}
			if len(active) > 1 { // who stopped is gone; the recruit keeps his place
				active = append(active[:1], slices.DeleteFunc(slices.Clone(active[1:]), func(a bool) bool { return !a })...)
			}
		}
		for _, a := range active {
			if a {
				size++
			}
		}
		if active[0] {
			sponsored = 1
		}
		return 0, 0, sponsored, size
	}
	paid, stays := 0.0, true
	for m := range age + 1 {
		if m > 0 {
			stays = stays && r.Float64() >= in.Sale.Churn
		}
		if stays && (in.Wish.Kind == Total || m == age) {
			paid += in.Sale.Monthly * scale
		}
	}
	switch {
	case in.Wish.Kind == Result:
		return 1, 0, 0, 0
	case in.Wish.Kind == Total || on >= monthBefore(in.Wish.By):
		paid += in.Sale.AtOnce * scale
	}
	if stays && in.Team != nil {
		own = in.Team.PerCustomer
	}
	return paid, own, 0, 0
}

// poisson multiplies chances until they are too small (Knuth).
func poisson(r *rand.Rand, mean float64) int {
	n := 0
	for left := r.Float64(); left > math.Exp(-mean); left *= r.Float64() {
		n++
	}
	return n
}
