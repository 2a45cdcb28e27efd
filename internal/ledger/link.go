package ledger

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/nats-io/nats.go"
)

// link tells those who wait for an answer that the connection is gone by which they asked: it will never come.
type link struct{ lost atomic.Pointer[chan struct{}] }

func newLink() *link {
	k := new(link)
	lost := make(chan struct{})
	k.lost.Store(&lost)
	return k
}

// broken is called when the connection is lost.
func (k *link) broken() {
	lost := make(chan struct{})
	close(*k.lost.Swap(&lost))
}

// bind returns a context that ends with ErrUnavailable when the connection of the moment is lost.
func (k *link) bind(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	lost := *k.lost.Load()
	go func() {
		select {
		case <-lost:
			cancel(ErrUnavailable)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// reason puts an error of the connection into our words. ctx is that of the operation, as bind returned it.
func reason(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, nats.ErrConnectionClosed):
		return ErrClosed
	case errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrDisconnected):
		return ErrUnavailable
	case err != nil && errors.Is(context.Cause(ctx), ErrUnavailable):
		return ErrUnavailable
	default:
		return err
	}
}
