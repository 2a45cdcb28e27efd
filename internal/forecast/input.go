package forecast

import (
	"errors"
	"fmt"

	"milemarker/internal/rates"
)

// How far a forecast reaches.
const (
	Weeks = 13
	Days  = 1 + 7*Weeks // the rest of today, and the days of the weeks after it
)

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

	// Kept is the share of those who get there who are still at the place and at none after it, by whole days since they
	// came; KeptInVain that of those who never get there. The last value holds from then on. With neither, who gets there
	// is at the place until then, and who never does stays for ever.
	Kept, KeptInVain []float64
}

// chance returns how likely somebody is to get there who has been at the place for so many days: Bayes' rule on those who
// are still there.
func (w Way) chance(days int) float64 {
	get, vain := w.Share.Mean, 1-w.Share.Mean
	if w.Kept == nil {
		get *= 1 - w.Timing.By(days)
	} else {
		get *= at(w.Kept, days)
		vain *= at(w.KeptInVain, days)
	}
	if get <= 0 {
		return 0
	}
	return get / (get + vain)
}

// at returns the value of a day; the last one holds from then on.
func at(curve []float64, day int) float64 { return curve[min(day, len(curve)-1)] }

// Stage is a stage of the journey and the ways to it.
type Stage struct {
	Name    string
	FromMet Way
	From    []Way    // by index of the earlier stage
	Flow    Arrivals // people who come here for the first time: how restless that is
	Others  Arrivals // events that name nobody, or bring nobody here for the first time
}

// Input is everything that a forecast follows from.
type Input struct {
	Stages []Stage // from the first to the sign-up, each later than those before
	Open   []Open
	Met    Arrivals      // people met for the first time
	Pace   [Days]float64 // working time of each day against that of a usual week
	Sales  Sales
	Book   Book
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
		if !s.Others.valid() {
			errs = append(errs, fmt.Errorf("stage %s: want more than 0 weeks of history", s.Name))
		}
	}
	for _, o := range in.Open {
		if o.Stage < 0 || o.Stage >= len(in.Stages) || o.N < 0 || o.Days < 0 {
			errs = append(errs, fmt.Errorf("%d people at stage %d since %d days: out of range", o.N, o.Stage, o.Days))
		}
	}
	if !in.Met.valid() {
		errs = append(errs, errors.New("people met: want more than 0 weeks of history"))
	}
	for _, p := range in.Pace {
		if p < 0 {
			errs = append(errs, errors.New("pace: want 0 or more"))
		}
	}
	return errors.Join(errs...)
}
