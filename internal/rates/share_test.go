package rates

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// reporter is what *testing.T and *rapid.T have in common.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

func near(tb reporter, what string, got, want, tolerance float64) {
	tb.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		tb.Errorf("%s: %v, want %v within %v", what, got, want, tolerance)
	}
}

// The values are those of R's pbeta and qbeta.
func TestBeta(t *testing.T) {
	near(t, "pbeta(0.5, 2, 3)", betaCDF(2, 3, 0.5), 0.6875, 1e-12)
	near(t, "pbeta(0.2, 0.5, 0.5)", betaCDF(0.5, 0.5, 0.2), 0.2951672, 1e-7)
	near(t, "pbeta(0.31, 30, 70)", betaCDF(30, 70, 0.31), 0.5969379532927543, 1e-9)
	near(t, "qbeta(0.5, 1, 1)", betaQuantile(1, 1, 0.5), 0.5, 1e-12)
	near(t, "qbeta(0.6875, 2, 3)", betaQuantile(2, 3, 0.6875), 0.5, 1e-9)
}

func TestBetaIsADistribution(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64Range(0.05, 2000).Draw(t, "a"), rapid.Float64Range(0.05, 2000).Draw(t, "b")
		x, y := rapid.Float64Range(0.001, 0.999).Draw(t, "x"), rapid.Float64Range(0.001, 0.999).Draw(t, "y")
		fx, fy := betaCDF(a, b, min(x, y)), betaCDF(a, b, max(x, y))
		if !(fx >= -1e-12 && fy <= 1+1e-12 && fx <= fy+1e-10) {
			t.Fatalf("Beta(%v, %v): %v at %v, %v at %v", a, b, fx, x, fy, y)
		}
		near(t, "mirror", betaCDF(b, a, 1-x), 1-betaCDF(a, b, x), 1e-9)
	})
}

// Three lucky calls do not move a plan: 3 of 3 against a prior of 25 % that is worth 20 trials.
//
//	weight = 3 / (3 + 20) = 0.1304, mean = (0.25 x 20 + 3) / 23 = 0.3478
func TestShrinkByHand(t *testing.T) {
	s := Prior{Mean: 0.25, Strength: 20}.Shrink(Trial{N: 3, K: 3})
	near(t, "mean", s.Mean, 8.0/23, 1e-12)
	near(t, "weight", s.Weight, 3.0/23, 1e-12)
	if !(s.Low < s.Mean && s.Mean < s.High) {
		t.Errorf("%+v", s)
	}
	// 300 of 1000 do: weight = 1000/1020.
	s = Prior{Mean: 0.25, Strength: 20}.Shrink(Trial{N: 1000, K: 300})
	near(t, "mean of many", s.Mean, 305.0/1020, 1e-12)
}

func TestShrunkLiesBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Prior{Mean: rapid.Float64Range(0.01, 0.99).Draw(t, "mean"), Strength: rapid.Float64Range(1, 500).Draw(t, "strength")}
		n := rapid.IntRange(1, 1000).Draw(t, "n")
		k := rapid.IntRange(0, n).Draw(t, "k")
		own := float64(k) / float64(n)
		s := p.Shrink(Trial{N: float64(n), K: float64(k)})
		if s.Mean < min(own, p.Mean)-1e-12 || s.Mean > max(own, p.Mean)+1e-12 {
			t.Fatalf("%v lies not between %v and %v", s.Mean, own, p.Mean)
		}
		if s.Low > s.Mean || s.Mean > s.High || s.Low < 0 || s.High > 1 {
			t.Fatalf("%+v", s)
		}
	})
}

// 40 reps whose true shares follow Beta(6, 14): mean 0.3, strength 20.
func TestFitFindsHowMuchPeopleDiffer(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var members []Trial
	for range 40 {
		a, b := Gamma(r, 6), Gamma(r, 14)
		members = append(members, Trial{N: 300, K: float64(Binomial(r, 300, a/(a+b)))})
	}
	p := Fit(members, Prior{Mean: 0.5, Strength: 10})
	near(t, "mean", p.Mean, 0.3, 0.04)
	if p.Strength < 12 || p.Strength > 35 {
		t.Errorf("strength %v, want about 20", p.Strength)
	}
	// Members who do not differ at all are told apart by nothing.
	for i := range members {
		members[i] = Trial{N: 300, K: 90}
	}
	if p := Fit(members, Prior{Mean: 0.5, Strength: 10}); p.Strength < 400 {
		t.Errorf("strength of equals: %v", p.Strength)
	}
	// Two are too few to say.
	if p := Fit(members[:2], Prior{Mean: 0.5, Strength: 10}); p.Strength != 10 {
		t.Errorf("strength of two: %v", p.Strength)
	}
}

// The interval holds the true share in 80 % of worlds in which shares follow the prior.
func TestIntervalHoldsWhatItSays(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	p := Prior{Mean: 0.3, Strength: 20}
	held := 0.0
	const worlds = 4000
	for range worlds {
		truth := Share{Mean: p.Mean, strength: p.Strength}.Draw(r)
		s := p.Shrink(Trial{N: 15, K: float64(Binomial(r, 15, truth))})
		if s.Low <= truth && truth <= s.High {
			held += 1.0 / worlds
		}
	}
	near(t, "coverage", held, 0.8, 0.02)
}

func TestBetweenKeepsTheWidth(t *testing.T) {
	s := Prior{Mean: 0.25, Strength: 20}.Shrink(Trial{N: 200, K: 40})
	r := rand.New(rand.NewPCG(5, 6))
	below := 0.0
	for range 4000 {
		if Between(s.Mean, s.Low, s.High).Draw(r) < s.Low {
			below += 1.0 / 4000
		}
	}
	near(t, "share below the interval", below, 0.1, 0.02)
	if got := Exactly(0.4).Draw(r); got != 0.4 {
		t.Errorf("no doubt about 0.4, but %v", got)
	}
}

func TestDraws(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, c := range []struct {
		name           string
		draw           func() float64
		mean, variance float64
	}{
		{"gamma 0.4", func() float64 { return Gamma(r, 0.4) }, 0.4, 0.4},
		{"gamma 7", func() float64 { return Gamma(r, 7) }, 7, 7},
		{"poisson 3", func() float64 { return float64(Poisson(r, 3)) }, 3, 3},
		{"poisson 300", func() float64 { return float64(Poisson(r, 300)) }, 300, 300},
		{"counted 6 x 3", func() float64 { return float64(Counted(r, 6, 3)) }, 6, 18},
		{"binomial 20 x 0.3", func() float64 { return float64(Binomial(r, 20, 0.3)) }, 6, 4.2},
		{"binomial 20 x 0.9", func() float64 { return float64(Binomial(r, 20, 0.9)) }, 18, 1.8},
		{"binomial 1000 x 0.4", func() float64 { return float64(Binomial(r, 1000, 0.4)) }, 400, 240},
		{"gap 0.2", func() float64 { return Gap(r, 0.2) }, 5, 20},
	} {
		const n = 20_000
		var sum, squares float64
		for range n {
			x := c.draw()
			sum += x
			squares += x * x
		}
		mean := sum / n
		near(t, c.name+": mean", mean, c.mean, 5*math.Sqrt(c.variance/n))
		near(t, c.name+": variance", squares/n-mean*mean, c.variance, 0.1*c.variance)
	}
}
