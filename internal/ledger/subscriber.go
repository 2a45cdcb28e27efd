package ledger

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
)

// The metadata of a batch message: positions of its first and last frame, and how many there are, in decimal.
const (
	MetadataFirst = "first"
	MetadataLast  = "last"
	MetadataCount = "count"
)

// maxFetchBytes bounds a batch, about: the frame that goes beyond it is the last.
const maxFetchBytes = 16 << 20

// SubscriberConfig says what a subscriber reads and in what portions.
type SubscriberConfig struct {
	Partitions []int           // none: all
	Types      []string        // event types, none: all
	From       events.Position // the first position wanted: one behind the reader's own checkpoint. 0 = the first of all
	MaxBatch   int             // frames in a batch, 0 = 5,000
	Linger     time.Duration   // how long a batch that is not full waits for more after its first frame, 0 = 20 ms
	NackDelay  time.Duration   // before a batch that was nacked is delivered again, 0 = 1 s
}

// Subscriber is a Watermill message.Subscriber. It emits one message for each batch it fetched, whose payload is
// events.EncodeBatch of frames in the order of their positions.
//
// The next message comes after the present one was acked; meanwhile the next batch is collected, so the slower the
// reader, the larger its batches. A nacked batch comes again, the same frames, after NackDelay. Where to begin is the
// reader's own knowledge (From): the server's is for monitoring alone, so an acknowledgement that was lost does no harm.
type Subscriber struct {
	ledger *Ledger
	cfg    SubscriberConfig

	mu      sync.Mutex
	closing chan struct{}
	closed  bool
	running sync.WaitGroup
}

var _ message.Subscriber = (*Subscriber)(nil)

// Subscriber returns a subscriber that reads from cfg.From on, at each Subscribe.
func (l *Ledger) Subscriber(cfg SubscriberConfig) *Subscriber {
	cfg.MaxBatch = cmp.Or(cfg.MaxBatch, 5000)
	cfg.Linger = cmp.Or(cfg.Linger, 20*time.Millisecond)
	cfg.NackDelay = cmp.Or(cfg.NackDelay, time.Second)
	return &Subscriber{ledger: l, cfg: cfg, closing: make(chan struct{})}
}

// Subscribe begins to read. The channel is closed when ctx ends or the subscriber is closed. The topic names the
// subscription in the log; what is read is said by the SubscriberConfig.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("subscribe %s: %w", topic, ErrClosed)
	}
	ctx, cancel := context.WithCancel(ctx)
	sub := &subscription{
		cfg:     s.cfg,
		log:     s.ledger.log.With("topic", topic),
		msgs:    make(chan stored, s.cfg.MaxBatch),
		batches: make(chan []stored),
		out:     make(chan *message.Message),
	}
	read := cursor{
		nc: s.ledger.nc, js: s.ledger.js, log: sub.log,
		stream: ledgerStream, subjects: filters(s.cfg.Partitions, s.cfg.Types), from: s.cfg.From,
		prefetch: s.cfg.MaxBatch, ack: jetstream.AckAllPolicy,
	}
	s.running.Go(func() {
		select {
		case <-s.closing:
		case <-ctx.Done():
		}
		cancel()
	})
	s.running.Go(func() {
		defer cancel() // the ledger was closed
		read.run(ctx, func(m stored) bool {
			select {
			case sub.msgs <- m:
				return true
			case <-ctx.Done():
				return false
			}
		})
	})
	s.running.Go(func() { sub.collect(ctx) })
	s.running.Go(func() { defer close(sub.out); sub.emit(ctx) })
	return sub.out, nil
}

// Close ends all subscriptions and returns when their channels are closed. A batch that was not acked by then comes
// again to whoever reads from the same position.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.closing)
	}
	s.mu.Unlock()
	s.running.Wait()
	return nil
}

func describe(batch []stored) *message.Message {
	frames := make([]events.Frame, len(batch))
	for i, m := range batch {
		frames[i] = events.Frame{Position: m.position, Subject: m.msg.Subject(), Body: m.msg.Data()}
	}
	first, last := decimal(batch[0].position), decimal(batch[len(batch)-1].position)
	msg := message.NewMessage(ledgerStream+"-"+first+"-"+last, events.EncodeBatch(frames))
	msg.Metadata.Set(MetadataFirst, first)
	msg.Metadata.Set(MetadataLast, last)
	msg.Metadata.Set(MetadataCount, strconv.Itoa(len(batch)))
	return msg
}

func decimal(p events.Position) string { return strconv.FormatUint(uint64(p), 10) }
