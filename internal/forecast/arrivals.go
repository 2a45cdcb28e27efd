package forecast

import (
	"math"
	"slices"

	"milemarker/internal/rates"
)

// Arrivals is how often something begins: a rate that may drift, and weeks that are restless about it. What the weeks
// before leave open about how much it drifts is kept open: the levels share the worlds among them by their weights.
type Arrivals []Level

// Level is what is believed of a rate that drifts in a certain measure: the rate of a usual week follows a gamma law, as
// after N arrivals during so many Weeks, all that was seen weighed by how long ago it was; from week to week so much of
// that is Kept, so the law grows wider about the same mean (Harvey and Fernandes 1989).
type Level struct {
	Weight float64
	N      float64 // seen, as they are weighed
	Weeks  float64 // during so many weeks, as they are weighed
	Spread float64 // variance of a week's number against its mean, the rate being given; 1 for Poisson
	Kept   float64 // above 0; 1 for a rate that does not drift
}

// Steady returns arrivals at a rate that does not drift: n during so many weeks.
func Steady(n, weeks, spread float64) Arrivals {
	return Arrivals{{Weight: 1, N: n, Weeks: weeks, Spread: spread, Kept: 1}}
}

// drifts are the measures of drift that are held against the weeks before.
func drifts() []float64 { return []float64{1, 0.98, 0.95, 0.9, 0.82, 0.7} }

// Rate reads arrivals off the numbers of past weeks, the newest first, with the working time of each against that of a
// usual one. How well each measure of drift would have foretold each week out of those before it is its weight.
func Rate(weeks, work []float64) Arrivals {
	if len(weeks) == 0 {
		return Steady(0, 1, 1)
	}
	var out Arrivals
	var fits []float64
	for _, kept := range drifts() {
		l, fit := fit(weeks, work, kept)
		out, fits = append(out, l), append(fits, fit)
	}
	best, sum := fits[0], 0.0
	for _, f := range fits {
		best = max(best, f)
	}
	for i := range out {
		out[i].Weight = math.Exp(fits[i] - best)
		sum += out[i].Weight
	}
	for i := range out {
		out[i].Weight /= sum
	}
	return out
}

// startWeight is how many weeks of the average the first week is foretold from.
const startWeight = 0.5

// fewWeeks are too few to tell how restless they are; mostSpread is the most that is believed.
const (
	fewWeeks   = 4
	mostSpread = 50
)

// fit goes through the weeks with one measure of drift, and returns what is believed after them and the logarithm of the
// likelihood with which each was foretold: negative binomial, the spread being Pearson's.
func fit(weeks, work []float64, kept float64) (l Level, likelihood float64) {
	all, exposed := 0.0, 0.0
	for w, n := range weeks {
		all, exposed = all+n, exposed+work[w]
	}
	l = Level{Spread: 1, Kept: kept, Weeks: startWeight}
	if exposed > 0 {
		l.N = all / exposed * startWeight
	}
	type told struct{ came, mean, variance float64 }
	var each []told
	pearson := 0.0
	for w, n := range slices.Backward(weeks) {
		if mean := l.N / l.Weeks * work[w]; mean > 0 {
			one := told{n, mean, mean * (1 + work[w]/l.Weeks)}
			pearson += (one.came - one.mean) * (one.came - one.mean) / one.variance
			each = append(each, one)
		}
		l.N, l.Weeks = kept*l.N+n, kept*l.Weeks+work[w]
	}
	if len(each) >= fewWeeks {
		l.Spread = min(max(1, pearson/float64(len(each)-1)), mostSpread)
	}
	for _, one := range each {
		likelihood += logCounted(one.came, one.mean, l.Spread*one.variance)
	}
	l.Weeks = max(l.Weeks, startWeight)
	return l, likelihood
}

// logCounted is the logarithm of a negative binomial probability, by mean and variance (the greater of the two).
func logCounted(n, mean, variance float64) float64 {
	shape := mean * mean / max(1e-9, variance-mean)
	p := shape / (shape + mean)
	return logGamma(n+shape) - logGamma(shape) - logGamma(n+1) + shape*math.Log(p) + n*math.Log1p(-p)
}

func logGamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

func (a Arrivals) valid() bool {
	for _, l := range a {
		if l.Weeks <= 0 || l.Kept <= 0 || l.Kept > 1 {
			return false
		}
	}
	return len(a) > 0
}

// seen returns how many arrivals are believed in, at most.
func (a Arrivals) seen() (n float64) {
	for _, l := range a {
		n = max(n, l.N)
	}
	return n
}

// mean returns the rate of a usual week on average.
func (a Arrivals) mean() (rate float64) {
	for _, l := range a {
		rate += l.Weight * (l.N + 0.5) / l.Weeks
	}
	return rate
}

// pick draws a level.
func (a Arrivals) pick(r rates.Source) Level {
	u := r.Float64()
	for _, l := range a[:len(a)-1] {
		if u -= l.Weight; u < 0 {
			return l
		}
	}
	return a[len(a)-1]
}

// leastShape ends the drift of a law that is as wide as anything.
const leastShape = 2

// drift draws the rate of a usual week for today and each week to come, as it may truly be: about what was seen, the wider
// the more restless the weeks were (Jeffreys' prior), and drifting on from there.
func (l Level) drift(r rates.Source) (weekly [1 + Weeks]float64) {
	shape := (l.N + 0.5) / l.Spread
	rate := rates.Gamma(r, shape) * l.Spread / l.Weeks
	for w := range weekly {
		if next := l.Kept * shape; w > 0 && l.Kept < 1 && next >= leastShape {
			stays, goes := rates.Gamma(r, next), rates.Gamma(r, shape-next)
			rate *= stays / (stays + goes) / l.Kept
			shape = next
		}
		weekly[w] = rate
	}
	return weekly
}

// luck draws by how much a week of a mean number is better or worse than its rate.
func (l Level) luck(r rates.Source, mean float64) float64 {
	if l.Spread <= 1 || mean <= 0 {
		return 1
	}
	shape := mean / (l.Spread - 1)
	return rates.Gamma(r, shape) / shape
}

// days draws the mean number of each day. Restless weeks make negative binomial counts out of the Poisson ones of days.
func (a Arrivals) days(r rates.Source, pace *[Days]float64) (mean [Days]float64) {
	l := a.pick(r)
	weekly := l.drift(r)
	mean[0] = weekly[0] * pace[0]
	for first := 1; first < Days; first += 7 {
		sum := 0.0
		for d := first; d < first+7; d++ {
			mean[d] = weekly[weekOf(d)] * pace[d]
			sum += mean[d]
		}
		luck := l.luck(r, sum)
		for d := first; d < first+7; d++ {
			mean[d] *= luck
		}
	}
	return mean
}

// climate draws how readily people come in each week, against the average: it drifts and is restless as the numbers of
// those were who came before.
func (a Arrivals) climate(r rates.Source) (weekly [1 + Weeks]float64) {
	if len(a) == 0 || a.seen() == 0 {
		for w := range weekly {
			weekly[w] = 1
		}
		return weekly
	}
	l := a.pick(r)
	usual := (l.N + 0.5) / l.Weeks
	weekly = l.drift(r)
	for w := range weekly {
		weekly[w] *= l.luck(r, weekly[w]) / usual
	}
	return weekly
}
