package recorder

import (
	"context"
	"fmt"

	"milemarker/events"
)

// RecordTogether hands drafts to the ledger that belong together, such as a correction and what stands in its place: all
// are recorded or none. It returns one receipt for each, in order; unless all are appended, or all duplicates, nothing was
// written. An error says that the outcome is unknown, and the same drafts may be recorded again.
//
// An erasure is refused: it goes alone.
func (r *Recorder) RecordTogether(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error) {
	if !events.ValidOrg(org) {
		return nil, fmt.Errorf("record: %q cannot name an org", org)
	}
	receipts := make([]events.Receipt, len(drafts))
	candidates := make([]candidate, 0, len(drafts))
	for i, d := range drafts {
		c, violations, err := r.admit(ctx, org, d)
		if err != nil {
			return nil, fmt.Errorf("record: %w", err)
		}
		if d.Type == events.TypeProspectErased {
			violations = append(violations, events.Violation{
				Pointer: "/type", Detail: "must not be an erasure, which is recorded by itself",
			})
		}
		receipts[i] = events.Receipt{ID: d.ID, Outcome: events.Rejected, Violations: violations}
		if len(violations) == 0 {
			candidates = append(candidates, c)
		}
	}
	if len(candidates) < len(drafts) {
		return receipts, nil
	}
	if err := r.seal(ctx, org, candidates); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	evs := make([]events.Event, len(candidates))
	for i, c := range candidates {
		evs[i] = c.event
	}
	receipts, err := r.ledger.AppendTogether(ctx, evs)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return receipts, nil
}

// Digest returns the digest that an event made from the draft would carry: equal to that of a recorded event when both
// were submitted with the same content.
func (r *Recorder) Digest(ctx context.Context, org string, d events.Draft) (string, error) {
	d, _ = d.Check()
	digest, err := r.vault.Digest(ctx, org, d.Canonical())
	if err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	return digest, nil
}
