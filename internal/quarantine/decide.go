package quarantine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"milemarker/events"
	"milemarker/projections"
)

// told is what events say that are recorded for a message which was discarded or corrected.
const told = "/milemarker/quarantine"

// CorrectionID returns the id of the event that corrects the message at a position.
func CorrectionID(at events.Position) string { return "quarantine-" + decimal(at) }

func voidID(at events.Position) string { return CorrectionID(at) + "-void" }

func decimal(at events.Position) string { return strconv.FormatUint(uint64(at), 10) }

// Fold has the message folded as it is: the program has learned to read it. It returns ErrUnreadable when it has not.
func (q *Quarantine) Fold(ctx context.Context, scope Scope, by string, at events.Position) (Decision, error) {
	d, err := q.Get(ctx, scope, at)
	if err != nil {
		return Decision{}, err
	}
	if d.State == StateReplayed && d.AsIs {
		return d.Decision, nil
	}
	if err := readable(d.Frame); err != nil {
		return Decision{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	made := Decision{State: StateReplayed, AsIs: true, By: by, Time: q.now().UTC()}
	return made, q.claim(ctx, at, made)
}

// Correct records an event in place of the message, under the id of CorrectionID, in the message's org. The receipt says
// what became of it. The same again is a duplicate, and completes what was cut short; another is a conflict.
func (q *Quarantine) Correct(
	ctx context.Context, scope Scope, by string, at events.Position, draft events.Draft,
) (Decision, events.Receipt, error) {
	d, err := q.Get(ctx, scope, at)
	switch {
	case err != nil:
		return Decision{}, events.Receipt{}, err
	case d.Org == "":
		return Decision{}, events.Receipt{}, ErrNoOrg
	case d.State == StateDiscarded || d.State == StateReplayed:
		return d.Decision, events.Receipt{}, fmt.Errorf("%w: %s", ErrDecided, d.State)
	}
	made := Decision{State: StateReplaying, Event: CorrectionID(at), By: by, Time: q.now().UTC()}
	if err := q.claim(ctx, at, made); err != nil && (!errors.Is(err, ErrDecided) || d.State == StateOpen) {
		return Decision{}, events.Receipt{}, err
	}
	draft.ID, draft.RecordedBy = made.Event, by
	receipt, err := q.record(ctx, d.Org, draft)
	if err != nil {
		return made, receipt, err
	}
	if receipt.Outcome == events.Rejected {
		if d.State == StateOpen { // the claim is ours
			err = q.bucket.Delete(ctx, decimal(at))
			q.changed(decimal(at), nil)
		}
		return Decision{State: StateOpen}, receipt, err
	}
	if made.Voided, err = q.void(ctx, d, by, "a corrected event was recorded in its place"); err != nil {
		return made, receipt, err
	}
	made.State, made.Recorded = StateReplayed, receipt.Position
	return made, receipt, q.put(ctx, at, made)
}

// Discard notes that a message is to count for nothing, and why.
func (q *Quarantine) Discard(ctx context.Context, scope Scope, by string, at events.Position, reason string) (Decision, error) {
	d, err := q.Get(ctx, scope, at)
	if err != nil {
		return Decision{}, err
	}
	if d.State == StateDiscarded {
		return d.Decision, nil
	}
	made := Decision{State: StateDiscarded, Reason: reason, By: by, Time: q.now().UTC()}
	if err := q.claim(ctx, at, made); err != nil {
		return d.Decision, err
	}
	if made.Voided, err = q.void(ctx, d, by, reason); err != nil || made.Voided == "" {
		return made, err
	}
	return made, q.put(ctx, at, made)
}

// void sees to it that the message's own event does not count should it ever be read. It returns the id, "" when there is
// none to be told, or when another copy of it was folded: that one counts, and goes on counting.
func (q *Quarantine) void(ctx context.Context, d Detail, by, reason string) (string, error) {
	id := ownID(d)
	if id == "" || d.Org == "" {
		return "", nil
	}
	if known, err := q.events.Known(ctx, d.Org, id); err != nil || known {
		return "", err
	}
	data, err := json.Marshal(events.EventVoided{Event: id, Reason: reason})
	if err != nil {
		return "", err
	}
	receipt, err := q.record(ctx, d.Org, events.Draft{
		ID: voidID(d.Frame.Position), Source: told, Type: events.TypeEventVoided, Data: data, RecordedBy: by,
	})
	if err != nil || receipt.Outcome == events.Rejected { // an id that no event of ours can have
		return "", err
	}
	return id, nil
}

func (q *Quarantine) record(ctx context.Context, org string, draft events.Draft) (events.Receipt, error) {
	receipts, err := q.recorder.Record(ctx, org, []events.Draft{draft})
	if err != nil {
		return events.Receipt{}, fmt.Errorf("quarantine: %w", err)
	}
	if len(receipts) != 1 {
		return events.Receipt{}, fmt.Errorf("quarantine: %d receipts for one draft", len(receipts))
	}
	return receipts[0], nil
}

// claim stores the first decision about a message, or returns ErrDecided.
func (q *Quarantine) claim(ctx context.Context, at events.Position, d Decision) error {
	value, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if err := q.bucket.Create(ctx, decimal(at), value); errors.Is(err, fs.ErrExist) {
		return ErrDecided
	} else if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	q.changed(decimal(at), value)
	return nil
}

func (q *Quarantine) put(ctx context.Context, at events.Position, d Decision) error {
	value, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if err := q.bucket.Put(ctx, decimal(at), value); err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	q.changed(decimal(at), value)
	return nil
}

func decode(value []byte) (Decision, bool) {
	var d Decision
	if value == nil || json.Unmarshal(value, &d) != nil || d.State == "" {
		return Decision{}, false
	}
	return d, true
}

// readable returns why a message cannot be folded, nil when it can.
func readable(f events.Frame) error {
	_, err := projections.ReadRow(f)
	return err
}

// orgOf returns the org whose events lie under a subject, "" when no org's do.
func orgOf(subject string) string {
	parts := strings.SplitN(subject, ".", 4)
	if len(parts) != 4 || !events.ValidOrg(parts[2]) || events.Subject(parts[2], parts[3]) != subject {
		return ""
	}
	return parts[2]
}

// ownID returns the id that the message's event has for whoever can read it: as its body says, else as its headers say.
func ownID(d Detail) string {
	var body struct{ ID, Org string }
	if json.Unmarshal(d.Frame.Body, &body) == nil && body.ID != "" && (body.Org == "" || body.Org == d.Org) {
		return body.ID
	}
	if org, id, ok := strings.Cut(d.MessageID, "/"); ok && org == d.Org {
		return id
	}
	return ""
}
