package pace

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/calendar"
)

func TestSplit(t *testing.T) {
	w := working(t, "UTC")
	// 100 calls in March 2024, 21 working days: 1 of them in the first week, then 5, 5, 5, 5. By working time 4.76, 23.81
	// four times: 4, 23, 23, 23, 23 make 96, and the four that are missing go to the four greatest remainders, the weeks.
	from, to := calendar.Date(2024, 3, 1), calendar.Date(2024, 3, 31)
	g := Goal{Target: 100 * events.Scale, Direction: AtLeast, Rule: Luck, Kind: Counts, From: from, To: to}
	begins := []calendar.Day{from, calendar.Date(2024, 3, 4), calendar.Date(2024, 3, 11), calendar.Date(2024, 3, 18), calendar.Date(2024, 3, 25)}
	want := []Part{
		{from, begins[1] - 1, 4 * events.Scale},
		{begins[1], begins[2] - 1, 24 * events.Scale},
		{begins[2], begins[3] - 1, 24 * events.Scale},
		{begins[3], begins[4] - 1, 24 * events.Scale},
		{begins[4], to, 24 * events.Scale},
	}
	if diff := cmp.Diff(want, g.Split(begins, events.Scale, w)); diff != "" {
		t.Error(diff)
	}
}

// Parts add up exactly, follow one another without gaps, and none is below 0.
func TestPartsAddUp(t *testing.T) {
	w := working(t, "Europe/Berlin")
	rapid.Check(t, func(t *rapid.T) {
		g := anyGoal(t)
		unit := events.Decimal(rapid.SampledFrom([]int{1, 100, events.Scale}).Draw(t, "unit"))
		begins := []calendar.Day{g.From}
		for day := g.From + 1; day <= g.To; day++ {
			if rapid.IntRange(0, 9).Draw(t, "begins") == 0 {
				begins = append(begins, day)
			}
		}
		sum, next := events.Decimal(0), g.From
		for _, p := range g.Split(begins, unit, w) {
			if p.From != next || p.To < p.From || p.Target < 0 {
				t.Fatalf("%+v, want it to begin on %s", p, next)
			}
			sum, next = sum+p.Target, p.To+1
		}
		want := g.Target
		if n := len(g.Markers); n > 0 && g.Markers[n-1].On == g.To && g.Markers[n-1].Value < g.Target {
			want = g.Target // what no marker asks for is asked for by the end
		}
		if sum != want || next != g.To+1 {
			t.Fatalf("parts add up to %s of %s, and end on %s", sum, want, next-1)
		}
	})
}

// Any two of target, date and rate give the third: 10 calls a working day from Monday 4 March 2024.
func TestSpeed(t *testing.T) {
	w := working(t, "UTC")
	monday := calendar.Date(2024, 3, 4)
	daily := Speed{10 * events.Scale, "day"}
	if got, ok := daily.Target(monday, calendar.Date(2024, 3, 15), w); !ok || got != 100*events.Scale {
		t.Errorf("10 a day for ten working days make %s", got)
	}
	if got, ok := daily.End(monday, 100*events.Scale, w); !ok || got != calendar.Date(2024, 3, 15) {
		t.Errorf("10 a day make 100 by %s", got)
	}
	if got, ok := SpeedTo(monday, calendar.Date(2024, 3, 15), 100*events.Scale, "day", w); !ok || got.Count != 10*events.Scale {
		t.Errorf("100 in ten working days are %s a day", got.Count)
	}
	// A year has 261 working days from here, so a week has 261 x 7 / 365 = 5.005 of them.
	if got, ok := (Speed{50 * events.Scale, "week"}).Target(monday, calendar.Date(2024, 3, 8), w); !ok || got.String() != "49.9453" {
		t.Errorf("50 a week make %s in five days", got)
	}
	if _, ok := (Speed{1, "month"}).End(monday, 1000*events.Scale, w); ok {
		t.Error("that takes for ever")
	}
	none := w.Calendar().Working(calendar.Week{})
	if _, ok := daily.Target(monday, monday+10, none); ok {
		t.Error("who never works gets nowhere")
	}
}

func TestSeason(t *testing.T) {
	w := working(t, "UTC")
	var history []Month
	for m := calendar.Date(2022, 1, 1); m < calendar.Date(2024, 1, 1); m = monthAfter(m) {
		sum := 100 * events.Scale
		if m.Time().Month() == 12 { // December brings four times as much
			sum = 400 * events.Scale
		}
		history = append(history, Month{First: m, Sum: events.Decimal(sum)})
	}
	from, to := calendar.Date(2024, 10, 1), calendar.Date(2024, 12, 31)
	markers, ok := SeasonMarkers(from, to, 600*events.Scale, history, w)
	if !ok || len(markers) != 3 || markers[2] != (Marker{to, 600 * events.Scale}) {
		t.Fatalf("%v", markers)
	}
	october, november, december := markers[0].Value, markers[1].Value-markers[0].Value, markers[2].Value-markers[1].Value
	if december < 2*november || december > 4*november || october < november*9/10 || october > november*13/10 {
		t.Errorf("October %s, November %s, December %s", october, november, december)
	}
	if _, ok := SeasonMarkers(from, to, 600*events.Scale, history[:11], w); ok {
		t.Error("eleven months are no season")
	}
}
