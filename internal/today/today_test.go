package today

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
)

func texts(steps []events.Step) []string {
	var out []string
	for _, s := range steps {
		out = append(out, Words(s, s.Metric))
	}
	return out
}

// A working day from nine to five, seen at eight.
func office(in Input) Input {
	in.Begins, in.Ends, in.Quiet = 9*time.Hour, 17*time.Hour, 5
	if in.Now == 0 {
		in.Now = 8 * time.Hour
	}
	return in
}

func waiting(kind string, days ...int) []Waiting {
	var out []Waiting
	for _, d := range days {
		at := time.Date(2026, 6, d, 9, 0, 0, 0, time.UTC)
		out = append(out, Waiting{Prospect: "p_" + at.Format("02"), Kind: kind, Since: at, Event: kind + at.Format("02")})
	}
	return out
}

func TestADay(t *testing.T) {
	for _, c := range []struct {
		name string
		in   Input
		want []string
	}{
		{
			"what everything begins with comes first, then people, then what is behind",
			Input{
				Needs: []Need{
					{Metric: "proposals_sent", Count: 1, Behind: 0.5},
					{Metric: "leads", Count: 2, Behind: 0.1},
					{Metric: "calls", Count: 11.2, Behind: -1, Lead: true},
				},
				Waiting: append(waiting(FollowUp, 1, 2), waiting(Rebook, 3)...),
			},
			[]string{"12 calls before 11:00", "Rebook 1 no-show", "Follow up 2 proposals older than 5 days", "Send 1 proposal", "Find 2 leads"},
		},
		{
			"the morning is over, so it is by the evening",
			Input{Needs: []Need{{Metric: "calls", Count: 3, Lead: true}}, Now: 13 * time.Hour},
			[]string{"3 calls before 17:00"},
		},
		{
			"the hours are over",
			Input{Needs: []Need{{Metric: "calls", Count: 3, Lead: true}}, Now: 18 * time.Hour},
			[]string{"3 calls"},
		},
		{
			"what is in the calendar is not asked for twice",
			Input{Needs: []Need{{Metric: "appointments_held", Count: 4}}, Appointments: 2},
			[]string{"Hold 2 appointments"},
		},
		{"what is reached needs no more", Input{Needs: []Need{{Metric: "calls", Count: 0, Lead: true}}}, nil},
		{
			"many wait: five of them",
			Input{Waiting: waiting(FirstCall, 1, 2, 3, 4, 5, 6, 7)},
			[]string{"Call 5 new leads for the first time"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, texts(Plan(office(c.in)))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A fresh lead cools fast, a proposal waits its turn.
func TestWhoComesFirst(t *testing.T) {
	leads := Plan(office(Input{Waiting: waiting(FirstCall, 1, 3, 2)}))[0].Items
	proposals := Plan(office(Input{Waiting: waiting(FollowUp, 2, 1, 3)}))[0].Items
	if leads[0].Prospect != "p_03" || proposals[0].Prospect != "p_01" || proposals[2].Event != "follow_up03" {
		t.Errorf("%v %v", leads, proposals)
	}
}

func TestTick(t *testing.T) {
	calls := events.Step{Kind: Activity, Metric: "calls", Count: 12 * events.Scale}
	people := Plan(office(Input{Waiting: waiting(FollowUp, 1, 2)}))[0]
	touch := func(prospect, typ string) Touch { return Touch{Prospect: prospect, Type: typ} }
	for _, c := range []struct {
		name    string
		step    events.Step
		counted float64
		touches []Touch
		byHand  bool
		want    Progress
	}{
		{"none yet", calls, 0, nil, false, Progress{Of: 12}},
		{"some", calls, 11, nil, false, Progress{Done: 11, Of: 12}},
		{"all", calls, 13, nil, false, Progress{Done: 13, Of: 12, Whole: true, By: "events"}},
		{"by hand", calls, 4, nil, true, Progress{Done: 4, Of: 12, Whole: true, By: "hand"}},
		{"one of two", people, 99, []Touch{touch("p_01", "call.completed")}, false, Progress{Done: 1, Of: 2, Items: []bool{true, false}}},
		{
			"both", people, 0,
			[]Touch{touch("p_01", "call.completed"), touch("p_02", "proposal.declined")},
			false,
			Progress{Done: 2, Of: 2, Whole: true, By: "events", Items: []bool{true, true}},
		},
		{"something else", people, 0, []Touch{touch("p_01", "lead.captured")}, false, Progress{Of: 2, Items: []bool{false, false}}},
		{"words alone are done by hand alone", events.Step{Step: "9"}, 0, nil, true, Progress{Whole: true, By: "hand"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Tick(c.step, c.counted, c.touches, c.byHand)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestADayIsNeverTooMuch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := office(Input{Appointments: rapid.IntRange(0, 9).Draw(t, "appointments"), Now: time.Duration(rapid.Int64Range(0, int64(24*time.Hour)).Draw(t, "now"))})
		for _, name := range []string{"calls", "leads", "proposals_sent", "conversations", "minutes"} {
			in.Needs = append(in.Needs, Need{Metric: name, Count: rapid.Float64Range(0, 50).Draw(t, name), Lead: name == "calls"})
		}
		for _, kind := range []string{FirstCall, Rebook, FollowUp} {
			in.Waiting = append(in.Waiting, waiting(kind, make([]int, rapid.IntRange(0, 9).Draw(t, kind))...)...)
		}
		steps := Plan(in)
		if len(steps) > 5 {
			t.Fatalf("%d steps", len(steps))
		}
		for i, s := range steps {
			if s.Step != string(rune('1'+i)) || s.Count <= 0 || len(s.Items) > 5 || Words(s, "x") == "" {
				t.Fatalf("%+v", s)
			}
		}
	})
}
