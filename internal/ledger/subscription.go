package ledger

import (
	"context"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// doubleAckTimeout bounds the acknowledgement to the server, which is for monitoring alone.
const doubleAckTimeout = 2 * time.Second

// subscription is one running Subscribe: cursor -> msgs -> collect -> batches -> emit -> out.
type subscription struct {
	cfg     SubscriberConfig
	log     *slog.Logger
	msgs    chan stored
	batches chan []stored
	out     chan *message.Message
}

// collect gathers messages into batches. A batch is offered when it is full or has lingered, and grows on until it is
// taken.
func (s *subscription) collect(ctx context.Context) {
	var batch []stored
	size := 0
	linger := time.NewTimer(0)
	defer linger.Stop()
	<-linger.C
	lingered := false
	for {
		in, out := s.msgs, s.batches
		full := len(batch) >= s.cfg.MaxBatch || size >= maxFetchBytes
		if full {
			in = nil
		}
		if len(batch) == 0 || (!full && !lingered) {
			out = nil
		}
		select {
		case m := <-in:
			if len(batch) == 0 {
				lingered = false
				linger.Reset(s.cfg.Linger)
			}
			batch = append(batch, m)
			size += len(m.msg.Data())
		case <-linger.C:
			lingered = true
		case out <- batch:
			batch, size = nil, 0
		case <-ctx.Done():
			return
		}
	}
}

// emit hands out one batch at a time and stays with it until it is acked.
func (s *subscription) emit(ctx context.Context) {
	for {
		select {
		case batch := <-s.batches:
			if !s.hand(ctx, batch) {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// hand delivers a batch until it is acked. It returns false when the subscription has ended.
func (s *subscription) hand(ctx context.Context, batch []stored) bool {
	for {
		acked, err := s.offer(ctx, describe(batch))
		if err != nil {
			return false
		}
		if acked {
			s.acknowledge(ctx, batch[len(batch)-1])
			return true
		}
		if wait(ctx, s.cfg.NackDelay) != nil {
			return false
		}
	}
}

// offer delivers one message and waits for the verdict. The message's context ends with it.
func (s *subscription) offer(ctx context.Context, msg *message.Message) (acked bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	msg.SetContext(ctx)
	select {
	case s.out <- msg:
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

// acknowledge moves the server's floor, so that it can be monitored. The reader's checkpoint is what counts.
func (s *subscription) acknowledge(ctx context.Context, last stored) {
	ctx, cancel := context.WithTimeout(ctx, doubleAckTimeout)
	defer cancel()
	if err := last.msg.DoubleAck(ctx); err != nil && ctx.Err() == nil {
		s.log.DebugContext(ctx, "acknowledgement lost", "position", uint64(last.position), "error", err)
	}
}
