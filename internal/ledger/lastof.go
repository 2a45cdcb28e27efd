package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
)

// LastOf returns the position of the newest event of an org that is of one of the types, 0 if there is none.
func (l *Ledger) LastOf(ctx context.Context, org string, types ...string) (events.Position, error) {
	ctx, cancel := l.link.bind(ctx)
	defer cancel()
	last := events.Position(0)
	for _, typ := range types {
		msg, err := l.stream.GetLastMsgForSubject(ctx, events.Subject(org, typ))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("last of %s: %w", typ, reason(ctx, err))
		}
		last = max(last, events.Position(msg.Sequence))
	}
	return last, nil
}
