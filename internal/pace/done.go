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

// happened adds up the events from a day until the end of another.
func (d Done) happened(from, to calendar.Day) (n float64) {
	for _, day := range d.Days {
		if from <= day.On && day.On <= to {
			n += day.Happened
		}
	}
	return n
}

const (
	rateDays = 120 // working days that the current rate looks back on
	halfLife = 20  // working days after which a day weighs half in the current rate
)

// workday is one working day of the history.
type workday struct {
	on       calendar.Day
	hours    float64 // working time
	happened float64
	sum, of  float64
	age      int // in working days, 0 for the last one before today
}

// workdays returns the last n working days before a day, the newest first, none older than the first on which anything
// happened. What was done on a day off counts to the working day before it.
func (d Done) workdays(before calendar.Day, n int, w calendar.Working) []workday {
	var out []workday
	var off workday // done on the days off after the working day to come
	last := len(d.Days) - 1
	for on := before - 1; last >= 0 && len(out) < n; on-- {
		for ; last >= 0 && d.Days[last].On >= on; last-- {
			if day := d.Days[last]; day.On == on {
				off.happened += day.Happened
				off.sum += day.Sum.Float64()
				off.of += day.Of.Float64()
			}
		}
		if hours := w.On(on).Hours(); hours > 0 {
			off.on, off.hours, off.age = on, hours, len(out)
			out = append(out, off)
			off = workday{}
		}
	}
	return out
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
