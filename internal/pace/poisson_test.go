package pace

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// Values of the tables of the Poisson distribution.
func TestPoissonQuantileTable(t *testing.T) {
	for _, c := range []struct{ mean, q05, q25, q90 float64 }{
		{0, 0, 0, 0},
		{0.05, 0, 0, 0},
		{0.5, 0, 0, 1},
		{1, 0, 0, 2},
		{2, 0, 1, 4},
		{3, 1, 2, 5},
		{5, 2, 3, 8},
		{10, 5, 8, 14},
		{20, 13, 17, 26},
		{50, 39, 45, 59},
		{100, 84, 93, 113},
		{1000, 948, 979, 1041},
	} {
		got := [3]float64{poissonQuantile(c.mean, 0.05), poissonQuantile(c.mean, 0.25), poissonQuantile(c.mean, 0.9)}
		if want := [3]float64{c.q05, c.q25, c.q90}; got != want {
			t.Errorf("quantiles of mean %g: %v, want %v", c.mean, got, want)
		}
	}
}

// reference sums the distribution with 200 bits from the first term on.
func reference(mean, p float64) float64 {
	const prec = 200
	float := func(x float64) *big.Float { return new(big.Float).SetPrec(prec).SetFloat64(x) }
	// The terms are scaled by e^mean; p is scaled by their whole sum instead.
	all, term := float(1), float(1)
	for k := 1.0; k < mean+40*math.Sqrt(mean)+60; k++ {
		term.Mul(term, float(mean)).Quo(term, float(k))
		all.Add(all, term)
	}
	bound := all.Mul(all, float(p))
	sum, term := float(1), float(1)
	k := 0.0
	for sum.Cmp(bound) < 0 {
		k++
		term.Mul(term, float(mean)).Quo(term, float(k))
		sum.Add(sum, term)
	}
	return k
}

func TestPoissonQuantileAgainstTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mean := math.Exp(rapid.Float64Range(-4, 8).Draw(t, "log mean"))
		p := rapid.SampledFrom([]float64{0.05, 0.1, 0.25, 0.75, 0.9, 0.95}).Draw(t, "p")
		if got, want := poissonQuantile(mean, p), reference(mean, p); got != want {
			t.Fatalf("%g quantile of mean %g: %g, want %g", p, mean, got, want)
		}
	})
}

// At the least k with P(X <= k) >= p the probabilities of both sides add up to one: summed from the other end as well,
// a large mean's quantile is confirmed without a table.
func TestPoissonQuantileOfLargeMeans(t *testing.T) {
	for _, mean := range []float64{1e4, 123456.789, 1e6, 3.7e7, 1e9} {
		for _, p := range []float64{0.05, 0.25, 0.9} {
			k := poissonQuantile(mean, p)
			upto := 1 - above(mean, k)
			if before := upto - poissonMass(mean, k); upto < p-1e-9 || before >= p+1e-9 {
				t.Errorf("%g quantile of mean %g: %g, but P(X <= k) = %.9f and P(X < k) = %.9f", p, mean, k, upto, before)
			}
		}
	}
}

// above returns P(X > k).
func above(mean, k float64) float64 {
	mass, sum := poissonMass(mean, k), 0.0
	for {
		k++
		mass *= mean / k
		if sum+mass == sum {
			return sum
		}
		sum += mass
	}
}

func TestPoissonQuantileBeyondTheExactRange(t *testing.T) {
	below, beyond := poissonQuantile(exactMean, 0.05), poissonQuantile(exactMean*(1+1e-12), 0.05)
	if math.Abs(below-beyond) > 1 {
		t.Errorf("the quantile jumps from %g to %g where the expansion takes over", below, beyond)
	}
}

func FuzzPoissonQuantile(f *testing.F) {
	f.Add(0.0, 0.05)
	f.Add(50.0, 0.25)
	f.Add(1e7, 0.9)
	f.Fuzz(func(t *testing.T, mean, p float64) {
		if !(mean >= 0 && mean < 1e15) || !(p >= 0.001 && p <= 0.999) {
			return
		}
		k := poissonQuantile(mean, p)
		if math.IsNaN(k) || k < 0 || k != math.Floor(k) {
			t.Fatalf("%g quantile of mean %g: %g", p, mean, k)
		}
		if spread := 5*math.Sqrt(mean) + 10; math.Abs(k-mean) > spread {
			t.Fatalf("%g quantile of mean %g: %g is too far away", p, mean, k)
		}
	})
}

func BenchmarkPoissonQuantile(b *testing.B) {
	for _, mean := range []float64{50, 1e4, 1e6, 1e9} {
		b.Run(big.NewFloat(mean).String(), func(b *testing.B) {
			for b.Loop() {
				poissonQuantile(mean, 0.05)
			}
		})
	}
}
