package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
)

const (
	cursorHeartbeat = 2 * time.Second  // a silent server is given up after twice that
	cursorExpiry    = 30 * time.Second // of one pull request
	cursorIdle      = 2 * time.Minute  // after which the server forgets a consumer that nobody reads
	cursorAckWait   = 10 * time.Minute // after which the server would send again; what it sends again is dropped
	cursorBytes     = 32 << 20         // on their way at a time

	// minPrefetch keeps the client from overlooking that it must ask for more: it does when a pull is used up before the
	// goroutine that sent it has taken note, and then stands still until the heartbeat is missed.
	minPrefetch = 256
)

// errGap is returned when a message was lost between the server and us.
var errGap = errors.New("gap in the delivery")

// cursor follows a stream in order, for ever, without a gap, a repetition or a change of order: through lost
// connections, restarts of the server and the loss of its consumer. A consumer is only a disposable cursor: on the
// slightest doubt it is thrown away and another starts behind the last message received.
type cursor struct {
	nc       *nats.Conn
	js       jetstream.JetStream
	log      *slog.Logger
	stream   string
	subjects []string // none: all of the stream
	from     events.Position
	prefetch int // messages on their way at a time, minPrefetch at least
	ack      jetstream.AckPolicy
	caughtUp func() // called once, when all that stood at the start has been delivered; may be nil
}

// run delivers until ctx ends or the ledger is closed. deliver blocks as long as the receiver is not ready and returns false to end.
func (c *cursor) run(ctx context.Context, deliver func(stored) bool) {
	for attempt := 0; ; attempt++ {
		before := c.from
		err := c.follow(ctx, deliver)
		if err == nil || ctx.Err() != nil || c.nc.IsClosed() {
			return
		}
		if c.from != before {
			attempt = 0
		}
		c.log.WarnContext(ctx, "stream is followed anew", "stream", c.stream, "from", uint64(c.from), "error", err)
		if pause(ctx, attempt) != nil {
			return
		}
	}
}

// follow reads by one consumer until something is wrong with it. It returns nil when the receiver wants no more.
func (c *cursor) follow(ctx context.Context, deliver func(stored) bool) error {
	ctx, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	defer c.onDisconnect(func() { lost(ErrUnavailable) })()
	cons, err := c.create(ctx)
	if err != nil {
		return fmt.Errorf("create consumer: %w", reason(ctx, err))
	}
	info := cons.CachedInfo()
	defer func() { // a courtesy: the server forgets it by itself
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if c.nc.IsConnected() {
			_ = c.js.DeleteConsumer(ctx, c.stream, info.Name)
		}
	}()
	if info.NumPending == 0 {
		c.arrived()
	}
	iter, err := cons.Messages(
		jetstream.PullMaxMessagesWithBytesLimit(max(c.prefetch, minPrefetch), cursorBytes),
		jetstream.PullExpiry(cursorExpiry),
		jetstream.PullHeartbeat(cursorHeartbeat),
		jetstream.WithMessagesErrOnMissingHeartbeat(true),
	)
	if err != nil {
		return fmt.Errorf("pull: %w", err)
	}
	defer iter.Stop()
	for next := uint64(1); ; next++ {
		msg, err := iter.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("next: %w", reason(ctx, err))
		}
		meta, err := msg.Metadata()
		if err != nil {
			return fmt.Errorf("metadata: %w", err)
		}
		if meta.Sequence.Consumer != next {
			return errGap
		}
		if position := events.Position(meta.Sequence.Stream); position >= c.from {
			if !deliver(stored{position, msg}) {
				return nil
			}
			c.from = position + 1
		}
		if meta.NumPending == 0 {
			c.arrived()
		}
	}
}

func (c *cursor) create(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	return c.js.CreateConsumer(ctx, c.stream, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       max(uint64(c.from), 1),
		FilterSubjects:    c.subjects,
		AckPolicy:         c.ack,
		AckWait:           cursorAckWait,
		MaxAckPending:     -1, // the flow is governed by the pull requests
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: cursorIdle,
	})
}

// arrived tells the receiver, once, that it has seen what stood at the start.
func (c *cursor) arrived() {
	if c.caughtUp != nil {
		c.caughtUp()
		c.caughtUp = nil
	}
}

// onDisconnect calls fn when the connection is lost: what was on its way is lost with it. The function it returns ends
// the watch.
func (c *cursor) onDisconnect(fn func()) (stop func()) {
	status := c.nc.StatusChanged(nats.RECONNECTING, nats.CLOSED)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range status {
			fn()
		}
	}()
	return func() {
		c.nc.RemoveStatusListener(status) // closes the channel
		<-done
	}
}
