package forecast

import (
	"errors"
	"fmt"

	"milemarker/internal/rates"
)

// Weeks is how far a forecast reaches.
const Weeks = 13

// Met stands for the stage at which everybody is who was just met.
const Met = -1

// Open is some people under way who are at the same place.
type Open struct {
	Stage int // index into Input.Stages
	Days  int // since they reached it
	N     int
}

// Way is how people get from one place to a later stage.
type Way struct {
	Share  rates.Share // who ever gets there
	Timing rates.Curve // how long those take who do; it reaches 1
}

// Arrivals is how often something begins.
type Arrivals struct {
	N      float64 // seen
	Weeks  float64 // during so many weeks
	Spread float64 // variance of a week's number against its mean; 1 for Poisson
}

// Stage is a stage of the journey and the ways to it.
type Stage struct {
	Name      string
	FromMet   Way
	From      []Way    // by index of the earlier stage
	Anonymous Arrivals // events that name nobody
}

// Sales is what sign-ups bring.
type Sales struct {
	Amounts []float64 // single ones, to be drawn from; none: no money is told
}

// Input is everything that a forecast follows from.
type Input struct {
	Stages []Stage // from the first to the sign-up, each later than those before
	Open   []Open
	Met    Arrivals       // people met for the first time
	Pace   [Weeks]float64 // working time of each week against a usual one
	Sales  Sales
	Seed   uint64
	Worlds int // that are simulated; 0 for 1,000
}

// Validate returns what is wrong with the input, all of it.
func (in Input) Validate() error {
	var errs []error
	if len(in.Stages) == 0 {
		errs = append(errs, errors.New("a forecast needs a stage at least"))
	}
	for i, s := range in.Stages {
		if len(s.From) != i {
			errs = append(errs, fmt.Errorf("stage %s: want %d ways from the stages before it", s.Name, i))
		}
		if s.Anonymous.Weeks <= 0 {
			errs = append(errs, fmt.Errorf("stage %s: want more than 0 weeks of history", s.Name))
		}
	}
	for _, o := range in.Open {
		if o.Stage < 0 || o.Stage >= len(in.Stages) || o.N < 0 || o.Days < 0 {
			errs = append(errs, fmt.Errorf("%d people at stage %d since %d days: out of range", o.N, o.Stage, o.Days))
		}
	}
	if in.Met.Weeks <= 0 {
		errs = append(errs, errors.New("people met: want more than 0 weeks of history"))
	}
	for _, p := range in.Pace {
		if p < 0 {
			errs = append(errs, errors.New("pace: want 0 or more"))
		}
	}
	return errors.Join(errs...)
}

// Rate reads arrivals off the numbers of past weeks.
func Rate(weeks []float64) Arrivals {
	a := Arrivals{Weeks: float64(len(weeks)), Spread: 1}
	if len(weeks) == 0 {
		return Arrivals{Weeks: 1, Spread: 1}
	}
	for _, n := range weeks {
		a.N += n
	}
	mean := a.N / a.Weeks
	if len(weeks) < 4 || mean == 0 {
		return a
	}
	variance := 0.0
	for _, n := range weeks {
		variance += (n - mean) * (n - mean) / (a.Weeks - 1)
	}
	a.Spread = min(max(1, variance/mean), 50)
	return a
}

// draw returns the mean number of a week as it may truly be: a gamma distribution about what was seen, the wider the
// more restless the weeks were (Jeffreys' prior).
func (a Arrivals) draw(r rates.Source) float64 {
	return rates.Gamma(r, (a.N+0.5)/a.Spread) * a.Spread / a.Weeks
}
