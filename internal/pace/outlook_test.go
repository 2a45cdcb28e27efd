package pace

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// TestOutlookKnowsItsDoubt lets reps go on at their true rate: what is foreseen in the middle of a quarter with 80 % must
// hold in about 80 % of the worlds, and what is foreseen with a chance must happen as often as foreseen.
func TestOutlookKnowsItsDoubt(t *testing.T) {
	w := working(t, "UTC")
	history, from, to := quarter()
	w = w.Over(history, to+400)
	middle := calendar.Date(2024, 2, 15)
	for _, tr := range trials() {
		t.Run(tr.name, func(t *testing.T) {
			t.Parallel()
			const worlds = 300
			inside, reached, foreseen, early := 0, 0, 0.0, 0
			for world := range worlds {
				g, r, d := tr.start(rand.New(rand.NewPCG(5, uint64(world))), w)
				r.works(&d, from, middle, w)
				d.Actual = d.upTo(from, middle)
				o, ok := Foresee(g, d, middle.Time(), w, r.chance)
				if !ok {
					t.Fatal("nothing foreseen")
				}
				r.works(&d, middle, to+1, w)
				end := d.upTo(from, to)
				foreseen += o.Reach
				if end >= g.Target {
					reached++
				}
				if o.Finish[0] <= end && end <= o.Finish[2] {
					inside++
				}
				if o.Reached[1] != nil && d.upTo(from, *o.Reached[1]) >= g.Target {
					early++
				}
			}
			t.Logf("inside 80 %%: %d, reached %d, foreseen %.0f of %d", inside, reached, foreseen, worlds)
			if share := float64(inside) / worlds; share < 0.73 || share > 0.93 {
				t.Errorf("the interval of 80 %% holds the end in %.0f %%", 100*share)
			}
			if gap := (foreseen - float64(reached)) / worlds; gap < -0.08 || gap > 0.08 {
				t.Errorf("reached in %d worlds, foreseen in %.0f", reached, foreseen)
			}
		})
	}
}

func TestOutlookIsTheSameTwice(t *testing.T) {
	w := working(t, "UTC")
	var d Done
	for i := range 60 {
		a := events.Decimal(100+17*(i%7)) * events.Scale
		d.Days = append(d.Days, Day{On: calendar.Date(2024, 1, 1) + calendar.Day(i), Sum: a, Happened: 1})
		d.Amounts = append(d.Amounts, a)
	}
	g := Goal{
		Target: 12_000 * events.Scale, Direction: AtLeast, Rule: Luck, Kind: Amounts,
		From: calendar.Date(2024, 1, 1), To: calendar.Date(2024, 4, 30),
	}
	d.Actual = d.upTo(g.From, g.To)
	now := calendar.Date(2024, 3, 1).Time()
	first, ok := Foresee(g, d, now, w, rand.New(rand.NewPCG(1, 2)))
	again, _ := Foresee(g, d, now, w, rand.New(rand.NewPCG(1, 2)))
	if diff := cmp.Diff(first, again); diff != "" || !ok {
		t.Errorf("%t %s", ok, diff)
	}
	if first.Reached[0] == nil || first.Reached[1] == nil || *first.Reached[0] > *first.Reached[1] || first.Finish[0] > first.Finish[2] {
		t.Errorf("%+v", first)
	}
	d.Days = d.Days[len(d.Days)-6:]
	if o, ok := Foresee(g, d, now, w, rand.New(rand.NewPCG(1, 2))); ok {
		t.Errorf("six days of history, and yet %+v", o)
	}
}
