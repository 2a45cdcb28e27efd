package notify

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Message is what is sent, whatever the destination.
type Message struct {
	ID    string    `json:"id"`   // the same each time it is tried, and for no other message to the destination
	Type  string    `json:"type"` // such as pace.changed
	At    time.Time `json:"at"`   // of what it tells
	Title string    `json:"title"`
	Text  string    `json:"text"`
	HTML  string    `json:"html,omitempty"` // for mail; "" for plain text
	Data  any       `json:"data,omitempty"` // for webhooks
}

// ErrFinal is wrapped by errors of a send that is not worth trying again.
var ErrFinal = errors.New("not tried again")

// Sender sends messages. The zero value sends to the public internet only.
type Sender struct {
	Guard Guard
	Now   func() time.Time
}

// Send hands a message over. It returns nil when the other side has taken it.
func (s Sender) Send(ctx context.Context, d Destination, secret Secret, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var err error
	switch d.Kind {
	case Webhook:
		err = s.webhook(ctx, secret, m)
	case Email:
		err = s.email(ctx, secret, m)
	case Chat:
		err = s.chat(secret, m)
	default:
		err = fmt.Errorf("a destination of kind %q: %w", d.Kind, ErrFinal)
	}
	if errors.Is(err, ErrInternal) {
		return fmt.Errorf("%w: %w", err, ErrFinal)
	}
	return err
}
