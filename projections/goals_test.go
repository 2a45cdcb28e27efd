package projections

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// ledgerOf makes records of payloads, at the positions 1, 2, 3 and so on.
func ledgerOf(tb testing.TB, payloads ...any) []events.Record {
	tb.Helper()
	var out []events.Record
	for i, p := range payloads {
		typ := ""
		switch p.(type) {
		case events.GoalSet:
			typ = events.TypeGoalSet
		case events.GoalRevised:
			typ = events.TypeGoalRevised
		case events.GoalClosed:
			typ = events.TypeGoalClosed
		default:
			tb.Fatalf("no type for %T", p)
		}
		data, err := json.Marshal(p)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, events.Record{Position: events.Position(i + 1), Event: events.Event{
			ID: "e", Org: "acme", Type: typ, DataVersion: 1, Data: data,
			Time: time.Date(2024, 1, 1, 9, i, 0, 0, time.UTC),
		}})
	}
	return out
}

func calls(id string) events.GoalSet {
	return events.GoalSet{
		Owner: events.Owner{OwnerKind: events.OwnerRep, Owner: "kim"},
		Goal:  id, Title: "Calls", Metric: "calls", Target: 100 * events.Scale, StartsOn: "2024-03-01", EndsOn: "2024-03-31",
	}
}

func target(n events.Decimal) *events.Decimal {
	n *= events.Scale
	return &n
}

func mustFold(tb testing.TB, records []events.Record) []Goal {
	tb.Helper()
	goals, err := FoldGoals(nil, records)
	if err != nil {
		tb.Fatal(err)
	}
	return goals
}

func TestGoalAsItStoodOnADay(t *testing.T) {
	goals := mustFold(t, ledgerOf(
		t, calls("a"),
		events.GoalRevised{Goal: "a", EffectiveOn: "2024-03-20", Target: target(80), EndsOn: "2024-04-10"},
		events.GoalRevised{Goal: "a", EffectiveOn: "2024-03-10", Target: target(120), Title: "More calls"}, // recorded later
		events.GoalRevised{Goal: "a", EffectiveOn: "2024-03-20", StatusRule: events.StatusStrict},          // the same day
		events.GoalRevised{Goal: "unknown", EffectiveOn: "2024-03-20", Target: target(1)},
		events.GoalClosed{Goal: "a", Result: "achieved"},
	))
	if len(goals) != 1 {
		t.Fatalf("%d goals, want 1", len(goals))
	}
	type terms struct {
		title, rule, ends string
		target            events.Decimal
	}
	for day, want := range map[string]terms{
		"2024-02-01": {"Calls", "luck", "2024-03-31", 100},
		"2024-03-09": {"Calls", "luck", "2024-03-31", 100},
		"2024-03-10": {"More calls", "luck", "2024-03-31", 120},
		"2024-03-19": {"More calls", "luck", "2024-03-31", 120},
		"2024-03-20": {"More calls", "strict", "2024-04-10", 80},
		"2024-12-31": {"More calls", "strict", "2024-04-10", 80},
	} {
		d, err := calendar.ParseDay(day)
		if err != nil {
			t.Fatal(err)
		}
		g := goals[0].On(d)
		if got := (terms{g.Title, g.StatusRule, g.EndsOn.String(), g.Target / events.Scale}); got != want {
			t.Errorf("on %s the goal is %+v, want %+v", day, got, want)
		}
	}
	closed := &GoalClosing{At: time.Date(2024, 1, 1, 9, 5, 0, 0, time.UTC), Result: "achieved"}
	if diff := cmp.Diff(closed, goals[0].Closed); diff != "" || goals[0].Position != 6 {
		t.Errorf("position %d: %s", goals[0].Position, diff)
	}
	days := []calendar.Day{calendar.Date(2024, 3, 10), calendar.Date(2024, 3, 20)}
	if diff := cmp.Diff(days, goals[0].Revisions()); diff != "" {
		t.Error(diff)
	}
}

