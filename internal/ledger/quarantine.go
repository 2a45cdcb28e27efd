package ledger

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
)

// The headers of a quarantined message.
const (
	positionHeader = "Milemarker-Position"
	subjectHeader  = "Milemarker-Subject"
	reasonHeader   = "Milemarker-Reason"
)

// maxReason bounds the reason kept with a quarantined message, in bytes.
const maxReason = 512

// Quarantined is a ledger message that could not be read, and why.
type Quarantined struct {
	Frame  events.Frame
	Reason string
}

// Quarantine keeps a frame that could not be read, where operators see it and it can be read anew by a later version.
// Once a position is there, further calls for it change nothing and return nil.
func (l *Ledger) Quarantine(ctx context.Context, frame events.Frame, reason string) error {
	position := strconv.FormatUint(uint64(frame.Position), 10)
	_, err := l.js.PublishMsg(ctx, &nats.Msg{
		Subject: "quarantine." + position,
		Header: nats.Header{
			positionHeader: {position},
			subjectHeader:  {frame.Subject},
			reasonHeader:   {headerLine(reason)},
		},
		Data: frame.Body,
	}, jetstream.WithExpectLastSequencePerSubject(0)) // that is: only when there is none
	if err != nil && !wrongSequence(err) {
		return fmt.Errorf("quarantine %s: %w", position, reached(err))
	}
	return nil
}

// Quarantined returns what is in quarantine, at most limit messages, oldest first.
func (l *Ledger) Quarantined(ctx context.Context, limit int) ([]Quarantined, error) {
	stream, err := l.js.Stream(ctx, quarantineStream)
	if err != nil {
		return nil, fmt.Errorf("read quarantine: %w", reached(err))
	}
	msgs, err := l.read(ctx, stream, 1, limit, nil)
	if err != nil {
		return nil, fmt.Errorf("read quarantine: %w", reached(err))
	}
	found := make([]Quarantined, len(msgs))
	for i, m := range msgs {
		header := m.msg.Headers()
		position, err := strconv.ParseUint(header.Get(positionHeader), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read quarantine at %d: %w", m.position, err)
		}
		found[i] = Quarantined{
			Frame:  events.Frame{Position: events.Position(position), Subject: header.Get(subjectHeader), Body: m.msg.Data()},
			Reason: header.Get(reasonHeader),
		}
	}
	return found, nil
}

// wrongSequence tells whether a conditional write was refused because a message of its subject stands already.
func wrongSequence(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) && (refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// headerLine makes text fit for a header: one line, at most maxReason bytes.
func headerLine(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), " ")
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "")
	}
	return text
}
