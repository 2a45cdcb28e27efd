package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"milemarker/events"
)

// AppendTogether writes events that belong together: all or none, one after the other without a gap. It returns one
// receipt for each, in the same order:
//
//   - all are appended, or
//   - all stand already with this content and are duplicates, as after a repeated call, or
//   - nothing was written: those whose id stands already are duplicates or conflicts, all others rejected.
//
// There may be at most 1,000, each with an id of its own. An error means that the outcome is unknown, as for Append, and
// the call may be repeated.
func (l *Ledger) AppendTogether(ctx context.Context, evs []events.Event) ([]events.Receipt, error) {
	if len(evs) > maxBatch {
		return nil, fmt.Errorf("append together: %d events, at most %d are possible", len(evs), maxBatch)
	}
	ctx, cancel := context.WithTimeout(ctx, l.cfg.DuplicateWindow/2)
	defer cancel()
	group, receipts, ok := l.layOut(evs)
	if !ok {
		return receipts, nil
	}
	for attempt := 0; ; attempt++ {
		done, err := l.sendTogether(ctx, group, receipts)
		if done {
			return receipts, nil
		}
		if refusal(err) || pause(ctx, attempt) != nil {
			return nil, fmt.Errorf("append together, outcome unknown: %w", err)
		}
	}
}

// layOut makes messages of the events. When one cannot be written, ok is false and the receipts say so of all.
func (l *Ledger) layOut(evs []events.Event) (group []*entry, receipts []events.Receipt, ok bool) {
	receipts, ok = make([]events.Receipt, len(evs)), len(evs) > 0
	seen := map[string]bool{}
	for i := range evs {
		receipts[i] = alone(evs[i].ID)
		id := events.MessageID(evs[i].Org, evs[i].ID)
		msg, refused := l.message(&evs[i])
		if refused == nil && seen[id] {
			refused = &events.Violation{Pointer: "/id", Detail: "must not be the id of another event that is recorded with it"}
		}
		if refused != nil {
			receipts[i].Violations, ok = []events.Violation{*refused}, false
			continue
		}
		seen[id] = true
		group = append(group, &entry{index: i, id: id, digest: evs[i].Digest, msg: msg})
	}
	return group, receipts, ok
}

// alone is the receipt of an event that could have been written if the others could.
func alone(id string) events.Receipt {
	return events.Receipt{ID: id, Outcome: events.Rejected, Violations: []events.Violation{{
		Detail: "was not recorded, because something that it was to be recorded together with could not be",
	}}}
}

// sendTogether makes one attempt and fills in the receipts. It returns false and the reason while the outcome is unknown.
func (l *Ledger) sendTogether(ctx context.Context, group []*entry, receipts []events.Receipt) (bool, error) {
	first, err := l.sendBatch(ctx, group)
	if err == nil {
		for i := range receipts {
			receipts[i] = events.Receipt{
				ID: receipts[i].ID, Outcome: events.Appended, Position: first + events.Position(i),
			}
		}
		return true, nil
	}
	if !hasCode(err, errCodeKnownInBatch) {
		return false, err
	}
	known := 0
	for _, e := range group {
		o, stands, err := l.find(ctx, e)
		if err != nil {
			return false, err
		}
		if !stands {
			continue
		}
		known++
		receipts[e.index] = events.Receipt{ID: receipts[e.index].ID, Outcome: o.judge(e.digest), Position: o.position}
	}
	if known == 0 { // it stood when the batch was refused, and has left the window since
		return false, err
	}
	return true, nil
}

// find returns what stands under an entry's id, as far back as the server remembers ids, and writes nothing.
func (l *Ledger) find(ctx context.Context, e *entry) (o original, stands bool, err error) {
	switch err := l.probe(ctx, e.msg); {
	case hasCode(err, errCodeWrongLastSequence):
		return original{}, false, nil
	case !hasCode(err, errCodeKnownInBatch):
		return original{}, false, err
	}
	// The server names the place of a known id only to who publishes it once more. Should it forget the id at this very
	// moment, it takes a second copy, which the projector sets aside.
	future, err := l.js.PublishMsgAsync(e.msg)
	if err != nil {
		return original{}, false, err
	}
	ack, err := acknowledgement(ctx, future)
	if err != nil {
		return original{}, false, err
	}
	o, err = l.original(ctx, e.id, events.Position(ack.Sequence))
	return o, true, err
}

// probe offers the server a batch that it must refuse: either because the message's id is known, which it looks at first,
// or because the ledger does not end where the message expects it.
func (l *Ledger) probe(ctx context.Context, m *nats.Msg) error {
	msg := inBatch(m, nuid.Next(), 1)
	msg.Header[batchCommitHeader] = []string{"1"}
	msg.Header[jetstream.ExpectedLastSeqHeader] = []string{"9223372036854775807"}
	future, err := l.js.PublishMsgAsync(msg)
	if err != nil {
		return err
	}
	ack, err := acknowledgement(ctx, future)
	if err == nil {
		err = fmt.Errorf("probe was written at %d", ack.Sequence)
	}
	return err
}

// The server's answers to batches.
const (
	errCodeKnownInBatch      jetstream.ErrorCode = 10201
	errCodeWrongLastSequence jetstream.ErrorCode = 10071
)

func hasCode(err error, code jetstream.ErrorCode) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == code
}
