package forecast

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/internal/rates"
)

func usual() (pace [Weeks]float64) {
	for w := range pace {
		pace[w] = 1
	}
	return pace
}

func near(tb testing.TB, what string, got, want, tolerance float64) {
	tb.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		tb.Errorf("%s: %v, want %v within %v", what, got, want, tolerance)
	}
}

// Ten proposals are out since yesterday. Half of them are ever signed, after 10 days: in the second week, 5 of 10 on
// average. Twenty are out since 30 days: nothing is to be hoped for from them. Nobody new is met.
func TestOpenProspectsByHand(t *testing.T) {
	fixed := Way{Share: rates.Exactly(0.5), Timing: rates.Fixed(10)}
	f, err := Make(Input{
		Stages: []Stage{
			{Name: "proposal", Anonymous: Arrivals{Weeks: 13, Spread: 1}, FromMet: fixed},
			{Name: "signup", Anonymous: Arrivals{Weeks: 13, Spread: 1}, FromMet: fixed, From: []Way{fixed}},
		},
		Open: []Open{{Stage: 0, Days: 1, N: 10}, {Stage: 0, Days: 30, N: 20}},
		Met:  Arrivals{N: 0, Weeks: 1e9, Spread: 1}, Pace: usual(), Sales: Sales{Amounts: []float64{100}}, Seed: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	signups := f.Stages[1]
	near(t, "from open ones", signups.FromOpen, 5, 0.15)
	if signups.Weeks[0] != (Range{}) || signups.Weeks[1].P50 != 5 || signups.Weeks[2] != (Range{}) {
		t.Errorf("%+v", signups.Weeks)
	}
	// Binomial(10, 0.5): 10 % quantile 3, 90 % quantile 7. A sale is 100.
	if want := (Range{P10: 3, P50: 5, P90: 7}); signups.Total != want {
		t.Errorf("total %+v, want %+v", signups.Total, want)
	}
	if want := (Range{P10: 300, P50: 500, P90: 700}); f.Amount.Total != want {
		t.Errorf("amount %+v, want %+v", f.Amount.Total, want)
	}
}

// Eight people a week over 100 weeks, a quarter of them signs at once: 26 of 104 in thirteen weeks; in a week without
// work nobody.
func TestPeopleToBeMetByHand(t *testing.T) {
	way := Way{Share: rates.Exactly(0.25), Timing: rates.Fixed(0)}
	in := Input{
		Stages: []Stage{{Name: "signup", FromMet: way, Anonymous: Arrivals{Weeks: 100, Spread: 1}}},
		Met:    Arrivals{N: 800, Weeks: 100, Spread: 1}, Pace: usual(), Seed: 2,
	}
	in.Pace[3] = 0
	f, err := Make(in)
	if err != nil {
		t.Fatal(err)
	}
	s := f.Stages[0]
	near(t, "from people to be met", s.FromMet, 24, 0.5)
	if s.Weeks[3] != (Range{}) || s.Weeks[4].P50 != 2 || f.Amount != nil {
		t.Errorf("%+v", s)
	}
	// Restless weeks and a short history make it wide, and the middle stays.
	in.Met = Arrivals{N: 16, Weeks: 2, Spread: 4}
	wide, err := Make(in)
	if err != nil {
		t.Fatal(err)
	}
	if w := wide.Stages[0].Total; w.P90-w.P10 < 1.5*(s.Total.P90-s.Total.P10) || math.Abs(w.P50-s.Total.P50) > 3 {
		t.Errorf("%+v against %+v", w, s.Total)
	}
}

func TestRate(t *testing.T) {
	if diff := cmp.Diff(Arrivals{Weeks: 1, Spread: 1}, Rate(nil)); diff != "" {
		t.Error(diff)
	}
	// Mean 4, variance (16 + 16 + 0 + 0 + 16 + 16) / 5 = 12.8: 3.2 times the mean.
	if diff := cmp.Diff(Arrivals{N: 24, Weeks: 6, Spread: 3.2}, Rate([]float64{0, 8, 4, 4, 0, 8})); diff != "" {
		t.Error(diff)
	}
}

// TestIntervalsHoldWhatTheySay lives through many careers: people are met, agree to appointments and sign or do not, for
// a year; then thirteen weeks are forecast from what was seen of it, and lived through.
func TestIntervalsHoldWhatTheySay(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	const careers = 100
	held := map[string]float64{}
	below := 0.0
	for range careers {
		c := newCareer(r)
		in := c.seen()
		in.Worlds = 200
		f, err := Make(in)
		if err != nil {
			t.Fatal(err)
		}
		for i, stage := range f.Stages {
			truth := c.after(i)
			if stage.Total.P10 <= truth && truth <= stage.Total.P90 {
				held[stage.Name] += 1.0 / careers
			}
			if truth < stage.Total.P50 {
				below += 1.0 / careers / float64(len(f.Stages))
			}
		}
	}
	t.Logf("80 %% intervals held %.2v; below the middle in %.2f", held, below)
	for name, share := range held {
		if share < 0.70 || share > 0.95 { // whole numbers at both ends make an interval hold somewhat more
			t.Errorf("%s: 80 %% intervals held in %.0f %%", name, 100*share)
		}
	}
	if below < 0.35 || below > 0.6 {
		t.Errorf("below the middle in %.0f %%", 100*below)
	}
}

// career is the days on which the people of a rep reached the stages, -1 for never; today is day 364.
type career [][3]int

const (
	present = 364
	horizon = present + 7*Weeks
)

func newCareer(r *rand.Rand) career {
	var c career
	perDay := 0.5 + 2*r.Float64()
	meets, signs := 0.2+0.4*r.Float64(), 0.1+0.4*r.Float64()
	for day := range horizon {
		for range rates.Poisson(r, perDay) {
			p := [3]int{day, -1, -1}
			if r.Float64() < meets {
				p[1] = day + int(10*r.ExpFloat64())
				if r.Float64() < signs {
					p[2] = p[1] + int(25*r.ExpFloat64())
				}
			}
			c = append(c, p)
		}
	}
	return c
}

// seen is what is known of a career by today.
func (c career) seen() Input {
	at := func(p [3]int, stage int) int {
		if p[stage] >= present {
			return -1
		}
		return p[stage]
	}
	way := func(from, to int) Way {
		var observed []rates.Observation
		for _, p := range c {
			a, b := at(p, from), at(p, to)
			switch {
			case a < 0:
			case b >= 0:
				observed = append(observed, rates.Observation{Days: b - a, Reached: true, N: 1})
			default:
				observed = append(observed, rates.Observation{Days: present - a, N: 1})
			}
		}
		timing := rates.KaplanMeier(observed).Timing()
		return Way{Share: rates.Prior{Mean: 0.2, Strength: 4}.Shrink(timing.Trial(observed)), Timing: timing}
	}
	none := Arrivals{Weeks: 13, Spread: 1}
	in := Input{Pace: usual(), Seed: 3, Stages: []Stage{
		{Name: "lead", FromMet: way(0, 0), Anonymous: none},
		{Name: "appointment", FromMet: way(0, 1), From: []Way{way(0, 1)}, Anonymous: none},
		{Name: "signup", FromMet: way(0, 2), From: []Way{way(0, 2), way(1, 2)}, Anonymous: none},
	}}
	weeks := make([]float64, 13)
	for _, p := range c {
		if p[0] >= present {
			continue
		}
		if ago := (present - 1 - p[0]) / 7; ago < len(weeks) {
			weeks[ago]++
		}
		stage := 0
		if at(p, 1) >= 0 {
			stage = 1
		}
		if at(p, 2) < 0 {
			in.Open = append(in.Open, Open{Stage: stage, Days: present - at(p, stage), N: 1})
		}
	}
	in.Met = Rate(weeks)
	return in
}

// after counts who reached a stage in the thirteen weeks.
func (c career) after(stage int) (n float64) {
	for _, p := range c {
		if p[stage] >= present && p[stage] < horizon {
			n++
		}
	}
	return n
}

func TestForecastsAreOrdered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		way := func() Way {
			n := rapid.IntRange(0, 50).Draw(t, "n")
			k := rapid.IntRange(0, n).Draw(t, "k")
			return Way{
				Share:  rates.Prior{Mean: 0.2, Strength: 4}.Shrink(rates.Trial{N: float64(n), K: float64(k)}),
				Timing: rates.Fixed(rapid.IntRange(0, 120).Draw(t, "days")),
			}
		}
		nobody := Arrivals{N: float64(rapid.IntRange(0, 90).Draw(t, "nobody")), Weeks: 13, Spread: rapid.Float64Range(1, 9).Draw(t, "spread")}
		in := Input{
			Stages: []Stage{{Name: "a", FromMet: way(), Anonymous: nobody}, {Name: "b", FromMet: way(), From: []Way{way()}, Anonymous: nobody}},
			Open:   []Open{{Stage: 0, Days: rapid.IntRange(0, 100).Draw(t, "age"), N: rapid.IntRange(0, 500).Draw(t, "open")}},
			Met:    Arrivals{N: float64(rapid.IntRange(0, 900).Draw(t, "met")), Weeks: 13, Spread: 2},
			Pace:   usual(), Sales: Sales{Amounts: []float64{1, 50, 300}}, Seed: rapid.Uint64().Draw(t, "seed"), Worlds: 60,
		}
		f, err := Make(in)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := Make(in)
		if diff := cmp.Diff(f, again); diff != "" {
			t.Fatal(diff)
		}
		for _, s := range append(f.Stages, *f.Amount) {
			for _, r := range append(s.Weeks[:], s.Total) {
				if !(0 <= r.P10 && r.P10 <= r.P50 && r.P50 <= r.P90) {
					t.Fatalf("%s: %+v", s.Name, r)
				}
			}
		}
		if s := f.Stages[1]; s.FromOpen > float64(in.Open[0].N)+1e-9 {
			t.Fatalf("%v out of %d", s.FromOpen, in.Open[0].N)
		}
	})
}

func TestMakeRefuses(t *testing.T) {
	for name, in := range map[string]Input{
		"nothing":          {},
		"a way too few":    {Stages: []Stage{{Name: "a"}, {Name: "b"}}, Met: Arrivals{Weeks: 1}},
		"people nowhere":   {Stages: []Stage{{Anonymous: Arrivals{Weeks: 1}}}, Met: Arrivals{Weeks: 1}, Open: []Open{{Stage: 4}}},
		"no history":       {Stages: []Stage{{Anonymous: Arrivals{Weeks: 1}}}},
		"a week before it": {Stages: []Stage{{Anonymous: Arrivals{Weeks: 1}}}, Met: Arrivals{Weeks: 1}, Pace: [Weeks]float64{-1}},
	} {
		if _, err := Make(in); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}
