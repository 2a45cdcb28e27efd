package pace

import (
	"math"
	"math/rand/v2"
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
		Rule: rapid.SampledFrom([]Rule{Luck, Strict}).Draw(t, "rule"), Noun: "calls",
		Kind: rapid.SampledFrom([]Kind{Counts, Amounts}).Draw(t, "kind"),
	}
	if rapid.Bool().Draw(t, "set on its day") {
		g.Begins = g.From.Time().Add(time.Duration(rapid.IntRange(0, 24*60).Draw(t, "begins")) * time.Minute)
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

// anyHistory draws what was done in the hundred days before a goal: nothing, or enough to measure luck.
func anyHistory(t *rapid.T, g Goal) Done {
	var d Done
	if !rapid.Bool().Draw(t, "history") {
		return d
	}
	for on := g.From - 100; on < g.From; on++ {
		n := rapid.IntRange(0, 9).Draw(t, "done")
		d.Days = append(d.Days, Day{On: on, Sum: events.Decimal(n) * events.Scale, Happened: float64(n)})
		d.Amounts = append(d.Amounts, events.Decimal(n+1)*events.Scale)
	}
	return d
}

func (d Done) with(actual events.Decimal) Done {
	d.Actual = actual
	return d
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
		if start, last := g.Expected(g.From.In(loc), w), g.Expected(end, w); start != 0 || last != want {
			t.Fatalf("the line runs from %s to %s, want from 0 to %s", start, last, want)
		}
		a, b := anyInstant(t, g, "a"), anyInstant(t, g, "b")
		if b.Before(a) {
			a, b = b, a
		}
		if x, y := g.Expected(a, w), g.Expected(b, w); x > y || x < 0 || y > g.Target {
			t.Fatalf("expected %s at %s and %s at %s", x, a, y, b)
		}
		for _, m := range g.Markers {
			if got := g.Expected((m.On + 1).In(loc), w); got != m.Value {
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
	return strings.Index("missed off_track at_risk not_begun on_track ahead achieved", string(s))
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
		d := anyHistory(t, g)
		worse, better := Check(g, d.with(less), now, w), Check(g, d.with(more), now, w)
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
		p := Check(g, anyHistory(t, g).with(actual), now, w)
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
		g.Markers, g.Begins = nil, time.Time{}
		if w.Days(g.From, g.To+1) == 0 {
			return // the line of a goal for days off only runs by the clock
		}
		day := g.From
		for w.Days(day, day+1) == 0 {
			day++
		}
		opening, _, _ := w.Hours(day)
		if p := Check(g, Done{}, opening, w); p.Status != OnTrack {
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
			Target: events.Decimal(target), Direction: AtMost, Rule: Luck, Kind: Amounts, Noun: "calls",
			From: calendar.Day(from), To: calendar.Day(to),
		}
		if atLeast {
			g.Direction = AtLeast
		}
		if counts {
			g.Kind = Counts
		}
		if g.Validate() != nil || from < 0 || to > 65000 || at < 0 || at > 65000*86400 || actual < 0 {
			return
		}
		p := Check(g, Done{Actual: events.Decimal(actual)}, time.Unix(at, 0), w)
		if p.Expected < 0 || p.Expected > g.Target || rank(p.Status) < 0 || p.Left.Total < 0 {
			t.Fatalf("%+v", p)
		}
	})
}

func FuzzForesee(f *testing.F) {
	f.Add(uint64(1), int64(1000000), int16(30), int16(60), uint8(3), false)
	f.Add(uint64(2), int64(1), int16(0), int16(1), uint8(0), true)
	w := working(f, "Asia/Beirut")
	kinds := []Kind{Counts, Amounts, Share, Each, Average, Division}
	f.Fuzz(func(t *testing.T, seed uint64, target int64, passed, days int16, kind uint8, atMost bool) {
		chance := rand.New(rand.NewPCG(seed, seed))
		g := Goal{
			Target: events.Decimal(target), Direction: AtLeast, Rule: Luck, Kind: kinds[int(kind)%len(kinds)],
			From: calendar.Date(2024, 3, 1), To: calendar.Date(2024, 3, 1) + calendar.Day(days),
		}
		if atMost {
			g.Direction = AtMost
		}
		if g.Validate() != nil || passed < 0 || days < 0 {
			return
		}
		var d Done
		rep{chance: chance, daily: 2, dispersion: 2, amount: func() float64 { return 100 * chance.Float64() }}.
			works(&d, g.From-100, g.From+calendar.Day(min(passed, 400)), w)
		d.Actual, d.Part, d.Of = d.upTo(g.From, g.To), 3*events.Scale, 10*events.Scale
		now := (g.From + calendar.Day(passed)).Time()
		p := Check(g, d, now, w)
		if p.Sentence == "" || rank(p.Status) < 0 {
			t.Fatalf("%+v", p)
		}
		o, ok := Foresee(g, d, now, w, chance)
		if ok && (o.Reach < 0 || o.Reach > 1 || o.Finish[0] > o.Finish[1] || o.Finish[1] > o.Finish[2]) {
			t.Fatalf("%+v", o)
		}
		for i := 1; ok && i < 3; i++ {
			if a, b := o.Reached[i-1], o.Reached[i]; b != nil && (a == nil || *a > *b) {
				t.Fatalf("%v", o.Reached)
			}
		}
	})
}
