package rates

import "math"

// Source is a source of chance, such as *rand.Rand. With the same seed it says the same every time.
type Source interface {
	Float64() float64     // from 0 to below 1
	NormFloat64() float64 // mean 0, variance 1
	ExpFloat64() float64  // mean 1
}

// Gamma draws from the Gamma distribution of that shape, which is also its mean. Source: Marsaglia and Tsang 2000.
func Gamma(r Source, shape float64) float64 {
	if shape <= 0 {
		return 0
	}
	if shape < 1 {
		return Gamma(r, shape+1) * math.Pow(1-r.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := r.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// many is where a count is so large that the normal distribution stands in for its own.
const many = 60

// Poisson draws how often something happens that happens `mean` times on average.
func Poisson(r Source, mean float64) int {
	if mean <= 0 {
		return 0
	}
	if mean > many {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*r.NormFloat64())))
	}
	n := 0
	for sum := r.ExpFloat64(); sum < mean; sum += r.ExpFloat64() {
		n++
	}
	return n
}

// Counted draws a count that is more restless than a Poisson one: its variance is `spread` times its mean (negative
// binomial); a spread of 1 or less is Poisson.
func Counted(r Source, mean, spread float64) int {
	if mean <= 0 {
		return 0
	}
	if spread > 1 {
		mean = Gamma(r, mean/(spread-1)) * (spread - 1)
	}
	return Poisson(r, mean)
}

// Binomial draws how many of n come off when each does with chance p.
func Binomial(r Source, n int, p float64) int {
	switch {
	case n <= 0 || p <= 0:
		return 0
	case p >= 1:
		return n
	case p > 0.5:
		return n - Binomial(r, n, 1-p)
	}
	if mean := float64(n) * p; mean > many {
		k := math.Round(mean + math.Sqrt(mean*(1-p))*r.NormFloat64())
		return min(n, max(0, int(k)))
	}
	// From one that comes off to the next: geometric gaps.
	k, log := 0, math.Log1p(-p)
	for at := gap(r, log); at <= n; at += gap(r, log) {
		k++
	}
	return k
}

// gap draws the number of trials up to and with the first that comes off, when log is ln(1 - p). It is capped, so that
// no sum of some of them runs over.
func gap(r Source, log float64) int {
	return int(min(1e15, 1+math.Floor(math.Log(1-r.Float64())/log)))
}

// Gap draws the number of trials up to and with the first that comes off, when each does with chance p.
func Gap(r Source, p float64) float64 {
	if p >= 1 {
		_ = r.Float64() // the same number of draws whatever p is
		return 1
	}
	return 1 + math.Floor(math.Log(1-r.Float64())/math.Log1p(-p))
}
