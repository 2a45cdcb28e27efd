package assembly

import (
	"context"
	"errors"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/quarantine"
	"milemarker/projections"
)

// closed is a door into the ledger that nobody may use.
type closed struct{}

func (closed) Record(context.Context, string, []events.Draft) ([]events.Receipt, error) {
	return nil, errors.New("nothing is to be recorded")
}

func (h *house) frame(at events.Position) events.Frame {
	h.t.Helper()
	f, _, err := h.ledger.Get(h.t.Context(), at)
	if err != nil {
		h.t.Fatal(err)
	}
	return f
}

// calls counts the calls that the rollups know of.
func (h *house) calls() (n uint64) {
	h.t.Helper()
	rows, err := h.warehouse.Metrics(h.t.Context(), projections.MetricQuery{
		Org: "acme", Grain: "year", From: calendar.Date(2024, 1, 1), To: calendar.Date(2025, 1, 1),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, r := range rows {
		n += r.Count
	}
	return n
}

// A message that a former program could not read is folded by one that can, when somebody says so: once, whether the
// projector runs at that time or not, and through restarts.
func TestQuarantinedMessageIsFoldedAsItIs(t *testing.T) {
	h := newHouse(t)
	h.stop()
	last := h.append(10)
	everywhere := make([]int, events.Partitions)
	for p := range everywhere {
		everywhere[p] = p
	}
	claim, err := h.warehouse.Claim(t.Context(), everywhere)
	if err != nil {
		t.Fatal(err)
	}
	// The former program went past position 4, and set aside 3 and 4 on its way; 1 and 2 are of no account here.
	if err := h.warehouse.Run(t.Context(), claim.Fence(projections.InsertCheckpoints(4))); err != nil {
		t.Fatal(err)
	}
	for _, at := range []events.Position{3, 4} {
		if err := h.ledger.Quarantine(t.Context(), h.frame(at), "unknown event type"); err != nil {
			t.Fatal(err)
		}
	}
	h.project()
	h.folded(last)
	if n := h.calls(); n != 6 {
		t.Fatalf("%d calls, want 6", n)
	}
	clock := func() time.Time { return *h.now.Load() }
	kept, err := openQuarantine(t.Context(), h.ledger, h.warehouse, closed{}, clock)
	if err != nil {
		t.Fatal(err)
	}
	all := quarantine.Scope{All: true}
	if _, err := kept.Fold(t.Context(), all, "key", 3); err != nil {
		t.Fatal(err)
	}
	h.until("the message folded", func() bool { return h.calls() == 7 })
	h.stop()
	if _, err := kept.Fold(t.Context(), all, "key", 4); err != nil {
		t.Fatal(err)
	}
	h.project()
	h.until("the other one too", func() bool { return h.calls() == 8 })
	h.stop()
	h.project()
	h.folded(h.append(1))
	if n := h.calls(); n != 9 {
		t.Errorf("%d calls, want 9", n)
	}
	if n, err := kept.Count(t.Context()); err != nil || n != 0 {
		t.Errorf("%d open: %v", n, err)
	}
}
