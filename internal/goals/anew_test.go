package goals

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// failing is what testing.T and rapid.T have in common.
type failing interface {
	Helper()
	Fatalf(format string, args ...any)
}

// splits plays the events of one goal on calls, named g, and of its parts.
type splits struct {
	records []events.Record
	into    calendar.Grain
	parts   []NewPart // of the last split
	over    events.Decimal
}

func (s *splits) record(t failing, typ string, payload any) {
	t.Helper()
	data, err := json.Marshal(payload)
	if err != nil {
		t.Fatalf("%v", err)
	}
	position := events.Position(len(s.records) + 1)
	s.records = append(s.records, events.Record{Position: position, Event: events.Event{Type: typ, Org: "acme", DataVersion: 1, Data: data}})
}

func (s *splits) goals(t failing) []projections.Goal {
	t.Helper()
	all, err := projections.FoldGoals(nil, s.records)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return all
}

// whole returns the goal as it is split.
func (s *splits) whole(t failing) Whole {
	t.Helper()
	g := s.goals(t)[0]
	terms := Final(g)
	c, err := calendar.New(calendar.DefaultSettings())
	if err != nil {
		t.Fatalf("%v", err)
	}
	d, _ := metric.Find(g.Metric)
	return Whole{Goal: g, Metric: d, Working: c.Working(calendar.DefaultWeek()), Course: pace.Goal{
		Target: terms.Target, Direction: pace.AtLeast, Rule: pace.Luck, Kind: pace.Counts, From: g.StartsOn, To: terms.EndsOn,
	}}
}

func (s *splits) set(t failing, id, parent string, p pace.Part) {
	t.Helper()
	s.record(t, events.TypeGoalSet, events.GoalSet{
		Goal: id, Parent: parent, Metric: "calls", Target: p.Target, StartsOn: events.Date(p.From.String()), EndsOn: events.Date(p.To.String()),
	})
}

// begin sets the goal and splits it for the first time.
func (s *splits) begin(t failing, p pace.Part, into calendar.Grain) {
	t.Helper()
	*s = splits{into: into}
	s.set(t, "g", "", p)
	w := s.whole(t)
	var begins []calendar.Day
	for _, b := range w.spans(into, p.From, nil) {
		begins = append(begins, b.From)
	}
	for _, part := range w.Course.Split(begins, events.Scale, w.Working) {
		if part.Target > 0 {
			s.parts = append(s.parts, NewPart{Part: part, Goal: PartID("g", into, part.From), Change: Set})
			s.set(t, PartID("g", into, part.From), "g", part)
		}
	}
}

// split splits anew and records what comes of it.
func (s *splits) split(t failing, today calendar.Day) {
	t.Helper()
	w := s.whole(t)
	w.Today = today
	s.parts, s.over = w.Anew(PartsOf(s.goals(t), "g", s.into), s.into, w.From(today))
	for _, p := range s.parts {
		switch p.Change {
		case Set:
			s.set(t, p.Goal, "g", p.Part)
		case Revised:
			s.record(t, events.TypeGoalRevised, events.GoalRevised{
				Goal: p.Goal, EffectiveOn: events.Date(p.On.String()), Target: &p.Target, EndsOn: events.Date(p.To.String()),
			})
		case Closed:
			s.record(t, events.TypeGoalClosed, events.GoalClosed{Goal: p.Goal, Result: "abandoned"})
		case Kept:
		}
	}
}

const dayWords = `(\d{4}-\d\d-\d\d)`

var (
	goalLine   = regexp.MustCompile(`^goal (\d+) from ` + dayWords + ` to ` + dayWords + ` by (\w+)$`)
	reviseLine = regexp.MustCompile(`^on ` + dayWords + ` revise to (\d+)(?: until ` + dayWords + `)?(?: from ` + dayWords + `)?$`)
	splitLine  = regexp.MustCompile(`^on ` + dayWords + ` split$`)
)

// TestSplitAnew plays the script of the same name; its lines are those that the patterns above show, and what is expected
// of the parts, in the order of their days.
func TestSplitAnew(t *testing.T) {
	f, err := os.Open("testdata/split-anew.txt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() }) // it was only read
	var s splits
	next := 0
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		want, expects := strings.CutPrefix(line, "expect ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case expects:
			got := "over " + s.over.String()
			if next < len(s.parts) {
				p := s.parts[next]
				got = fmt.Sprintf("%s to %s %s %s", p.From, p.To, p.Target, p.Change)
			}
			next++
			if got != want {
				t.Errorf("line %d: %s, want %s", n, got, want)
			}
		default:
			if next < len(s.parts) {
				t.Errorf("line %d: %d parts, expected were %d", n, len(s.parts), next)
			}
			next = 0
			s.play(t, line)
		}
	}
}

