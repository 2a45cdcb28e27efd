package plan

import (
	"math"
	"strconv"
	"strings"

	"milemarker/internal/calendar"
)

// schedule says how much of each stage is done by the end of each day. All its numbers come from one rounded running
// total a stage, so the parts of any span add up to the span, whatever the parts are.
type schedule struct {
	from calendar.Day
	done [][]int // by stage and day
}

// newSchedule spreads the stages: the first along its course, each later one its delay behind the first. What falls on a
// day without working time waits for the next day that has some, at the latest until the last one.
func newSchedule(in Input, c course, stages []StageEffort) schedule {
	days := int(in.Wish.By - c.from + 1)
	s := schedule{from: c.from}
	last := 0 // the last working day of all
	for i := range days {
		if in.Time.Hours(c.from+calendar.Day(i)) > 0 {
			last = i
		}
	}
	idle := c.idle
	for i, stage := range stages {
		lag := calendar.Day(in.delay(i))
		done := make([]int, days)
		share := 0.0
		for j := range done {
			d := c.from + calendar.Day(j)
			if idle || in.Time.Hours(d) > 0 {
				share = c.by(d - lag)
			}
			if !idle && j >= last {
				share = 1
			}
			done[j] = int(math.Round(float64(stage.Count) * share))
		}
		s.done = append(s.done, done)
	}
	return s
}

// Between returns how much of stage i is to be done from day a to day b, both inclusive.
func (e Effort) Between(i int, a, b calendar.Day) int {
	return e.schedule.by(i, b) - e.schedule.by(i, a-1)
}

func (s schedule) by(stage int, d calendar.Day) int {
	if stage >= len(s.done) || d < s.from {
		return 0
	}
	done := s.done[stage]
	return done[min(int(d-s.from), len(done)-1)]
}

// Part is what is to be done in one bucket of the calendar.
type Part struct {
	From, To calendar.Day // inclusive, within the plan
	Counts   []int        // by stage
}

// Parts returns what is to be done in each bucket of a grain, in order; the first and the last may be cut.
func (p Plan) Parts(e Effort, cal calendar.Calendar, g calendar.Grain) []Part {
	return e.Split(cal, g, p.Wish.From, p.Wish.By)
}

// Split returns what is to be done in each bucket of a grain from day a to day b, both inclusive; the first and the last
// may be cut. The counts add up to those from a to b.
func (e Effort) Split(cal calendar.Calendar, g calendar.Grain, a, b calendar.Day) []Part {
	var parts []Part
	for from := a; from <= b; {
		to := min(b, cal.Next(g, cal.Bucket(g, from))-1)
		part := Part{From: from, To: to}
		for i := range e.Stages {
			part.Counts = append(part.Counts, e.Between(i, from, to))
		}
		parts = append(parts, part)
		from = to + 1
	}
	return parts
}

// words turns the name of a metric into words.
func words(metric string) string { return strings.ReplaceAll(metric, "_", " ") }

// number writes a number with at most one fraction digit.
func number(x float64) string { return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) }
