package pace

import (
	"math"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Status is how a goal stands.
type Status string

// The statuses. The first two are final.
const (
	Achieved Status = "achieved"
	Missed   Status = "missed"
	Ahead    Status = "ahead"
	OnTrack  Status = "on_track"
	AtRisk   Status = "at_risk"
	OffTrack Status = "off_track"
)

// Pace is how a goal stands at an instant. All numbers are in the unit of the goal's target.
type Pace struct {
	At       time.Time
	Actual   events.Decimal
	Expected events.Decimal // what the line expects by At
	Margin   events.Decimal // Actual - Expected
	Ratio    *float64       // Actual / Expected; nil while nothing is expected
	Left     Left
	Status   Status
	Rule     Rule   // by which the status was found: strict also where luck was asked for but cannot be told
	Limits   Limits // where the status would change
	Sentence string // all of it in plain words
}

// Left is what is still needed or, under an at-most goal, still allowed.
type Left struct {
	Total events.Decimal // never negative
	Days  int            // working days left, today among them until its hours are over
	Day   events.Decimal // Total for each of them; 0 if none is left
	Week  events.Decimal // Total for each week of them, at most Total
}

// Limits are the values of Actual at which the status changes. Under an at-least goal less than OffTrack is off track,
// less than AtRisk at risk and more than Ahead ahead; under an at-most goal the other way round.
type Limits struct {
	OffTrack events.Decimal
	AtRisk   events.Decimal
	Ahead    events.Decimal // equal to AtRisk under the strict rule, which knows no ahead
}

// Check says how a goal stands at now, with actual done until then. The goal must be valid.
func Check(g Goal, actual events.Decimal, now time.Time, w calendar.Working) Pace {
	p := Pace{At: now, Actual: actual, Expected: g.expected(now, w), Rule: g.Rule}
	p.Margin = actual - p.Expected
	if p.Expected != 0 {
		ratio := float64(actual) / float64(p.Expected)
		p.Ratio = &ratio
	}
	if !g.Counts {
		p.Rule = Strict
	}
	if p.Rule == Luck {
		p.Limits = luckLimits(g.Direction, p.Expected)
	} else {
		p.Limits = strictLimits(g.Direction, p.Expected)
	}
	p.Left = g.left(actual, now, w)
	over := !now.Before((g.To + 1).In(w.Calendar().Location()))
	p.Status = g.status(actual, over, p.Rule, p.Limits)
	p.Sentence = g.sentence(p, w.Calendar().Location())
	return p
}

// luckLimits are the quantiles of the Poisson distribution with the expected mean.
func luckLimits(d Direction, expected events.Decimal) Limits {
	at := func(p float64) events.Decimal {
		if d == AtMost {
			p = 1 - p
		}
		k := poissonQuantile(expected.Float64(), p)
		if k >= math.MaxInt64/events.Scale {
			return math.MaxInt64
		}
		return events.Decimal(k) * events.Scale
	}
	return Limits{OffTrack: at(0.05), AtRisk: at(0.25), Ahead: at(0.90)}
}

// strictLimits are the line and nine tenths of it or, for an at-most goal, ten ninths.
func strictLimits(d Direction, expected events.Decimal) Limits {
	off := mulDiv(expected, 9, 10)
	if d == AtMost {
		off = mulDiv(expected, 10, 9)
	}
	return Limits{OffTrack: off, AtRisk: expected, Ahead: expected}
}

func (g Goal) status(actual events.Decimal, over bool, rule Rule, l Limits) Status {
	sign := events.Decimal(1) // turns an at-most goal around: less is more
	if g.Direction == AtMost {
		sign = -1
		switch {
		case actual > g.Target:
			return Missed
		case over:
			return Achieved
		}
	}
	switch {
	case g.Direction == AtLeast && actual >= g.Target:
		return Achieved
	case over:
		return Missed
	case sign*actual < sign*l.OffTrack:
		return OffTrack
	case sign*actual < sign*l.AtRisk:
		return AtRisk
	case rule == Luck && sign*actual > sign*l.Ahead:
		return Ahead
	default:
		return OnTrack
	}
}

// left spreads what is left over the working days that are left.
func (g Goal) left(actual events.Decimal, now time.Time, w calendar.Working) Left {
	l := Left{Total: max(0, g.Target-actual)}
	today := w.Calendar().DayOf(now)
	first := max(today, g.From)
	if first == today {
		if _, closing, worked := w.Hours(today); !worked || !closing.After(now) {
			first++ // nothing is left of today
		}
	}
	l.Days = w.Days(first, g.To+1)
	if l.Days == 0 {
		return l
	}
	l.Day = mulDiv(l.Total, 1, int64(l.Days))
	week := w.Days(today, today+7)
	l.Week = mulDiv(l.Total, int64(min(week, l.Days)), int64(l.Days))
	return l
}
