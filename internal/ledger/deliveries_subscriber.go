package ledger

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
)

// DeliverySubscriberConfig says what a DeliverySubscriber reads and how it goes about it.
type DeliverySubscriberConfig struct {
	From      events.Position // the first position wanted: one behind the reader's own checkpoint
	MaxAtOnce int             // deliveries that are handed out or wait for an earlier one of their connection, 0 = 256
	NackDelay time.Duration   // before a delivery that was nacked comes again, 0 = 1 s

	// Done is told up to which position every delivery was acked: the reader's next checkpoint. It is called by one
	// goroutine at a time and must not block for long; nil tells nobody.
	Done func(events.Position)
}

// DeliverySubscriber is a Watermill message.Subscriber over the deliveries. It emits one message for each, whose payload
// is events.EncodeBatch of the one frame. Deliveries of one connection come one after the other, each when the one
// before was acked; those of others do not wait for them.
type DeliverySubscriber struct {
	ledger *Ledger
	cfg    DeliverySubscriberConfig

	mu      sync.Mutex
	closing chan struct{}
	closed  bool
	running sync.WaitGroup
}

var _ message.Subscriber = (*DeliverySubscriber)(nil)

// Subscriber returns a subscriber that reads from cfg.From on, at each Subscribe.
func (d *Deliveries) Subscriber(cfg DeliverySubscriberConfig) *DeliverySubscriber {
	cfg.MaxAtOnce = cmp.Or(cfg.MaxAtOnce, 256)
	cfg.NackDelay = cmp.Or(cfg.NackDelay, time.Second)
	if cfg.Done == nil {
		cfg.Done = func(events.Position) {}
	}
	return &DeliverySubscriber{ledger: d.ledger, cfg: cfg, closing: make(chan struct{})}
}

// Subscribe begins to read. The channel is closed when ctx ends or the subscriber is closed. The topic names the
// subscription in the log.
func (s *DeliverySubscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("subscribe %s: %w", topic, ErrClosed)
	}
	ctx, cancel := context.WithCancel(ctx)
	lanes := &lanes{
		cfg: s.cfg, out: make(chan *message.Message), slots: make(chan struct{}, s.cfg.MaxAtOnce),
		queues: map[string][]stored{},
	}
	read := cursor{
		nc: s.ledger.nc, js: s.ledger.js, log: s.ledger.log.With("topic", topic), stream: deliveriesStream,
		from: max(s.cfg.From, 1), prefetch: s.cfg.MaxAtOnce, ack: jetstream.AckNonePolicy,
	}
	s.running.Go(func() {
		select {
		case <-s.closing:
		case <-ctx.Done():
		}
		cancel()
	})
	s.running.Go(func() {
		defer close(lanes.out)
		read.run(ctx, func(m stored) bool { return lanes.enter(ctx, m) })
		cancel()
		lanes.running.Wait()
	})
	return lanes.out, nil
}

// Close ends all subscriptions and returns when their channels are closed. What was not acked by then comes again to
// whoever reads from the checkpoint.
func (s *DeliverySubscriber) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.closing)
	}
	s.mu.Unlock()
	s.running.Wait()
	return nil
}

// lanes are the connections whose deliveries are being worked on. A lane lives as long as something is in it.
type lanes struct {
	cfg     DeliverySubscriberConfig
	out     chan *message.Message
	slots   chan struct{} // one token for each delivery in a lane
	running sync.WaitGroup

	mu     sync.Mutex
	queues map[string][]stored // by subject; the head is being worked on
	floor  floor
}

// enter puts a delivery into its lane, once there is room. It returns false when ctx has ended.
func (l *lanes) enter(ctx context.Context, m stored) bool {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	subject := m.msg.Subject()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.floor.enter(m.position)
	queue, moving := l.queues[subject]
	l.queues[subject] = append(queue, m)
	if !moving {
		l.running.Go(func() { l.move(ctx, subject) })
	}
	return true
}

// move works one lane off.
func (l *lanes) move(ctx context.Context, subject string) {
	for {
		l.mu.Lock()
		queue := l.queues[subject]
		if len(queue) == 0 {
			delete(l.queues, subject)
			l.mu.Unlock()
			return
		}
		head := queue[0]
		l.queues[subject] = queue[1:]
		l.mu.Unlock()
		if !l.hand(ctx, head) {
			return
		}
		<-l.slots
		l.leave(head.position)
	}
}

// hand delivers one delivery until it is acked. It returns false when ctx has ended.
func (l *lanes) hand(ctx context.Context, m stored) bool {
	frame := events.Frame{Position: m.position, Subject: m.msg.Subject(), Body: m.msg.Data()}
	payload := events.EncodeBatch([]events.Frame{frame})
	for {
		msg := message.NewMessage(deliveriesStream+"-"+decimal(m.position), payload)
		acked, err := offer(ctx, l.out, msg)
		if err != nil {
			return false
		}
		if acked {
			return true
		}
		if wait(ctx, l.cfg.NackDelay) != nil {
			return false
		}
	}
}

func (l *lanes) leave(position events.Position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if upTo, moved := l.floor.leave(position); moved {
		l.cfg.Done(upTo)
	}
}

// offer delivers one message and waits for the verdict. The message's context ends with it.
func offer(ctx context.Context, out chan<- *message.Message, msg *message.Message) (acked bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	msg.SetContext(ctx)
	select {
	case out <- msg:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	select {
	case <-msg.Acked():
		return true, nil
	case <-msg.Nacked():
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// floor knows up to where everything that entered, in order, has left, in any order.
type floor struct {
	inside []events.Position
	left   map[events.Position]bool
}

func (f *floor) enter(p events.Position) { f.inside = append(f.inside, p) }

// leave returns the new floor, if it has moved.
func (f *floor) leave(p events.Position) (upTo events.Position, moved bool) {
	if f.left == nil {
		f.left = map[events.Position]bool{}
	}
	f.left[p] = true
	for len(f.inside) > 0 && f.left[f.inside[0]] {
		upTo, moved = f.inside[0], true
		delete(f.left, upTo)
		f.inside = f.inside[1:]
	}
	return upTo, moved
}
