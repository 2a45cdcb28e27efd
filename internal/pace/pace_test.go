package pace

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/calendar"
)

func anyGoal(t *rapid.T) Goal {
	from := calendar.Date(2024, 1, 1) + calendar.Day(rapid.IntRange(0, 365).Draw(t, "from"))
	g := Goal{
		Target:    events.Decimal(rapid.Int64Range(1, 500).Draw(t, "target")) * events.Scale,
		Direction: rapid.SampledFrom([]Direction{AtLeast, AtMost}).Draw(t, "direction"),
		From:      from, To: from + calendar.Day(rapid.IntRange(0, 120).Draw(t, "days")),
		Rule: rapid.SampledFrom([]Rule{Luck, Strict}).Draw(t, "rule"), Counts: rapid.Bool().Draw(t, "counts"), Noun: "calls",
	}
	on, value := g.From, events.Decimal(0)
	for rapid.Bool().Draw(t, "marker") && on <= g.To {
		on += calendar.Day(rapid.IntRange(0, 20).Draw(t, "on"))
		value += events.Decimal(rapid.Int64Range(0, int64(g.Target-value)).Draw(t, "value"))
		if on <= g.To {
			g.Markers = append(g.Markers, Marker{On: on, Value: value})
		}
		on++
	}
	return g
}

func anyInstant(t *rapid.T, g Goal, name string) time.Time {
	hours := rapid.IntRange(-48, 24*(int(g.To-g.From)+3)).Draw(t, name)
	return g.From.Time().Add(time.Duration(hours)*time.Hour + 17*time.Minute)
}

func anyActual(t *rapid.T, g Goal) events.Decimal {
	return events.Decimal(rapid.Int64Range(0, int64(2*g.Target)/events.Scale).Draw(t, "actual")) * events.Scale
}

// The line starts at nothing, ends at the target, never falls, and stands still out of hours.
func TestLineProperties(t *testing.T) {
	w := working(t, "America/New_York")
	rapid.Check(t, func(t *rapid.T) {
		g := anyGoal(t)
		if err := g.Validate(); err != nil {
			t.Fatal(err)
		}
		loc := w.Calendar().Location()
		end := (g.To + 1).In(loc)
		want := g.Target
		if n := len(g.Markers); n > 0 && g.Markers[n-1].On == g.To {
			want = g.Markers[n-1].Value
		}
		if start, last := g.expected(g.From.In(loc), w), g.expected(end, w); start != 0 || last != want {
			t.Fatalf("the line runs from %s to %s, want from 0 to %s", start, last, want)
		}
		a, b := anyInstant(t, g, "a"), anyInstant(t, g, "b")
		if b.Before(a) {
			a, b = b, a
		}
		if x, y := g.expected(a, w), g.expected(b, w); x > y || x < 0 || y > g.Target {
			t.Fatalf("expected %s at %s and %s at %s", x, a, y, b)
		}
		for _, m := range g.Markers {
			if got := g.expected((m.On + 1).In(loc), w); got != m.Value {
				t.Fatalf("%s expected by the end of %s, want the marker's %s", got, m.On, m.Value)
			}
		}
	})
}

