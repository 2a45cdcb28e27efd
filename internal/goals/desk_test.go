package goals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// shelf answers from memory: declarations and events of one org, each known from when it was recorded.
type shelf struct {
	told  []events.Record
	done  []projections.Row
	asked int // questions about rollups
}

func (s *shelf) Declarations(_ context.Context, q projections.DeclarationQuery) ([]events.Record, error) {
	var out []events.Record
	for _, r := range s.told {
		if slices.Contains(q.Types, r.Event.Type) && projections.KnownBy(r.Event, q.Known) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (s *shelf) Metrics(_ context.Context, q projections.MetricQuery) ([]projections.MetricRow, error) {
	s.asked++
	c, err := calendar.New(calendar.DefaultSettings())
	if err != nil {
		return nil, err
	}
	var out []projections.MetricRow
	for _, r := range s.done {
		b := c.Bucket(q.Grain, r.Day)
		if b < q.From || b >= q.To || !matches(r, q.Where) {
			continue
		}
		row := rowOf(r, b)
		if slices.Contains(q.GroupBy, projections.ByRep) {
			row.Group = append(row.Group, r.Event.Rep)
		}
		out = append(out, row)
	}
	return out, nil
}

func (s *shelf) Tally(_ context.Context, q projections.TallyQuery) ([]projections.MetricRow, error) {
	var out []projections.MetricRow
	for _, r := range s.tallied(q) {
		out = append(out, rowOf(r, r.Day))
	}
	return out, nil
}

func (s *shelf) Amounts(_ context.Context, q projections.AmountQuery) ([]events.Decimal, error) {
	var out []events.Decimal
	for _, r := range s.tallied(q.TallyQuery) {
		out = append(out, r.Fact.Amount)
	}
	slices.Reverse(out)
	return out[:min(len(out), q.Limit)], nil
}

func (s *shelf) tallied(q projections.TallyQuery) (out []projections.Row) {
	for _, r := range s.done {
		e := r.Event
		if !e.Time.Before(q.From) && e.Time.Before(q.Until) && matches(r, q.Where) && projections.KnownBy(e, q.Known) &&
			(q.Team == "" || slices.Contains(q.Reps, e.Rep)) {
			out = append(out, r)
		}
	}
	return out
}

func matches(r projections.Row, where map[projections.Dimension][]string) bool {
	for d, values := range where {
		have := map[projections.Dimension]string{
			projections.ByType: r.Event.Type, projections.ByOutcome: r.Fact.Outcome, projections.ByRep: r.Event.Rep,
			projections.ByTeam: r.Team, projections.ByCurrency: r.Fact.Currency,
		}[d]
		if !slices.Contains(values, have) {
			return false
		}
	}
	return true
}

func rowOf(r projections.Row, bucket calendar.Day) projections.MetricRow {
	return projections.MetricRow{
		Bucket: bucket, Group: []string{r.Event.Type, r.Fact.Outcome}, Count: 1, Amount: r.Fact.Amount, Seconds: r.Fact.Seconds,
	}
}

// tell sets a goal, recorded at the instant given.
func (s *shelf) tell(tb testing.TB, at time.Time, set events.GoalSet) {
	tb.Helper()
	data, err := json.Marshal(set)
	if err != nil {
		tb.Fatal(err)
	}
	position := events.Position(len(s.told) + 1)
	s.told = append(s.told, events.Record{Position: position, Event: events.Event{
		ID: fmt.Sprint("goal", position), Type: events.TypeGoalSet, Org: "acme", Time: at, RecordedAt: at, DataVersion: 1, Data: data,
	}})
}

// do lets a rep do something, recorded some time after it happened.
func (s *shelf) do(rep, typ string, at time.Time, late time.Duration, fact events.Fact) {
	s.done = append(s.done, projections.Row{
		Record: events.Record{Event: events.Event{Type: typ, Org: "acme", Rep: rep, Time: at, RecordedAt: at.Add(late)}},
		Fact:   fact, Day: calendar.DayOf(at.UTC()),
	})
}

func (s *shelf) desk(now time.Time) Desk {
	return Desk{Reader: s, Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler)}
}

func goal(id, metric, owner string, target int, from, to string) events.GoalSet {
	g := events.GoalSet{
		Goal: id, Metric: metric, Target: events.Decimal(target) * events.Scale, StartsOn: events.Date(from), EndsOn: events.Date(to),
	}
	if owner != "" {
		g.Owner = events.Owner{OwnerKind: events.OwnerRep, Owner: owner}
	}
	return g
}

func moment(tb testing.TB, s string) time.Time {
	tb.Helper()
	at, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

// year is a shelf with a year of calls and sales of five reps, and goals of all kinds.
func year(tb testing.TB) *shelf {
	tb.Helper()
	s := &shelf{}
	chance := rand.New(rand.NewPCG(3, 4))
	for day := moment(tb, "2023-03-01 10:00"); day.Before(moment(tb, "2024-03-14 00:00")); day = day.AddDate(0, 0, 1) {
		for _, rep := range []string{"ann", "bo", "cy", "di", "ed"} {
			for range chance.IntN(6) {
				late := time.Duration(chance.IntN(72)) * time.Hour
				s.do(rep, "call.completed", day.Add(time.Duration(chance.IntN(300))*time.Minute), late, events.Fact{Outcome: "conversation"})
			}
			if chance.IntN(4) == 0 {
				s.do(rep, "signup.completed", day, 0, events.Fact{
					Outcome: "customer", Currency: "EUR", Amount: events.Decimal(100+chance.IntN(900)) * events.Scale,
				})
			}
		}
	}
	early := moment(tb, "2023-02-01 09:00")
	for _, rep := range []string{"ann", "bo", "cy", "di"} {
		s.tell(tb, early, goal("calls-"+rep, "calls", rep, 250, "2024-01-01", "2024-03-31"))
		money := goal("money-"+rep, "signup_amount", rep, 20_000, "2024-01-01", "2024-03-31")
		money.Currency = "EUR"
		s.tell(tb, early, money)
	}
	s.tell(tb, early, goal("all", "calls", "", 900, "2024-02-01", "2024-03-31"))
	s.tell(tb, early, goal("over", "calls", "ann", 10, "2023-06-01", "2023-06-30"))
	s.tell(tb, early, goal("later", "calls", "ann", 10, "2024-06-01", "2024-06-30"))
	return s
}

// All tells of each goal what Standing tells, however it was read.
func TestAllTellsWhatStandingTells(t *testing.T) {
	s := year(t)
	now := moment(t, "2024-03-13 12:00")
	d := s.desk(now)
	for _, at := range []time.Time{now, moment(t, "2024-02-20 15:30"), moment(t, "2024-03-01 00:00")} {
		s.asked = 0
		all, err := d.All(t.Context(), "acme", Filter{Since: 1}, at)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != 11 || s.asked > 4 {
			t.Errorf("at %s: %d goals by %d questions", at, len(all), s.asked)
		}
		for _, st := range all {
			one, err := d.Standing(t.Context(), "acme", st.Goal.ID, at, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(one.Pace, st.Pace); diff != "" {
				t.Errorf("%s at %s (-alone +among all):\n%s", st.Goal.ID, at, diff)
			}
			if diff := cmp.Diff(one.Outlook, st.Outlook); diff != "" {
				t.Errorf("%s at %s: outlook (-alone +among all):\n%s", st.Goal.ID, at, diff)
			}
		}
	}
}

// What is told of a moment is what one finds by counting the events, those told by then or all.
func TestActualIsWhatWasDone(t *testing.T) {
	s := year(t)
	d := s.desk(moment(t, "2024-03-13 12:00"))
	chance := rand.New(rand.NewPCG(5, 6))
	for range 40 {
		at := moment(t, "2024-01-01 00:00").Add(time.Duration(chance.IntN(70*24*60)) * time.Minute)
		for _, known := range []time.Time{{}, at, at.Add(24 * time.Hour)} {
			want := 0
			for _, r := range s.done {
				e := r.Event
				if e.Rep == "bo" && e.Type == "call.completed" && e.Time.Before(at) && !e.Time.Before(moment(t, "2024-01-01 00:00")) &&
					projections.KnownBy(e, known) {
					want++
				}
			}
			st, err := d.Standing(t.Context(), "acme", "calls-bo", at, known)
			if err != nil {
				t.Fatal(err)
			}
			if st.Pace.Actual != events.Decimal(want)*events.Scale {
				t.Errorf("at %s, known %s: %s, want %d", at, known, st.Pace.Actual, want)
			}
		}
	}
}

func TestFilters(t *testing.T) {
	s := year(t)
	d := s.desk(moment(t, "2024-03-13 12:00"))
	for name, c := range map[string]struct {
		filter Filter
		want   int
	}{
		"everybody's": {Filter{}, 10}, "ann's": {Filter{Rep: "ann"}, 3}, "the org's": {Filter{Owned: true}, 1},
		"a team's": {Filter{Team: "north"}, 0}, "ann's, over too": {Filter{Rep: "ann", Since: calendar.Date(2023, 6, 30)}, 4},
		"over too late": {Filter{Rep: "ann", Since: calendar.Date(2023, 7, 1)}, 3},
	} {
		all, err := d.All(t.Context(), "acme", c.filter, moment(t, "2024-03-13 12:00"))
		if err != nil || len(all) != c.want {
			t.Errorf("%s: %d goals, %v; want %d", name, len(all), err, c.want)
		}
	}
	if _, err := d.Standing(t.Context(), "acme", "none", moment(t, "2024-03-13 12:00"), time.Time{}); !errors.Is(err, ErrNoGoal) {
		t.Errorf("no goal: %v", err)
	}
}

// A season is the owner's own: whoever does all in December is asked for little before.
func TestSeasonIsTheOwnersOwn(t *testing.T) {
	s := &shelf{}
	for day := moment(t, "2021-12-01 10:00"); day.Before(moment(t, "2023-12-31 00:00")); day = day.AddDate(0, 0, 1) {
		n := 1
		if day.Month() == time.December {
			n = 9
		}
		for range n {
			s.do("ann", "call.completed", day, 0, events.Fact{})
		}
	}
	g := goal("g", "calls", "ann", 1000, "2024-01-01", "2024-12-31")
	g.Curve = events.CurveSeason
	s.tell(t, moment(t, "2023-12-15 09:00"), g)
	fresh := g
	fresh.Goal, fresh.Owner.Owner = "fresh", "bo"
	s.tell(t, moment(t, "2023-12-15 09:00"), fresh)
	d := s.desk(moment(t, "2024-12-01 00:00"))
	st, err := d.Standing(t.Context(), "acme", "g", moment(t, "2024-12-01 00:00"), time.Time{})
	if err != nil || st.Line != events.CurveSeason || st.Pace.Expected > 700*events.Scale || st.Pace.Expected < 500*events.Scale {
		t.Errorf("%s %s, %v", st.Line, st.Pace.Expected, err)
	}
	st, err = d.Standing(t.Context(), "acme", "fresh", moment(t, "2024-12-01 00:00"), time.Time{})
	if err != nil || st.Line != events.CurveStraight || st.Pace.Expected < 900*events.Scale {
		t.Errorf("without history: %s %s, %v", st.Line, st.Pace.Expected, err)
	}
}

func TestEveryMetricHasAKind(t *testing.T) {
	for _, d := range metric.All() {
		if k := KindOf(d); k.Ratio() == d.Additive() {
			t.Errorf("%s is of kind %s", d.Name, k)
		}
	}
	for name, want := range map[string]pace.Kind{
		"calls": pace.Counts, "receipts": pace.Amounts, "minutes": pace.Amounts, "close_rate": pace.Share, "average_sale": pace.Average,
		"calls_per_conversation": pace.Each, "income_producing_share": pace.Division,
	} {
		d, _ := metric.Find(name)
		if got := KindOf(d); got != want {
			t.Errorf("%s is of kind %s, want %s", name, got, want)
		}
	}
}

func TestCheckLooksFromAllSides(t *testing.T) {
	s := year(t)
	now := moment(t, "2024-03-13 12:00")
	parent := goal("calls-ann", "calls", "ann", 30, "2024-03-01", "2024-03-31")
	parent.Goal, parent.Parent, parent.Partner = "step", "money-ann", "bo"
	s.tell(t, now, parent)
	d := s.desk(now)
	find := func(goal, point string) Point {
		t.Helper()
		_, points, err := d.Check(t.Context(), "acme", goal, now, Beside{})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(points, func(p Point) bool { return p.Name == point })
		if i < 0 {
			t.Fatalf("no %s among %v", point, points)
		}
		return points[i]
	}
	for _, c := range []struct {
		goal, point string
		met         Met
		says        string
	}{
		{"step", "relevant", Yes, "serves"},
		{"step", "activity-based", Yes, "activity itself"},
		{"step", "responsible", Yes, "bo holds them to it"},
		{"step", "trackable", Yes, "arrives"},
		{"money-ann", "activity-based", Yes, "feeds it"},
		{"money-bo", "activity-based", No, "no goal on an activity"},
		{"money-bo", "systematized", No, "No plan"},
		{"money-bo", "meaningful", No, "Nobody wrote down"},
		{"all", "responsible", Partly, "nobody's"},
	} {
		if p := find(c.goal, c.point); p.Met != c.met || !strings.Contains(p.Finds, c.says) {
			t.Errorf("%s, %s: %+v", c.goal, c.point, p)
		}
	}
	if p := find("calls-ann", "achievable"); p.Met == Unknown || !strings.Contains(p.Finds, "%") {
		t.Errorf("%+v", p)
	}
}
