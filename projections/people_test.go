package projections_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/projections"
)

func TestLinksOf(t *testing.T) {
	t.Parallel()
	seen := func(a, b string) projections.Link { return projections.Link{A: a, B: b, Kind: projections.LinkSeen} }
	for name, c := range map[string]struct {
		event events.Event
		want  []projections.Link
	}{
		"nobody":  {events.Event{Type: events.TypeCallCompleted}, nil},
		"one":     {events.Event{Type: events.TypeCallCompleted, Prospect: "a"}, nil},
		"three":   {events.Event{Type: events.TypeCallCompleted, Prospect: "b", Aliases: []string{"a", "c"}}, []projections.Link{seen("a", "b"), seen("b", "c"), seen("a", "c")}},
		"twice":   {events.Event{Type: events.TypeCallCompleted, Prospect: "a", Aliases: []string{"b", "a"}}, []projections.Link{seen("a", "b")}},
		"told":    {events.Event{Type: events.TypeProspectLinked, Data: []byte(`{"prospects":["b","a","b"]}`)}, []projections.Link{{A: "a", B: "b", Kind: projections.LinkTold}}},
		"parted":  {events.Event{Type: events.TypeProspectUnlinked, Data: []byte(`{"prospects":["b","a","c"]}`)}, []projections.Link{{A: "a", B: "b", Kind: projections.LinkParted}, {A: "b", B: "c", Kind: projections.LinkParted}}},
		"shared":  {events.Event{Type: events.TypeProspectShared, Data: []byte(`{"prospect":"a"}`)}, []projections.Link{{A: "a", B: "a", Kind: projections.LinkShared}}},
		"erased":  {events.Event{Type: events.TypeProspectErased, Prospect: "a", Aliases: []string{"b"}, Data: []byte(`{"prospects":["c","a"]}`)}, []projections.Link{{A: "a", B: "a", Kind: projections.LinkErased}, {A: "b", B: "b", Kind: projections.LinkErased}, {A: "c", B: "c", Kind: projections.LinkErased}}},
		"nothing": {events.Event{Type: events.TypeProspectLinked, Data: []byte(`{}`)}, nil},
	} {
		c.event.DataVersion = 1
		if c.event.Data == nil {
			c.event.Data = []byte(`{}`)
		}
		got, err := projections.LinksOf(c.event)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	if _, err := projections.LinksOf(events.Event{Type: events.TypeProspectLinked, DataVersion: 1, Data: []byte(`[]`)}); err == nil {
		t.Error("a payload that is no object was read")
	}
}

// Whom ids stand for depends on what is said and not on its order, and two ids stand for one person exactly when a way of
// bonds leads from one to the other on which nobody is apart and nothing parts them.
func TestPersonsAgainstPlainSearch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ids := map[string]projections.Standing{}
		for i := range rapid.IntRange(1, 12).Draw(t, "ids") {
			ids[fmt.Sprintf("p%02d", i)] = projections.Standing{
				Beside: rapid.IntRange(0, projections.MaxBeside+1).Draw(t, "beside"), Shared: rapid.IntRange(0, 9).Draw(t, "shared") == 0,
			}
		}
		var names []string
		for id := range ids {
			names = append(names, id)
		}
		slices.Sort(names)
		var bonds []projections.Bond
		for range rapid.IntRange(0, 20).Draw(t, "bonds") {
			b := projections.Bond{
				A: rapid.SampledFrom(names).Draw(t, "a"), B: rapid.SampledFrom(append(names, "stranger")).Draw(t, "b"),
				Seen: rapid.Bool().Draw(t, "seen"), Told: rapid.Bool().Draw(t, "told"), Parted: rapid.IntRange(0, 4).Draw(t, "parted") == 0,
			}
			bonds = append(bonds, b)
		}
		got := projections.Persons(ids, bonds)
		if again := projections.Persons(ids, rapid.Permutation(bonds).Draw(t, "another order")); !slices.Equal(got, again) {
			t.Fatalf("in another order: %v, then %v", got, again)
		}
		for _, p := range got {
			reached := reach(p.Prospect, ids, bonds)
			if want := slices.Min(reached); p.Person != want {
				t.Fatalf("%s stands for %s, want %s of %v", p.Prospect, p.Person, want, reached)
			}
		}
	})
}

// reach walks from one id along all bonds that join.
func reach(from string, ids map[string]projections.Standing, bonds []projections.Bond) []string {
	reached := []string{from}
	for i := 0; i < len(reached); i++ {
		for _, b := range bonds {
			for _, way := range [][2]string{{b.A, b.B}, {b.B, b.A}} {
				a, knownA := ids[way[0]]
				z, knownZ := ids[way[1]]
				joins := (b.Seen || b.Told) && !b.Parted && knownA && knownZ && a.Apart() == 0 && z.Apart() == 0
				if joins && way[0] == reached[i] && !slices.Contains(reached, way[1]) {
					reached = append(reached, way[1])
				}
			}
		}
	}
	return reached
}
