package ledger

import (
	"errors"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"milemarker/events"
)

// newCall returns a call of entries with the given ids, and the function by which its caller goes away.
func newCall(ids ...string) (entries []*entry, leave func()) {
	gone := make(chan struct{})
	c := &call{gone: gone, finished: make(chan struct{}), receipts: make([]events.Receipt, len(ids)), open: len(ids)}
	for i, id := range ids {
		entries = append(entries, &entry{call: c, index: i, id: id, digest: "d", msg: &nats.Msg{Data: make([]byte, 100)}})
	}
	return entries, func() { close(gone) }
}

func push(t *testing.T, q *queue, ids ...string) (c *call, leave func()) {
	t.Helper()
	entries, leave := newCall(ids...)
	if err := q.push(entries); err != nil {
		t.Fatal(err)
	}
	return entries[0].call, leave
}

func take(q *queue, count, size int) []string {
	ids := []string{}
	for _, e := range q.take(count, size) {
		ids = append(ids, e.id)
	}
	return ids
}

func TestQueueKeepsCallsTogether(t *testing.T) {
	q := newQueue(100)
	push(t, q, "a1")
	push(t, q, "b1", "b2", "b3")
	push(t, q, "c1", "c2", "c3", "c4", "c5")
	push(t, q, "d1")
	for _, step := range []struct {
		count, size int
		want        []string
	}{
		{3, 1 << 20, []string{"a1"}},   // b would not fit as a whole
		{3, 250, []string{"b1", "b2"}}, // a call larger than a group is split
		{3, 1 << 20, []string{"b3"}},   // and c waits for a group of its own
		{4, 1 << 20, []string{"c1", "c2", "c3", "c4"}},
		{4, 1, []string{"c5"}}, // an entry larger than a group goes alone
		{4, 1 << 20, []string{"d1"}},
		{4, 1 << 20, []string{}},
	} {
		if diff := cmp.Diff(step.want, take(q, step.count, step.size)); diff != "" {
			t.Fatalf("group of %d (-want +got):\n%s", step.count, diff)
		}
	}
}

func TestQueueBound(t *testing.T) {
	q := newQueue(3)
	push(t, q, "a1", "a2", "a3", "a4", "a5") // nothing waits: any size will do
	late, _ := newCall("b1")
	if err := q.push(late); !errors.Is(err, ErrBusy) {
		t.Fatalf("push: %v, want %v", err, ErrBusy)
	}
	group := q.take(10, 1<<20)
	for i, e := range group[:3] {
		q.appended(e, events.Position(i+1))
	}
	if err := q.push(late); err != nil { // two are in flight
		t.Fatal(err)
	}
}

func TestFollowersAreJudgedByTheOriginal(t *testing.T) {
	q := newQueue(100)
	first, _ := push(t, q, "a", "a")
	second, _ := newCall("a")
	second[0].digest = "other"
	if err := q.push(second); err != nil {
		t.Fatal(err)
	}
	group := q.take(10, 1<<20)
	if len(group) != 1 {
		t.Fatalf("%d entries of one id set out", len(group))
	}
	q.repeated(group[0], original{position: 7, digest: "other"})
	<-first.finished
	<-second[0].call.finished
	got := []events.Outcome{first.receipts[0].Outcome, first.receipts[1].Outcome, second[0].call.receipts[0].Outcome}
	if diff := cmp.Diff([]events.Outcome{events.Conflict, events.Conflict, events.Duplicate}, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func TestQueueKnowsWhatItSaw(t *testing.T) {
	q := newQueue(100)
	push(t, q, "a")
	q.appended(q.take(10, 1<<20)[0], 7)

	again, _ := push(t, q, "a")
	<-again.finished
	other, _ := newCall("a")
	other[0].digest = "other"
	if err := q.push(other); err != nil {
		t.Fatal(err)
	}
	<-other[0].call.finished
	got := []events.Receipt{again.receipts[0], other[0].call.receipts[0]}
	want := []events.Receipt{{Outcome: events.Duplicate, Position: 7}, {Outcome: events.Conflict, Position: 7}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("receipts (-want +got):\n%s", diff)
	}

	q.forget()
	push(t, q, "a")
	if diff := cmp.Diff([]string{"a"}, take(q, 10, 1<<20)); diff != "" {
		t.Errorf("set out (-want +got):\n%s", diff)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := newMemory(10)
	for i := range 100 {
		m.remember(strconv.Itoa(i), original{position: events.Position(i)})
	}
	for i := range 100 {
		o, ok := m.recall(strconv.Itoa(i))
		if ok != (i >= 80) || (ok && o.position != events.Position(i)) {
			t.Errorf("%d: %+v, known %t", i, o, ok)
		}
	}
}

func TestFollowersOutliveTheirLeader(t *testing.T) {
	q := newQueue(100)
	first, leave := push(t, q, "a")
	second, _ := push(t, q, "a")
	leave()
	group := q.take(10, 1<<20)
	<-first.finished
	if !errors.Is(first.err, errGone) || len(group) != 1 || group[0].call != second {
		t.Fatalf("first: %v; %d entries set out", first.err, len(group))
	}
	q.failed(group[0], errors.New("refused"))
	<-second.finished
	if second.err == nil || len(q.leading) != 0 || q.pending != 0 {
		t.Errorf("second: %v; %d ids led, %d pending", second.err, len(q.leading), q.pending)
	}
}

func TestClosedQueueAnswersAll(t *testing.T) {
	q := newQueue(100)
	flying, _ := push(t, q, "a", "b")
	group := q.take(10, 1<<20)
	following, _ := push(t, q, "a")
	waiting, _ := push(t, q, "c", "c")
	q.close()
	<-waiting.finished
	q.failed(group[0], ErrClosed)
	<-following.finished
	q.appended(group[1], 1)
	<-flying.finished
	for _, c := range []*call{flying, following, waiting} {
		if !errors.Is(c.err, ErrClosed) {
			t.Errorf("call: %v, want %v", c.err, ErrClosed)
		}
	}
	late, _ := newCall("d")
	if err := q.push(late); !errors.Is(err, ErrClosed) {
		t.Errorf("push: %v, want %v", err, ErrClosed)
	}
	if q.pending != 0 || len(q.leading) != 0 {
		t.Errorf("%d pending, %d ids led", q.pending, len(q.leading))
	}
}
