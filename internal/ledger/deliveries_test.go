package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/ledger"
)

func openDeliveries(tb testing.TB, n *node) *ledger.Deliveries {
	tb.Helper()
	d, err := n.open(tb).Deliveries(within(tb), 0)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func keep(tb testing.TB, d *ledger.Deliveries, org, connection, data string) events.Position {
	tb.Helper()
	at, err := d.Keep(within(tb), org, connection, []byte(data))
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

func TestDeliveryIsKeptAndErased(t *testing.T) {
	n := startNode(t)
	d := openDeliveries(t, n)
	at := keep(t, d, "acme", "c1", "one\x00\xff")
	last := keep(t, d, "acme", "c2", "two")
	got, err := d.Get(within(t), at)
	if err != nil || string(got.Data) != "one\x00\xff" || got.Org != "acme" || got.Connection != "c1" || got.Stored.IsZero() {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := d.Last(within(t), "acme", "c2"); err != nil || got.Position != last {
		t.Errorf("last = %+v, %v", got, err)
	}
	for range 2 {
		if err := d.Erase(within(t), at); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Get(within(t), at); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("erased: %v", err)
	}
	counts, err := d.Count(within(t), "acme")
	if diff := cmp.Diff(map[string]uint64{"c2": 1}, counts); err != nil || diff != "" {
		t.Errorf("counts: %v %s", err, diff)
	}
	if _, err := d.Last(within(t), "acme", "c1"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("last of an empty connection: %v", err)
	}
}

func TestRetentionIsTheOperators(t *testing.T) {
	n := startNode(t)
	l := n.open(t)
	for _, c := range []struct{ keep, want time.Duration }{
		{0, ledger.DefaultRetention}, {time.Hour, time.Hour}, {0, time.Hour}, {48 * time.Hour, 48 * time.Hour},
	} {
		if _, err := l.Deliveries(within(t), c.keep); err != nil {
			t.Fatal(err)
		}
		if _, err := l.ExpiringBucket(within(t), "threads", c.keep); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"DELIVERIES", "KV_threads"} {
			stream, err := n.jetstream(t).Stream(within(t), name)
			if err != nil {
				t.Fatal(err)
			}
			if got := stream.CachedInfo().Config.MaxAge; got != c.want {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
	}
	var drift *ledger.DriftError
	js := n.jetstream(t)
	cfg, err := js.Stream(within(t), "DELIVERIES")
	if err != nil {
		t.Fatal(err)
	}
	changed := cfg.CachedInfo().Config
	changed.MaxMsgs = 3
	if _, err := js.UpdateStream(within(t), changed); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Deliveries(within(t), 0); !errors.As(err, &drift) {
		t.Errorf("a stream that drops deliveries is opened: %v", err)
	}
}

// Whatever the mixture of connections and gaps, a page holds the newest before a position, newest first.
func TestNewest(t *testing.T) {
	n := startNode(t)
	d := openDeliveries(t, n)
	next := 0
	rapid.Check(t, func(rt *rapid.T) {
		next++
		org := fmt.Sprint("org", next) // an org of its own: the stream only grows
		var stands []events.Position
		connection := map[events.Position]string{}
		for range rapid.IntRange(0, 60).Draw(rt, "deliveries") {
			c := rapid.SampledFrom([]string{"a", "a", "a", "b"}).Draw(rt, "connection")
			at := keep(t, d, org, c, "x")
			stands, connection[at] = append(stands, at), c
		}
		if len(stands) > 0 && rapid.Bool().Draw(rt, "erase") {
			i := rapid.IntRange(0, len(stands)-1).Draw(rt, "which")
			if err := d.Erase(within(t), stands[i]); err != nil {
				rt.Fatal(err)
			}
			stands = slices.Delete(stands, i, i+1)
		}
		only := rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, "only")
		before := ^events.Position(0)
		if len(stands) > 0 && rapid.Bool().Draw(rt, "before") {
			before = rapid.SampledFrom(stands).Draw(rt, "position")
		}
		limit := rapid.IntRange(1, 20).Draw(rt, "limit")
		var want []events.Position
		for _, at := range slices.Backward(stands) {
			if at < before && (only == "" || connection[at] == only) && len(want) < limit {
				want = append(want, at)
			}
		}
		page, err := d.Newest(within(t), org, only, before, limit)
		if err != nil {
			rt.Fatal(err)
		}
		var got []events.Position
		for _, one := range page {
			got = append(got, one.Position)
			if one.Size != 1 || one.Data != nil {
				rt.Fatalf("%+v: want a size of 1 and no data", one)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("before %d, limit %d, only %q:\n%s", before, limit, only, diff)
		}
	})
}

func TestDeliveriesByTime(t *testing.T) {
	n := startNode(t)
	d := openDeliveries(t, n)
	if at, err := d.At(within(t), time.Unix(0, 0)); err != nil || at != 1 {
		t.Errorf("of an empty stream: %d, %v", at, err)
	}
	for range 5 {
		keep(t, d, "acme", "c1", "x")
	}
	third, err := d.Get(within(t), 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   time.Time
		want events.Position
	}{
		{time.Unix(0, 0), 1}, {third.Stored, 3}, {third.Stored.Add(-1), 3}, {third.Stored.Add(time.Hour), 6},
	} {
		if got, err := d.At(within(t), c.at); err != nil || got != c.want {
			t.Errorf("at %v: %d, %v, want %d", c.at, got, err, c.want)
		}
	}
}

// One connection's deliveries come one by one, those of others meanwhile; a nacked one comes again; the floor never
// passes what was not acked, through restarts of the server.
func TestDeliverySubscriber(t *testing.T) {
	n := startNode(t)
	d := openDeliveries(t, n)
	const each = 20
	for i := range each {
		for _, c := range []string{"a", "b", "c"} {
			keep(t, d, "acme", c, fmt.Sprint(c, i))
		}
	}
	var mu sync.Mutex
	var upTo events.Position
	all := make(chan struct{})
	sub := d.Subscriber(ledger.DeliverySubscriberConfig{NackDelay: time.Millisecond, Done: func(p events.Position) {
		mu.Lock()
		defer mu.Unlock()
		if p <= upTo {
			t.Errorf("floor went from %d to %d", upTo, p)
		}
		if upTo = p; p == 3*each {
			close(all)
		}
	}})
	msgs, err := sub.Subscribe(within(t), "test")
	if err != nil {
		t.Fatal(err)
	}
	blocked, nacked := map[string]*message.Message{}, map[string]bool{}
	order := map[string][]string{}
	take := func() (*message.Message, events.Frame) {
		t.Helper()
		select {
		case m := <-msgs:
			frames, err := events.DecodeBatch(m.Payload)
			if err != nil || len(frames) != 1 {
				t.Fatalf("payload: %v", err)
			}
			return m, frames[0]
		case <-within(t).Done():
			t.Fatal("no delivery")
		}
		return nil, events.Frame{}
	}
	for len(order["b"]) < each || len(order["c"]) < each {
		m, f := take()
		c := string(f.Body[:1])
		switch {
		case c == "a":
			if blocked[c] != nil {
				t.Fatal("a second delivery of a connection whose first was not acked")
			}
			blocked[c] = m
			n.restart()
		case f.Position%7 == 0 && !nacked[string(f.Body)]:
			nacked[string(f.Body)] = true
			m.Nack()
		default:
			order[c] = append(order[c], string(f.Body))
			m.Ack()
		}
	}
	mu.Lock()
	if upTo != 0 {
		t.Errorf("floor at %d although the first delivery waits", upTo)
	}
	mu.Unlock()
	blocked["a"].Ack()
	for i := 1; i < each; i++ {
		m, _ := take()
		m.Ack()
	}
	select {
	case <-all:
	case <-within(t).Done():
		t.Fatal("the floor did not rise")
	}
	for _, c := range []string{"b", "c"} {
		for i, body := range order[c] {
			if body != fmt.Sprint(c, i) {
				t.Fatalf("order of %s: %v", c, order[c])
			}
		}
	}
	if err := sub.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sub.Subscribe(context.Background(), "late"); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("subscribe after Close: %v", err)
	}
}

func TestTypesAndTimes(t *testing.T) {
	l := startNode(t).open(t)
	evs := numbered("e", 6)
	evs[2].Type, evs[4].Type = "appointment.held", "appointment.held"
	mustAppend(t, l, evs...)
	frames, err := l.ReadTypes(within(t), 4, 10, "appointment.held", "appointment.no_show")
	if err != nil || len(frames) != 1 || frames[0].Position != 5 {
		t.Errorf("%+v, %v", frames, err)
	}
	_, second, err := l.Get(within(t), 2)
	if err != nil {
		t.Fatal(err)
	}
	if at, err := l.Since(within(t), time.Unix(0, 0)); err != nil || at != 1 {
		t.Errorf("since ever: %d, %v", at, err)
	}
	if at, err := l.Since(within(t), second); err != nil || at < 1 || at > 2 { // a batch may share its time
		t.Errorf("since the second: %d, %v", at, err)
	}
	if at, err := l.Since(within(t), second.Add(time.Hour)); err != nil || at != 7 {
		t.Errorf("since later: %d, %v", at, err)
	}
}
