package goals

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/projections"
)

// say records a declaration of a rep.
func (s *shelf) say(tb testing.TB, typ, rep, at, data, sealed string) {
	tb.Helper()
	when := moment(tb, at)
	position := events.Position(len(s.told) + 1)
	s.told = append(s.told, events.Record{Position: position, Event: events.Event{
		ID: typ + at, Type: typ, Org: "acme", Rep: rep, Time: when, RecordedAt: when, DataVersion: 1,
		Data: json.RawMessage(data), Sealed: sealed,
	}})
}

// point returns what a check finds on one point.
func (s *shelf) point(t *testing.T, now, goal, name string, beside Beside) Point {
	t.Helper()
	at := moment(t, now)
	_, points, err := s.desk(at).Check(t.Context(), "acme", goal, at, beside)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(points, func(p Point) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("no %s among %v", name, points)
	}
	return points[i]
}

func TestJudgeHours(t *testing.T) {
	five := each{5, "assumed"}
	for _, c := range []struct {
		h    hoursLeft
		met  Met
		says string
	}{
		{hoursLeft{}, Unknown, ""},
		// 96 calls of 5 minutes are 8 hours.
		{hoursLeft{8, 10, five, "are working hours"}, Yes, "What is left takes about 8.0 hours of work (5 minutes each, assumed); 10 hours are working hours."},
		{hoursLeft{8.1, 10, five, "are working hours"}, Partly, "8.1 hours"},
		{hoursLeft{10.1, 10, five, "are working hours"}, No, "10 hours"},
		{hoursLeft{40, 20, each{6.25, "measured"}, "the adopted plan gives it"}, No, "40 hours of work (6.25 minutes each, measured); the adopted plan gives it 20 hours."},
	} {
		if met, says, advice := judgeHours(c.h); met != c.met || !strings.Contains(says, c.says) || (met == No) != strings.Contains(advice, "more are needed") {
			t.Errorf("%+v: %s %q %q", c.h, met, says, advice)
		}
	}
}

// A result takes all the work that it came of: 100 calls of 6 minutes and 5 appointments of an hour for 5 sign-ups are 3
// hours each.
func TestWorkOfAResult(t *testing.T) {
	w := work{
		counts:  map[string]float64{"calls": 100, "appointments_held": 5, "conversations": 40},
		minutes: map[string]each{"calls": {6, "measured"}, "appointments_held": {60, "measured"}, "conversations": {5, "assumed"}},
	}
	for _, c := range []struct {
		metric           string
		result, happened float64
		want             each
		ok               bool
	}{
		{"calls", 0, 0, each{6, "measured"}, true},
		{"signups", 5, 5, each{180, "measured"}, true},
		{"signup_amount", 9000, 5, each{0.1, "measured"}, true},
		{"signups", 4, 4, each{}, false},
		{"proposals_sent", 0, 0, each{}, false},
	} {
		if got, ok := w.perUnit(c.metric, c.result, c.happened); ok != c.ok || got != c.want {
			t.Errorf("%s: %v %t, want %v %t", c.metric, got, ok, c.want, c.ok)
		}
	}
}

