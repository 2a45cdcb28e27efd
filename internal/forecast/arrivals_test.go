package forecast

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"milemarker/internal/rates"
)

func ones(n int) []float64 { return slices.Repeat([]float64{1}, n) }

// Four weeks of 4, 8, 0 and 4, the newest first, at a rate that does not drift: 16 in 4 weeks, after half a week of the
// average, which is 4. With half of what is known kept from week to week: 4 + 8/2 + 0/4 + 4/8 + 2/16 in as many weeks.
func TestRateByHand(t *testing.T) {
	weeks := []float64{4, 8, 0, 4}
	steady, _ := fit(weeks, ones(4), 1)
	near(t, "N", steady.N, 18, 1e-12)
	near(t, "weeks", steady.Weeks, 4.5, 1e-12)
	fading, _ := fit(weeks, ones(4), 0.5)
	near(t, "N", fading.N, 4+4+0+0.5+0.125, 1e-12)
	near(t, "weeks", fading.Weeks, 1+0.5+0.25+0.125+0.5/16, 1e-12)
	// A week off says nothing, and is not foretold.
	idle, _ := fit([]float64{4, 0, 4}, []float64{1, 0, 1}, 1)
	near(t, "rate with a week off", idle.N/idle.Weeks, 4, 1e-12)
	if none := Rate(nil, nil); none.mean() != 0.5 || !none.valid() {
		t.Errorf("%+v", none)
	}
}

// Of a rate that stays the weights favour that it stays; of one that wanders, that it does.
func TestHowMuchARateDriftsIsSeen(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	still, wanders := 0.0, 0.0
	for range 50 {
		var a, b []float64
		rate := 50.0
		for range presentWeeks {
			a = append(a, float64(rates.Poisson(r, 50)))
			rate *= math.Exp(0.25 * r.NormFloat64())
			b = append(b, float64(rates.Poisson(r, rate)))
		}
		still += expectedKept(Rate(a, ones(presentWeeks))) / 50
		wanders += expectedKept(Rate(b, ones(presentWeeks))) / 50
	}
	if still < 0.9 || wanders > still-0.08 {
		t.Errorf("kept %.3f of what stays, %.3f of what wanders", still, wanders)
	}
}

func expectedKept(a Arrivals) (kept float64) {
	for _, l := range a {
		kept += l.Weight * l.Kept
	}
	return kept
}

// Whatever drifts, the weeks to come are as many on average as it is believed now, and wider the further ahead.
func TestDriftKeepsTheMean(t *testing.T) {
	r := rand.New(rand.NewPCG(43, 44))
	l := Level{Weight: 1, N: 100, Weeks: 5, Spread: 2, Kept: 0.8}
	const worlds = 20_000
	var sum, squares [1 + Weeks]float64
	for range worlds {
		for w, x := range l.drift(r) {
			sum[w] += x / worlds
			squares[w] += x * x / worlds
		}
	}
	for w := range sum {
		near(t, "mean", sum[w], 20.1, 0.8)
	}
	if first, last := squares[0]-sum[0]*sum[0], squares[Weeks]-sum[Weeks]*sum[Weeks]; last < 4*first {
		t.Errorf("variance %.1f now, %.1f in thirteen weeks", first, last)
	}
}

func TestRatesAreValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weeks := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) float64 {
			return float64(rapid.IntRange(0, 500).Draw(t, "n"))
		}), 0, presentWeeks).Draw(t, "weeks")
		work := rapid.SliceOfN(rapid.SampledFrom([]float64{0, 0.2, 1, 1.4}), len(weeks), len(weeks)).Draw(t, "work")
		a := Rate(weeks, work)
		sum := 0.0
		for _, l := range a {
			sum += l.Weight
			if l.N < 0 || l.Spread < 1 || l.Spread > mostSpread || math.IsNaN(l.N+l.Weight+l.Spread) {
				t.Fatalf("%+v", l)
			}
		}
		if math.Abs(sum-1) > 1e-9 || !a.valid() {
			t.Fatalf("weights %v: %+v", sum, a)
		}
	})
}
