package pace

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// TestLaws holds the laws against values that can be worked out by hand.
func TestLaws(t *testing.T) {
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-8*max(1, math.Abs(want)) {
			t.Errorf("%s = %.12g, want %.12g", name, got, want)
		}
	}
	// By hand: 3 of 10 at one half: (1 + 10 + 45 + 120) / 1024.
	near("drawn 3 of 10", drawn{10, 0.5}.below(3), 176.0/1024)
	// Dispersion 2 and mean 1: r = 1, a geometric law of chance one half: P(X <= 2) = 7/8.
	near("geometric", counted{1, 2}.below(2), 7.0/8)
	// Poisson of mean 2: (1 + 2 + 2) / e^2.
	near("poisson", counted{2, 1}.below(2), 5*math.Exp(-2))
	// Gamma of shape 1 is the exponential law, of shape 2: 1 - (1+x) e^-x.
	near("exponential", gammaInc(1, 0.7), 1-math.Exp(-0.7))
	near("gamma 2", gammaInc(2, 3), 1-4*math.Exp(-3))
	near("beta", betaInc(2, 3, 0.4), 0.5248) // 6x^2 - 8x^3 + 3x^4
	for _, c := range []struct {
		law  law
		p    float64
		want float64
	}{
		{counted{1, 2}, 0.05, 0},
		{counted{1, 2}, 0.90, 3}, // 15/16
		{drawn{10, 0.5}, 0.05, 2},
		{drawn{10, 0.5}, 0.95, 8},
		{drawn{0, 0.5}, 0.5, 0},
		{counted{0, 3}, 0.9, 0},
		{counted{50, 1}, 0.05, 39},
	} {
		if got := c.law.quantile(c.p); got != c.want {
			t.Errorf("%+v: %g quantile %g, want %g", c.law, c.p, got, c.want)
		}
	}
}

// A quantile is the least value that is enough, and it rises with the mean.
func TestQuantilesAreLeast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(0.01, 0.99).Draw(t, "p")
		mean := rapid.Float64Range(0.01, 5000).Draw(t, "mean")
		dispersion := rapid.Float64Range(1.01, 20).Draw(t, "dispersion")
		n := float64(rapid.IntRange(1, 3000).Draw(t, "n"))
		for _, l := range []law{counted{mean, dispersion}, drawn{n, rapid.Float64Range(0.01, 0.99).Draw(t, "chance")}} {
			q := l.quantile(p)
			if l.below(q) < p-1e-9 || q > 0 && l.below(q-1) >= p+1e-9 {
				t.Fatalf("%+v: %g quantile %g, P up to it %g, up to the one before %g", l, p, q, l.below(q), l.below(q-1))
			}
		}
		if more := (counted{mean * 1.5, dispersion}); more.quantile(p) < (counted{mean, dispersion}).quantile(p) {
			t.Fatalf("mean %g: the quantile falls as the mean rises", mean)
		}
		s := summed{counted{min(mean, 60), dispersion}, 100, rapid.Float64Range(0, 40_000).Draw(t, "variance")}
		_, variance := s.moments()
		if q := s.quantile(p); s.below(q) < p-1e-3 || q > 0 && s.below(q-math.Sqrt(variance)/1000) > p+1e-3 {
			t.Fatalf("%+v: %g quantile %g has %g below", s, p, q, s.below(q))
		}
	})
}

// TestSumsOfAmounts holds the compound law against draws of it: 20,000 worlds each, so a share of 5 % is known to 0.5 %.
func TestSumsOfAmounts(t *testing.T) {
	chance := rand.New(rand.NewPCG(7, 11))
	for _, l := range []summed{
		{counted{2, 1}, 100, 2500},
		{counted{10, 3}, 100, 10_000},
		{counted{24, 1}, 50, 900},
		{counted{30, 2}, 100, 6400},
		{counted{200, 5}, 1000, 250_000},
	} {
		limits := [3]float64{l.quantile(0.05), l.quantile(0.25), l.quantile(0.90)}
		var under [3]float64
		const worlds = 20_000
		for range worlds {
			n := drawCount(chance, l.count.mean, l.count.dispersion)
			sum := 0.0
			for range n {
				sum += drawGamma(chance, l.mean*l.mean/l.variance) * l.variance / l.mean
			}
			for i, limit := range limits {
				if sum < limit {
					under[i]++
				}
			}
		}
		if under[0] > 0.058*worlds || under[1] > 0.262*worlds || under[2] > 0.91*worlds || under[2] < 0.89*worlds {
			t.Errorf("%+v: below its 5, 25 and 90 %% quantiles lie %.3f, %.3f and %.3f", l,
				under[0]/worlds, under[1]/worlds, under[2]/worlds)
		}
	}
}
