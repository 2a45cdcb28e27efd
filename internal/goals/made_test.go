package goals

import (
	"strings"
	"testing"

	"milemarker/events"
)

// divided is a shelf with a goal on sales that is split into months and weeks, whose months are split into weeks, and
// with one on calls that is not.
func divided(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{}
	early := moment(t, "2024-02-01 09:00")
	part := func(id, parent string, target int, from, to string) {
		g := goal(id, "signups", "ann", target, from, to)
		g.Title, g.Parent = "Sales", parent
		s.tell(t, early, g)
	}
	part("q", "", 60, "2024-03-01", "2024-04-30")
	part("q.month.2024-03-01", "q", 30, "2024-03-01", "2024-03-31")
	part("q.month.2024-04-01", "q", 30, "2024-04-01", "2024-04-30")
	part("q.week.2024-03-11", "q", 60, "2024-03-11", "2024-03-17")
	part("q.month.2024-03-01.week.2024-03-11", "q.month.2024-03-01", 30, "2024-03-11", "2024-03-17")
	s.tell(t, early, goal("calls", "calls", "ann", 100, "2024-03-01", "2024-04-30"))
	return s
}

func TestAGoalAndItsPartsAreOne(t *testing.T) {
	s := divided(t)
	if p := s.point(t, "2024-03-13 12:00", "calls", "focused", Beside{}); !strings.Contains(p.Finds, "Beside it run 1: Sales.") {
		t.Errorf("%s", p.Finds)
	}
	for _, id := range []string{"q", "q.week.2024-03-11", "q.month.2024-03-01.week.2024-03-11"} {
		if p := s.point(t, "2024-03-13 12:00", id, "focused", Beside{}); !strings.Contains(p.Finds, "Beside it run 1: Calls.") {
			t.Errorf("%s: %s", id, p.Finds)
		}
	}
	p := s.point(t, "2024-03-13 12:00", "q", "relevant", Beside{})
	if !strings.Contains(p.Finds, "The 2 months that it is split into come to 60 of 60.") ||
		!strings.Contains(p.Finds, "The one week that it is split into comes to 60 of 60.") {
		t.Errorf("%s", p.Finds)
	}
}

func TestPartsAreToldApartByTheirSpans(t *testing.T) {
	all, err := divided(t).desk(moment(t, "2024-03-13 12:00")).Goals(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		"q": "Sales", "q.month.2024-03-01": "Sales, March 2024", "q.week.2024-03-11": "Sales, week of 11 March",
		"q.month.2024-03-01.week.2024-03-11": "Sales, week of 11 March", "calls": "Calls, 2024-03-01 to 2024-04-30",
	} {
		g, _ := Find(all, id)
		if got := Name(g, g.StartsOn); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	if says := ChangeSays(all[1], events.PaceChanged{To: "off_track"}, all[1].StartsOn); !strings.HasPrefix(says, `"Sales, March 2024" is off track`) {
		t.Errorf("%s", says)
	}
	if got := len(MadeOf(all, "q")); got != 4 {
		t.Errorf("%d parts of q", got)
	}
}

// An adopted plan names the weeks of a month after the whole, and says the days of each in its title.
func TestPartsOfAnAdoptedPlan(t *testing.T) {
	s := &shelf{}
	for _, g := range []events.GoalSet{
		goal("p.calls", "calls", "ann", 100, "2024-03-01", "2024-04-30"),
		goal("p.calls.month.2024-03-01", "calls", "ann", 50, "2024-03-01", "2024-03-31"),
		goal("p.calls.week.2024-03-04", "calls", "ann", 10, "2024-03-04", "2024-03-10"),
	} {
		g.Title = "Calls, " + string(g.StartsOn) + " to " + string(g.EndsOn)
		if n := len(s.told); n > 0 {
			g.Parent = []string{"p.calls", "p.calls.month.2024-03-01"}[n-1]
		}
		s.tell(t, moment(t, "2024-02-01 09:00"), g)
	}
	all, err := s.desk(moment(t, "2024-03-13 12:00")).Goals(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	if len(MadeOf(all, "p.calls")) != 2 || Title(all[2], all[2].StartsOn) != "Calls, 2024-03-04 to 2024-03-10" {
		t.Errorf("%d parts, %s", len(MadeOf(all, "p.calls")), Title(all[2], all[2].StartsOn))
	}
}
