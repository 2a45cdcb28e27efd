package ledger_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/ledger"
)

func subscribe(ctx context.Context, t *testing.T, l *ledger.Ledger, cfg ledger.SubscriberConfig) <-chan *message.Message {
	t.Helper()
	sub := l.Subscriber(cfg)
	t.Cleanup(func() { _ = sub.Close() })
	msgs, err := sub.Subscribe(ctx, "test")
	if err != nil {
		t.Fatal(err)
	}
	return msgs
}

// receive returns the next batch without a verdict on it.
func receive(t *testing.T, msgs <-chan *message.Message) (*message.Message, []events.Frame) {
	t.Helper()
	select {
	case msg, ok := <-msgs:
		if !ok {
			t.Fatal("channel is closed")
		}
		frames, err := events.DecodeBatch(msg.Payload)
		if err != nil {
			t.Fatal(err)
		}
		want := message.Metadata{
			ledger.MetadataFirst: strconv.FormatUint(uint64(frames[0].Position), 10),
			ledger.MetadataLast:  strconv.FormatUint(uint64(frames[len(frames)-1].Position), 10),
			ledger.MetadataCount: strconv.Itoa(len(frames)),
		}
		if diff := cmp.Diff(want, msg.Metadata); diff != "" {
			t.Errorf("metadata (-want +got):\n%s", diff)
		}
		return msg, frames
	case <-within(t).Done():
		t.Fatal("no batch came")
		return nil, nil
	}
}

// ack receives and acks until n frames have come.
func ack(t *testing.T, msgs <-chan *message.Message, n int) []events.Frame {
	t.Helper()
	var all []events.Frame
	for len(all) < n {
		msg, frames := receive(t, msgs)
		all = append(all, frames...)
		msg.Ack()
	}
	return all
}

// inOrder checks for the positions from first on, each once.
func inOrder(t *testing.T, frames []events.Frame, first events.Position) {
	t.Helper()
	for i, f := range frames {
		if want := first + events.Position(i); f.Position != want {
			t.Fatalf("frame %d is at %d, want %d", i, f.Position, want)
		}
	}
}

func TestSubscriberDeliversInOrder(t *testing.T) {
	l := startNode(t).open(t)
	mustAppend(t, l, numbered("a", 950)...)
	msgs := subscribe(t.Context(), t, l, ledger.SubscriberConfig{MaxBatch: 100})
	inOrder(t, ack(t, msgs, 950), 1)
	mustAppend(t, l, event("acme", "late")) // a batch that is not full comes too
	inOrder(t, ack(t, msgs, 1), 951)
}

func TestSubscriberFillsBatches(t *testing.T) {
	l := startNode(t).open(t)
	mustAppend(t, l, numbered("a", 1000)...)
	msgs := subscribe(t.Context(), t, l, ledger.SubscriberConfig{MaxBatch: 400, Linger: time.Minute})
	for range 2 {
		msg, frames := receive(t, msgs)
		if len(frames) != 400 {
			t.Errorf("batch has %d frames, want 400", len(frames))
		}
		msg.Ack()
	}
}

func TestSubscriberReadsItsPartitionsAndTypes(t *testing.T) {
	l := startNode(t).open(t)
	orgs := orgsIn(t)
	for _, typ := range []string{"call.completed", "pace.changed", "lead.captured"} {
		var evs []events.Event
		for _, org := range orgs {
			ev := event(org, typ)
			ev.Type = typ
			evs = append(evs, ev)
		}
		mustAppend(t, l, evs...)
	}
	for _, test := range []struct {
		cfg  ledger.SubscriberConfig
		want []events.Position
	}{
		{ledger.SubscriberConfig{Partitions: []int{3, 4, 11}}, []events.Position{4, 5, 12, 20, 21, 28, 36, 37, 44}},
		{ledger.SubscriberConfig{Partitions: []int{3}, From: 5}, []events.Position{20, 36}},
		{ledger.SubscriberConfig{Partitions: []int{3, 4}, Types: []string{"pace.changed", "lead.captured"}}, []events.Position{20, 21, 36, 37}},
	} {
		msgs := subscribe(t.Context(), t, l, test.cfg)
		if diff := cmp.Diff(test.want, positions(ack(t, msgs, len(test.want)))); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.cfg, diff)
		}
	}
}