func TestGoalDefaults(t *testing.T) {
	g := mustFold(t, ledgerOf(t, calls("a")))[0]
	if g.Direction != events.AtLeast || g.On(0).StatusRule != events.StatusByLuck || g.Closed != nil {
		t.Errorf("%+v", g)
	}
}

func TestARevisedCurveComesWhole(t *testing.T) {
	set := calls("a")
	set.Course = events.Course{Curve: events.CurveMonthly, Weights: []events.Decimal{1}}
	markers := []events.Marker{{On: "2024-03-15", Value: 7}}
	later := []events.Marker{{On: "2024-03-20", Value: 9}}
	g := mustFold(t, ledgerOf(
		t, set,
		events.GoalRevised{Goal: "a", EffectiveOn: "2024-03-05", Course: events.Course{Curve: events.CurveMarkers, Markers: markers}},
		events.GoalRevised{Goal: "a", EffectiveOn: "2024-03-06", Course: events.Course{Markers: later}},
		events.GoalRevised{Goal: "a", EffectiveOn: "2024-03-07", Title: "The same line"},
	))[0]
	for day, want := range map[int]events.Course{
		4: set.Course,
		5: {Curve: events.CurveMarkers, Markers: markers},
		6: {Curve: events.CurveMarkers, Markers: later},
		7: {Curve: events.CurveMarkers, Markers: later},
	} {
		if diff := cmp.Diff(want, g.On(calendar.Date(2024, 3, day)).Course); diff != "" {
			t.Errorf("March %d: %s", day, diff)
		}
	}
}

func TestTheFirstGoalSetCounts(t *testing.T) {
	again := calls("a")
	again.Target = 1
	if g := mustFold(t, ledgerOf(t, calls("a"), again))[0]; g.On(0).Target != 100*events.Scale {
		t.Errorf("target %s, want that of the first", g.On(0).Target)
	}
}

func TestUnreadableGoalEventsAreNamed(t *testing.T) {
	records := ledgerOf(t, calls("a"), calls("b"), calls("c"))
	records[1].Event.Data = json.RawMessage(`{"goal":"b","starts_on":"soon"}`)
	goals, err := FoldGoals(nil, records)
	if err == nil || !strings.Contains(err.Error(), "position 2") {
		t.Errorf("error %v, want one that names position 2", err)
	}
	if len(goals) != 2 || goals[0].ID != "a" || goals[1].ID != "c" {
		t.Errorf("goals %+v, want a and c", goals)
	}
}

// Folding all at once is folding a part and then the rest, and the part stays as it was.
func TestFoldGoalsInParts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		id := rapid.SampledFrom([]string{"a", "b", "c"})
		var payloads []any
		for range rapid.IntRange(0, 12).Draw(rt, "events") {
			switch rapid.IntRange(0, 4).Draw(rt, "kind") {
			case 0, 1:
				payloads = append(payloads, calls(id.Draw(rt, "id")))
			case 2, 3:
				day := calendar.Date(2024, 3, rapid.IntRange(1, 31).Draw(rt, "day"))
				payloads = append(payloads, events.GoalRevised{
					Goal: id.Draw(rt, "id"), EffectiveOn: events.Date(day.String()),
					Target: target(events.Decimal(rapid.IntRange(1, 9).Draw(rt, "target"))),
				})
			case 4:
				payloads = append(payloads, events.GoalClosed{Goal: id.Draw(rt, "id"), Result: "missed"})
			}
		}
		records := ledgerOf(t, payloads...)
		cut := rapid.IntRange(0, len(records)).Draw(rt, "cut")
		opts := cmp.Options{cmp.AllowUnexported(Goal{}, goalRevision{}), cmpopts.EquateEmpty()}
		part := mustFold(t, records[:cut])
		whole, err := FoldGoals(part, records[cut:])
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(mustFold(t, records), whole, opts); diff != "" {
			rt.Fatal(diff)
		}
		if diff := cmp.Diff(mustFold(t, records[:cut]), part, opts); diff != "" {
			rt.Fatalf("the part was changed: %s", diff)
		}
	})
}
