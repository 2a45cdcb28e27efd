package foresight

import (
	"context"
	"errors"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/projections"
)

// slow answers after a time on the clock that it moves, and counts how often it is asked.
type slow struct {
	now      time.Time
	takes    time.Duration
	position events.Position
	reads    int
	fail     error
}

func (s *slow) Steps(context.Context, projections.ForesightQuery) ([]projections.Step, error) {
	s.reads++
	s.now = s.now.Add(s.takes)
	return []projections.Step{{Person: uint64(s.reads), Stage: "lead", At: s.now}}, s.fail
}

func (s *slow) Counts(context.Context, projections.ForesightQuery) ([]projections.DayCount, error) {
	return nil, nil
}

func (s *slow) Contracts(context.Context, projections.ForesightQuery) ([]projections.Contract, error) {
	return nil, nil
}

func TestRecent(t *testing.T) {
	t.Parallel()
	known := &slow{now: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC), takes: time.Second, position: 7}
	kept := &Recent{
		Position: func(context.Context, string) (events.Position, error) { return known.position, nil },
		Clock:    func() time.Time { return known.now },
	}
	settings := projections.DefaultOrgSettings()
	ask := func(what string, wanted events.Position, org string, reads int) {
		t.Helper()
		r := Reader{Known: known, Recent: kept, Wanted: wanted}
		if _, err := r.Recall(t.Context(), Span{Org: org, First: known.now, Last: known.now, Settings: settings}); err != nil {
			t.Fatal(err)
		}
		if known.reads != reads {
			t.Errorf("%s: it was read %d times, want %d", what, known.reads, reads)
		}
	}
	ask("at first", 0, "acme", 1)
	known.now = known.now.Add(time.Hour)
	ask("an hour later nothing is new", 7, "acme", 1)
	ask("another org", 0, "zeta", 2)

	known.position = 8
	ask("something is new", 0, "acme", 3)
	known.position, known.now = 9, known.now.Add(19*time.Second)
	ask("within twenty times of what it took", 8, "acme", 3)
	ask("but not for whoever wants the newest", 9, "acme", 4)
	known.position, known.now = 10, known.now.Add(20*time.Second)
	ask("after twenty times of what it took", 0, "acme", 5)
	known.now = known.now.Add(24 * time.Hour)
	ask("on another day", 0, "acme", 6)

	// A past moment by what was known then, and spans, are read each time.
	r := Reader{Known: known, Recent: kept}
	for _, s := range []Span{
		{Org: "acme", First: known.now, Last: known.now, Known: known.now, Settings: settings},
		{Org: "acme", First: known.now.AddDate(0, -1, 0), Last: known.now, Settings: settings},
	} {
		before := known.reads
		if _, err := r.Recall(t.Context(), s); err != nil || known.reads != before+1 {
			t.Errorf("%v, %d reads", err, known.reads-before)
		}
	}

	// What failed is not kept.
	known.fail, known.position = errors.New("down"), 11
	known.now = known.now.Add(time.Hour)
	if _, err := r.Recall(t.Context(), Span{Org: "acme", First: known.now, Last: known.now, Settings: settings}); !errors.Is(err, known.fail) {
		t.Errorf("%v", err)
	}
	known.fail = nil
	ask("after a failure", 0, "acme", 10)
}

// What is kept is bounded: those go first whom nobody asked about for longest.
func TestRecentIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	r := &Recent{Clock: func() time.Time { return now }}
	for i, org := range []string{"a", "b", "c", "a", "d"} {
		now = now.Add(time.Duration(i) * time.Second)
		r.bound(r.reading(recent{org: org}), keepSteps/3-1000)
	}
	for org, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if _, ok := r.kept[recent{org: org}]; ok != want {
			t.Errorf("%s is kept: %v", org, ok)
		}
	}
}
