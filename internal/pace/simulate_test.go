package pace

import (
	"math/rand/v2"
	"testing"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// rep is a made-up person whose days come from chance alone.
type rep struct {
	chance     *rand.Rand
	daily      float64 // expected events on a working day
	dispersion float64
	amount     func() float64 // nil for plain counts
}

// works adds what the rep does from <= day < to.
func (r rep) works(d *Done, from, to calendar.Day, w calendar.Working) {
	for on := from; on < to; on++ {
		if w.On(on) == 0 {
			continue
		}
		n := drawCount(r.chance, r.daily, r.dispersion)
		if n == 0 {
			continue
		}
		day := Day{On: on, Sum: events.Decimal(n) * events.Scale, Happened: float64(n)}
		if r.amount != nil {
			day.Sum = 0
			for range n {
				a := events.Decimal(r.amount() * events.Scale)
				day.Sum += a
				d.Amounts = append(d.Amounts, a)
			}
		}
		d.Days = append(d.Days, day)
	}
}

// The quarter that all simulated reps work on, after half a year of history.
func quarter() (history, from, to calendar.Day) {
	return calendar.Date(2023, 7, 3), calendar.Date(2024, 1, 1), calendar.Date(2024, 3, 31)
}

// trial is one kind of rep with the goal that fits its rate exactly.
type trial struct {
	name       string
	daily      float64
	dispersion float64
	amounts    bool
	fresh      bool // without any history
}

func trials() []trial {
	return []trial{
		{name: "calls, pure chance", daily: 20, dispersion: 1},
		{name: "calls, pure chance, no history", daily: 20, dispersion: 1, fresh: true},
		{name: "calls, scattered", daily: 20, dispersion: 4},
		{name: "appointments, a few a week", daily: 0.8, dispersion: 1.3},
		{name: "sales, amounts", daily: 0.7, dispersion: 1, amounts: true},
	}
}

// play has reps work through the quarter at a share of the goal's rate, and returns how many were off track at the end of
// each working day, and on which working day each was called so first (0 for never).
func (tr trial) play(tb testing.TB, share float64, worlds int) (off, first []int) {
	tb.Helper()
	w := working(tb, "UTC")
	history, from, to := quarter()
	w = w.Over(history, to+10)
	days := w.Days(from, to+1)
	off, first = make([]int, days+1), make([]int, worlds)
	for world := range worlds {
		r := rep{chance: rand.New(rand.NewPCG(2024, uint64(world))), daily: tr.daily, dispersion: tr.dispersion}
		g := Goal{Direction: AtLeast, Rule: Luck, Kind: Counts, Noun: "calls", From: from, To: to}
		mean := 1.0
		if tr.amounts {
			g.Kind = Amounts
			mean = 1000
			r.amount = func() float64 { return drawGamma(r.chance, 1.5) / 1.5 * mean }
		}
		g.Target = events.Decimal(tr.daily * mean * float64(days) * events.Scale)
		var d Done
		if !tr.fresh {
			r.works(&d, history, from, w)
		}
		r.daily *= share
		for on, n := from, 0; on <= to; on++ {
			if w.On(on) == 0 {
				continue
			}
			n++
			r.works(&d, on, on+1, w)
			d.Actual = d.upTo(from, on)
			if n%2 == 0 {
				continue // every other day is looked at
			}
			now := (on + 1).In(w.Calendar().Location()).Add(-1) // the evening: the last one before the result stands
			if len(d.Amounts) > 200 {
				d.Amounts = d.Amounts[len(d.Amounts)-200:]
			}
			if p := Check(g, d, now, w); p.Status == OffTrack {
				off[n]++
				if first[world] == 0 {
					first[world] = n
				}
			}
		}
	}
	return off, first
}

// TestWhoWorksAtTheGoalsRateIsSeldomOffTrack shows the promise of the status: of reps whose true rate is exactly the
// goal's, at most 5 % are called off track at any single check. The margin is what 400 worlds leave to chance: three
// standard deviations of a share of 5 % on the worst day, one of the mean over all days.
func TestWhoWorksAtTheGoalsRateIsSeldomOffTrack(t *testing.T) {
	const worlds = 400
	for _, tr := range trials() {
		t.Run(tr.name, func(t *testing.T) {
			t.Parallel()
			off, _ := tr.play(t, 1, worlds)
			sum, worst, looks := 0, 0, 0
			for n := 1; n < len(off); n += 2 {
				sum, worst, looks = sum+off[n], max(worst, off[n]), looks+1
			}
			mean := float64(sum) / float64(looks) / worlds
			t.Logf("off track at a single check: %.1f %% on average, %.1f %% on the worst of %d days", 100*mean,
				100*float64(worst)/worlds, looks)
			if mean > 0.05+0.0109 || float64(worst)/worlds > 0.05+3*0.0109 {
				t.Errorf("off track at a single check: %.3f on average, %.3f on the worst day", mean, float64(worst)/worlds)
			}
		})
	}
}

// TestWhoWorksAtSeventyPercentIsToldInTime shows the other side: a rep at 70 % of the goal's rate is called off track
// within so many working days of a quarter of 65, with the chance named. Who has few events has little that could tell.
func TestWhoWorksAtSeventyPercentIsToldInTime(t *testing.T) {
	const worlds = 200
	promised := map[string]struct {
		days   int
		chance float64
	}{
		"calls, pure chance": {5, 0.8}, "calls, scattered": {13, 0.75}, "appointments, a few a week": {40, 0.5},
	}
	for _, tr := range trials() {
		p, ok := promised[tr.name]
		if !ok {
			continue
		}
		t.Run(tr.name, func(t *testing.T) {
			t.Parallel()
			_, first := tr.play(t, 0.7, worlds)
			told := 0.0
			for _, n := range first {
				if n > 0 && n <= p.days {
					told++
				}
			}
			t.Logf("%.0f %% are told within %d working days", 100*told/worlds, p.days)
			if told < p.chance*worlds {
				t.Errorf("%.0f of %d are told within %d working days, want %.0f %%", told, worlds, p.days, 100*p.chance)
			}
		})
	}
}
