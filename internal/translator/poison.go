package translator

import (
	"context"
	"errors"
	"fmt"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"milemarker/internal/connections"
	"milemarker/internal/deliveries"
)

// poisonError is what will not pass by itself: the same delivery would fail again.
type poisonError struct{ err error }

func (e *poisonError) Error() string { return e.err.Error() }
func (e *poisonError) Unwrap() error { return e.err }

func poisoned(format string, args ...any) error { return &poisonError{fmt.Errorf(format, args...)} }

// poisonous tells whether a delivery goes to the dead letters.
func poisonous(err error) bool {
	var poison *poisonError
	var panicked middleware.RecoveredPanicError
	return errors.As(err, &poison) || errors.As(err, &panicked)
}

// deadLetters notes that a delivery failed. It is Watermill's publisher of poisoned messages; the letter itself stays
// where it is, among the deliveries.
type deadLetters struct{ t *translator }

// Publish implements message.Publisher.
func (d deadLetters) Publish(_ string, msgs ...*message.Message) error {
	for _, m := range msgs {
		kept, err := deliveries.FromMessage(m.Payload)
		if err != nil {
			return err
		}
		ctx := context.WithoutCancel(m.Context())
		if err := d.t.fail(ctx, kept, m.Metadata.Get(middleware.ReasonForPoisonedKey)); err != nil {
			return err
		}
	}
	return nil
}

// Close implements message.Publisher.
func (d deadLetters) Close() error { return nil }

// maxWhy bounds the reason that is kept, in bytes.
const maxWhy = 500

// fail writes the outcome of a delivery that cannot be translated. What it told of before stands.
func (t *translator) fail(ctx context.Context, kept deliveries.Kept, why string) error {
	defer t.lanes.enter(kept.Connection)()
	o, err := t.deps.Log.Outcome(ctx, kept)
	if err != nil {
		return err
	}
	if len(why) > maxWhy {
		why = why[:maxWhy]
	}
	o.Status, o.Why, o.Time = deliveries.Failed, why, t.deps.Clock().UTC()
	if err := t.deps.Log.SetOutcome(ctx, kept, o); err != nil {
		return err
	}
	t.deps.Tally.Add(kept.Connection, connections.Counts{Failed: 1, LastError: why, LastErrorAt: o.Time})
	// Why is not logged: it may repeat what was sent.
	t.deps.Logger.WarnContext(ctx, "delivery failed", "delivery", uint64(kept.Position), "connection", kept.Connection)
	return nil
}
