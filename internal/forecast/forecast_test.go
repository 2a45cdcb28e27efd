package forecast

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/internal/rates"
)

func usual() (pace [Days]float64) {
	for d := range pace[1:] {
		pace[d+1] = 1.0 / 7
	}
	return pace
}

// sold is sales of these amounts, everybody's.
func sold(amounts ...float64) (s Sales) {
	for _, a := range amounts {
		s.All = append(s.All, Sale{Once: a})
	}
	return s
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
			{Name: "proposal", Others: Steady(0, 13, 1), FromMet: fixed},
			{Name: "signup", Others: Steady(0, 13, 1), FromMet: fixed, From: []Way{fixed}},
		},
		Open: []Open{{Stage: 0, Days: 1, N: 10}, {Stage: 0, Days: 30, N: 20}},
		Met:  Steady(0, 1e9, 1), Pace: usual(), Sales: sold(100), Seed: 1,
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
	if f.Recurring != nil || f.Lost != nil {
		t.Errorf("nothing goes on, but %+v", f.Recurring)
	}
}

// Eight people a week over 100 weeks, a quarter of them signs at once: 26 of 104 in thirteen weeks; in a week without
// work nobody.
func TestPeopleToBeMetByHand(t *testing.T) {
	way := Way{Share: rates.Exactly(0.25), Timing: rates.Fixed(0)}
	in := Input{
		Stages: []Stage{{Name: "signup", FromMet: way, Others: Steady(0, 100, 1)}},
		Met:    Steady(800, 100, 1), Pace: usual(), Seed: 2,
	}
	for d := 22; d < 29; d++ {
		in.Pace[d] = 0
	}
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
	in.Met = Steady(16, 2, 4)
	wide, err := Make(in)
	if err != nil {
		t.Fatal(err)
	}
	if w := wide.Stages[0].Total; w.P90-w.P10 < 1.5*(s.Total.P90-s.Total.P10) || math.Abs(w.P50-s.Total.P50) > 3 {
		t.Errorf("%+v against %+v", w, s.Total)
	}
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
		nobody := Steady(float64(rapid.IntRange(0, 90).Draw(t, "nobody")), 13, rapid.Float64Range(1, 9).Draw(t, "spread"))
		in := Input{
			Stages: []Stage{{Name: "a", FromMet: way(), Others: nobody}, {Name: "b", FromMet: way(), From: []Way{way()}, Others: nobody}},
			Open:   []Open{{Stage: 0, Days: rapid.IntRange(0, 100).Draw(t, "age"), N: rapid.IntRange(0, 500).Draw(t, "open")}},
			Met:    Steady(float64(rapid.IntRange(0, 900).Draw(t, "met")), 13, 2),
			Pace:   usual(), Sales: sold(1, 50, 300), Seed: rapid.Uint64().Draw(t, "seed"), Worlds: 60,
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
		"a way too few":    {Stages: []Stage{{Name: "a"}, {Name: "b"}}, Met: Steady(0, 1, 1)},
		"people nowhere":   {Stages: []Stage{{Others: Steady(0, 1, 1)}}, Met: Steady(0, 1, 1), Open: []Open{{Stage: 4}}},
		"no history":       {Stages: []Stage{{Others: Steady(0, 1, 1)}}},
		"a week before it": {Stages: []Stage{{Others: Steady(0, 1, 1)}}, Met: Steady(0, 1, 1), Pace: [Days]float64{-1}},
	} {
		if _, err := Make(in); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}