func TestMonthlyMarkers(t *testing.T) {
	from, to := calendar.Date(2024, 1, 15), calendar.Date(2024, 3, 20)
	got, ok := MonthlyMarkers(from, to, 300*events.Scale, []events.Decimal{1, 0, 2})
	want := []Marker{
		{On: calendar.Date(2024, 1, 31), Value: 100 * events.Scale},
		{On: calendar.Date(2024, 2, 29), Value: 100 * events.Scale},
		{On: to, Value: 300 * events.Scale},
	}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("ok %t: %s", ok, diff)
	}
	for name, weights := range map[string][]events.Decimal{
		"too few": {1, 2}, "too many": {1, 2, 3, 4}, "none": nil, "all zero": {0, 0, 0}, "negative": {1, -1, 1},
		"beyond the range": {math.MaxInt64, 1, 1},
	} {
		if got, ok := MonthlyMarkers(from, to, 300*events.Scale, weights); ok {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// rank orders the statuses from bad to good.
func rank(s Status) int {
	return strings.Index("missed off_track at_risk on_track ahead achieved", string(s))
}

// Doing more never makes an at-least goal look worse nor an at-most goal better.
func TestStatusIsMonotone(t *testing.T) {
	w := working(t, "Europe/Berlin")
	rapid.Check(t, func(t *rapid.T) {
		g := anyGoal(t)
		now := anyInstant(t, g, "now")
		less, more := anyActual(t, g), anyActual(t, g)
		if more < less {
			less, more = more, less
		}
		worse, better := Check(g, less, now, w), Check(g, more, now, w)
		if g.Direction == AtMost {
			worse, better = better, worse
		}
		if rank(worse.Status) > rank(better.Status) {
			t.Fatalf("%s with %s, but %s with %s", worse.Status, worse.Actual, better.Status, better.Actual)
		}
	})
}

func TestPaceAddsUp(t *testing.T) {
	w := working(t, "Europe/Berlin")
	rapid.Check(t, func(t *rapid.T) {
		g := anyGoal(t)
		now, actual := anyInstant(t, g, "now"), anyActual(t, g)
		p := Check(g, actual, now, w)
		if p.Margin+p.Expected != actual {
			t.Fatalf("margin %s + expected %s != actual %s", p.Margin, p.Expected, actual)
		}
		if (p.Ratio == nil) != (p.Expected == 0) {
			t.Fatalf("expected %s, ratio %v", p.Expected, p.Ratio)
		}
		off := p.Left.Day*events.Decimal(p.Left.Days) - p.Left.Total
		if p.Left.Days > 0 && (2*off > events.Decimal(p.Left.Days) || -2*off > events.Decimal(p.Left.Days)) {
			t.Fatalf("%s a day for %d days, want %s in all", p.Left.Day, p.Left.Days, p.Left.Total)
		}
		if p.Left.Total < 0 || p.Left.Week > p.Left.Total {
			t.Fatalf("left %+v", p.Left)
		}
		over := !now.Before((g.To + 1).In(w.Calendar().Location()))
		if final := p.Status == Achieved || p.Status == Missed; over && !final {
			t.Fatalf("over, but %s", p.Status)
		}
		if strings.Contains(p.Sentence, "%!") || p.Sentence == "" {
			t.Fatalf("sentence %q", p.Sentence)
		}
	})
}

// Nobody is off track before the first hour of work, whatever the goal.
func TestNobodyIsOffTrackAtTheStart(t *testing.T) {
	w := working(t, "UTC")
	rapid.Check(t, func(t *rapid.T) {
		g := anyGoal(t)
		g.Markers = nil
		if w.Days(g.From, g.To+1) == 0 {
			return // the line of a goal for days off only runs by the clock
		}
		day := g.From
		for w.Days(day, day+1) == 0 {
			day++
		}
		opening, _, _ := w.Hours(day)
		if p := Check(g, 0, opening, w); p.Status != OnTrack {
			t.Fatalf("%s at the first opening, %s expected", p.Status, p.Expected)
		}
	})
}

func TestValidateNamesEverything(t *testing.T) {
	g := Goal{
		Direction: "sideways", Rule: "mood", From: 10, To: 9,
		Markers: []Marker{{On: 20, Value: 5}, {On: 20, Value: 4}},
	}
	err := g.Validate()
	if err == nil {
		t.Fatal("want an error")
	}
	if lines := strings.Count(err.Error(), "\n") + 1; lines != 7 {
		t.Errorf("%d complaints, want 7:\n%v", lines, err)
	}
	zero := Goal{Direction: AtMost, Rule: Luck}
	if err := zero.Validate(); err != nil {
		t.Errorf("at most 0 on one day: %v", err)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(int64(100), int64(42), int32(19786), int32(19790), int64(1709726400), true, false)
	f.Add(int64(5), int64(6), int32(0), int32(60000), int64(4102444800), false, true)
	w := working(f, "America/Sao_Paulo")
	f.Fuzz(func(t *testing.T, target, actual int64, from, to int32, at int64, atLeast, counts bool) {
		g := Goal{
			Target: events.Decimal(target), Direction: AtMost, Rule: Luck, Counts: counts, Noun: "calls",
			From: calendar.Day(from), To: calendar.Day(to),
		}
		if atLeast {
			g.Direction = AtLeast
		}
		if g.Validate() != nil || from < 0 || to > 65000 || at < 0 || at > 65000*86400 || actual < 0 {
			return
		}
		p := Check(g, events.Decimal(actual), time.Unix(at, 0), w)
		if p.Expected < 0 || p.Expected > g.Target || rank(p.Status) < 0 || p.Left.Total < 0 {
			t.Fatalf("%+v", p)
		}
	})
}
