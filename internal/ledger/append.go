package ledger

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
)

// digestHeader carries the event's digest, so that a repeat is told from a conflict without decoding.
const digestHeader = "Milemarker-Digest"

const (
	maxIDBytes     = 256
	headroom       = 4 << 10 // bytes left for the headers below the server's limit
	maxTypeBytes   = 64
	maxDigestBytes = 128
)

// errGone answers events whose caller no longer waits; nobody sees it.
var errGone = errors.New("caller has gone")

// Append writes events and returns one receipt for each, in the same order. Events of one call are written in their
// order, and all or none of them as long as they are at most 1,000 and none of their ids is known already.
//
// An error means that the outcome of some is unknown, because ctx ended or the ledger could not be reached until then,
// or that nothing was written because of ErrBusy. The caller may append the same events again under the same ids. While
// ctx lasts (at most half the window of deduplication) Append itself sends again what was not acknowledged; an event
// that had been written although its acknowledgement was lost is then reported as a duplicate: it stands in the ledger
// once, with this content.
func (l *Ledger) Append(ctx context.Context, evs []events.Event) ([]events.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.DuplicateWindow/2)
	defer cancel()
	c := &call{gone: ctx.Done(), finished: make(chan struct{}), receipts: make([]events.Receipt, len(evs))}
	entries := make([]*entry, 0, len(evs))
	for i := range evs {
		c.receipts[i].ID = evs[i].ID
		msg, refused := l.message(&evs[i])
		if refused != nil {
			c.receipts[i].Outcome = events.Rejected
			c.receipts[i].Violations = []events.Violation{*refused}
			continue
		}
		entries = append(entries, &entry{
			call: c, index: i, id: events.MessageID(evs[i].Org, evs[i].ID), digest: evs[i].Digest, msg: msg,
		})
	}
	if len(entries) == 0 {
		return c.receipts, nil
	}
	c.open = len(entries)
	if err := l.queue.push(entries); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	select {
	case <-c.finished:
		if c.err != nil {
			return nil, fmt.Errorf("append, outcome unknown: %w", c.err)
		}
		return c.receipts, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("append, outcome unknown: %w", context.Cause(ctx))
	}
}

// message lays an event out for the stream, or says why the ledger cannot hold it.
func (l *Ledger) message(ev *events.Event) (*nats.Msg, *events.Violation) {
	if v := check(ev); v != nil {
		return nil, v
	}
	body, err := events.Encode(*ev)
	if err != nil {
		return nil, &events.Violation{Detail: err.Error()}
	}
	if limit := l.nc.MaxPayload() - headroom; int64(len(body)) > limit {
		return nil, &events.Violation{Detail: fmt.Sprintf("must be at most %d bytes, is %d", limit, len(body))}
	}
	return &nats.Msg{
		Subject: events.Subject(ev.Org, ev.Type),
		Header: nats.Header{
			jetstream.MsgIDHeader: {events.MessageID(ev.Org, ev.ID)},
			digestHeader:          {ev.Digest},
		},
		Data: body,
	}, nil
}

// eventType is what may stand in a subject as the type: dotted words, without wildcards or empty tokens.
var eventType = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`)

// check refuses what would break the subject or the headers. Whether the event makes sense is not the ledger's affair.
func check(ev *events.Event) *events.Violation {
	switch {
	case !events.ValidOrg(ev.Org):
		return &events.Violation{Pointer: "/org", Detail: "must be 1-63 of a-z, 0-9 and inner hyphens"}
	case len(ev.Type) > maxTypeBytes || !eventType.MatchString(ev.Type):
		return &events.Violation{Pointer: "/type", Detail: "must be words of a-z, 0-9, _ and - with dots between"}
	case ev.ID == "" || len(ev.ID) > maxIDBytes || !printable(ev.ID) || strings.TrimSpace(ev.ID) != ev.ID:
		return &events.Violation{Pointer: "/id", Detail: "must be 1-256 bytes of printable text without outer space"}
	case ev.Digest == "" || len(ev.Digest) > maxDigestBytes || !printable(ev.Digest) || strings.Contains(ev.Digest, " "):
		return &events.Violation{Pointer: "/digest", Detail: "must be 1-128 bytes of printable text without space"}
	}
	return nil
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
