package forecast

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"milemarker/internal/rates"
)

// Range is a forecast of one number: it stays below P10 in one of ten cases, and so on.
type Range struct{ P10, P50, P90 float64 }

// Series is the forecast of one stage, or of money.
type Series struct {
	Name  string
	Weeks [Weeks]Range
	Total Range // of all weeks

	// Where the expected total comes from.
	FromOpen, FromMet, FromNobody float64
}

// Forecast is what the next weeks will bring.
type Forecast struct {
	Stages []Series // people who reach the stage for the first time, and events that name nobody
	Amount *Series  // of sign-ups; nil if no amounts are known
}

// usualWorlds are simulated unless the input says otherwise.
const usualWorlds = 1000

// Make forecasts. The error says what is wrong with the input.
func Make(in Input) (Forecast, error) {
	if err := in.Validate(); err != nil {
		return Forecast{}, err
	}
	f := Forecast{Stages: make([]Series, len(in.Stages))}
	under := make([][][]batch, len(in.Stages))
	for b := range under {
		under[b] = in.batches(b)
	}
	var money samples
	numbers := make([]samples, len(in.Stages))
	chances := rand.NewPCG(0, 0)
	r := rand.New(chances)
	worlds := cmp.Or(in.Worlds, usualWorlds)
	for i := range worlds {
		chances.Seed(in.Seed, uint64(i))
		met := in.meet(r)
		for b := range in.Stages {
			open := in.fromOpen(r, b, under[b])
			fresh := in.fromMet(r, b, met)
			nobody := in.fromNobody(r, b)
			var all [Weeks]float64
			for w := range all {
				all[w] = float64(open[w] + fresh[w] + nobody[w])
				f.Stages[b].FromOpen += float64(open[w]) / float64(worlds)
				f.Stages[b].FromMet += float64(fresh[w]) / float64(worlds)
				f.Stages[b].FromNobody += float64(nobody[w]) / float64(worlds)
			}
			numbers[b].add(all)
			if b == len(in.Stages)-1 && len(in.Sales.Amounts) > 0 {
				money.add(in.bring(r, all))
			}
		}
	}
	for b := range f.Stages {
		f.Stages[b].Name = in.Stages[b].Name
		f.Stages[b].Weeks, f.Stages[b].Total = numbers[b].ranges()
	}
	if len(in.Sales.Amounts) > 0 {
		f.Amount = &Series{Name: "amount"}
		f.Amount.Weeks, f.Amount.Total = money.ranges()
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

func (s *samples) ranges() (weeks [Weeks]Range, total Range) {
	for w := range weeks {
		weeks[w] = rangeOf(s.weeks[w])
	}
	return weeks, rangeOf(s.total)
}

// rangeOf returns the quantiles of some numbers.
func rangeOf(numbers []float64) Range {
	slices.Sort(numbers)
	at := func(q float64) float64 { return numbers[int(q*float64(len(numbers)-1))] }
	return Range{P10: at(0.1), P50: at(0.5), P90: at(0.9)}
}

// batch is some people under way who are at the same place, and how many of those who ever go on from there to a certain
// stage have done so by now and by the end of each week.
type batch struct {
	n      int
	before float64
	by     [Weeks]float64
}

// batches returns for stage b the people at each earlier stage of whom anything can be hoped for.
func (in Input) batches(b int) [][]batch {
	out := make([][]batch, b)
	for _, o := range in.Open {
		if o.Stage >= b {
			continue
		}
		timing := in.Stages[b].From[o.Stage].Timing
		one := batch{n: o.N, before: timing.By(o.Days)}
		for w := range one.by {
			one.by[w] = timing.By(o.Days + 7*(w+1))
		}
		if one.by[Weeks-1] > one.before {
			out[o.Stage] = append(out[o.Stage], one)
		}
	}
	return out
}

// meet draws how many people are met in each week.
func (in Input) meet(r rates.Source) (met [Weeks]int) {
	mean := in.Met.draw(r)
	for w := range met {
		met[w] = rates.Counted(r, mean*in.Pace[w], in.Met.Spread)
	}
	return met
}

// fromOpen draws how many of the people under way reach stage b in each week, by the chance given that they have not by
// now. Those at one stage are drawn as if all had the chance that they have on average.
func (in Input) fromOpen(r rates.Source, b int, under [][]batch) (reach [Weeks]int) {
	for a, batches := range under {
		if len(batches) == 0 {
			continue
		}
		share := in.Stages[b].From[a].Share.Draw(r)
		var mean [Weeks]float64
		n := 0
		for _, o := range batches {
			n += o.n
			open := 1 - share*o.before
			if open <= 0 {
				continue
			}
			before := o.before
			for w, by := range o.by {
				mean[w] += float64(o.n) * share * (by - before) / open
				before = by
			}
		}
		left, sum := n, 0.0
		for w := range mean { // out of those who have not come yet
			k := rates.Binomial(r, left, min(1, mean[w]/max(1e-9, float64(n)-sum)))
			reach[w] += k
			left -= k
			sum += mean[w]
		}
	}
	return reach
}

// fromMet draws how many of the people to be met reach stage b in each week. Those of a week are met in its middle.
func (in Input) fromMet(r rates.Source, b int, met [Weeks]int) (reach [Weeks]int) {
	way := in.Stages[b].FromMet
	share := way.Share.Draw(r)
	for v, n := range met {
		before := 0.0
		for w := v; w < Weeks && n > 0; w++ {
			by := share * way.Timing.By(7*(w-v)+3)
			k := rates.Binomial(r, n, min(1, (by-before)/max(1e-9, 1-before)))
			reach[w] += k
			n -= k
			before = by
		}
	}
	return reach
}

// fromNobody draws the events that name nobody.
func (in Input) fromNobody(r rates.Source, b int) (reach [Weeks]int) {
	a := in.Stages[b].Anonymous
	if a.N == 0 {
		return reach
	}
	mean := a.draw(r)
	for w := range reach {
		reach[w] = rates.Counted(r, mean*in.Pace[w], a.Spread)
	}
	return reach
}

// manySales is where the sum of sales is drawn at once.
const manySales = 200

// bring draws the money that so many sign-ups bring.
func (in Input) bring(r rates.Source, signups [Weeks]float64) (money [Weeks]float64) {
	amounts := in.Sales.Amounts
	for w, n := range signups {
		if n > manySales {
			mean, variance := moments(amounts)
			money[w] = max(0, n*mean+math.Sqrt(n*variance)*r.NormFloat64())
			continue
		}
		for range int(n) {
			money[w] += amounts[int(r.Float64()*float64(len(amounts)))]
		}
	}
	return money
}

func moments(all []float64) (mean, variance float64) {
	for _, x := range all {
		mean += x / float64(len(all))
	}
	for _, x := range all {
		variance += (x - mean) * (x - mean) / float64(len(all))
	}
	return mean, variance
}
