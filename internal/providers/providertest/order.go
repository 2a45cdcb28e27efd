package providertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/internal/providers"
)

// order delivers each thread in any order, with repeats, and compares the events that stand at the end.
func (s Suite) order(t *testing.T) {
	byName := map[string]Delivery{}
	for _, d := range s.Deliveries {
		byName[d.Name] = d
	}
	for n, names := range s.Threads {
		var thread []providers.Input
		for i, name := range names {
			d, ok := byName[name]
			if !ok {
				t.Fatalf("no delivery is named %q", name)
			}
			in := d.input(t)
			in.Received = in.Received.Add(time.Duration(i) * time.Second)
			thread = append(thread, in)
		}
		want := s.play(t, thread)
		if len(want) == 0 {
			t.Errorf("%q tell of nothing", names)
		}
		title := fmt.Sprintf("thread-%d", n+1)
		t.Run(title+"/golden", func(t *testing.T) { s.compare(t, title, standing(t, names, want)) })
		t.Run(title+"/shuffled", func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) { s.shuffled(rt, thread, want) })
		})
		if s.Mends {
			t.Run(title+"/mended", func(t *testing.T) { s.mended(t, thread) })
		}
	}
}

// mended plays a thread, and then again as a mended adapter would read it: the last reading must stand, whatever was kept
// of the first. Another name in the bodies stands for the mended adapter.
func (s Suite) mended(t *testing.T, thread []providers.Input) {
	t.Helper()
	for _, name := range []string{"Aaa", "Zzz"} {
		var again []providers.Input
		for _, in := range thread {
			in.Body = s.Edit(in.Body, func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(s.Personal[0]), []byte(name)) })
			again = append(again, in)
		}
		want := s.play(t, again)
		if diff := cmp.Diff(want, s.play(t, slices.Concat(thread, again))); diff != "" {
			t.Errorf("what was kept outweighs a mended adapter (-want +got):\n%s", diff)
		}
	}
}

// shuffled delivers a thread in some order, each delivery once or more often.
func (s Suite) shuffled(t *rapid.T, thread []providers.Input, want map[string]string) {
	repeats := rapid.SliceOfN(rapid.IntRange(0, len(thread)-1), 0, 4).Draw(t, "repeats")
	order := rapid.Permutation(slices.Concat(indexes(len(thread)), repeats)).Draw(t, "order")
	var deliveries []providers.Input
	for _, i := range order {
		deliveries = append(deliveries, thread[i])
	}
	if diff := cmp.Diff(want, s.play(t, deliveries)); diff != "" {
		t.Errorf("in the order %v other events stand at the end (-want +got):\n%s", order, diff)
	}
}

// standing writes what stands at the end of a thread as people read it.
func standing(t *testing.T, names []string, stand map[string]string) []byte {
	t.Helper()
	page := struct {
		Deliveries []string                   `json:"deliveries"`
		Stand      map[string]json.RawMessage `json:"stand"`
	}{names, map[string]json.RawMessage{}}
	for id, content := range stand {
		page.Stand[id] = json.RawMessage(content)
	}
	b, err := json.MarshalIndent(page, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

func indexes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// fataler is what rapid's T and testing's have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// play does what the translator does: state by thread, one event an id, the first standing unless a later one amends it.
func (s Suite) play(t fataler, deliveries []providers.Input) map[string]string {
	t.Helper()
	state, stand := map[string][]byte{}, map[string]string{}
	for _, in := range deliveries {
		thread := ""
		if threader, ok := s.Provider.(providers.Threader); ok {
			thread = threader.Thread(in.Delivery)
		}
		if thread != "" {
			in.State = state[thread]
		}
		out, err := translate(s.Provider, in)
		if err != nil {
			t.Fatalf("%v", err)
		}
		for _, fault := range Faults(out) {
			t.Fatalf("%s", fault)
		}
		if thread != "" && out.State != nil {
			state[thread] = out.State
		}
		for _, e := range out.Events {
			draft, _ := checked(e.Draft)
			id, content := e.Draft.Type+" "+e.Key, string(draft.Canonical())
			if e.Withdrawn {
				delete(stand, id)
				continue
			}
			if _, known := stand[id]; !known || e.Amends {
				stand[id] = content
			}
		}
	}
	return stand
}
