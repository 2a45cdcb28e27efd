package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
)

// scanPrefetch is how many messages of a scan are on their way at a time.
const scanPrefetch = 5000

// Scan hands every message of the ledger from a position up to another, both included, to fn, in order, whatever is in
// it: with the id and the digest that its headers carry. It returns when there are no more, or with the error of fn. The
// frame's body must not be kept.
func (l *Ledger) Scan(
	ctx context.Context, from, upTo events.Position, fn func(f events.Frame, id, digest string) error,
) error {
	if from > upTo {
		return nil
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	var failed error
	finished := l.follow(ctx, from, func() { end(errArrived) }, func(f events.Frame, id, digest string) bool {
		if f.Position <= upTo {
			failed = fn(f, id, digest)
		}
		return failed == nil && f.Position < upTo
	})
	switch {
	case failed != nil:
		return failed
	case finished || context.Cause(ctx) == errArrived: //nolint:errorlint // it is this very value
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("scan from %d: %w", from, context.Cause(ctx))
	default:
		return fmt.Errorf("scan from %d: %w", from, ErrClosed)
	}
}

// errArrived ends a scan that has seen all there was.
var errArrived = errors.New("end of the ledger")

// Follow hands every message from a position on to fn as Scan does, and goes on for what comes until ctx ends, fn returns
// false or the ledger is closed. It outlives lost connections and restarts of the server.
func (l *Ledger) Follow(ctx context.Context, from events.Position, fn func(f events.Frame, id, digest string) bool) {
	l.follow(ctx, from, nil, fn)
}

// follow returns true when fn wanted no more.
func (l *Ledger) follow(
	ctx context.Context, from events.Position, caughtUp func(), fn func(f events.Frame, id, digest string) bool,
) (finished bool) {
	c := cursor{
		nc: l.nc, js: l.js, log: l.log, stream: ledgerStream, from: max(from, 1), prefetch: scanPrefetch,
		ack: jetstream.AckNonePolicy, caughtUp: caughtUp,
	}
	c.run(ctx, func(m stored) bool {
		header := m.msg.Headers()
		frame := events.Frame{Position: m.position, Subject: m.msg.Subject(), Body: m.msg.Data()}
		finished = !fn(frame, header.Get(jetstream.MsgIDHeader), header.Get(digestHeader))
		return !finished
	})
	return finished
}
