package projector

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/projections"
)

// carrying is a lead that carries some identities.
func carrying(id string, ids ...string) events.Event {
	e := event("acme", id, events.TypeLeadCaptured, "ann", time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC), `{"source":"web"}`)
	e.Prospect, e.Aliases = ids[0], ids[1:]
	return e
}

func say(id, typ, data string) events.Event {
	return event("acme", id, typ, "", time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC), data)
}

// tell appends events and folds them in one batch.
func (b *bench) tell(evs ...events.Event) {
	b.tb.Helper()
	from := len(b.ledger)
	b.append(evs...)
	b.fold(from, len(b.ledger))
}

// persons returns how many ids the person has whom an id stands for.
func (b *bench) ids(of string) int {
	b.tb.Helper()
	found, err := b.warehouse.Persons(b.tb.Context(), projections.PersonQuery{Org: "acme", Prospects: []string{of}})
	if err != nil {
		b.tb.Fatal(err)
	}
	return max(1, len(found))
}

// The phone of an office joins its first callers, and parts them again as soon as there are too many of them: also those
// of whom the batch that brings it to light says nothing.
func TestCrowdedIdentityJoinsNobody(t *testing.T) {
	b := newBench(t)
	for i := range projections.MaxBeside {
		b.tell(carrying(fmt.Sprint("e", i), "office", fmt.Sprint("caller", i)))
	}
	if n := b.ids("caller3"); n != projections.MaxBeside+1 {
		t.Fatalf("%d ids are one person, want %d", n, projections.MaxBeside+1)
	}
	b.tell(carrying("last", "office", "one-too-many"))
	for _, id := range []string{"caller3", "office", "one-too-many"} {
		if n := b.ids(id); n != 1 {
			t.Errorf("%s: %d ids are one person, want 1", id, n)
		}
	}
	if n := len(b.journeys("acme")); n != 1 {
		t.Errorf("%d journeys, want 1: the office leads in all of them", n)
	}
	apart, err := b.warehouse.Apart(t.Context(), projections.ApartQuery{Org: "acme", Limit: 10})
	if err != nil || len(apart) != 1 || apart[0].Prospect != "office" || apart[0].Apart != projections.ApartCrowded {
		t.Errorf("apart: %+v (%v)", apart, err)
	}
	b.tell(say("v", events.TypeEventVoided, `{"event":"last","reason":"test"}`))
	if n := b.ids("caller3"); n != projections.MaxBeside+1 {
		t.Errorf("after the void %d ids are one person, want %d", n, projections.MaxBeside+1)
	}
}

// What was said can be taken back, whatever else was said meanwhile, and journeys follow.
func TestLinksCanBeTakenBack(t *testing.T) {
	b := newBench(t)
	b.tell(carrying("e1", "a"), carrying("e2", "b"), carrying("e3", "c", "d"), say("l1", events.TypeProspectLinked, `{"prospects":["b","a"]}`))
	b.tell(say("l2", events.TypeProspectLinked, `{"prospects":["c","a"]}`))
	joined := func(when string, want ...int) {
		t.Helper()
		got := []int{b.ids("a"), b.ids("b"), b.ids("c"), b.ids("d"), len(b.journeys("acme"))}
		if !slices.Equal(got, want) {
			t.Errorf("%s: ids of a, b, c, d and journeys are %v, want %v", when, got, want)
		}
	}
	joined("linked", 4, 4, 4, 4, 1)
	b.tell(say("v1", events.TypeEventVoided, `{"event":"l1","reason":"wrong"}`))
	joined("a link taken back", 3, 1, 3, 3, 2)
	b.tell(say("u1", events.TypeProspectUnlinked, `{"prospects":["d","c","a"]}`))
	joined("parted although an event carries both", 2, 1, 2, 1, 2)
	b.tell(say("s1", events.TypeProspectShared, `{"prospect":"c"}`), say("v2", events.TypeEventVoided, `{"event":"u1","reason":"wrong"}`))
	joined("shared", 1, 1, 1, 1, 3)
	b.tell(say("v3", events.TypeEventVoided, `{"event":"s1","reason":"wrong"}`))
	joined("not shared", 3, 1, 3, 3, 2)
}
