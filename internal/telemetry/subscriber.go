package telemetry

import (
	"context"
	"strconv"

	"github.com/ThreeDotsLabs/watermill/message"
)

// countKey is where a batch says how many messages it carries.
const countKey = "count"

// Subscriber returns a subscriber of batches that does what next does, and is measured: how large the batches are, and how
// long they take until they are acknowledged. Nil metrics measure nothing.
func (m *Metrics) Subscriber(next message.Subscriber) message.Subscriber {
	if m == nil {
		return next
	}
	return &measured{next, m}
}

type measured struct {
	message.Subscriber
	metrics *Metrics
}

// Subscribe implements message.Subscriber.
func (s *measured) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	in, err := s.Subscriber.Subscribe(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		for m := range in {
			begun := s.metrics.now()
			select {
			case out <- m:
			case <-ctx.Done():
				continue
			}
			select { // the next batch comes when this one is through
			case <-m.Acked():
				s.metrics.flushes.Observe(s.metrics.now().Sub(begun).Seconds())
				if n, err := strconv.Atoi(m.Metadata.Get(countKey)); err == nil {
					s.metrics.folded.Observe(float64(n))
				}
			case <-m.Nacked():
			case <-ctx.Done():
			}
		}
	}()
	return out, nil
}
