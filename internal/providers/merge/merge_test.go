package merge_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/merge"
	"milemarker/internal/providers/wire"
)

func lead(key, note string) providers.Event {
	return providers.Event{Key: key, Draft: events.Draft{
		Type: events.TypeLeadCaptured, Data: json.RawMessage(`{"note":"` + note + `"}`),
	}}
}

// told is one delivery.
type told struct {
	version int64
	of      string
	all     []providers.Event
}

func play(deliveries []told, rule merge.Rule) (state []byte) {
	for _, d := range deliveries {
		_, state = merge.Events(state, d.version, d.of, d.all, rule)
	}
	return state
}

func TestEventsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := rapid.SampledFrom([]merge.Rule{merge.Newest, merge.Earliest}).Draw(t, "rule")
		var all []told
		for i := range rapid.IntRange(1, 6).Draw(t, "deliveries") {
			d := told{version: rapid.Int64Range(0, 2).Draw(t, "version"), of: fmt.Sprint(i)}
			for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3, rapid.ID).Draw(t, "keys") {
				d.all = append(d.all, lead(key, fmt.Sprint(i)))
			}
			all = append(all, d)
		}
		again := append(rapid.Permutation(all).Draw(t, "order"), all[rapid.IntRange(0, len(all)-1).Draw(t, "again")])
		if diff := cmp.Diff(string(play(all, rule)), string(play(again, rule))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRules(t *testing.T) {
	for rule, want := range map[merge.Rule]string{merge.Newest: "new", merge.Earliest: "old"} {
		_, state := merge.Events(nil, 1, "x", []providers.Event{lead("a", "old")}, rule)
		stand, _ := merge.Events(state, 2, "y", []providers.Event{lead("a", "new")}, rule)
		if len(stand) != 1 || string(stand[0].Draft.Data) != `{"note":"`+want+`"}` || !stand[0].Amends {
			t.Errorf("%v: %+v", rule, stand)
		}
		stand, _ = merge.Events(state, 1, "x", []providers.Event{lead("a", "mended")}, rule)
		if len(stand) != 1 || string(stand[0].Draft.Data) != `{"note":"mended"}` {
			t.Errorf("%v: the same delivery read once more: %+v", rule, stand)
		}
	}
}

func TestSound(t *testing.T) {
	good := lead("a", "x")
	good.Reps = []providers.Rep{{Kind: providers.RepUser, Value: "7"}, {Kind: providers.RepName}}
	bad := lead("b", "x")
	bad.Draft.Data = json.RawMessage(`{"nope":1}`)
	foreign := lead("c", "x")
	foreign.Draft.Org = "other"
	got := merge.Sound([]providers.Event{good, bad, foreign, lead("", "x"), lead("a", "again")})
	if len(got) != 1 || len(got[0].Reps) != 1 || !wire.Stand(got) {
		t.Errorf("%+v", got)
	}
	stand, state := merge.Events([]byte(`{"lead.captured a":{"version":9,"event":{"Key":"a"}}}`), 1, "x", []providers.Event{lead("a", "x")}, merge.Newest)
	if len(stand) != 1 || len(state) == 0 {
		t.Errorf("what was kept and is no event: %+v", stand)
	}
}
