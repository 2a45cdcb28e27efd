package plan

import (
	"sort"
	"time"

	"milemarker/internal/calendar"
	"milemarker/internal/rates"
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
	moments  []moment     // of the days from the first to the date
	arrived  []float64    // share of the sign-ups that came within so many days of what was begun
	timely   []float64    // by stage: share of what comes of the first stage by the date
}

// moment is when a sign-up falls, as far as it matters for what it counts.
type moment struct {
	age  int  // whole months from it to the date
	late bool // it falls into the month that ends with the date
}

func (in Input) moment(on calendar.Day) moment {
	return moment{age: months(on, in.Wish.By), late: on >= monthBefore(in.Wish.By)}
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
	for d := c.from; d <= in.Wish.By; d++ {
		c.moments = append(c.moments, in.moment(d))
	}
	for i := range in.Stages {
		c.arrived = in.arrivals(i, len(c.moments))
		sum := 0.0
		for j, share := range c.shares() {
			sum += share * c.arrived[len(c.moments)-1-j]
		}
		c.timely = append(c.timely, sum)
	}
	return c, true
}

// arrivals returns which share of what comes to stage i is there within 0, 1, ... days of the first stage, for n days. The
// delay of each stage is geometrically distributed with its mean: the days passed say nothing of those to come, which is
// the least that can be assumed of a delay of which only the mean is known.
func (in Input) arrivals(i, n int) []float64 {
	share := make([]float64, n)
	share[0] = 1
	for _, s := range in.Stages[1 : i+1] {
		stay, before := float64(s.Delay)/float64(1+s.Delay), 0.0
		for t := range share {
			before = (1-stay)*share[t] + stay*before
			share[t] = before
		}
	}
	for t := 1; t < n; t++ {
		share[t] += share[t-1]
	}
	return share
}

// shares returns the share of the first stage that is done on each day.
func (c course) shares() []float64 {
	out, done := make([]float64, len(c.cum)), 0.0
	for i, cum := range c.cum {
		out[i], done = cum-done, cum
	}
	return out
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

// signup draws when the sign-up falls that comes of a unit of the first stage; ok is false if it comes too late.
func (c course) signup(r rates.Source) (on moment, ok bool) {
	u, late := r.Float64(), 0
	day := sort.Search(len(c.cum)-1, func(i int) bool { return c.cum[i] > u })
	if c.arrived[0] < 1 { // else all come at once
		v := r.Float64()
		late = sort.Search(len(c.moments)-day, func(t int) bool { return c.arrived[t] > v })
	}
	if day+late >= len(c.moments) {
		return moment{}, false
	}
	return c.moments[day+late], true
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
