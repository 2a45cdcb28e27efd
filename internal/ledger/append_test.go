package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
	"milemarker/internal/ledger"
)

func TestAppendOutcomes(t *testing.T) {
	l := startNode(t).open(t)
	first := event("acme", "1")
	for _, step := range []struct {
		evs  []events.Event
		want string
	}{
		{[]events.Event{first}, "appended@1"},
		{[]events.Event{first}, "duplicate@1"},
		{[]events.Event{changed(first)}, "conflict@1"},
		{[]events.Event{event("other", "1")}, "appended@2"}, // ids are unique within an org
		{[]events.Event{event("bad.org", "2")}, "rejected@0"},
		{[]events.Event{event("acme", "2"), event("acme", "2"), changed(event("acme", "2"))}, "appended@3 duplicate@3 conflict@3"},
		{[]events.Event{first, event("acme", "3"), changed(first), event("", "x"), event("acme", "3")}, "duplicate@1 appended@4 conflict@1 rejected@0 duplicate@4"},
		{nil, ""},
	} {
		receipts := mustAppend(t, l, step.evs...)
		if got := outcomes(receipts); got != step.want {
			t.Errorf("outcomes are %q, want %q", got, step.want)
		}
		for i, r := range receipts {
			if r.ID != step.evs[i].ID {
				t.Errorf("receipt %d is for %q, want %q", i, r.ID, step.evs[i].ID)
			}
		}
	}
	last, err := l.Last(t.Context())
	if err != nil || last != 4 {
		t.Errorf("last position is %d (%v), want 4", last, err)
	}
}

func TestAppendThousandInOrder(t *testing.T) {
	l := startNode(t).open(t)
	evs := numbered("a", 1000)
	for i, r := range mustAppend(t, l, evs...) {
		if r.Outcome != events.Appended || r.Position != events.Position(i+1) {
			t.Fatalf("receipt %d: %+v", i, r)
		}
	}
	for i, f := range readAll(t, l) {
		if diff := cmp.Diff(evs[i], decode(t, f)); diff != "" {
			t.Fatalf("event %d (-want +got):\n%s", i, diff)
		}
	}

	// The four outcomes in one batch: every tenth conflicts, every seventh is new, every thirteenth is refused.
	mixed := make([]events.Event, len(evs))
	want := make([]events.Outcome, len(evs))
	for i := range evs {
		switch mixed[i], want[i] = evs[i], events.Duplicate; {
		case i%10 == 0:
			mixed[i], want[i] = changed(evs[i]), events.Conflict
		case i%7 == 0:
			mixed[i], want[i] = event("acme", fmt.Sprint("new", i)), events.Appended
		case i%13 == 0:
			mixed[i].Type, want[i] = "no>good", events.Rejected
		}
	}
	next := events.Position(1000)
	for i, r := range mustAppend(t, l, mixed...) {
		at := events.Position(i + 1)
		switch want[i] {
		case events.Appended:
			next++
			at = next
		case events.Rejected:
			at = 0
		default: // the original's
		}
		if r.Outcome != want[i] || r.Position != at {
			t.Fatalf("receipt %d is %s@%d, want %s@%d", i, r.Outcome, r.Position, want[i], at)
		}
	}
}

func TestAppendMoreThanABatchHolds(t *testing.T) {
	l := startNode(t).open(t, func(c *ledger.Config) { c.MaxPending = 100 })
	for i, r := range mustAppend(t, l, numbered("a", 2345)...) {
		if r.Outcome != events.Appended {
			t.Fatalf("receipt %d: %+v", i, r)
		}
	}
	if got := len(readAll(t, l)); got != 2345 {
		t.Errorf("%d events stand, want 2345", got)
	}
}

