package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
	"milemarker/internal/embedded/natsd/natstest"
	"milemarker/internal/ledger"
)

// replicated returns a ledger with three copies of everything, whose client tries the given node first.
func replicated(tb testing.TB, c *natstest.Cluster, node int) *ledger.Ledger {
	tb.Helper()
	l, err := ledger.Open(within(tb), ledger.Config{Options: c.Options(node), Replicas: natstest.Nodes})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = l.Close() })
	return l
}

// Callers append through two ledgers while a third one's subscriber reads, and the node that leads the stream is stopped
// again and again. Nothing acknowledged is lost, nothing stands twice, and the reader sees all of it in order.
func TestLeadersComeAndGo(t *testing.T) {
	c := natstest.Start(t)
	ledgers := []*ledger.Ledger{replicated(t, c, 0), replicated(t, c, 1)}
	reader := follow(t, replicated(t, c, 2))
	told := make([][]attempt, len(ledgers))
	done := make(chan struct{})
	go func() {
		defer close(done)
		finished := make(chan int, len(ledgers))
		for i, l := range ledgers {
			go func() { told[i] = contend(t, l, 8, 10_000); finished <- i }()
		}
		for range ledgers {
			<-finished
		}
	}()
	stopped := 0
	for range 3 {
		grow(t, ledgers[0], 200, done)
		leader := c.Leader("LEDGER")
		c.Stop(leader)
		select {
		case <-done:
		default:
			stopped++
		}
		grow(t, ledgers[0], 200, done)
		c.Restart(leader)
	}
	<-done
	if stopped == 0 {
		t.Error("no leader was stopped while callers appended")
	}
	stands := readAll(t, ledgers[0])
	appended := judge(t, stands, slices.Concat(told...))
	t.Logf("%d events stand, %d callers wrote one, while %d leaders were stopped", len(stands), appended, stopped)
	seen := reader(stands[len(stands)-1].Position)
	if diff := cmp.Diff(positions(stands), seen); diff != "" {
		t.Errorf("read by the subscriber (-want +got):\n%s", diff)
	}
}

// follow subscribes, and returns what waits until a position was read, and says which were.
func follow(t *testing.T, l *ledger.Ledger) func(upTo events.Position) []events.Position {
	t.Helper()
	sub := l.Subscriber(ledger.SubscriberConfig{MaxBatch: 100})
	msgs, err := sub.Subscribe(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sub.Close() })
	seen := make(chan events.Position, 1<<20)
	go func() {
		defer close(seen)
		for m := range msgs {
			frames, err := events.DecodeBatch(m.Payload)
			if err != nil {
				t.Error(err)
			}
			for _, f := range frames {
				seen <- f.Position
			}
			m.Ack()
		}
	}()
	return func(upTo events.Position) []events.Position {
		ctx := within(t)
		var all []events.Position
		for len(all) == 0 || all[len(all)-1] < upTo {
			select {
			case p := <-seen:
				all = append(all, p)
			case <-ctx.Done():
				t.Fatalf("read up to %v of %d", all[max(0, len(all)-1):], upTo)
			}
		}
		return all
	}
}

// Everything that the ledger offers is there with one node of three stopped, whichever it is: what was written before is
// still there, and more can be written.
func TestEveryNodeMayStop(t *testing.T) {
	c := natstest.Start(t)
	l := replicated(t, c, 0)
	ctx := within(t)
	bucket, err := l.Bucket(ctx, "things")
	if err != nil {
		t.Fatal(err)
	}
	for node := range natstest.Nodes {
		c.Stop(node)
		insist(t, "ledger is ready", func(ctx context.Context) error { return l.Ready(ctx) })
		last, err := l.Last(ctx)
		if err != nil {
			t.Fatal(err)
		}
		one := fmt.Sprint("node", node, "-")
		if got, want := outcomes(mustAppend(t, l, event("acme", one))), fmt.Sprintf("appended@%d", last+1); got != want {
			t.Errorf("single append: %s, want %s", got, want)
		}
		for _, r := range mustAppend(t, l, numbered(one, 100)...) {
			if r.Outcome != events.Appended {
				t.Errorf("batch: %+v", r)
			}
		}
		again := mustAppend(t, l, numbered(one, 100)...)
		if again[0].Outcome != events.Duplicate || again[0].Position != last+2 {
			t.Errorf("again: %+v", again[0])
		}
		checkTogether(t, l, one)
		checkBucket(t, bucket, one)
		checkQuarantine(t, l, last+1)
		checkSnapshot(t, l)
		if frame, _, err := l.Get(ctx, last+1); err != nil || frame.Position != last+1 {
			t.Errorf("get %d: %v, %v", last+1, frame.Position, err)
		}
		c.Restart(node)
	}
	if got, want := len(readAll(t, l)), 3*103; got != want {
		t.Errorf("%d events stand, want %d", got, want)
	}
}

