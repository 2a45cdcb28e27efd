package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
)

func TestScan(t *testing.T) {
	l := startNode(t).open(t)
	scan := func(from, upTo events.Position) (seen []string) {
		t.Helper()
		err := l.Scan(within(t), from, upTo, func(f events.Frame, id, digest string) error {
			if ev := decode(t, f); events.MessageID(ev.Org, ev.ID) != id || ev.Digest != digest {
				t.Errorf("%d carries %q and %q", f.Position, id, digest)
			}
			seen = append(seen, fmt.Sprint(f.Position))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
	if seen := scan(1, 100); len(seen) != 0 {
		t.Errorf("an empty ledger holds %q", seen)
	}
	mustAppend(t, l, numbered("a", 7)...)
	for _, test := range []struct {
		from, upTo events.Position
		want       []string
	}{
		{0, 2, []string{"1", "2"}},
		{6, 100, []string{"6", "7"}},
		{3, 3, []string{"3"}},
		{8, 100, nil},
		{5, 4, nil},
	} {
		if diff := cmp.Diff(test.want, scan(test.from, test.upTo)); diff != "" {
			t.Errorf("%d to %d (-want +got):\n%s", test.from, test.upTo, diff)
		}
	}
	enough := errors.New("enough")
	if err := l.Scan(within(t), 1, 7, func(events.Frame, string, string) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("scan: %v", err)
	}
	ctx, cancel := context.WithCancel(within(t))
	if err := l.Scan(ctx, 1, 7, func(events.Frame, string, string) error { cancel(); return ctx.Err() }); !errors.Is(err, context.Canceled) {
		t.Errorf("scan: %v", err)
	}
}

func TestFollowOutlivesRestarts(t *testing.T) {
	n := startNode(t)
	l := n.open(t)
	mustAppend(t, l, numbered("a", 3)...)
	var last events.Position
	l.Follow(within(t), 2, func(f events.Frame, _, _ string) bool {
		if last != 0 && f.Position != last+1 {
			t.Errorf("%d comes behind %d", f.Position, last)
		}
		if last = f.Position; last == 3 {
			n.restart()
			go func() { _, _ = l.Append(within(t), numbered("b", 3)) }()
		}
		return last < 6
	})
	if last != 6 {
		t.Errorf("followed up to %d", last)
	}
}

func TestQuarantineByPages(t *testing.T) {
	l := startNode(t).open(t)
	mustAppend(t, l, numbered("a", 5)...)
	for _, f := range readAll(t, l) {
		if err := l.Quarantine(t.Context(), f, "test"); err != nil {
			t.Fatal(err)
		}
	}
	var seen []events.Position
	for place := uint64(1); ; {
		found, next, err := l.QuarantinedFrom(t.Context(), place, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range found {
			seen = append(seen, q.Frame.Position)
		}
		if place = next; len(found) < 2 {
			break
		}
	}
	if diff := cmp.Diff([]events.Position{1, 2, 3, 4, 5}, seen); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
	if n, err := l.QuarantineSize(t.Context()); err != nil || n != 5 {
		t.Errorf("size %d: %v", n, err)
	}
	q, id, digest, err := l.QuarantinedAt(t.Context(), 4)
	if err != nil || q.Frame.Position != 4 || q.Reason != "test" || id != "acme/a4" || digest != "d-a4" {
		t.Errorf("%+v %q %q: %v", q, id, digest, err)
	}
	if _, _, _, err := l.QuarantinedAt(t.Context(), 6); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want %v", err, fs.ErrNotExist)
	}
}
