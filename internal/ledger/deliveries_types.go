package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
)

// ReadTypes is Read for events of some types.
func (l *Ledger) ReadTypes(ctx context.Context, from events.Position, limit int, types ...string) ([]events.Frame, error) {
	ctx, cancel := l.link.bind(ctx)
	defer cancel()
	msgs, err := l.read(ctx, l.stream, from, limit, filters(nil, types))
	if err != nil {
		return nil, fmt.Errorf("read from %d: %w", from, reason(ctx, err))
	}
	frames := make([]events.Frame, len(msgs))
	for i, m := range msgs {
		frames[i] = events.Frame{Position: m.position, Subject: m.msg.Subject(), Body: m.msg.Data()}
	}
	return frames, nil
}

// Since returns the position of the first event recorded at a time or later, or the one behind the last.
func (l *Ledger) Since(ctx context.Context, t time.Time) (events.Position, error) {
	ctx, cancel := l.link.bind(ctx)
	defer cancel()
	last, err := l.Last(ctx)
	if err != nil {
		return 0, err
	}
	low, high := events.Position(1), last+1
	for low < high { // positions and times run the same way, and nothing is ever taken out
		at := low + (high-low)/2
		msg, err := l.stream.GetMsg(ctx, uint64(at))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			return 1, nil // a restored ledger with gaps: read it all
		case err != nil:
			return 0, fmt.Errorf("find %s: %w", t, reason(ctx, err))
		case msg.Time.Before(t):
			low = at + 1
		default:
			high = at
		}
	}
	return low, nil
}
