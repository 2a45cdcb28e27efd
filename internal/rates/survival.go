package rates

import (
	"cmp"
	"math"
	"slices"
)

// Observation is some people who set out on the same terms: N of them arrived after Days whole days or, if Reached is
// false, have been under way for Days days without having arrived.
type Observation struct {
	Days    int
	Reached bool
	N       float64
}

// Curve tells which share of those who set out has arrived after how many days. The zero value says that nobody does.
type Curve struct {
	by []float64 // by[d]: share arrived within d days, never falling, at most 1
}

// KaplanMeier estimates the curve of the people observed: at each day at which somebody arrives, those who have been
// under way for that long and have not arrived before are the ones who could. Nothing is said beyond the last arrival.
// Source: Kaplan and Meier 1958.
func KaplanMeier(observed []Observation) Curve {
	arrived, left, atRisk := map[int]float64{}, map[int]float64{}, 0.0
	last := -1
	for _, o := range observed {
		if o.N <= 0 || o.Days < 0 {
			continue
		}
		atRisk += o.N
		if o.Reached {
			arrived[o.Days] += o.N
			last = max(last, o.Days)
		} else {
			left[o.Days] += o.N
		}
	}
	c := Curve{by: make([]float64, last+1)}
	open := 1.0
	for d := range c.by {
		if arrived[d] > 0 {
			open *= 1 - arrived[d]/atRisk
		}
		c.by[d] = 1 - open
		atRisk -= arrived[d] + left[d]
	}
	return c
}

// Fixed returns the curve of people who all arrive, each after that many days.
func Fixed(days int) Curve {
	by := make([]float64, max(days, 0)+1)
	by[len(by)-1] = 1
	return Curve{by: by}
}

// By returns the share that has arrived within so many days.
func (c Curve) By(days int) float64 {
	if days < 0 || len(c.by) == 0 {
		return 0
	}
	return c.by[min(days, len(c.by)-1)]
}

// Ever returns the share that arrives at all, as far as was seen.
func (c Curve) Ever() float64 { return c.By(math.MaxInt) }

// Timing returns the curve of those alone who arrive: it reaches 1.
func (c Curve) Timing() Curve {
	ever := c.Ever()
	if ever == 0 {
		return Fixed(0)
	}
	t := Curve{by: make([]float64, len(c.by))}
	for d, by := range c.by {
		t.by[d] = min(1, by/ever)
	}
	t.by[len(t.by)-1] = 1
	return t
}

// Within returns the day by which a share q of all who set out has arrived; ok is false if it never has.
func (c Curve) Within(q float64) (days int, ok bool) {
	days, _ = slices.BinarySearchFunc(c.by, q, func(by, q float64) int { return cmp.Compare(by, q-1e-12) })
	return days, days < len(c.by)
}

// MeanDays returns how long those who arrive are under way on average, in days.
func (c Curve) MeanDays() float64 {
	sum := 0.0
	t := c.Timing()
	for _, by := range t.by {
		sum += 1 - by
	}
	return sum
}

// Trial returns what the observations say about the share that ever arrives, given that those who arrive take as long
// as c says: everybody who arrived counts as one trial, and who is still under way as that part of one by which the
// time so far speaks against an arrival. K/N is then the estimate of greatest likelihood.
func (c Curve) Trial(observed []Observation) Trial {
	timing := c.Timing()
	var k, open float64
	for _, o := range observed {
		if o.Reached {
			k += o.N
		} else {
			open += o.N
		}
	}
	t := Trial{N: k + open, K: k}
	if t.N == 0 {
		return t
	}
	for range 100 {
		p := t.K / t.N
		n := k
		for _, o := range observed {
			if !o.Reached {
				g := timing.By(o.Days)
				n += o.N * part(p, g)
			}
		}
		if n <= 0 || math.Abs(n-t.N) < 1e-9*t.N {
			break
		}
		t.N = n
	}
	return t
}

// part returns how much of a trial somebody is who has not arrived although a share g of those who do would have.
func part(p, g float64) float64 {
	if p >= 1 {
		return 0
	}
	return g * (1 - p) / (1 - p*g)
}
