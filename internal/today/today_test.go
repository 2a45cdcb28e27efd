package today

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
)

func texts(d Day) []string {
	var out []string
	for _, s := range d.Steps {
		out = append(out, Words(s, s.Metric))
	}
	for _, l := range d.LeftOut {
		out = append(out, "left out: "+Left(l, l.Metric))
	}
	return out
}

// at reads a time of day such as 9.30.
func at(hours float64) time.Duration {
	whole := math.Floor(hours)
	return time.Duration(whole)*time.Hour + time.Duration(math.Round((hours-whole)*100))*time.Minute
}

func window(from, to float64) Window { return Window{at(from), at(to)} }

// A working day from nine to five, seen at eight.
func office(in Input) Input {
	in.Works, in.Quiet = []Window{window(9, 17)}, 5
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
			"what is in the calendar is not asked for twice",
			Input{Needs: []Need{{Metric: "appointments_held", Count: 4}}, Meetings: []Meeting{
				{ID: "b", Window: window(14.30, 15.30)}, {ID: "a", Window: window(10, 11)},
			}},
			[]string{"Prepare and hold 2 appointments, at 10:00 and 14:30"},
		},
		{"what is reached needs no more", Input{Needs: []Need{{Metric: "calls", Count: 0, Lead: true}}}, nil},
		{
			"many wait: five of them",
			Input{Waiting: waiting(FirstCall, 1, 2, 3, 4, 5, 6, 7)},
			[]string{"Call 5 new leads for the first time", "left out: Call 2 new leads for the first time: five people are enough for a step"},
		},
		{
			"twenty minutes before the end nobody is told sixty calls: half of them for a lead, who is called, and half for two calls more",
			Input{Needs: []Need{{Metric: "calls", Count: 60, Minutes: 5, Lead: true}}, Waiting: waiting(FirstCall, 1), Now: at(16.40)},
			[]string{
				"4 calls before 17:00", "Call 1 new lead for the first time",
				"left out: 56 calls: the hours left of the day are taken",
			},
		},
		{
			"the hours are over",
			Input{Needs: []Need{{Metric: "calls", Count: 3, Minutes: 5, Lead: true}}, Waiting: waiting(FollowUp, 1), Now: at(18)},
			[]string{
				"left out: Follow up 1 proposal: the hours left of the day are taken",
				"left out: 3 calls: the hours left of the day are taken",
			},
		},
		{
			"what was done already needs no time: 10 of 12 calls are made, 10 minutes are left",
			Input{Needs: []Need{{Metric: "calls", Count: 12, Done: 10, Minutes: 5, Lead: true}}, Now: at(16.50)},
			[]string{"12 calls before 17:00"},
		},
		{
			"the time for calls says when: twelve calls of five minutes fit in, ninety do not and run on; the day has 480 minutes",
			Input{
				Needs:  []Need{{Metric: "calls", Count: 12, Minutes: 5, Lead: true}, {Metric: "proposals_sent", Count: 9, Minutes: 60}},
				Blocks: []Block{{ID: "c", Category: events.IncomeProducing, Activity: "Calls", Window: window(9, 10.30)}, {ID: "p", Activity: "proposals", Window: window(14, 16)}},
			},
			[]string{"12 calls 09:00-10:30", "Send 7 proposals from 14:00", "left out: Send 2 proposals: the hours left of the day are taken"},
		},
		{
			"in the middle of the block it says until when",
			Input{
				Needs:  []Need{{Metric: "calls", Count: 6, Minutes: 5, Lead: true}},
				Blocks: []Block{{ID: "c", Category: events.IncomeProducing, Window: window(9, 10.30)}}, Now: at(9.30),
			},
			[]string{"6 calls before 10:30"},
		},
		{
			"appointments and time for office work are taken off: of 9 to 11 half an hour is left, for six calls",
			Input{
				Works: []Window{window(9, 11)}, Needs: []Need{{Metric: "calls", Count: 20, Minutes: 5, Lead: true}},
				Meetings: []Meeting{{ID: "a", Window: window(9, 10)}},
				Blocks:   []Block{{ID: "o", Category: events.Admin, Activity: "letters", Window: window(10.30, 11)}},
			},
			[]string{
				"6 calls before 11:00", "Prepare and hold 1 appointment, at 09:00", "Keep the time for letters 10:30-11:00",
				"left out: 14 calls: the hours left of the day are taken",
			},
		},
		{
			"what is over is to be told of, what is to come to be held, and what is settled is done",
			Input{Now: at(15.34), Meetings: []Meeting{
				{ID: "c", Window: window(15.07, 16)},
				{ID: "b", Window: window(12.45, 13.30)},
				{ID: "a", Window: window(11.11, 12)},
				{ID: "d", Settled: true, Window: window(9, 10)},
			}},
			[]string{"Prepare and hold 1 appointment, at 15:07", "Say what became of 2 appointments, of 11:11 and 12:45"},
		},
		{
			"on a day off only what is booked",
			Input{
				Works: []Window{}, Needs: []Need{{Metric: "calls", Count: 20, Lead: true}}, Waiting: waiting(Rebook, 1),
				Meetings: []Meeting{{ID: "a", Window: window(10, 11)}},
			},
			[]string{"Prepare and hold 1 appointment, at 10:00"},
		},
		{"a day off", Input{Works: []Window{}, Needs: []Need{{Metric: "calls", Count: 20}}, Waiting: waiting(Rebook, 1)}, nil},
		{
			"five steps are enough: of four numbers the one that is furthest behind comes in",
			Input{
				Needs: []Need{
					{Metric: "calls", Count: 5, Lead: true},
					{Metric: "leads", Count: 2, Behind: 0.1},
					{Metric: "proposals_sent", Count: 1, Behind: 0.3},
				},
				Waiting: slices.Concat(waiting(FirstCall, 1), waiting(Rebook, 1), waiting(FollowUp, 1)),
			},
			[]string{
				"5 calls before 11:00", "Call 1 new lead for the first time", "Rebook 1 no-show",
				"Follow up 1 proposal older than 5 days", "Send 1 proposal", "left out: Find 2 leads: five steps are enough for a day",
			},
		},
		{
			"conversations come of the calls; without calls they are asked for",
			Input{Needs: []Need{{Metric: "calls", Count: 5, Lead: true}, {Metric: "conversations", Count: 3}}},
			[]string{"5 calls before 11:00"},
		},
		{
			"without a goal, plan or block: what is usual, up to three steps",
			Input{
				Needs: []Need{
					{Metric: "calls", Count: 8, Source: ByHabit},
					{Metric: "leads", Count: 2, Source: ByHabit},
					{Metric: "appointments_scheduled", Count: 1, Source: ByHabit},
				},
				Waiting: waiting(Rebook, 1),
			},
			[]string{"Rebook 1 no-show", "8 calls", "Find 2 leads"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := office(c.in)
			if c.in.Works != nil {
				in.Works = c.in.Works
			}
			if diff := cmp.Diff(c.want, texts(Plan(in))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A fresh lead cools fast, a proposal waits its turn.
func TestWhoComesFirst(t *testing.T) {
	leads := Plan(office(Input{Waiting: waiting(FirstCall, 1, 3, 2)})).Steps[0].Items
	proposals := Plan(office(Input{Waiting: waiting(FollowUp, 2, 1, 3)})).Steps[0].Items
	if leads[0].Prospect != "p_03" || proposals[0].Prospect != "p_01" || proposals[2].Event != "follow_up03" {
		t.Errorf("%v %v", leads, proposals)
	}
}

func TestTick(t *testing.T) {
	calls := events.Step{Kind: Activity, Metric: "calls", Count: 12 * events.Scale}
	people := Plan(office(Input{Waiting: waiting(FollowUp, 1, 2)})).Steps[0]
	booked := Plan(office(Input{Meetings: []Meeting{{ID: "a", Window: window(9, 10)}, {ID: "b", Window: window(10, 11)}}})).Steps[0]
	over := Plan(office(Input{Now: at(12), Meetings: []Meeting{{ID: "a", Window: window(9, 10)}}})).Steps[0]
	block := events.Step{Kind: Keep, Count: events.Scale, Minutes: 60}
	touch := func(prospect, typ string) Touch { return Touch{Prospect: prospect, Type: typ} }
	for _, c := range []struct {
		name    string
		step    events.Step
		counted float64
		touches []Touch
		byHand  bool
		want    Progress
	}{
		{"settled", over, 0, []Touch{{Appointment: "a", Type: "appointment.no_show"}}, false, Progress{Done: 1, Of: 1, Whole: true, By: "events", Items: []bool{true}}},
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
		{
			"one was held, of the other nothing is known", booked, 7,
			[]Touch{{Appointment: "a", Type: "appointment.held"}, touch("", "appointment.held")},
			false,
			Progress{Done: 1, Of: 2, Items: []bool{true, false}},
		},
		{
			"one was held, the other was put off", booked, 0,
			[]Touch{{Appointment: "a", Type: "appointment.held"}, {Appointment: "b", Type: "appointment.rescheduled"}},
			false,
			Progress{Done: 2, Of: 2, Whole: true, By: "events", Items: []bool{true, true}},
		},
		{"a third of the time was kept", block, 20, nil, false, Progress{Done: 20, Of: 60}},
		{"half of the time was kept", block, 30, nil, false, Progress{Done: 30, Of: 60, Whole: true, By: "events"}},
		{"words alone are done by hand alone", events.Step{Step: "9"}, 0, nil, true, Progress{Whole: true, By: "hand"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Tick(c.step, c.counted, c.touches, c.byHand)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhy(t *testing.T) {
	in := office(Input{Needs: []Need{{Metric: "calls", Count: 40, Minutes: 15, Behind: 0.2, Units: 8.7, Goal: "g", Source: ByGoal, Lead: true}}})
	day := Plan(in)
	if got, want := Why(day.Steps[0], "Calls in June"), `"Calls in June" asks for 40 today; it is 8 behind its line; the hours left hold 32.`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	in.Needs[0].Source, in.Needs[0].Count, in.Needs[0].Units = ByPlan, 10, 0
	if got, want := Why(Plan(in).Steps[0], ""), "The adopted plan asks for 10 a day."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Whatever the day is like: at most five steps, none empty, each said in words and with a reason; the time that the steps
// take is there; the same day gives the same plan, in whatever order it is told.
func TestADayIsNeverTooMuch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minute := func(name string, from, to int) time.Duration {
			return time.Duration(rapid.IntRange(from, to).Draw(t, name)) * time.Minute
		}
		span := func(name string) Window {
			from := minute(name+" from", 0, 23*60)
			return Window{from, from + minute(name+" for", 1, 59)}
		}
		in := Input{Works: []Window{{at(9), at(12)}, {at(13), at(17)}}, Quiet: 5, Now: minute("now", 0, 24*60-1)}
		for _, name := range []string{"calls", "leads", "proposals_sent", "conversations", "minutes"} {
			in.Needs = append(in.Needs, Need{
				Metric: name, Count: rapid.Float64Range(0, 80).Draw(t, name), Lead: name == "calls",
				Minutes: rapid.Float64Range(0.5, 30).Draw(t, "minutes of "+name), Done: float64(rapid.IntRange(0, 9).Draw(t, "done")),
				Source: rapid.SampledFrom([]string{ByGoal, ByPlan, ByHabit}).Draw(t, "source"), Behind: rapid.Float64Range(-1, 1).Draw(t, "behind"),
			})
		}
		for _, kind := range []string{FirstCall, Rebook, FollowUp} {
			for i := range rapid.IntRange(0, 9).Draw(t, kind) {
				in.Waiting = append(in.Waiting, waiting(kind, i+1)...)
			}
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "meetings") {
			in.Meetings = append(in.Meetings, Meeting{ID: string(rune('a' + i)), Window: span("meeting")})
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "blocks") {
			in.Blocks = append(in.Blocks, Block{
				ID: string(rune('a' + i)), Category: rapid.SampledFrom([]string{events.IncomeProducing, events.Admin}).Draw(t, "category"),
				Activity: rapid.SampledFrom([]string{"", "calls", "letters"}).Draw(t, "activity"), Window: span("block"),
			})
		}
		day := Plan(in)
		if len(day.Steps) > 5 {
			t.Fatalf("%d steps", len(day.Steps))
		}
		var taken int64
		for i, s := range day.Steps {
			if s.Step != string(rune('1'+i)) || s.Count <= 0 || Words(s, "x") == "" || Why(s, "") == "" || s.Asked > 0 && s.Asked <= s.Count {
				t.Fatalf("%+v", s)
			}
			if s.Kind != Hold && s.Kind != Settle && len(s.Items) > 5 {
				t.Fatalf("%d people", len(s.Items))
			}
			if s.From != "" && s.Before != "" && s.From >= s.Before || s.From == "" && s.Before != "" && s.Before <= clock(in.Now) && s.Before != "23:59" {
				t.Fatalf("%+v at %s", s, in.Now)
			}
			if s.Kind != Hold && s.Kind != Keep {
				taken += s.Minutes
			}
		}
		if free := length(in.free()); taken > int64(free.Minutes())+int64(len(day.Steps)) {
			t.Fatalf("%d minutes of work in %s: %+v", taken, free, day.Steps)
		}
		for _, l := range day.LeftOut {
			if l.Count <= 0 || l.Kind == Hold {
				t.Fatalf("%+v", l)
			}
		}
		in.Waiting, in.Meetings = rapid.Permutation(in.Waiting).Draw(t, "waiting"), rapid.Permutation(in.Meetings).Draw(t, "met")
		if diff := cmp.Diff(day, Plan(in)); diff != "" {
			t.Fatalf("in another order:\n%s", diff)
		}
	})
}
