package forecast

import (
	"slices"
)

// Range is a forecast of one number: it stays below P10 in one of ten cases, and so on.
type Range struct{ P10, P50, P90 float64 }

// Series is the forecast of one stage, or of money.
type Series struct {
	Name  string
	Weeks [Weeks]Range
	Total Range // of all weeks

	// Where the expected total comes from, the rest of today with it.
	FromOpen, FromMet, FromOthers float64
}

// Forecast is what the next weeks will bring.
type Forecast struct {
	Stages    []Series // events that bring people to the stage
	Amount    *Series  // of sign-ups, once; nil if no amounts are known
	Recurring *Series  // from contracts that go on, those to come among them; nil if none is known
	Lost      *Series  // what ends of it: the income of a week that is not there any more; nil as Recurring
}

// Make forecasts. The error says what is wrong with the input.
func Make(in Input) (Forecast, error) {
	if err := in.Validate(); err != nil {
		return Forecast{}, err
	}
	f := Forecast{Stages: make([]Series, len(in.Stages))}
	stages := make([]prepared, len(in.Stages))
	for b := range stages {
		stages[b] = in.prepare(b)
	}
	count := float64(in.worldCount())
	numbers := make([]samples, len(stages))
	var money, recurring, lost samples
	in.worlds(stages, func(world int, paths []path, from []sources) {
		for b := range paths {
			numbers[b].add(paths[b].weeks())
			f.Stages[b].FromOpen += from[b].open / count
			f.Stages[b].FromMet += from[b].met / count
			f.Stages[b].FromOthers += from[b].others / count
		}
		if in.Sales.known() || in.Book.known() {
			once, goes := in.bring(world, &paths[len(paths)-1])
			money.add(once.weeks())
			recurring.add(goes.income)
			lost.add(goes.lost)
		}
	})
	for b := range f.Stages {
		f.Stages[b].Name = in.Stages[b].Name
		f.Stages[b].Weeks, f.Stages[b].Total = numbers[b].ranges()
	}
	if in.Sales.known() {
		f.Amount = money.series("amount")
	}
	if in.Book.known() || in.Sales.recur() {
		f.Recurring, f.Lost = recurring.series("recurring"), lost.series("recurring_lost")
	}
	return f, nil
}

// samples are the numbers of each week in each world.
type samples struct {
	weeks [Weeks][]float64
	total []float64
}

func (s *samples) add(one [Weeks]float64) {
	sum := 0.0
	for w, x := range one {
		s.weeks[w] = append(s.weeks[w], x)
		sum += x
	}
	s.total = append(s.total, sum)
}

func (s *samples) series(name string) *Series {
	out := Series{Name: name}
	out.Weeks, out.Total = s.ranges()
	return &out
}

func (s *samples) ranges() (weeks [Weeks]Range, total Range) {
	for w := range weeks {
		weeks[w] = rangeOf(s.weeks[w])
	}
	return weeks, rangeOf(s.total)
}

// rangeOf returns the quantiles of some numbers.
func rangeOf(numbers []float64) Range {
	slices.Sort(numbers)
	return Range{P10: quantile(numbers, 0.1), P50: quantile(numbers, 0.5), P90: quantile(numbers, 0.9)}
}

// quantile returns a quantile of sorted numbers.
func quantile(sorted []float64, q float64) float64 { return sorted[int(q*float64(len(sorted)-1))] }
