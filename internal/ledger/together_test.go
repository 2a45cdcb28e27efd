package ledger_test

import (
	"sync"
	"testing"

	"milemarker/events"
)

// TestAppendTogetherIsAllOrNothing appends pairs of which one, the other or both stand already.
func TestAppendTogetherIsAllOrNothing(t *testing.T) {
	l := startNode(t).open(t)
	a, b, c, d := event("acme", "a"), event("acme", "b"), event("acme", "c"), event("acme", "d")
	mustAppend(t, l, c)
	for _, step := range []struct {
		evs  []events.Event
		want string
	}{
		{[]events.Event{a, b}, "appended@2 appended@3"},
		{[]events.Event{a, b}, "duplicate@2 duplicate@3"}, // as after a lost answer
		{[]events.Event{c, d}, "duplicate@1 rejected@0"},
		{[]events.Event{d, c}, "rejected@0 duplicate@1"},
		{[]events.Event{d, changed(c)}, "rejected@0 conflict@1"},
		{[]events.Event{changed(a), b}, "conflict@2 duplicate@3"},
		{[]events.Event{d, d}, "rejected@0 rejected@0"},
		{[]events.Event{d, event("bad.org", "e")}, "rejected@0 rejected@0"},
		{[]events.Event{d}, "appended@4"}, // no refused pair has left a trace
		{nil, ""},
	} {
		receipts, err := l.AppendTogether(t.Context(), step.evs)
		if err != nil {
			t.Fatal(err)
		}
		if got := outcomes(receipts); got != step.want {
			t.Errorf("outcomes are %q, want %q", got, step.want)
		}
	}
	if last, err := l.Last(t.Context()); err != nil || last != 4 {
		t.Errorf("last position is %d (%v), want 4", last, err)
	}
}

// TestAppendTogetherAmongOthers lets many callers append the same pairs, while others append one half of them.
func TestAppendTogetherAmongOthers(t *testing.T) {
	l := startNode(t).open(t)
	const pairs, callers = 20, 4
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for i := range pairs {
				pair := []events.Event{numbered("left", pairs)[i], numbered("right", pairs)[i]}
				var receipts []events.Receipt
				var err error
				if caller == 0 && i%2 == 0 {
					receipts, err = l.Append(t.Context(), pair[:1])
				} else {
					receipts, err = l.AppendTogether(t.Context(), pair)
				}
				if err != nil {
					t.Errorf("pair %d: %v", i, err)
					return
				}
				for _, r := range receipts {
					if r.Outcome == events.Conflict {
						t.Errorf("pair %d: %s", i, outcomes(receipts))
					}
				}
			}
		})
	}
	wg.Wait()
	standing := map[string]events.Position{}
	for _, f := range readAll(t, l) {
		e := decode(t, f)
		if standing[e.ID] != 0 {
			t.Errorf("%s stands at %d and %d", e.ID, standing[e.ID], f.Position)
		}
		standing[e.ID] = f.Position
	}
	for i, right := range numbered("right", pairs) {
		left := numbered("left", pairs)[i]
		if p, together := standing[right.ID], standing[left.ID]; p != 0 && together+1 != p {
			t.Errorf("%s at %d, %s at %d, want them side by side", left.ID, together, right.ID, p)
		}
	}
}
