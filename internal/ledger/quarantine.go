package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
func (l *Ledger) Quarantine(ctx context.Context, frame events.Frame, why string) error {
	position := strconv.FormatUint(uint64(frame.Position), 10)
	ctx, cancel := l.link.bind(ctx)
	defer cancel()
	_, err := steadily(ctx, func(ctx context.Context) (*jetstream.PubAck, error) { // it may be repeated
		return l.js.PublishMsg(ctx, &nats.Msg{
			Subject: "quarantine." + position,
			Header: nats.Header{
				positionHeader: {position},
				subjectHeader:  {frame.Subject},
				reasonHeader:   {headerLine(why)},
			},
			Data: frame.Body,
		}, jetstream.WithExpectLastSequencePerSubject(0)) // that is: only when there is none
	})
	if err != nil && !wrongSequence(err) {
		return fmt.Errorf("quarantine %s: %w", position, reason(ctx, err))
	}
	return nil
}

// Quarantined returns what is in quarantine, at most limit messages, oldest first.
func (l *Ledger) Quarantined(ctx context.Context, limit int) ([]Quarantined, error) {
	found, _, err := l.QuarantinedFrom(ctx, 1, limit)
	return found, err
}

// QuarantinedFrom returns at most limit messages from a place in the quarantine on, oldest first, and the place behind
// them. Places begin at 1 and say in what order messages were set aside; fewer than limit means that there are no more.
func (l *Ledger) QuarantinedFrom(ctx context.Context, from uint64, limit int) (found []Quarantined, next uint64, err error) {
	ctx, cancel := l.link.bind(ctx)
	defer cancel()
	stream, err := l.quarantine(ctx)
	if err != nil {
		return nil, from, err
	}
	msgs, err := l.read(ctx, stream, events.Position(from), limit, nil)
	if err != nil {
		return nil, from, fmt.Errorf("read quarantine: %w", reason(ctx, err))
	}
	found = make([]Quarantined, len(msgs))
	for i, m := range msgs {
		if found[i], err = quarantined(m.msg.Headers(), m.msg.Data()); err != nil {
			return nil, from, err
		}
		from = uint64(m.position) + 1
	}
	return found, from, nil
}

// QuarantinedAt returns what was set aside at a position of the ledger, with the id and digest of its headers there as
// far as it has some. It fails with fs.ErrNotExist when nothing was.
func (l *Ledger) QuarantinedAt(ctx context.Context, at events.Position) (q Quarantined, id, digest string, err error) {
	ctx, cancel := l.link.bind(ctx)
	defer cancel()
	stream, err := l.quarantine(ctx)
	if err != nil {
		return q, "", "", err
	}
	msg, err := stream.GetLastMsgForSubject(ctx, "quarantine."+decimal(at))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return q, "", "", fmt.Errorf("quarantine %d: %w", at, fs.ErrNotExist)
	} else if err != nil {
		return q, "", "", fmt.Errorf("quarantine %d: %w", at, reason(ctx, err))
	}
	if q, err = quarantined(msg.Header, msg.Data); err != nil {
		return q, "", "", err
	}
	original, err := l.stream.GetMsg(ctx, uint64(at))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return q, "", "", nil // the copy is all that is left
	} else if err != nil {
		return q, "", "", fmt.Errorf("quarantine %d: %w", at, reason(ctx, err))
	}
	return q, original.Header.Get(jetstream.MsgIDHeader), original.Header.Get(digestHeader), nil
}

// QuarantineSize returns how many messages were ever set aside.
func (l *Ledger) QuarantineSize(ctx context.Context) (int, error) {
	ctx, cancel := l.link.bind(ctx)
	defer cancel()
	stream, err := l.quarantine(ctx)
	if err != nil {
		return 0, err
	}
	return int(stream.CachedInfo().State.Msgs), nil
}

func (l *Ledger) quarantine(ctx context.Context) (jetstream.Stream, error) {
	stream, err := l.js.Stream(ctx, quarantineStream)
	if err != nil {
		return nil, fmt.Errorf("read quarantine: %w", reason(ctx, err))
	}
	return stream, nil
}

// quarantined reads a message of the quarantine.
func quarantined(header nats.Header, body []byte) (Quarantined, error) {
	position, err := strconv.ParseUint(header.Get(positionHeader), 10, 64)
	if err != nil {
		return Quarantined{}, fmt.Errorf("read quarantine: position: %w", err)
	}
	return Quarantined{
		Frame:  events.Frame{Position: events.Position(position), Subject: header.Get(subjectHeader), Body: body},
		Reason: header.Get(reasonHeader),
	}, nil
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
