package pace

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// 100 calls in March 2024, of which the weeks up to the 10th asked for 28, are made 130: 102 are left for three weeks of
// five working days, 34 each. Made 131 there is one more, and all have lost a third: the earliest gets it.
func TestRest(t *testing.T) {
	w := working(t, "UTC")
	g := Goal{Target: 130 * events.Scale, Direction: AtLeast, Rule: Luck, Kind: Counts, From: calendar.Date(2024, 3, 1), To: calendar.Date(2024, 3, 31)}
	var spans []Part
	for _, d := range []int{11, 18, 25} {
		spans = append(spans, Part{From: calendar.Date(2024, 3, d), To: calendar.Date(2024, 3, d+6)})
	}
	for rest, want := range map[events.Decimal][]events.Decimal{102: {34, 34, 34}, 103: {35, 34, 34}, 104: {35, 35, 34}, 2: {1, 1, 0}, 0: {0, 0, 0}, -5: {0, 0, 0}} {
		var got []events.Decimal
		for _, p := range g.Rest(spans, rest*events.Scale, events.Scale, w) {
			got = append(got, p.Target/events.Scale)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", rest, diff)
		}
	}
	// A line that is at its target by the 10th rises in none of the weeks: then working time tells.
	g.Markers = []Marker{{calendar.Date(2024, 3, 10), g.Target}}
	spans[2].To = calendar.Date(2024, 3, 26) // two days
	if got := g.Rest(spans, 12*events.Scale, events.Scale, w); got[0].Target != 5*events.Scale || got[2].Target != 2*events.Scale {
		t.Errorf("%+v", got)
	}
	// 10.5 calls: the half goes to the last that gets anything.
	if got := g.Rest(spans, 10*events.Scale+5000, events.Scale, w); got[2].Target != 2*events.Scale+5000 && got[2].Target != events.Scale+5000 {
		t.Errorf("%+v", got)
	}
}

// Shares of any amount among any spans are exactly the amount, none is below 0, and days and order stay.
func TestRestAddsUp(t *testing.T) {
	w := working(t, "Europe/Berlin")
	rapid.Check(t, func(t *rapid.T) {
		g := anyGoal(t)
		unit := events.Decimal(rapid.SampledFrom([]int{1, 100, events.Scale}).Draw(t, "unit"))
		rest := events.Decimal(rapid.Int64Range(-10, 9_999_999_999_999_999).Draw(t, "rest"))
		var spans []Part
		for day := g.From; day <= g.To; {
			to := min(day+calendar.Day(rapid.IntRange(0, 30).Draw(t, "long")), g.To)
			if rapid.IntRange(0, 4).Draw(t, "left out") > 0 {
				spans = append(spans, Part{From: day, To: to})
			}
			day = to + 1
		}
		sum, parts := events.Decimal(0), g.Rest(spans, rest, unit, w)
		for i, p := range parts {
			if p.From != spans[i].From || p.To != spans[i].To || p.Target < 0 {
				t.Fatalf("%+v of %+v", p, spans[i])
			}
			sum += p.Target
		}
		if len(spans) > 0 && sum != max(rest, 0) {
			t.Fatalf("%s shared out of %s", sum, rest)
		}
	})
}
