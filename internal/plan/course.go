package plan

import (
	"time"

	"milemarker/internal/calendar"
)

// course is how the first stage is spread over the days on which it can still lead to a sign-up in time.
type course struct {
	from, to calendar.Day // from the first day to the last one on which to begin, to not included
	cum      []float64    // share done by the end of each day; the last is 1
	weight   float64      // sum of the days' weights, in seconds of working time at full pace
	peak     float64      // the greatest pace of a day, full pace being 1
	week     float64      // working time of a full week, in seconds
	plain    float64      // working time of those days, in seconds
	worked   int          // days on which something is done
	idle     bool         // there is no working time at all: days count by the clock
}

// newCourse spreads the first stage by working time, ramp and season; ok is false if it is too late to begin.
func newCourse(in Input) (c course, ok bool) {
	c.from, c.to = in.Wish.From, in.Wish.By+1-in.lag()
	if c.to <= c.from {
		return c, false
	}
	hours := func(d calendar.Day) float64 { return in.Time.Hours(d).Seconds() }
	c.week = fullWeek(in)
	if c.idle = c.week == 0; c.idle {
		c.week = (7 * 24 * time.Hour).Seconds()
		hours = func(calendar.Day) float64 { return (24 * time.Hour).Seconds() }
	}
	c.cum = make([]float64, c.to-c.from)
	for i := range c.cum {
		d := c.from + calendar.Day(i)
		pace := in.pace(d)
		if w := hours(d) * pace; w > 0 {
			c.weight += w
			c.plain += hours(d)
			c.peak = max(c.peak, pace)
			c.worked++
		}
		c.cum[i] = c.weight
	}
	if c.weight == 0 {
		return c, false
	}
	for i := range c.cum {
		c.cum[i] /= c.weight
	}
	return c, true
}

// fullWeek returns the working time of a week without days off, in seconds: the most that any seven days of the plan's
// span, or of the four weeks from its first day on, have.
func fullWeek(in Input) float64 {
	most := 0.0
	end := max(in.Wish.By+1, in.Wish.From+28)
	var last [7]float64
	sum := 0.0
	for d := in.Wish.From; d < end; d++ {
		i := (d - in.Wish.From) % 7
		h := in.Time.Hours(d).Seconds()
		sum += h - last[i]
		last[i] = h
		most = max(most, sum)
	}
	return most
}

// pace returns how much of the full pace a day has by ramp and season.
func (in Input) pace(d calendar.Day) float64 {
	pace := 1.0
	if week := int(d-in.Wish.From) / 7; week < in.Time.RampWeeks {
		pace = float64(week+1) / float64(in.Time.RampWeeks+1)
	}
	sum := 0.0
	for _, s := range in.Time.Season {
		sum += s
	}
	if sum > 0 {
		pace *= in.Time.Season[d.Time().Month()-1] * 12 / sum
	}
	return pace
}

// by returns the share of the first stage that is done by the end of a day.
func (c course) by(d calendar.Day) float64 {
	switch {
	case d < c.from:
		return 0
	case d >= c.to:
		return 1
	default:
		return c.cum[d-c.from]
	}
}

// day returns the day on which the share u of the first stage is done, u from 0 to below 1.
func (c course) day(u float64) calendar.Day {
	low, high := 0, len(c.cum)-1
	for low < high {
		mid := (low + high) / 2
		if c.cum[mid] > u {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return c.from + calendar.Day(low)
}

// hoursAWeek returns the hours that `units` of the first stage take in a full week at the greatest pace.
func (c course) hoursAWeek(units, minutesEach float64) float64 {
	return units * minutesEach * c.peak * c.week / c.weight / 60
}

// months returns the whole months from day a to day b: how often a's day of the month has come round again.
func months(a, b calendar.Day) int {
	if b < a {
		return 0
	}
	x, y := a.Time(), b.Time()
	n := (y.Year()-x.Year())*12 + int(y.Month()) - int(x.Month())
	if lastOf := calendar.Date(y.Year(), y.Month()+1, 0).Time().Day(); y.Day() < min(x.Day(), lastOf) {
		n--
	}
	return n
}

// monthBefore returns the first day of the month that ends with d.
func monthBefore(d calendar.Day) calendar.Day {
	next := (d + 1).Time()
	first := calendar.Date(next.Year(), next.Month()-1, next.Day())
	if last := calendar.Date(next.Year(), next.Month(), 0); first > last {
		return last
	}
	return first
}
