package pace

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Rest shares an amount among spans of the goal's days, which are in order and do not overlap: what is left for them of the
// target, say, when the parts before them stay as they are. Each span's share is in proportion to what the line rises by in
// it, in whole units, and all together are exactly the amount: what is lost by rounding down goes to the spans that lost
// most (largest remainder), the earlier first. Where the line does not rise in any of them, their working time stands in
// for it. What is no multiple of unit goes to the last span that gets anything. There is nothing to share of an amount that
// is not above 0, and nobody to give it to without spans.
func (g Goal) Rest(spans []Part, rest, unit events.Decimal, w calendar.Working) []Part {
	parts := slices.Clone(spans)
	for i := range parts {
		parts[i].Target = 0
	}
	if rest <= 0 || len(parts) == 0 {
		return parts
	}
	weights, all := g.weights(parts, w)
	type remainder struct {
		index int
		lost  float64 // of a unit, to a thousandth: the line is rounded too
	}
	units, given := uint64(rest/unit), uint64(0)
	rests := make([]remainder, len(parts))
	for i, weight := range weights {
		high, low := bits.Mul64(units, weight)
		whole, left := bits.Div64(high, low, all) // no weight is more than all, so it fits
		parts[i].Target = events.Decimal(whole) * unit
		given += whole
		rests[i] = remainder{i, math.Round(1000 * float64(left) / float64(all))}
	}
	slices.SortStableFunc(rests, func(a, b remainder) int { return cmp.Compare(b.lost, a.lost) })
	for _, r := range rests[:units-given] {
		parts[r.index].Target += unit
	}
	for i := len(parts) - 1; i >= 0; i-- {
		if parts[i].Target > 0 || i == 0 {
			parts[i].Target += rest % unit
			break
		}
	}
	return parts
}

// weights returns what the line rises by in each span, or the working time of each where it does not rise, or one for each
// where there is none; and the sum of them, which is above 0.
func (g Goal) weights(spans []Part, w calendar.Working) (weights []uint64, all uint64) {
	loc := w.Calendar().Location()
	w = w.Over(min(g.From, spans[0].From), max(g.To, spans[len(spans)-1].To)+1)
	for _, measure := range []func(p Part) uint64{
		func(p Part) uint64 { return uint64(g.Expected((p.To+1).In(loc), w) - g.Expected(p.From.In(loc), w)) },
		func(p Part) uint64 { return uint64(w.Between(p.From.In(loc), (p.To + 1).In(loc))) },
		func(Part) uint64 { return 1 },
	} {
		weights, all = nil, 0
		for _, p := range spans {
			weights = append(weights, measure(p))
			all += weights[len(weights)-1]
		}
		if all > 0 {
			break
		}
	}
	return weights, all
}
