package pace

import (
	"math"
	"testing"
	"time"

	"milemarker/events"
)

// 40 hours are left with one more of each hour: 8 of 10 at a goal of a half need 17 of the 40 still, 40 of 10 nothing.
func TestNeededIsNeverLessThanNothing(t *testing.T) {
	w := working(t, "UTC")
	monday := w.Calendar().DayOf(time.Date(2024, 3, 11, 0, 0, 0, 0, time.UTC))
	g := Goal{Kind: Share, Direction: AtLeast, Target: events.Scale / 2, From: monday, To: monday + 4}
	for part, want := range map[events.Decimal]float64{8: 17.0 / 40, 40: 0} {
		d := Done{Part: part * events.Scale, Of: 10 * events.Scale}
		got := g.needed(d, Rate{of: 1}, monday.In(time.UTC), w)
		if got == nil || math.Abs(*got-want) > 1e-9 {
			t.Errorf("%s of 10: %v, want %v", d.Part, got, want)
		}
	}
}
