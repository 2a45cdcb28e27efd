package ledger_test

import (
	"errors"
	"io/fs"
	"sync"
	"testing"
)

// Of all who replace the same revision one succeeds.
func TestReplace(t *testing.T) {
	b, err := startNode(t).open(t).Bucket(t.Context(), "things")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Revision(t.Context(), "key"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("of nothing: %v", err)
	}
	if err := b.Create(t.Context(), "key", nil); err != nil {
		t.Fatal(err)
	}
	const rivals, rounds = 8, 20
	wins := make([]int, rivals)
	var all sync.WaitGroup
	for rival := range rivals {
		all.Go(func() {
			for wins[rival] < rounds {
				value, revision, err := b.Revision(t.Context(), "key")
				if err != nil {
					t.Error(err)
					return
				}
				switch err := b.Replace(t.Context(), "key", append(value, byte('a'+rival)), revision); {
				case err == nil:
					wins[rival]++
				case !errors.Is(err, fs.ErrExist):
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	value, _, err := b.Revision(t.Context(), "key")
	if err != nil || len(value) != rivals*rounds {
		t.Errorf("%s, %v: %d wins stand, want %d", value, err, len(value), rivals*rounds)
	}
	if err := b.Replace(t.Context(), "key", nil, 1); !errors.Is(err, fs.ErrExist) {
		t.Errorf("of an old revision: %v", err)
	}
}
