package deliveries

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"milemarker/events"
)

var errMessage = errors.New("not a message with one delivery")

// FromMessage reads the payload of a message that carries one delivery: events.EncodeBatch of a frame whose subject ends
// in the org and the connection. The time when it was stored is not in it.
func FromMessage(payload []byte) (Kept, error) {
	frames, err := events.DecodeBatch(payload)
	if err != nil {
		return Kept{}, err
	}
	if len(frames) != 1 {
		return Kept{}, errMessage
	}
	f := frames[0]
	parts := strings.Split(f.Subject, ".")
	if len(parts) != 3 {
		return Kept{}, errMessage
	}
	return Kept{Position: f.Position, Org: parts[1], Connection: parts[2], Size: len(f.Body), Data: f.Body}, nil
}

// SetOutcome writes what became of a delivery.
func (l *Log) SetOutcome(ctx context.Context, kept Kept, o Outcome) error {
	value, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("outcome: %w", err)
	}
	return l.buckets.Outcomes.Put(ctx, Key(kept.Org, kept.Connection, kept.Position), value)
}
