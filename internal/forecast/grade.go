package forecast

import (
	"math"
	"slices"

	"milemarker/internal/calendar"
)

// Told is what was told of one number, and what came.
type Told struct {
	Range

	Came  float64
	Usual Range // what would have been told by going on as in the weeks before
}

// Grade says how good forecasts of some numbers were.
type Grade struct {
	N int

	// Coverage is the share of numbers that came to lie from P10 to P90, the ends included: 0.8 is as promised; of small
	// whole numbers, of which many lie on the ends, it is more. Below and Above are the shares that lay outside.
	Coverage, Below, Above float64

	// Loss is the pinball loss, averaged over the three values that were told and in their unit: what was told too high is
	// weighed by 1 - q, too low by q (Koenker and Bassett 1978). Usual is that of going on as in the weeks before.
	Loss, Usual float64
}

// Skill returns which part of the loss of going on as before a forecast spares: 1 of a perfect one, 0 of one that is no
// better, below 0 of one that is worse; ok is false where there was none to spare.
func (g Grade) Skill() (skill float64, ok bool) { return 1 - g.Loss/g.Usual, g.Usual > 0 }

// GradeOf grades what was told.
func GradeOf(told []Told) Grade {
	g := Grade{N: len(told)}
	each := 1 / float64(len(told))
	for _, t := range told {
		switch {
		case t.Came < t.P10:
			g.Below += each
		case t.Came > t.P90:
			g.Above += each
		}
		g.Loss += each * t.loss(t.Came)
		g.Usual += each * t.Usual.loss(t.Came)
	}
	if g.N > 0 {
		g.Coverage = max(0, 1-g.Below-g.Above)
	}
	return g
}

// loss is the pinball loss of a range.
func (r Range) loss(came float64) float64 {
	return (pinball(0.1, r.P10, came) + pinball(0.5, r.P50, came) + pinball(0.9, r.P90, came)) / 3
}

func pinball(q, told, came float64) float64 { return max(q*(came-told), (1-q)*(told-came)) }

// z90 is the normal distribution's 90 % quantile.
const z90 = 1.2815515655446004

// Usual returns what is told of a week, and of all weeks of a forecast together, by going on as in the weeks before: each
// week is like one of them, and their sum scatters as such weeks do.
func Usual(weeks []float64) (week, all Range) {
	if len(weeks) == 0 {
		return week, all
	}
	sorted := slices.Sorted(slices.Values(weeks))
	n := float64(len(sorted))
	between := func(q float64) float64 { // as R's type 7
		x := q * (n - 1)
		i := int(x)
		if i == len(sorted)-1 {
			return sorted[i]
		}
		return sorted[i] + (x-float64(i))*(sorted[i+1]-sorted[i])
	}
	week = Range{between(0.1), between(0.5), between(0.9)}
	mean, variance := total(sorted)/n, 0.0
	for _, x := range sorted {
		variance += (x - mean) * (x - mean) / n
	}
	scatter := z90 * math.Sqrt(variance*Weeks)
	return week, Range{max(0, mean*Weeks-scatter), mean * Weeks, mean*Weeks + scatter}
}

// Number is what is counted of somebody: events at a stage or, with Money, what sign-ups bring at once.
type Number struct {
	Stage int
	Money bool
}

// Weekly returns the numbers of so many weeks from a day on: as far as the history reaches.
func (h History) Weekly(whose Whose, n Number, from calendar.Day, weeks int) []float64 {
	out := make([]float64, weeks)
	add := func(on calendar.Day, rep, team string, x float64) {
		if back := on - from; back >= 0 && int(back) < 7*weeks && whose.of(rep, team) == whose.name() {
			out[back/7] += x
		}
	}
	if n.Money {
		for _, c := range h.Contracts {
			add(calendar.DayOf(c.At), c.Rep, c.Team, c.Once)
		}
		return out
	}
	for _, c := range h.Counts {
		if c.Stage == n.Stage {
			add(c.Day, c.Rep, c.Team, c.N)
		}
	}
	return out
}

// Before returns the numbers of the weeks before a day, the oldest first: 13 of them, or as many as there are since the
// first event of a year.
func (h History) Before(whose Whose, n Number, until calendar.Day) []float64 {
	w := newWeeks(until-1, len(h.Stages))
	have := min(w.count(h, Question{Whose: whose}), usualWeeks)
	return h.Weekly(whose, n, until-calendar.Day(7*have), have)
}