func TestWorse(t *testing.T) {
	for _, c := range [][3]Met{{Yes, No, No}, {Partly, Yes, Partly}, {Unknown, Yes, Yes}, {Unknown, No, No}, {Unknown, Unknown, Unknown}} {
		if got := worse(c[0], c[1]); got != c[2] || worse(c[1], c[0]) != c[2] {
			t.Errorf("%s and %s: %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

// Nothing but a goal of calls on Monday morning, for the week: 5 minutes each are assumed, 40 hours are there. Then an hour
// of calls a day is set aside, and then a plan gives ten hours a week.
func TestHoursOfAGoal(t *testing.T) {
	s := &shelf{}
	s.tell(t, moment(t, "2024-03-01 09:00"), goal("few", "calls", "ann", 360, "2024-03-11", "2024-03-15"))
	s.tell(t, moment(t, "2024-03-01 09:00"), goal("many", "calls", "ann", 600, "2024-03-11", "2024-03-15"))
	const monday = "2024-03-11 08:00"
	want := func(goal string, met Met, says string) {
		t.Helper()
		if p := s.point(t, monday, goal, "achievable", Beside{}); p.Met != met || !strings.Contains(p.Finds, says) {
			t.Errorf("%s: %+v, want %s with %q", goal, p, met, says)
		}
	}
	want("few", Yes, "about 30 hours of work (5 minutes each, assumed); 40 hours are working hours")
	want("many", No, "about 50 hours")
	if p := s.point(t, monday, "many", "focused", Beside{}); p.Met != Yes { // both are on calls: the harder one asks for ten hours a day
		t.Errorf("%+v", p)
	}
	s.say(t, events.TypeTimeblockPlanned, "ann", "2024-03-02 09:00", `{"timeblock":"b","category":"income_producing","starts_at":"2024-03-11T09:00:00Z","ends_at":"2024-03-11T10:00:00Z","rrule":"FREQ=DAILY;COUNT=28"}`, "")
	want("few", No, "5.0 hours are set aside")
	if p := s.point(t, monday, "few", "systematized", Beside{}); p.Met != Partly || !strings.Contains(p.Finds, "7 hours a week") {
		t.Errorf("%+v", p)
	}
	s.say(t, events.TypePlanDrafted, "ann", "2024-03-03 09:00", `{"plan":"p","owner_kind":"rep","owner":"ann","starts_on":"2024-03-04","ends_on":"2024-06-30","metric":"signups","target":"5","stages":["calls","signups"],"assumptions":[{"name":"hours_per_week","value":"56","source":"given"}]}`, "")
	s.say(t, events.TypePlanAdopted, "ann", "2024-03-04 09:00", `{"plan":"p","owner_kind":"rep","owner":"ann","goal":"few","starts_on":"2024-03-04","ends_on":"2024-06-30","activities":[{"metric":"calls","per":"day","count":"72"}]}`, "")
	want("few", Partly, "the adopted plan gives it") // 56 hours a week are 37 in the four days and two thirds from Monday at eight
	if p := s.point(t, monday, "few", "systematized", Beside{}); p.Met != Yes || !strings.Contains(p.Finds, "72 calls a day") {
		t.Errorf("%+v", p)
	}
	if p := s.point(t, monday, "many", "systematized", Beside{}); p.Met != Partly {
		t.Errorf("another goal's plan: %+v", p)
	}
}

// Forty calls a day and twelve proposals of an hour do not go into one day.
func TestActivitiesThatCrowdOneAnotherOut(t *testing.T) {
	s := &shelf{}
	s.tell(t, moment(t, "2024-03-01 09:00"), goal("calls", "calls", "ann", 200, "2024-03-11", "2024-03-15"))
	s.tell(t, moment(t, "2024-03-01 09:00"), goal("offers", "proposals_sent", "ann", 10, "2024-03-11", "2024-03-15"))
	if p := s.point(t, "2024-03-11 08:00", "calls", "focused", Beside{}); p.Met != Yes || !strings.Contains(p.Finds, "take 5.3 hours of the 8.0 hours of a working day") {
		t.Errorf("%+v", p)
	}
	s.tell(t, moment(t, "2024-03-01 09:00"), goal("more", "proposals_sent", "ann", 60, "2024-03-11", "2024-03-15"))
	if p := s.point(t, "2024-03-11 08:00", "calls", "focused", Beside{}); p.Met != No || !strings.Contains(p.Advice, "crowd one another out") {
		t.Errorf("%+v", p)
	}
}

// What it is for must be said, in why and not in a note, and shown at some review.
func TestMeaningful(t *testing.T) {
	s := &shelf{}
	s.say(t, events.TypeGoalSet, "ann", "2024-03-01 09:00", `{"goal":"g","metric":"calls","target":"10","owner_kind":"rep","owner":"ann","starts_on":"2024-03-11","ends_on":"2024-03-15"}`, "why")
	look := func(sealed string) Point {
		return s.point(t, "2024-03-11 08:00", "g", "meaningful", Beside{Why: func(_ context.Context, e events.Event) (bool, error) {
			return e.Sealed == sealed, nil
		}})
	}
	if p := look("a note"); p.Met != No {
		t.Errorf("%+v", p)
	}
	if p := look("why"); p.Met != Partly || !strings.Contains(p.Finds, "no review") {
		t.Errorf("%+v", p)
	}
	s.say(t, events.TypeRoutineSet, "", "2024-03-01 10:00", `{"owner_kind":"org","rhythms":["weekly"]}`, "")
	if p := look("why"); p.Met != Yes {
		t.Errorf("%+v", p)
	}
}

// A partner by agreement is a partner; a result is fed by the activities of the goal above it on the same number.
func TestResponsibleAndFed(t *testing.T) {
	s := &shelf{}
	early := moment(t, "2024-03-01 09:00")
	whole, week, calls := goal("sales", "signups", "ann", 10, "2024-03-01", "2024-06-30"), goal("week", "signups", "ann", 1, "2024-03-11", "2024-03-15"),
		goal("calls", "calls", "ann", 400, "2024-03-01", "2024-06-30")
	week.Parent, calls.Parent = "sales", "sales"
	for _, g := range []events.GoalSet{whole, week, calls} {
		s.tell(t, early, g)
	}
	for _, name := range []string{"sales", "week"} {
		if p := s.point(t, "2024-03-11 08:00", name, "activity-based", Beside{}); p.Met != Yes {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if p := s.point(t, "2024-03-11 08:00", "week", "responsible", Beside{}); p.Met != Partly {
		t.Errorf("%+v", p)
	}
	s.say(t, events.TypePartnerLinked, "ann", "2024-03-01 10:00", `{"partner":"bo","shares":["goals"]}`, "")
	if p := s.point(t, "2024-03-11 08:00", "week", "responsible", Beside{}); p.Met != Yes || !strings.Contains(p.Finds, "bo holds them to it") {
		t.Errorf("%+v", p)
	}
}

// What is told by hand alone, and what went quiet, is trackable in part.
func TestTrackable(t *testing.T) {
	s := &shelf{}
	s.tell(t, moment(t, "2024-02-01 09:00"), goal("g", "calls", "ann", 400, "2024-02-01", "2024-06-30"))
	s.do("ann", "call.completed", moment(t, "2024-03-08 10:00"), 0, events.Fact{Outcome: "busy"})
	from := func(sources ...string) Beside {
		return Beside{Sources: func(_ context.Context, b Behind) ([]string, error) {
			if diff := cmp.Diff([]string{"ann"}, b.Where[projections.ByRep]); diff != "" {
				t.Error(diff)
			}
			return sources, nil
		}}
	}
	for _, c := range []struct {
		now     string
		sources []string
		met     Met
		says    string
	}{
		{"2024-03-11 08:00", []string{"/my-dialer"}, Yes, "1 within 30 days, last on 2024-03-08, from /my-dialer."},
		{"2024-03-11 08:00", []string{"/milemarker/api", "/my-dialer"}, Yes, "from /milemarker/api, /my-dialer."},
		{"2024-03-11 08:00", []string{"/milemarker/api"}, Partly, "last on 2024-03-08"},
		{"2024-03-25 08:00", []string{"/my-dialer"}, Yes, "last on 2024-03-08"},
		{"2024-03-26 08:00", []string{"/my-dialer"}, Partly, "last on 2024-03-08"},
		{"2024-04-09 08:00", nil, No, "Nothing"},
	} {
		if p := s.point(t, c.now, "g", "trackable", from(c.sources...)); p.Met != c.met || !strings.Contains(p.Finds, c.says) {
			t.Errorf("%s, %q: %+v", c.now, c.sources, p)
		}
	}
}
