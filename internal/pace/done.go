package pace

import (
	"math"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Done is what is known of the owner at the moment of a judgement.
type Done struct {
	// Actual is what was reached from the goal's start until now, in the unit of the target. Of a ratio it is Part / Of, and
	// nothing while Of is 0.
	Actual   events.Decimal
	Part, Of events.Decimal

	// Days is what was done day by day, in order, from before the goal's start until now: the owner's own history, from
	// which luck and speed are measured. Days without anything are left out. It may be empty.
	Days []Day

	// Amounts are single amounts of late, for goals of the kinds Amounts and Average. It may be empty.
	Amounts []events.Decimal
}

// Day is what was done on one day.
type Day struct {
	On       calendar.Day
	Sum      events.Decimal // in the unit of the target; of a ratio its numerator
	Of       events.Decimal // of a ratio its denominator
	Happened float64        // events: of Counts the number itself
}

// upTo adds up what was done from a day until the end of another.
func (d Done) upTo(from, to calendar.Day) (sum events.Decimal) {
	for _, day := range d.Days {
		if from <= day.On && day.On <= to {
			sum += day.Sum
		}
	}
	return sum
}

// How much history it takes until luck counts as measured.
const (
	MinDays    = 20 // working days, since the first on which something happened
	MinEvents  = 20 // events on them
	MinAmounts = 20 // single amounts

	spreadDays = 60  // working days that the dispersion is measured over
	rateDays   = 120 // working days that the current rate looks back on
	halfLife   = 20  // working days after which a day weighs half in the current rate
)

// Spread is how far the owner's results scatter by nature.
type Spread struct {
	// Dispersion is the variance of daily counts over their mean, 1 for pure chance (Poisson), which is also what is taken
	// until it is measured. Less than 1 is never taken.
	Dispersion float64
	Days       int // working days that it was measured over, 0 if it was not

	Mean, Variance float64 // of single amounts, in the unit of the target
	Amounts        int     // how many they were measured over, 0 if they were not
}

// workday is one working day of the history.
type workday struct {
	hours    float64 // working time
	happened float64
	sum, of  float64
	age      int // in working days, 0 for the last one before today
}

// workdays returns the last n working days before a day, the newest first, none older than the first on which anything
// happened. What was done on a day off counts to the working day before it.
func (d Done) workdays(before calendar.Day, n int, w calendar.Working) []workday {
	if len(d.Days) == 0 {
		return nil
	}
	done := map[calendar.Day]Day{}
	first := before
	for _, day := range d.Days {
		done[day.On] = day
		first = min(first, day.On)
	}
	var out []workday
	var off workday // done on the days off after the working day to come
	for on := before - 1; on >= first && len(out) < n; on-- {
		day := done[on]
		off.happened += day.Happened
		off.sum += day.Sum.Float64()
		off.of += day.Of.Float64()
		if hours := w.On(on).Hours(); hours > 0 {
			off.hours, off.age = hours, len(out)
			out = append(out, off)
			off = workday{}
		}
	}
	return out
}

// spread measures how far the owner's results scatter, from what was done before today.
//
// The dispersion is Pearson's: the squared differences between each day's count and its share by working time of all
// counts, over what pure chance would make of them. It is itself a guess from so many days; as with Student's law, the
// fewer they are the more it is widened, so that what is called luck errs on the side of the owner.
func (d Done) spread(today calendar.Day, w calendar.Working) Spread {
	s := Spread{Dispersion: 1}
	if n := len(d.Amounts); n >= MinAmounts {
		for _, a := range d.Amounts {
			s.Mean += a.Float64() / float64(n)
		}
		for _, a := range d.Amounts {
			s.Variance += (a.Float64() - s.Mean) * (a.Float64() - s.Mean) / float64(n-1)
		}
		s.Amounts = n
	}
	days := d.workdays(today, spreadDays, w)
	happened, hours := 0.0, 0.0
	for _, day := range days {
		happened, hours = happened+day.happened, hours+day.hours
	}
	if len(days) < MinDays || happened < MinEvents {
		return s
	}
	free := float64(len(days) - 1)
	for _, day := range days {
		expected := happened * day.hours / hours
		s.Dispersion += (day.happened - expected) * (day.happened - expected) / expected / free
	}
	s.Dispersion = max(1, (s.Dispersion-1)*(1+1.85/free))
	s.Days = len(days)
	return s
}

// Rate is the current speed: what was done in a working hour, a working day weighing half as much as the one 20 working
// days after it.
type Rate struct {
	hourly   float64 // of the number
	happened float64 // events an hour
	of       float64 // of a ratio's denominator, an hour
	weight   float64 // hours that it rests on, as they are weighed
	Days     int     // working days that it looks back on
}

// rate reckons the current speed from what was done before today; ok is false without any whole working day.
func (d Done) rate(today calendar.Day, w calendar.Working) (r Rate, ok bool) {
	for _, day := range d.workdays(today, rateDays, w) {
		weight := math.Exp2(-float64(day.age) / halfLife)
		r.hourly += weight * day.sum
		r.happened += weight * day.happened
		r.of += weight * day.of
		r.weight += weight * day.hours
		r.Days++
	}
	if r.weight == 0 {
		return Rate{}, false
	}
	r.hourly, r.happened, r.of = r.hourly/r.weight, r.happened/r.weight, r.of/r.weight
	return r, true
}

// over returns what the rate makes of some working time.
func (r Rate) over(d time.Duration) float64 { return r.hourly * d.Hours() }