func TestAppendRefusesWhatWouldBreakTheStream(t *testing.T) {
	l := startNode(t).open(t)
	for name, test := range map[string]struct {
		spoil   func(*events.Event)
		pointer string
	}{
		"org with a dot":      {func(e *events.Event) { e.Org = "a.b" }, "/org"},
		"org is a wildcard":   {func(e *events.Event) { e.Org = "*" }, "/org"},
		"no org":              {func(e *events.Event) { e.Org = "" }, "/org"},
		"type is a wildcard":  {func(e *events.Event) { e.Type = "call.>" }, "/type"},
		"type has a space":    {func(e *events.Event) { e.Type = "call completed" }, "/type"},
		"type is too long":    {func(e *events.Event) { e.Type = strings.Repeat("x", 65) }, "/type"},
		"empty token":         {func(e *events.Event) { e.Type = "call..completed" }, "/type"},
		"no type":             {func(e *events.Event) { e.Type = "" }, "/type"},
		"no id":               {func(e *events.Event) { e.ID = "" }, "/id"},
		"id with a new line":  {func(e *events.Event) { e.ID = "a\r\nNats-Rollup: all" }, "/id"},
		"id with outer space": {func(e *events.Event) { e.ID = "a " }, "/id"},
		"id is not UTF-8":     {func(e *events.Event) { e.ID = "a\xff" }, "/id"},
		"id is too long":      {func(e *events.Event) { e.ID = strings.Repeat("x", 257) }, "/id"},
		"no digest":           {func(e *events.Event) { e.Digest = "" }, "/digest"},
		"digest in two lines": {func(e *events.Event) { e.Digest = "a\nb" }, "/digest"},
		"too large": {func(e *events.Event) {
			e.Data = json.RawMessage(`{"reason":"` + strings.Repeat("x", 8<<20) + `"}`)
		}, ""},
	} {
		ev := event("acme", "1")
		test.spoil(&ev)
		receipts := mustAppend(t, l, ev)
		want := []events.Receipt{{ID: ev.ID, Outcome: events.Rejected, Violations: []events.Violation{{Pointer: test.pointer}}}}
		ignoreDetail := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Detail" }, cmp.Ignore())
		if diff := cmp.Diff(want, receipts, ignoreDetail); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := readAll(t, l); len(got) != 0 {
		t.Errorf("%d refused events were written", len(got))
	}
}

func TestAppendEndsWithItsContext(t *testing.T) {
	l := startNode(t).open(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Append(over, numbered("a", 3)); !errors.Is(err, context.Canceled) {
		t.Errorf("append: %v", err)
	}
	mustAppend(t, l, numbered("a", 3)...) // the same ids may be tried again
}

func TestAppendWhenFull(t *testing.T) {
	n := startNode(t)
	l := n.open(t, func(c *ledger.Config) { c.MaxPending = 4 })
	n.stop() // what is appended now has to wait
	const callers = 8
	told := make(chan error)
	for i := range callers {
		go func() {
			_, err := l.Append(t.Context(), numbered(fmt.Sprint("caller", i, "-"), 3))
			told <- err
		}()
	}
	for range callers - 1 {
		if err := <-told; !errors.Is(err, ledger.ErrBusy) {
			t.Errorf("append: %v, want %v", err, ledger.ErrBusy)
		}
	}
	n.start()
	if err := <-told; err != nil {
		t.Errorf("the append that was let in: %v", err)
	}
}

// What the server refuses for good is not tried again.
func TestAppendToASealedStream(t *testing.T) {
	n := startNode(t)
	l := n.open(t)
	js := n.jetstream(t)
	stream, err := js.Stream(t.Context(), "LEDGER")
	if err != nil {
		t.Fatal(err)
	}
	cfg := stream.CachedInfo().Config
	cfg.Sealed = true
	if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	for _, count := range []int{1, 100} {
		var refused *jetstream.APIError
		if _, err := l.Append(within(t), numbered("a", count)); !errors.As(err, &refused) {
			t.Errorf("append of %d: %v, want the server's answer", count, err)
		}
	}
}

func TestAppendWhenClosed(t *testing.T) {
	n := startNode(t)
	l := n.open(t)
	n.stop() // what is appended now has to wait
	told := make(chan error)
	for i := range 8 {
		go func() {
			_, err := l.Append(t.Context(), numbered(fmt.Sprint("caller", i, "-"), 3))
			told <- err
		}()
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	for range 8 {
		if err := <-told; !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("append: %v, want %v", err, ledger.ErrClosed)
		}
	}
	if err := l.Ready(t.Context()); err == nil {
		t.Error("a closed ledger is ready")
	}
}
