package pace

import (
	"math"
	"slices"
	"sort"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Outlook is what is to be expected of the end, if the owner goes on as of late.
type Outlook struct {
	Reach    float64           // P(the target is reached or, at most, kept by the end)
	Finish   [3]events.Decimal // the result at the end: undershot in 1 of 10 cases, in 1 of 2, in 9 of 10
	Reached  [3]*calendar.Day  // the day by whose end the target is reached in 1 of 10 cases, in 1 of 2, in 9 of 10; nil for more than a year after the end, for at-most goals and for ratios
	Over     int               // working days of history that it leans on
	Happened float64           // events on them, as they are weighed
}

// How much history an outlook takes.
const (
	OutlookDays   = 10 // working days
	OutlookEvents = 5  // events, as they are weighed
	outlookWorlds = 1000
	outlookBeyond = 366 // days after the end in which the target may still be reached
)

// tenths are the chances that an outlook is told at.
func tenths() [3]float64 { return [3]float64{0.1, 0.5, 0.9} }

// Foresee reckons the outlook of a goal that is running. The model is the simplest that knows its own doubt: the rate of
// events follows a gamma law that is as wide as the (weighed) history is short, and the events to come scatter about it as
// the owner's counts do. Counts are reckoned in closed form; amounts are drawn from the owner's own single amounts, and
// shares from their beta law, in 1,000 worlds made of chance. ok is false where there is too little history, nothing is
// left to happen, or the kind of goal is another.
func Foresee(g Goal, d Done, now time.Time, w calendar.Working, chance Chance) (o Outlook, ok bool) {
	loc, today := w.Calendar().Location(), w.Calendar().DayOf(now)
	end := (g.To + 1).In(loc)
	rate, known := d.rate(today, w)
	spread, _ := d.measure(today, w)
	f := future{goal: g, done: d, rate: rate, spread: spread, now: now, working: w, chance: chance}
	f.events = rate.happened * rate.weight
	f.hours = w.Between(maxTime(now, g.From.In(loc)), end).Hours()
	if !known || rate.Days < OutlookDays || f.events < OutlookEvents || f.hours <= 0 || g.Result != "" {
		return Outlook{}, false
	}
	o.Over, o.Happened = rate.Days, f.events
	switch {
	case g.Kind == Counts:
		f.counts(&o)
	case g.Kind == Amounts && len(d.Amounts) >= MinAmounts:
		f.amounts(&o)
	case g.Kind == Share:
		f.shares(&o)
	default:
		return Outlook{}, false
	}
	return o, true
}

// future is what an outlook is reckoned from.
type future struct {
	goal    Goal
	done    Done
	rate    Rate
	spread  Spread
	now     time.Time
	working calendar.Working
	chance  Chance
	hours   float64 // of work until the end
	events  float64 // of history, as they are weighed
}

// law returns the law of the events in some hours of work to come.
func (f future) law(hours float64) counted {
	mean := f.rate.happened * hours
	// The rate is known from so many events, which scatter as all do: a gamma law of that shape.
	shape := f.events / f.spread.Dispersion
	return counted{mean, f.spread.Dispersion + mean/shape}
}

func (f future) counts(o *Outlook) {
	actual := f.done.Actual
	need := math.Ceil((f.goal.Target - actual).Float64())
	law := f.law(f.hours)
	for i, p := range tenths() {
		o.Finish[i] = actual + events.Decimal(law.quantile(p))*events.Scale
	}
	if f.goal.Direction == AtMost {
		o.Reach = law.below((f.goal.Target - actual).Float64())
		return
	}
	o.Reach = 1 - law.below(need-1)
	o.Reached = f.dates(func(hours, p float64) bool { return 1-f.law(hours).below(need-1) >= p })
}

// dates finds the days by whose end the target is reached with the chances of tenths.
func (f future) dates(reached func(hours, p float64) bool) (days [3]*calendar.Day) {
	w, loc := f.working, f.working.Calendar().Location()
	first := max(f.goal.From, w.Calendar().DayOf(f.now))
	begin := maxTime(f.now, f.goal.From.In(loc))
	span := int(f.goal.To-first) + outlookBeyond
	w = w.Over(first, first+calendar.Day(span)+2)
	for i, p := range tenths() {
		n := sort.Search(span, func(n int) bool {
			return reached(w.Between(begin, (first+calendar.Day(n)+1).In(loc)).Hours(), p)
		})
		if n < span {
			day := first + calendar.Day(n)
			days[i] = &day
		}
	}
	return days
}

// amounts draws worlds: how many amounts are to come, which ones, and after how much of the time the target is reached.
func (f future) amounts(o *Outlook) {
	target, actual := f.goal.Target.Float64(), f.done.Actual.Float64()
	horizon := 2 * f.hours
	worlds := outlookWorlds
	if expected := f.rate.happened * horizon; expected*outlookWorlds > 2e6 {
		worlds = int(max(200, 2e6/expected))
	}
	finish := make([]float64, worlds)
	after := make([]float64, worlds) // hours of work until the target is reached
	kept := 0
	for i := range worlds {
		n := drawCount(f.chance, f.law(horizon).mean, f.law(horizon).dispersion)
		sum := actual
		finish[i], after[i] = math.NaN(), math.Inf(1)
		for k := range n {
			at := horizon * float64(k+1) / float64(n+1)
			if at > f.hours && math.IsNaN(finish[i]) {
				finish[i] = sum
			}
			sum += f.done.Amounts[int(f.chance.Float64()*float64(len(f.done.Amounts)))].Float64()
			if sum >= target && math.IsInf(after[i], 1) {
				after[i] = at
			}
		}
		if math.IsNaN(finish[i]) {
			finish[i] = sum
		}
		if finish[i] >= target && f.goal.Direction == AtLeast || finish[i] <= target && f.goal.Direction == AtMost {
			kept++
		}
	}
	slices.Sort(finish)
	slices.Sort(after)
	o.Reach = float64(kept) / float64(worlds)
	for i, p := range tenths() {
		o.Finish[i] = events.Decimal(math.Round(finish[int(p*float64(worlds-1))] * events.Scale))
	}
	if f.goal.Direction == AtLeast {
		o.Reached = f.dates(func(hours, p float64) bool { return hours >= after[int(p*float64(worlds-1))] })
	}
}

// shares draws worlds: the true share, how many are to come, and how many of them have it.
func (f future) shares(o *Outlook) {
	part, of := f.rate.hourly*f.rate.weight, f.rate.of*f.rate.weight
	finish := make([]float64, outlookWorlds)
	kept := 0
	for i := range finish {
		a, b := drawGamma(f.chance, part+0.5), drawGamma(f.chance, max(0, of-part)+0.5)
		more := drawCount(f.chance, f.rate.of*f.hours, 1)
		have := f.done.Part.Float64() + float64(drawPart(f.chance, more, a/(a+b)))
		all := f.done.Of.Float64() + float64(more)
		if all == 0 {
			all = 1
		}
		finish[i] = have / all
		if at := events.Decimal(math.Round(finish[i] * events.Scale)); f.goal.Direction == AtLeast && at >= f.goal.Target ||
			f.goal.Direction == AtMost && at <= f.goal.Target {
			kept++
		}
	}
	slices.Sort(finish)
	o.Reach = float64(kept) / outlookWorlds
	for i, p := range tenths() {
		o.Finish[i] = events.Decimal(math.Round(finish[int(p*(outlookWorlds-1))] * events.Scale))
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