func (s *splits) play(t *testing.T, line string) {
	t.Helper()
	day := func(text string) calendar.Day {
		d, err := calendar.ParseDay(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if m := goalLine.FindStringSubmatch(line); m != nil {
		n, err := events.ParseDecimal(m[1])
		if err != nil {
			t.Fatal(err)
		}
		s.begin(t, pace.Part{From: day(m[2]), To: day(m[3]), Target: n}, calendar.Grain(m[4]))
		return
	}
	if m := reviseLine.FindStringSubmatch(line); m != nil {
		n, err := events.ParseDecimal(m[2])
		if err != nil {
			t.Fatal(err)
		}
		from := m[4]
		if from == "" {
			from = m[1]
		}
		s.record(t, events.TypeGoalRevised, events.GoalRevised{Goal: "g", EffectiveOn: events.Date(from), Target: &n, EndsOn: events.Date(m[3])})
		s.parts = nil
		return
	}
	m := splitLine.FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("what does %q mean?", line)
	}
	s.split(t, day(m[1]))
}

// Whatever is revised when, the parts of a goal that was split anew are exactly the goal, unless those that stay ask for
// more; what is over stays as it was; no two cover the same day; and to split once more changes nothing.
func TestSplitAnewHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s splits
		from := calendar.Date(2024, 1, 1) + calendar.Day(rapid.IntRange(0, 60).Draw(t, "from"))
		first := pace.Part{From: from, To: from + calendar.Day(rapid.IntRange(20, 200).Draw(t, "days")), Target: events.Decimal(rapid.IntRange(1, 500).Draw(t, "target")) * events.Scale}
		s.begin(t, first, rapid.SampledFrom([]calendar.Grain{calendar.Daily, calendar.Weekly, calendar.Monthly, calendar.Quarterly}).Draw(t, "into"))
		today := from - 10
		for range rapid.IntRange(1, 6).Draw(t, "revisions") {
			today += calendar.Day(rapid.IntRange(0, 40).Draw(t, "later"))
			s.revise(t, today)
			before := s.goals(t)
			s.split(t, today)
			s.hold(t, before, today)
		}
	})
}

// revise changes the goal's target and last day, as the endpoint would let.
func (s *splits) revise(t *rapid.T, today calendar.Day) {
	w := s.whole(t)
	on := today + calendar.Day(rapid.SampledFrom([]int{0, 0, 0, 15}).Draw(t, "ahead"))
	ends := max(on, w.Goal.StartsOn, w.Course.To+calendar.Day(rapid.IntRange(-60, 60).Draw(t, "ends")))
	target := events.Decimal(rapid.IntRange(1, 800).Draw(t, "target")) * events.Scale
	s.record(t, events.TypeGoalRevised, events.GoalRevised{
		Goal: "g", EffectiveOn: events.Date(on.String()), Target: &target, EndsOn: events.Date(ends.String()),
	})
}

func (s *splits) hold(t *rapid.T, before []projections.Goal, today calendar.Day) {
	w := s.whole(t)
	on := w.From(today)
	sum, open, last := events.Decimal(0), 0, calendar.Day(0)
	for _, p := range PartsOf(s.goals(t), "g", s.into) {
		terms := Final(p)
		if was, ok := Find(before, p.ID); ok && Final(was).EndsOn < on && (Final(was).Target != terms.Target || Final(was).EndsOn != terms.EndsOn || p.Closed != nil && was.Closed == nil) {
			t.Fatalf("%s was over and has changed", p.ID)
		}
		if givenUp(p) {
			continue
		}
		if p.StartsOn <= last {
			t.Fatalf("%s begins on %s, the part before ends on %s", p.ID, p.StartsOn, last)
		}
		if terms.EndsOn >= on {
			open++
		}
		sum, last = sum+terms.Target, terms.EndsOn
		if terms.EndsOn > w.Course.To && terms.EndsOn >= on {
			t.Fatalf("%s ends on %s, the goal on %s", p.ID, terms.EndsOn, w.Course.To)
		}
	}
	if sum-s.over != w.Course.Target && (open > 0 || s.over > 0) {
		t.Fatalf("parts come to %s, %s over, of %s", sum, s.over, w.Course.Target)
	}
	if s.over > 0 && open > 0 {
		t.Fatalf("%d parts ask for something, though those before ask for too much", open)
	}
	had := len(s.records)
	if s.split(t, today); len(s.records) != had {
		t.Fatalf("split once more: %+v", s.parts)
	}
}
