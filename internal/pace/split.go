package pace

import (
	"cmp"
	"slices"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Part is one part of a goal that was split.
type Part struct {
	From, To calendar.Day // both inclusive
	Target   events.Decimal
}

// Split takes a goal apart into the spans of its days that begin on the days given: the first of them on its first day. Each
// part's target is what the line rises by in it, in whole units, and all together are exactly the goal's: what is lost by
// rounding down goes to the parts that lost most (largest remainder), the earlier first. A part without any working time
// gets nothing. The target must be a multiple of unit, else its remainder goes to the last part that gets anything.
func (g Goal) Split(begins []calendar.Day, unit events.Decimal, w calendar.Working) []Part {
	parts := make([]Part, len(begins))
	loc := w.Calendar().Location()
	w = w.Over(g.From, g.To+1)
	type remainder struct {
		index int
		rest  events.Decimal
	}
	var rests []remainder
	before, given := events.Decimal(0), events.Decimal(0)
	for i, from := range begins {
		to := g.To
		if i+1 < len(begins) {
			to = begins[i+1] - 1
		}
		reached := g.Expected((to + 1).In(loc), w)
		rise := reached - before
		before = reached
		parts[i] = Part{From: from, To: to, Target: rise - rise%unit}
		given += parts[i].Target
		rests = append(rests, remainder{i, rise % unit})
	}
	slices.SortStableFunc(rests, func(a, b remainder) int { return cmp.Compare(b.rest, a.rest) })
	for _, r := range rests {
		if given+unit > g.Target {
			break
		}
		parts[r.index].Target += unit
		given += unit
	}
	for i := len(parts) - 1; i >= 0 && given < g.Target; i-- {
		if parts[i].Target > 0 || i == 0 {
			parts[i].Target += g.Target - given
			given = g.Target
		}
	}
	return parts
}
