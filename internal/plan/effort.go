package plan

import (
	"math"
	"math/rand/v2"
	"slices"

	"milemarker/internal/rates"
)

// Worlds that are simulated, and the number of sign-ups from which the normal distribution stands in for them: the sum
// of so many differs from it by less than the worlds do among themselves.
const (
	worlds  = 16_000
	fewer   = 8000 // where several plans are tried
	roughly = 2000 // where many are
	crowd   = 150
	aside   = 1 << 32 // chances that belong to no world
)

// worlds returns in how many worlds, `most` at most, something is tried that takes so many sign-ups in each.
func (in Input) worlds(most int, signups float64) int {
	work := 600_000.0
	if in.Team != nil {
		work /= 4
	}
	n := int(min(float64(most), max(1000, work/max(1, signups))))
	if in.Worlds > 0 {
		n = min(n, in.Worlds)
	}
	return n
}

// mean returns what a unit of the first stage counts for on average.
func (in Input) mean(c course) worth {
	signups := make([]float64, len(c.moments)) // of one unit that becomes a sign-up, by day
	for i, share := range c.shares() {
		before := 0.0
		for t := 0; share > 0 && i+t < len(signups); t++ {
			signups[i+t] += share * (c.arrived[t] - before)
			before = c.arrived[t]
		}
	}
	var sum worth
	for i, n := range signups {
		for k, x := range in.signup(c.moments[i]) {
			sum[k] += n * x
		}
	}
	p := in.chance()
	for k := range sum {
		sum[k] *= p
	}
	return sum
}

// average returns how many units of the first stage bring the way on average, +Inf if none do.
func average(w way, mean worth) float64 {
	units := 0.0
	for k, need := range w.need {
		if need > 0 {
			units = max(units, need/mean[k]) // x/0 is +Inf
		}
	}
	return units
}

// passages returns for each of n worlds how many units of the first stage it took until the way was reached, sorted. The
// chances of a world are the same whatever the rates are: better rates never make any world take longer.
func (in Input) passages(c course, w way, n int) []float64 {
	out := make([]float64, n)
	p := in.chance()
	chances := rand.NewPCG(0, 0)
	r := rand.New(chances)
	for i := range out {
		chances.Seed(in.Seed, uint64(i))
		var got worth
		for !reached(got, w.need) {
			out[i] += rates.Gap(r, p)
			if on, ok := c.signup(r); ok {
				for k, x := range in.draw(r, on) {
					got[k] += x
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

// reached tells whether everything needed is there, but for what rounding hides.
func reached(got, need worth) bool {
	for k, n := range need {
		if got[k] < n*(1-1e-9) {
			return false
		}
	}
	return true
}

// odds says how surely so many units of the first stage bring the result.
type odds struct {
	passages []float64 // of the worlds, sorted; nil where many sign-ups are needed
	need     worth
	mean     worth // of a unit of the first stage
	spread   worth // its standard deviation
}

// newOdds looks in n worlds at what chance does to a way that takes `units` on average.
func (in Input) newOdds(c course, w way, mean worth, units float64, n int) odds {
	if units == 0 || units*in.chance() <= crowd {
		return odds{passages: in.passages(c, w, n)}
	}
	return odds{need: w.need, mean: mean, spread: in.spread(c, mean)}
}

// spread returns the standard deviation of what a unit of the first stage counts for.
func (in Input) spread(c course, mean worth) worth {
	const draws = 20_000
	p := in.chance()
	r := rand.New(rand.NewPCG(in.Seed, aside))
	var squares worth
	for range draws {
		if on, ok := c.signup(r); ok {
			for k, x := range in.draw(r, on) {
				squares[k] += x * x / draws
			}
		}
	}
	for k := range squares {
		squares[k] = math.Sqrt(max(0, p*squares[k]-mean[k]*mean[k]))
	}
	return squares
}

// units returns how many units of the first stage bring the result with a chance.
func (o odds) units(chance float64) float64 {
	if o.passages != nil {
		i := int(math.Ceil(chance*float64(len(o.passages)))) - 1
		return o.passages[min(max(i, 0), len(o.passages)-1)]
	}
	z := math.Sqrt2 * math.Erfinv(2*chance-1)
	most := 0.0
	for k, need := range o.need {
		if need > 0 { // m u - z s sqrt(u) = need
			root := (z*o.spread[k] + math.Sqrt(z*z*o.spread[k]*o.spread[k]+4*o.mean[k]*need)) / (2 * o.mean[k])
			most = max(most, root*root)
		}
	}
	return math.Ceil(most)
}

// chance returns the chance with which so many units bring the result.
func (o odds) chance(units float64) float64 {
	if o.passages != nil {
		n, _ := slices.BinarySearch(o.passages, units+0.5)
		return float64(n) / float64(len(o.passages))
	}
	least := 1.0
	for k, need := range o.need {
		if need > 0 && units > 0 {
			z := (units*o.mean[k] - need) / (o.spread[k] * math.Sqrt(units))
			least = min(least, (1+math.Erf(z/math.Sqrt2))/2)
		} else if need > 0 {
			least = 0
		}
	}
	return least
}

// chanceIfUnsure is chance when the rates may be other than they are believed to be, as far as their trials leave open.
func (o odds) chanceIfUnsure(in Input, units float64) float64 {
	const draws = 1000
	r := rand.New(rand.NewPCG(in.Seed, aside+1))
	sum := 0.0
	for range draws {
		factor := 1.0
		for _, s := range in.Stages[1:] {
			factor *= s.Rate.Draw(r) / s.Rate.Mean
		}
		sum += o.chance(units*factor) / draws
	}
	return min(sum, 1)
}
