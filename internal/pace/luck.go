package pace

import "math"

// law is the distribution of what luck makes of an expectation.
type law interface {
	// below returns P(X <= x).
	below(x float64) float64
	// quantile returns the least x with P(X <= x) >= p, for 0 < p < 1.
	quantile(p float64) float64
}

// counted is the law of counts: negative binomial with variance = dispersion x mean, Poisson where the dispersion is 1. It
// adds up: counts of two spans with the same dispersion are, together, a count of that dispersion.
type counted struct{ mean, dispersion float64 }

func (l counted) below(x float64) float64 {
	k := math.Floor(x)
	switch {
	case k < 0:
		return 0
	case l.mean <= 0:
		return 1
	case l.dispersion <= 1:
		return 1 - gammaInc(k+1, l.mean)
	default:
		return betaInc(l.mean/(l.dispersion-1), k+1, 1/l.dispersion)
	}
}

func (l counted) quantile(p float64) float64 {
	switch {
	case l.mean <= 0:
		return 0
	case l.dispersion <= 1:
		return poissonQuantile(l.mean, p)
	}
	z, sd := normalQuantile(p), math.Sqrt(l.mean*l.dispersion)
	guess := l.mean + z*sd + (z*z-1)*(2*l.dispersion-1)/6
	if l.mean > exactMean {
		return max(0, math.Floor(guess+0.5))
	}
	return least(guess, sd, func(k float64) bool { return l.below(k) >= p })
}

// drawn is the law of how many of n have it, each with the same chance: binomial.
type drawn struct{ n, chance float64 }

func (l drawn) below(x float64) float64 {
	k := math.Floor(x)
	switch {
	case k < 0:
		return 0
	case k >= l.n || l.chance <= 0:
		return 1
	case l.chance >= 1:
		return 0
	default:
		return betaInc(l.n-k, k+1, 1-l.chance)
	}
}

func (l drawn) quantile(p float64) float64 {
	mean := l.n * l.chance
	sd := math.Sqrt(mean * max(0, 1-l.chance))
	return min(l.n, least(mean+normalQuantile(p)*sd, sd, func(k float64) bool { return l.below(k) >= p }))
}

// least returns the least whole number from 0 on that is enough, where everything above one that is enough is enough too.
func least(guess, step float64, enough func(k float64) bool) float64 {
	high := max(0, math.Floor(guess))
	step = max(1, math.Floor(step/4))
	for !enough(high) {
		high += step
		step *= 2
	}
	low := high - 1 // is low not enough?
	for step = 1; low >= 0 && enough(low); step *= 2 {
		high, low = low, low-step
	}
	for low = max(-1, low); high-low > 1; {
		if middle := math.Floor((low + high) / 2); enough(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// summed is the law of the sum of as many amounts as count says, each of the given mean and variance, taken as
// gamma-distributed: so the sum of n of them is too.
type summed struct {
	count          counted
	mean, variance float64 // of a single amount
}

// fewSums is the number of amounts up to which the law is summed exactly, with its mass at no amount at all; beyond, a
// gamma distribution moved to the same mean, variance and skewness is as good.
const fewSums = 25

func (l summed) moments() (mean, variance float64) {
	return l.count.mean * l.mean, l.count.mean * (l.variance + l.count.dispersion*l.mean*l.mean)
}

func (l summed) below(x float64) float64 {
	mean, variance := l.moments()
	switch {
	case x < 0:
		return 0
	case mean <= 0:
		return 1
	case l.count.mean > fewSums:
		return l.moved(x, mean, math.Sqrt(variance))
	}
	return l.upTo(x, l.count.weights())
}

// moved is the translated gamma approximation of an aggregate of many amounts (Bowers et al., Actuarial Mathematics,
// 12.6): the third cumulant of the sum is K k3 + 3 V m v + K3 m^3, where K, V and K3 are the cumulants of the count and m,
// v and k3 those of a single amount.
func (l summed) moved(x, mean, sd float64) float64 {
	k, phi, m, v := l.count.mean, l.count.dispersion, l.mean, l.variance
	third := k*2*v*v/m + 3*k*phi*m*v + k*phi*(2*phi-1)*m*m*m
	skew := third / (sd * sd * sd)
	return gammaInc(4/(skew*skew), (x-mean)*2/(skew*sd)+4/(skew*skew))
}

// upTo adds up, over how many amounts there are with which chance, the chance that their sum is no more than x.
func (l summed) upTo(x float64, weights []float64) float64 {
	single := max(l.variance, 1e-4*l.mean*l.mean) // all alike: as good as alike
	shape, scale := l.mean*l.mean/single, single/l.mean
	sum := weights[0]
	for n := 1; n < len(weights); n++ {
		part := gammaInc(float64(n)*shape, x/scale)
		if sum += weights[n] * part; part < 1e-12 {
			break
		}
	}
	return sum
}

// weights returns P(X = 0), P(X = 1), ... until nothing of account is left. The mean must be small.
func (l counted) weights() []float64 {
	weight, ratio, r := math.Exp(-l.mean), l.mean, 0.0 // Poisson: P(n+1) = P(n) x mean / (n+1)
	if l.dispersion > 1 {                              // else P(n+1) = P(n) x (n+r) / (n+1) x (1 - 1/dispersion)
		r, ratio = l.mean/(l.dispersion-1), 1-1/l.dispersion
		weight = math.Exp(-r * math.Log(l.dispersion))
	}
	out, sum := []float64{weight}, weight
	for n := 0.0; sum < 1-1e-9 && n < 5000; n++ {
		if l.dispersion > 1 {
			weight *= (n + r) / (n + 1) * ratio
		} else {
			weight *= ratio / (n + 1)
		}
		out, sum = append(out, weight), sum+weight
	}
	return out
}

// quantile is right to one part in ten thousand of the spread.
func (l summed) quantile(p float64) float64 {
	mean, variance := l.moments()
	if l.below(0) >= p {
		return 0
	}
	below := l.below
	if l.count.mean <= fewSums {
		weights := l.count.weights()
		below = func(x float64) float64 { return l.upTo(x, weights) }
	}
	return within(below, p, mean, math.Sqrt(variance))
}

// within finds a quantile of a law of amounts of that mean and standard deviation, by halving.
func within(below func(x float64) float64, p, mean, sd float64) float64 {
	low, high := 0.0, max(mean, mean+normalQuantile(p)*sd)+sd/4
	for below(high) < p {
		low, high = high, high+sd
	}
	for sd > 0 && high-low > sd/1e4 {
		if middle := (low + high) / 2; below(middle) >= p {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// averaged is the law of the sum of n amounts.
type averaged struct{ n, mean, variance float64 }

func (l averaged) below(x float64) float64 {
	if l.n <= 0 || l.mean <= 0 {
		return 1
	}
	single := max(l.variance, 1e-4*l.mean*l.mean)
	return gammaInc(l.n*l.mean*l.mean/single, x*l.mean/single)
}

func (l averaged) quantile(p float64) float64 {
	return within(l.below, p, l.n*l.mean, math.Sqrt(l.n*max(l.variance, 1e-4*l.mean*l.mean)))
}
