package ledger_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"

	"milemarker/events"
	"milemarker/internal/ledger"
)

// TestWatermillConformance runs Watermill's own suite. A topic is an event type, a message is an event, and batches of
// one frame are unwrapped into it.
//
// Where a consumer group has come to is kept by the test, as the projector keeps it in its own tables.
//
// Off are: ExactlyOnceDelivery, because a batch whose acknowledgement is lost comes again; ContextPreserved, because an
// event does not carry the context of who appended it; RestartServiceCommand, because the suite then reads its notes of
// what was published while it still takes them: TestSubscriberOutlivesRestarts does it instead. The suite's own short
// form is run, because batches of one cost an acknowledgement for each message.
func TestWatermillConformance(t *testing.T) {
	l := startNode(t).open(t)
	features := tests.Features{
		ConsumerGroups:                   true,
		GuaranteedOrder:                  true,
		Persistent:                       true,
		NewSubscriberReceivesOldMessages: true,
		ForceShort:                       true,
	}
	var groups checkpoints
	tests.TestPubSub(
		t, features,
		func(t *testing.T) (message.Publisher, message.Subscriber) {
			t.Helper()
			return publisher{l}, newUnwrapped(t, l, "", &groups)
		},
		func(t *testing.T, group string) (message.Publisher, message.Subscriber) {
			t.Helper()
			return publisher{l}, newUnwrapped(t, l, group, &groups)
		},
	)
}

// checkpoints holds the last position that was acked, by group and topic.
type checkpoints struct{ at sync.Map }

func (c *checkpoints) next(key string) events.Position {
	if last, ok := c.at.Load(key); ok {
		return last.(events.Position) + 1
	}
	return 0
}

// publisher appends messages as events of the type that is the topic.
type publisher struct{ ledger *ledger.Ledger }

func (p publisher) Publish(topic string, msgs ...*message.Message) error {
	evs := make([]events.Event, len(msgs))
	for i, m := range msgs {
		data, err := json.Marshal(m)
		if err != nil {
			return err
		}
		evs[i] = event("acme", topic+"/"+m.UUID)
		evs[i].Type, evs[i].Data = topic, data
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	receipts, err := p.ledger.Append(ctx, evs)
	for _, r := range receipts {
		if r.Outcome != events.Appended && r.Outcome != events.Duplicate {
			return fmt.Errorf("receipt %+v", r)
		}
	}
	return err
}

func (publisher) Close() error { return nil }

// unwrapped is a subscriber of single messages: it reads each topic by a subscriber of batches of one.
type unwrapped struct {
	ledger  *ledger.Ledger
	group   string
	reached *checkpoints
	mu      sync.Mutex
	closed  bool
	subs    []*ledger.Subscriber
	all     sync.WaitGroup
}

func newUnwrapped(t *testing.T, l *ledger.Ledger, group string, reached *checkpoints) *unwrapped {
	t.Helper()
	u := &unwrapped{ledger: l, group: group, reached: reached}
	t.Cleanup(func() { _ = u.Close() }) // the suite leaves some open
	return u
}

func (u *unwrapped) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return nil, ledger.ErrClosed
	}
	key := u.group + " " + topic
	from := events.Position(0)
	if u.group != "" {
		from = u.reached.next(key)
	}
	sub := u.ledger.Subscriber(ledger.SubscriberConfig{
		Types: []string{topic}, From: from, MaxBatch: 1, NackDelay: time.Millisecond,
	})
	u.subs = append(u.subs, sub)
	batches, err := sub.Subscribe(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	u.all.Go(func() {
		defer close(out)
		for batch := range batches {
			position, err := unwrap(batch)
			if err != nil {
				batch.Metadata.Set("error", err.Error())
			}
			over := batch.Context().Done()
			select {
			case out <- batch:
				<-over
			case <-over:
			}
			select {
			case <-batch.Acked():
				u.reached.at.Store(key, position)
			default:
			}
		}
	})
	return out, nil
}

// unwrap turns a batch of one into the message in it.
func unwrap(batch *message.Message) (events.Position, error) {
	frames, err := events.DecodeBatch(batch.Payload)
	if err != nil {
		return 0, err
	}
	if len(frames) != 1 {
		return 0, fmt.Errorf("batch of %d", len(frames))
	}
	var envelope struct{ Data json.RawMessage }
	if err := json.Unmarshal(frames[0].Body, &envelope); err != nil {
		return 0, err
	}
	var inner message.Message
	if err := json.Unmarshal(envelope.Data, &inner); err != nil {
		return 0, err
	}
	batch.UUID, batch.Metadata, batch.Payload = inner.UUID, inner.Metadata, inner.Payload
	return frames[0].Position, nil
}

func (u *unwrapped) Close() error {
	u.mu.Lock()
	u.closed = true
	subs := u.subs
	u.mu.Unlock()
	for _, sub := range subs {
		if err := sub.Close(); err != nil {
			return err
		}
	}
	u.all.Wait()
	return nil
}
