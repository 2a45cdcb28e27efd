package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"milemarker/events"
	"milemarker/internal/ledger"
)

// standing is all of a ledger message that a copy must keep.
type standing struct {
	At                        events.Position
	Subject, ID, Digest, Body string
}

func standings(t *testing.T, l *ledger.Ledger, upTo events.Position) []standing {
	t.Helper()
	var all []standing
	err := l.Scan(t.Context(), 1, upTo, func(f events.Frame, id, digest string) error {
		all = append(all, standing{f.Position, f.Subject, id, digest, string(f.Body)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A copy taken while batches are appended holds what was acknowledged before, ends with a whole batch, and becomes a
// stream of the same positions, times and headers, which still knows its ids.
func TestSnapshotWhileAppending(t *testing.T) {
	l := startNode(t).open(t)
	before := numbered("before-", 300)
	if _, err := l.Append(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	const size = 100
	ctx, stop := context.WithCancel(t.Context())
	var appending sync.WaitGroup
	begun := make(chan struct{})
	appending.Go(func() {
		for i := 0; i < 60 && ctx.Err() == nil; i++ {
			if _, err := l.AppendTogether(context.WithoutCancel(ctx), numbered(fmt.Sprintf("batch-%d-", i), size)); err != nil {
				t.Error(err)
				return
			}
			if i == 0 {
				close(begun)
			}
		}
	})
	<-begun
	for range 3 {
		var content bytes.Buffer
		shape, last, err := l.Snapshot(t.Context(), "LEDGER", &content)
		if err != nil {
			t.Fatal(err)
		}
		if last < 300 || last%size != 0 {
			t.Fatalf("ends at %d, within a batch or before what was acknowledged", last)
		}
		other := startNode(t)
		r, err := ledger.OpenRestorer(t.Context(), ledger.Config{Options: []nats.Option{nats.InProcessServer(other)}})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Restore(t.Context(), "LEDGER", shape, bytes.NewReader(content.Bytes())); err != nil {
			t.Fatal(err)
		}
		if err := r.Restore(t.Context(), "LEDGER", shape, bytes.NewReader(content.Bytes())); err == nil {
			t.Error("a stream that stands is restored over")
		}
		r.Close()
		other.restart()
		copied := other.open(t)
		if diff := cmp.Diff(standings(t, l, last), standings(t, copied, last)); diff != "" {
			t.Fatalf("messages (-original +copy):\n%s", diff)
		}
		_, stored, _ := l.Get(t.Context(), 7)
		if _, again, err := copied.Get(t.Context(), 7); err != nil || !again.Equal(stored) {
			t.Errorf("stored at %v (%v), want %v", again, err, stored)
		}
		receipts, err := copied.Append(t.Context(), append(before[:1:1], event("acme", "after")))
		if err != nil || receipts[0].Outcome != events.Duplicate || receipts[0].Position != 1 || receipts[1].Position != last+1 {
			t.Errorf("receipts %+v (%v), want a duplicate of 1 and an event at %d", receipts, err, last+1)
		}
	}
	stop()
	appending.Wait()
}

func TestSnapshotOfBuckets(t *testing.T) {
	l := startNode(t).open(t)
	b, err := l.Bucket(t.Context(), "vault")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"kept", "erased", "changed"} {
		if err := b.Put(t.Context(), key, []byte("old "+key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(b.Delete(t.Context(), "erased"), b.Put(t.Context(), "changed", []byte("new"))); err != nil {
		t.Fatal(err)
	}
	var content bytes.Buffer
	shape, _, err := l.Snapshot(t.Context(), "KV_vault", &content)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.Snapshot(t.Context(), "KV_none", &content); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such stream: %v", err)
	}
	other := startNode(t)
	r, err := ledger.OpenRestorer(t.Context(), ledger.Config{Options: []nats.Option{nats.InProcessServer(other)}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Restore(t.Context(), "KV_vault", shape, bytes.NewReader(content.Bytes()[:content.Len()/2])); err == nil {
		t.Error("half a copy is restored")
	}
	if err := r.Restore(t.Context(), "KV_vault", shape, &content); err != nil {
		t.Fatal(err)
	}
	copied, err := other.open(t).Bucket(t.Context(), "vault")
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"kept": "old kept", "changed": "new"} {
		if got, err := copied.Get(t.Context(), key); err != nil || string(got) != want {
			t.Errorf("%s = %q (%v), want %q", key, got, err, want)
		}
	}
	if got, err := copied.Get(t.Context(), "erased"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was erased is %q (%v)", got, err)
	}
}