func TestNackBringsTheSameBatchAgain(t *testing.T) {
	l := startNode(t).open(t)
	mustAppend(t, l, numbered("a", 250)...)
	msgs := subscribe(t.Context(), t, l, ledger.SubscriberConfig{MaxBatch: 100, Linger: time.Minute, NackDelay: time.Millisecond})
	first, _ := receive(t, msgs)
	for range 3 {
		first.Nack()
		mustAppend(t, l, numbered(fmt.Sprint(time.Now().UnixNano()), 10)...) // changes nothing
		again, _ := receive(t, msgs)
		if again == first || again.UUID != first.UUID || string(again.Payload) != string(first.Payload) {
			t.Fatalf("after a nack of %s came %s", first.UUID, again.UUID)
		}
		<-first.Context().Done() // a message that has its verdict is over
		first = again
	}
	first.Ack()
	_, frames := receive(t, msgs)
	inOrder(t, frames, 101)
}

func TestSubscriberResumesAtTheCheckpoint(t *testing.T) {
	l := startNode(t).open(t)
	mustAppend(t, l, numbered("a", 300)...)
	ctx, cancel := context.WithCancel(t.Context())
	msgs := subscribe(ctx, t, l, ledger.SubscriberConfig{MaxBatch: 100})
	inOrder(t, ack(t, msgs, 100), 1)
	unacked, _ := receive(t, msgs)
	cancel()
	<-unacked.Context().Done()
	if _, open := <-msgs; open {
		t.Error("a batch came after the end")
	}
	inOrder(t, ack(t, subscribe(t.Context(), t, l, ledger.SubscriberConfig{MaxBatch: 100, From: 101}), 200), 101)
}

func TestSubscriberEndsWithTheLedger(t *testing.T) {
	l := startNode(t).open(t)
	msgs := subscribe(t.Context(), t, l, ledger.SubscriberConfig{})
	mustAppend(t, l, event("acme", "1"))
	ack(t, msgs, 1)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, open := <-msgs; open {
		t.Error("a batch came after the end")
	}
	sub := l.Subscriber(ledger.SubscriberConfig{})
	if err := sub.Close(); err != nil {
		t.Error(err)
	}
	if _, err := sub.Subscribe(t.Context(), "test"); err == nil {
		t.Error("a closed subscriber subscribes")
	}
}

func TestSubscriberOutlivesRestarts(t *testing.T) {
	n := startNode(t)
	l := n.open(t)
	const events = 3000
	msgs := subscribe(t.Context(), t, l, ledger.SubscriberConfig{MaxBatch: 50})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range events / 10 {
			if _, err := l.Append(t.Context(), numbered(fmt.Sprint(i, "-"), 10)); err != nil {
				t.Error(err)
			}
		}
	}()
	frames := ack(t, msgs, 500)
	for range 4 { // with a batch in hand, one collected behind it and more on their way
		msg, batch := receive(t, msgs)
		frames = append(frames, batch...)
		n.restart()
		msg.Ack()
		frames = append(frames, ack(t, msgs, 200)...)
	}
	frames = append(frames, ack(t, msgs, events-len(frames))...)
	<-done
	if len(frames) != events {
		t.Errorf("%d frames came, want %d", len(frames), events)
	}
	inOrder(t, frames, 1)
}

// A consumer that vanishes is replaced: nobody has to notice.
func TestSubscriberOutlivesItsConsumer(t *testing.T) {
	n := startNode(t)
	l := n.open(t)
	mustAppend(t, l, numbered("a", 100)...)
	msgs := subscribe(t.Context(), t, l, ledger.SubscriberConfig{MaxBatch: 100})
	inOrder(t, ack(t, msgs, 100), 1)
	stream, err := n.jetstream(t).Stream(t.Context(), "LEDGER")
	if err != nil {
		t.Fatal(err)
	}
	names := stream.ConsumerNames(t.Context())
	for name := range names.Name() {
		if err := stream.DeleteConsumer(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	mustAppend(t, l, numbered("b", 100)...)
	inOrder(t, ack(t, msgs, 100), 101)
}