// insist calls a function until it returns nil.
func insist(t *testing.T, what string, fn func(context.Context) error) {
	t.Helper()
	ctx := within(t)
	for {
		once, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := fn(once)
		cancel()
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

func checkTogether(t *testing.T, l *ledger.Ledger, prefix string) {
	t.Helper()
	pair := []events.Event{event("acme", prefix+"void"), event("acme", prefix+"amend")}
	for _, want := range []events.Outcome{events.Appended, events.Duplicate} {
		receipts, err := l.AppendTogether(within(t), pair)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range receipts {
			if r.Outcome != want {
				t.Errorf("together: %+v, want %s", r, want)
			}
		}
	}
	receipts, err := l.AppendTogether(within(t), []events.Event{changed(pair[0]), event("acme", prefix+"new")})
	if err != nil {
		t.Fatal(err)
	}
	if receipts[0].Outcome != events.Conflict || receipts[1].Outcome != events.Rejected {
		t.Errorf("together with another content: %+v", receipts)
	}
}

// checkBucket reads at once what it wrote: no copy that is behind may answer.
func checkBucket(t *testing.T, b *ledger.Bucket, prefix string) {
	t.Helper()
	ctx := within(t)
	for i := range 50 {
		key, value := fmt.Sprint(prefix, "key"), fmt.Appendf(nil, "value %d", i)
		insist(t, "put", func(ctx context.Context) error { return b.Put(ctx, key, value) }) // its leader may just have stopped
		if got, err := b.Get(ctx, key); err != nil || !bytes.Equal(got, value) {
			t.Fatalf("get: %q, %v, want %q", got, err, value)
		}
		if err := b.Create(ctx, key, value); !errors.Is(err, fs.ErrExist) {
			t.Fatalf("create again: %v", err)
		}
	}
	if err := b.Put(ctx, prefix+"gone", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(ctx, prefix+"gone"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(ctx, prefix+"gone"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("deleted: %v", err)
	}
	keys, err := b.Keys(ctx)
	if err != nil || !slices.Contains(keys, prefix+"key") {
		t.Errorf("keys %q, %v", keys, err)
	}
}

func checkQuarantine(t *testing.T, l *ledger.Ledger, at events.Position) {
	t.Helper()
	ctx := within(t)
	for range 2 {
		if err := l.Quarantine(ctx, events.Frame{Position: at, Subject: "ledger.00.acme.x", Body: []byte("?")}, "test"); err != nil {
			t.Fatal(err)
		}
	}
	if q, _, _, err := l.QuarantinedAt(ctx, at); err != nil || q.Reason != "test" {
		t.Errorf("quarantined: %+v, %v", q, err)
	}
}

// checkSnapshot copies the ledger and makes a stream of it on a server that stands alone.
func checkSnapshot(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	ctx := within(t)
	var copied bytes.Buffer
	shape, last, err := l.Snapshot(ctx, "LEDGER", &copied)
	if err != nil {
		t.Fatal(err)
	}
	n := startNode(t)
	r, err := ledger.OpenRestorer(ctx, n.config())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Restore(ctx, "LEDGER", shape, &copied); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if got, err := n.open(t).Last(ctx); err != nil || got != last {
		t.Errorf("restored up to %d, %v, want %d", got, err, last)
	}
}

// A ledger that was made with fewer copies than it is to have is not opened: what stands is not as durable as promised.
func TestOpenRefusesOtherReplicas(t *testing.T) {
	n := startNode(t)
	n.open(t)
	cfg := n.config()
	cfg.Replicas = 3
	_, err := ledger.Open(within(t), cfg)
	var drift *ledger.DriftError
	if !errors.As(err, &drift) {
		t.Fatal(err)
	}
	want := []ledger.Drift{{Field: "allow_direct", Expected: "false", Found: "true"}, {Field: "num_replicas", Expected: "3", Found: "1"}}
	if diff := cmp.Diff(want, drift.Fields); diff != "" {
		t.Error(diff)
	}
}

// A ledger with one copy is given three by the operator, and then opened so.
func TestGrowsToThreeCopies(t *testing.T) {
	c := natstest.Start(t)
	ctx := within(t)
	one, err := ledger.Open(ctx, ledger.Config{Options: c.Options(0)})
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, one, numbered("a", 10)...)
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect("", c.Options(0)...)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"LEDGER", "QUARANTINE"} {
		stream, err := js.Stream(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		cfg := stream.CachedInfo().Config
		cfg.Replicas, cfg.AllowDirect = natstest.Nodes, false
		insist(t, "edit "+name, func(ctx context.Context) error { _, err := js.UpdateStream(ctx, cfg); return err })
	}
	l := replicated(t, c, 1)
	c.Until("the copies are level", func() bool {
		stream, err := js.Stream(ctx, "LEDGER")
		if err != nil || stream.CachedInfo().Cluster == nil {
			return false
		}
		behind := func(p *jetstream.PeerInfo) bool { return !p.Current }
		replicas := stream.CachedInfo().Cluster.Replicas
		return len(replicas) == natstest.Nodes-1 && !slices.ContainsFunc(replicas, behind)
	})
	c.Stop(c.Leader("LEDGER"))
	mustAppend(t, l, numbered("b", 10)...)
	if got := len(readAll(t, l)); got != 20 {
		t.Errorf("%d events stand, want 20", got)
	}
}
