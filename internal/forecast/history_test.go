package forecast

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/internal/calendar"
)

// until is what had happened of a history before an instant.
func (h History) until(now time.Time) History {
	out := History{Stages: h.Stages}
	for _, s := range h.Steps {
		if s.At.Before(now) {
			out.Steps = append(out.Steps, s)
		}
	}
	for _, c := range h.Counts {
		if c.Day.Time().Before(now) {
			out.Counts = append(out.Counts, c)
		}
	}
	for _, c := range h.Contracts {
		if !c.At.Before(now) {
			continue
		}
		if !c.Ended.Before(now) {
			c.Ended = time.Time{}
		}
		out.Contracts = append(out.Contracts, c)
	}
	return out
}

// Whatever the moment, what a forecast follows from is the same with what happened later and without.
func TestNothingLaterIsUsed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newCareer(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "career"), 2))).history()
		for i := range h.Contracts {
			c := &h.Contracts[i]
			c.Weekly = float64(i % 4)
			if i%3 == 0 {
				c.Ended = c.At.AddDate(0, 0, i%90)
			}
		}
		for i := range h.Steps {
			h.Steps[i].Rep = []string{"kim", "lee"}[int(h.Steps[i].Person+uint64(max(0, h.Steps[i].Stage)))%2]
		}
		whose := rapid.SampledFrom([]Whose{{}, {Rep: "kim"}, {Rep: "nobody"}, {Team: "north"}}).Draw(t, "whose")
		q := asOf(rapid.IntRange(1, horizon).Draw(t, "day"), whose)
		if rapid.Bool().Draw(t, "by day") {
			q.Now, q.Over, q.Left = q.Now.Add(-9*time.Hour), false, 2*time.Hour
		}
		all, allLeans := h.Input(q, All)
		then, thenLeans := h.until(q.Now).Input(q, All)
		same := cmp.Comparer(func(a, b Input) bool {
			a.Stages, b.Stages = nil, nil
			return cmp.Equal(a.Met, b.Met) && slices.Equal(a.Open, b.Open) && cmp.Equal(a.Sales, b.Sales) &&
				cmp.Equal(a.Book, b.Book) && a.Pace == b.Pace
		})
		if diff := cmp.Diff(all, then, same); diff != "" {
			t.Fatal(diff)
		}
		all.Worlds, then.Worlds = 20, 20
		f, err := Make(all)
		if err != nil {
			t.Fatal(err)
		}
		g, err := Make(then)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(f, g); diff != "" || allLeans != thenLeans {
			t.Fatalf("%v %v %s", allLeans, thenLeans, diff)
		}
	})
}

// Kim agrees on appointments, Lee goes there and sells: of each the own acts are forecast, of both together all.
func TestActsAreTheirs(t *testing.T) {
	h := History{Stages: []string{"lead", "appointment", "signup"}}
	step := func(person uint64, stage, day int, rep, team string) {
		at := morning(day).Add(time.Hour)
		h.Steps = append(h.Steps, Step{Person: person, Stage: stage, At: at, Rep: rep, Team: team})
		h.Counts = append(h.Counts, Count{Day: calendar.DayOf(at), Stage: stage, Rep: rep, Team: team, N: 1})
	}
	for i := range 200 {
		step(uint64(i), 0, i, "kim", "north")
		step(uint64(i), 1, i+2, "kim", "north")
		if i%2 == 0 {
			step(uint64(i), 2, i+9, "lee", "south")
		}
	}
	total := func(w Whose, stage int) Range {
		in, _ := h.Input(asOf(200, w), All)
		f, err := Make(in)
		if err != nil {
			t.Fatal(err)
		}
		return f.Stages[stage].Total
	}
	for _, w := range []Whose{{}, {Rep: "lee"}, {Team: "south"}} {
		if s := total(w, 2); s.P50 < 38 || s.P50 > 52 {
			t.Errorf("sign-ups of %v: %v, want about 45", w, s)
		}
	}
	if s := total(Whose{Rep: "kim"}, 2); s.P50 > 3 {
		t.Errorf("Kim sells nothing, but %v", s)
	}
	if s := total(Whose{Team: "north"}, 1); s.P50 < 82 || s.P50 > 98 {
		t.Errorf("appointments of the north: %v, want about 91", s)
	}
	if s := total(Whose{Rep: "lee"}, 1); s.P90 > 3 {
		t.Errorf("Lee agrees on nothing, but %v", s)
	}
}

// Who said no will not sign: of two with the same history, the one who is still there is the better bet.
func TestWhoSaidNoIsNotWaitedFor(t *testing.T) {
	h := History{Stages: []string{"proposal", "signup"}}
	for i := range 400 { // half sign after 20 days, the other half say no after 5
		p, sent := uint64(i), morning(i/2)
		h.Steps = append(h.Steps, Step{Person: p, Stage: 0, At: sent})
		if i%2 == 0 {
			h.Steps = append(h.Steps, Step{Person: p, Stage: 1, At: sent.AddDate(0, 0, 20)})
		} else {
			h.Steps = append(h.Steps, Step{Person: p, Stage: Lost, At: sent.AddDate(0, 0, 5)})
		}
	}
	in, leans := h.Input(asOf(200, Whose{}), 1)
	if leans.Open != 25 { // of the last 5 days both halves, of 15 days before one
		t.Errorf("%d people under way, want about 25", leans.Open)
	}
	way := in.Stages[1].From[0]
	near(t, "share", way.Share.Mean, 0.5, 0.03)
	near(t, "chance of the newest", way.chance(0), 0.5, 0.03)
	near(t, "chance of those who are still there", way.chance(10), 1, 0.05)
}
