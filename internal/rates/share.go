package rates

import "math"

// Trial is how often something was tried and came off. Fractions are allowed: who is still under way counts in part.
type Trial struct {
	N float64 // tried
	K float64 // came off, 0 <= K <= N
}

// Plus returns both trials as one.
func (t Trial) Plus(o Trial) Trial { return Trial{N: t.N + o.N, K: t.K + o.K} }

// Prior is what is believed of a share before anybody's own trials: a Beta distribution.
type Prior struct {
	Mean     float64 // above 0, below 1
	Strength float64 // how many trials it is worth, above 0
}

// Bounds of a fitted strength: less than 2 would believe anything, and past 500 people cannot be told apart.
const (
	weakest   = 2
	strongest = 500
)

// people are needed before it can be told how much they differ.
const people = 3

// Fit returns the prior of a group: its mean is that of all its trials, with `otherwise` counted in as trials of its
// own; its strength says how alike the group's members are, by the greatest likelihood of their trials under the
// beta-binomial distribution. While fewer than 3 members have tried, the strength is that of `otherwise`.
func Fit(members []Trial, otherwise Prior) Prior {
	all := Trial{N: otherwise.Strength, K: otherwise.Strength * otherwise.Mean}
	tried := make([]Trial, 0, len(members))
	for _, m := range members {
		if m.N > 0 {
			all = all.Plus(m)
			tried = append(tried, m)
		}
	}
	p := Prior{Mean: all.K / all.N, Strength: otherwise.Strength}
	if len(tried) < people {
		return p
	}
	likelihood := func(logStrength float64) float64 {
		s := math.Exp(logStrength)
		a, b := p.Mean*s, (1-p.Mean)*s
		sum := 0.0
		for _, t := range tried {
			sum += logBeta(a+t.K, b+t.N-t.K) - logBeta(a, b)
		}
		return sum
	}
	p.Strength = math.Exp(highest(likelihood, math.Log(weakest), math.Log(strongest)))
	return p
}

// highest returns where f, which has one summit between low and high, is highest: golden-section search.
func highest(f func(float64) float64, low, high float64) float64 {
	ratio := (math.Sqrt(5) - 1) / 2
	for range 50 {
		left, right := high-ratio*(high-low), low+ratio*(high-low)
		if f(left) < f(right) {
			low = left
		} else {
			high = right
		}
	}
	return (low + high) / 2
}

// Share is what is believed of a share after all: a Beta distribution, and where it comes from.
type Share struct {
	Mean   float64
	Low    float64 // the true share lies between Low and High with a chance of 80 %; Mean does in any case
	High   float64
	N      float64 // own trials
	Weight float64 // how much the own trials count against the prior, from 0 to 1

	strength float64 // of prior and own trials together
}

// Shrink returns what is believed of somebody whose own trials are t: the mean is weight x own share + (1 - weight) x
// the prior's, with weight = n / (n + strength).
func (p Prior) Shrink(t Trial) Share {
	s := Share{N: t.N, Weight: t.N / (t.N + p.Strength), strength: t.N + p.Strength}
	a := p.Mean*p.Strength + t.K
	s.Mean = a / s.strength
	s.Low, s.High = betaQuantile(a, s.strength-a, 0.1), betaQuantile(a, s.strength-a, 0.9)
	s.Low, s.High = min(s.Low, s.Mean), max(s.High, s.Mean) // a very skew distribution has its mean beyond
	return s
}

// Draw returns a share as it may truly be.
func (s Share) Draw(r Source) float64 {
	if s.strength <= 0 || s.Mean <= 0 || s.Mean >= 1 {
		return s.Mean
	}
	a := Gamma(r, s.Mean*s.strength)
	b := Gamma(r, (1-s.Mean)*s.strength)
	if a+b == 0 {
		return s.Mean
	}
	return a / (a + b)
}

// Exactly returns a share about which there is no doubt.
func Exactly(share float64) Share { return Share{Mean: share, Low: share, High: share, Weight: 1} }

// Between returns a share of which only the mean and the 80 % interval are known: the Beta distribution of that mean
// and, by the normal approximation, about that width.
func Between(mean, low, high float64) Share {
	s := Share{Mean: mean, Low: low, High: high}
	if sd := (high - low) / (2 * 1.2816); sd > 0 {
		s.strength = max(0, mean*(1-mean)/(sd*sd)-1)
	}
	return s
}

// Mean is the average of N numbers.
type Mean struct{ Value, N float64 }

// Shrink returns the average that is believed of somebody whose own is m, and how much it counts: N own numbers against
// the strength of what is believed before.
func (m Mean) Shrink(before, strength float64) (value, weight float64) {
	weight = m.N / (m.N + strength)
	return weight*m.Value + (1-weight)*before, weight
}
