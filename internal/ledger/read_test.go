package ledger_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
)

// orgsIn returns a name of an org for each partition.
func orgsIn(tb testing.TB) []string {
	tb.Helper()
	orgs := make([]string, events.Partitions)
	for i, left := 0, events.Partitions; left > 0; i++ {
		org := fmt.Sprint("org-", i)
		if p := events.PartitionOf(org); orgs[p] == "" {
			orgs[p] = org
			left--
		}
	}
	return orgs
}

func positions(frames []events.Frame) []events.Position {
	at := []events.Position{}
	for _, f := range frames {
		at = append(at, f.Position)
	}
	return at
}

func TestRead(t *testing.T) {
	l := startNode(t).open(t)
	orgs := orgsIn(t)
	for i := range 3 { // position p holds an event of partition (p-1) mod 16
		var evs []events.Event
		for _, org := range orgs {
			evs = append(evs, event(org, fmt.Sprint(i)))
		}
		mustAppend(t, l, evs...)
	}
	for _, test := range []struct {
		from       events.Position
		limit      int
		partitions []int
		want       []events.Position
	}{
		{0, 4, nil, []events.Position{1, 2, 3, 4}},
		{46, 100, nil, []events.Position{46, 47, 48}},
		{49, 100, nil, []events.Position{}},
		{1, 0, nil, []events.Position{}},
		{1, 100, []int{0}, []events.Position{1, 17, 33}},
		{2, 100, []int{0, 15}, []events.Position{16, 17, 32, 33, 48}},
		{2, 3, []int{15, 0}, []events.Position{16, 17, 32}},
	} {
		frames, err := l.Read(t.Context(), test.from, test.limit, test.partitions...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, positions(frames)); diff != "" {
			t.Errorf("read %d from %d of %v (-want +got):\n%s", test.limit, test.from, test.partitions, diff)
		}
		for _, f := range frames {
			if ev := decode(t, f); f.Subject != events.Subject(ev.Org, ev.Type) {
				t.Errorf("frame %d is %s under %s", f.Position, ev.Org, f.Subject)
			}
		}
	}
}

func TestGet(t *testing.T) {
	l := startNode(t).open(t)
	before := time.Now()
	evs := numbered("a", 2)
	mustAppend(t, l, evs...)
	frame, stored, err := l.Get(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	want := events.Frame{Position: 2, Subject: "ledger.15.acme.call.completed", Body: body(t, evs[1])}
	if diff := cmp.Diff(want, frame); diff != "" {
		t.Errorf("frame (-want +got):\n%s", diff)
	}
	if stored.Before(before) || stored.After(time.Now()) {
		t.Errorf("stored at %s", stored)
	}
	if _, _, err := l.Get(t.Context(), 3); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("get: %v, want %v", err, fs.ErrNotExist)
	}
}

func TestQuarantineIsIdempotent(t *testing.T) {
	n := startNode(t)
	l := n.open(t)
	first := events.Frame{Position: 12, Subject: "ledger.15.acme.call.completed", Body: []byte("{broken")}
	second := events.Frame{Position: 7, Subject: "ledger.15.acme.call.dropped", Body: nil}
	for range 2 {
		for _, f := range []events.Frame{first, second} {
			if err := l.Quarantine(t.Context(), f, "unexpected end\r\nof "+f.Subject); err != nil {
				t.Fatal(err)
			}
		}
		n.restart()
		l = n.open(t)
	}
	found, err := l.Quarantined(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	got := map[events.Position]string{}
	for _, q := range found {
		got[q.Frame.Position] = fmt.Sprintf("%s %s: %s", q.Frame.Subject, q.Frame.Body, q.Reason)
	}
	want := map[events.Position]string{
		12: first.Subject + " {broken: unexpected end of " + first.Subject,
		7:  second.Subject + " : unexpected end of " + second.Subject,
	}
	if diff := cmp.Diff(want, got); diff != "" || len(found) != 2 {
		t.Errorf("%d in quarantine (-want +got):\n%s", len(found), diff)
	}
}
