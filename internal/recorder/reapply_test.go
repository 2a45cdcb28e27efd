package recorder_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/recorder"
)

// A list of erasures that was kept apart is carried out on a ledger that lacks them, and on one that has them.
func TestReapply(t *testing.T) {
	t.Parallel()
	v, l := &vault{}, &ledger{}
	r := recorder.New(v, l, clock)
	record(t, r, erasure(t, "e1", ann, bob), call(t, "c1", ""))
	list, err := r.Erasures(t.Context(), l, "")
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if none, err := r.Erasures(t.Context(), l, "zeta"); err != nil || len(none) != 0 {
		t.Errorf("of another org: %+v, %v", none, err)
	}
	var file bytes.Buffer
	if err := json.NewEncoder(&file).Encode(list[0]); err != nil {
		t.Fatal(err)
	}
	read, err := recorder.ReadErasures(&file)
	if diff := cmp.Diff(list, read); err != nil || diff != "" {
		t.Fatalf("%v %s", err, diff)
	}
	older, destroyed := &ledger{}, &vault{}
	for range 2 {
		if err := recorder.New(destroyed, older, clock).Reapply(t.Context(), read); err != nil {
			t.Fatal(err)
		}
	}
	if len(older.events) != 1 || older.events[0].ID != "e1" || !slices.Contains(destroyed.erased, "acme "+bob) {
		t.Errorf("%+v, erased %v", older.events, destroyed.erased)
	}
	if err := r.Reapply(t.Context(), read); err != nil || len(l.events) != 3 {
		t.Errorf("where it stands in other words: %v, %d events", err, len(l.events))
	}
	for _, bad := range []string{`{"org":"acme"}`, `{"org":"A","event":"e","prospects":["p"]}`, `{"name":"Ann"}`, `x`} {
		if _, err := recorder.ReadErasures(strings.NewReader(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
