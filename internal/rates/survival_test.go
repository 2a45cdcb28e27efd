package rates

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Ten proposals. Two were signed on day 2, one on day 5; two have been out for 3 days, five for 10.
//
//	day 2: 10 at risk, 2 arrive    open = 8/10        = 0.8
//	day 3: 2 leave (undecided, not lost)
//	day 5: 10 - 2 - 2 = 6 at risk, 1 arrives   open = 0.8 x 5/6 = 0.6667
func TestKaplanMeierByHand(t *testing.T) {
	c := KaplanMeier([]Observation{{2, true, 2}, {5, true, 1}, {3, false, 2}, {10, false, 5}})
	for day, want := range map[int]float64{0: 0, 1: 0, 2: 0.2, 4: 0.2, 5: 1.0 / 3, 400: 1.0 / 3} {
		near(t, "by day", c.By(day), want, 1e-12)
	}
	near(t, "ever", c.Ever(), 1.0/3, 1e-12)
	// Of those who sign 0.6 do within 2 days, the others after 5: 2 + 0.4 x 3 = 3.2 days on average.
	near(t, "mean days", c.MeanDays(), 3.2, 1e-12)
	if d, ok := c.Within(0.2); !ok || d != 2 {
		t.Errorf("a fifth within %d %v", d, ok)
	}
	if _, ok := c.Within(0.5); ok {
		t.Error("half of them never sign")
	}
}

func TestNobodyArrives(t *testing.T) {
	c := KaplanMeier([]Observation{{30, false, 7}})
	if c.Ever() != 0 || c.Timing().By(0) != 1 || KaplanMeier(nil).Ever() != 0 || c.MeanDays() != 0 {
		t.Errorf("%+v", c)
	}
	if got := Fixed(14); got.By(13) != 0 || got.By(14) != 1 || got.MeanDays() != 14 {
		t.Errorf("%+v", got)
	}
}

// A third ever arrive, after 0 to 60 days; people set out over 80 days and are looked at on day 80. Naive counting would
// say that far fewer do.
func TestTheYoungAreNotLost(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	var observed []Observation
	naive := Trial{}
	for range 6000 {
		age := int(r.Float64() * 80)
		arrives := int(r.Float64() * 60)
		o := Observation{Days: age, N: 1}
		if r.Float64() < 1.0/3 && arrives <= age {
			o = Observation{Days: arrives, Reached: true, N: 1}
			naive.K++
		}
		naive.N++
		observed = append(observed, o)
	}
	c := KaplanMeier(observed)
	near(t, "ever", c.Ever(), 1.0/3, 0.03)
	trial := c.Trial(observed)
	near(t, "share of the trial", trial.K/trial.N, 1.0/3, 0.03)
	if naive.K/naive.N > 0.25 || trial.N >= naive.N {
		t.Errorf("naive %v, trial %v", naive, trial)
	}
}

func TestCurvesAreDistributions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		observed := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Observation {
			return Observation{
				Days: rapid.IntRange(0, 100).Draw(t, "days"), Reached: rapid.Bool().Draw(t, "reached"),
				N: float64(rapid.IntRange(1, 9).Draw(t, "n")),
			}
		})).Draw(t, "observed")
		c := KaplanMeier(observed)
		for d := range 100 {
			if c.By(d) > c.By(d+1)+1e-12 || c.By(d) < 0 || c.By(d) > 1 {
				t.Fatalf("by day %d %v, by the next %v", d, c.By(d), c.By(d+1))
			}
		}
		trial := c.Trial(observed)
		if trial.K > trial.N+1e-9 || trial.K < 0 {
			t.Fatalf("%+v", trial)
		}
	})
}
