// Package recorder is the one door into the ledger: it turns drafts into events.
//
//	draft --check--> --name the prospect--> --seal private fields--> --digest--> event --append--> receipt
//	           \________________________________________________________________________________/^
//	                                   rejected, with every violation
//
// No personal data passes the door in clear: identities become keyed hashes, private fields are sealed. Whatever comes
// in, by HTTP or from within, is checked here, so what stands in the ledger is valid whoever asked for it.
//
// The package imports events and no other package of ours, and it never logs.
package recorder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"milemarker/events"
)

// Identities turns what must not be known into what may: keyed hashes.
type Identities interface {
	// ProspectID returns the id of the person with an identity of a kind (phone, email, external_id), or an error that
	// is fs.ErrInvalid, and whose text may be shown to the caller, for a text that is no such identity.
	ProspectID(ctx context.Context, org, kind, text string) (string, error)
	// Current returns the id that took the place of a prospect id when its person was erased, else the id itself.
	Current(ctx context.Context, org, id string) (string, error)
	// Digest returns a keyed hash of what was submitted.
	Digest(ctx context.Context, org string, canonical []byte) (string, error)
}

// Sealer encrypts private fields under data keys, one an owner.
type Sealer interface {
	// Prepare makes the data keys that the owners lack, many at a time.
	Prepare(ctx context.Context, org string, owners []string) error
	// Seal binds the ciphertext to the org, the owner and the event's id. For a prospect who was erased it returns an error
	// that is fs.ErrNotExist.
	Seal(ctx context.Context, org, owner, eventID string, private []byte) (string, error)
	// Open returns what Seal encrypted, or an error that is fs.ErrNotExist when the key was destroyed.
	Open(ctx context.Context, org, owner, eventID, sealed string) ([]byte, error)
	// Erase destroys an owner's data key, and ends the id of a prospect. Repeating it is no error.
	Erase(ctx context.Context, org, owner string) error
}

// Vault is both.
type Vault interface {
	Identities
	Sealer
}

// Ledger keeps events for ever.
type Ledger interface {
	// Append returns one receipt for each event, in order, when all outcomes are known. Otherwise it returns an error,
	// and the same events may be appended again.
	Append(ctx context.Context, evs []events.Event) ([]events.Receipt, error)
	// AppendTogether is Append for events of which all are to be written or none.
	AppendTogether(ctx context.Context, evs []events.Event) ([]events.Receipt, error)
	// Get returns the event at a position.
	Get(ctx context.Context, at events.Position) (events.Frame, time.Time, error)
}

// Recorder records drafts. It is safe for concurrent use.
type Recorder struct {
	vault  Vault
	ledger Ledger
	now    func() time.Time

	mu        sync.RWMutex
	keepsakes []Keepsakes
}

// New returns a recorder.
func New(vault Vault, ledger Ledger, now func() time.Time) *Recorder {
	return &Recorder{vault: vault, ledger: ledger, now: now}
}

// Record hands the drafts of an org's caller to the ledger and returns one receipt for each, in order. What is wrong with
// a draft is in its receipt and keeps none of the others from being recorded. An error says that an outcome is unknown:
// the same drafts may be recorded again, and those that went in will come back as duplicates.
//
// A prospect.erased that was appended, now or before, has destroyed the data keys of the person when Record returns.
func (r *Recorder) Record(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error) {
	if !events.ValidOrg(org) {
		return nil, fmt.Errorf("record: %q cannot name an org", org)
	}
	receipts := make([]events.Receipt, 0, len(drafts))
	for len(drafts) > 0 {
		n := untilErasure(drafts)
		some, err := r.record(ctx, org, drafts[:n])
		if errors.Is(err, errMoved) {
			some, err = r.record(ctx, org, drafts[:n])
		}
		if err != nil {
			return nil, fmt.Errorf("record: %w", err)
		}
		receipts = append(receipts, some...)
		drafts = drafts[n:]
	}
	return receipts, nil
}

// untilErasure counts the drafts up to the first erasure, included: what follows it must be sealed under a fresh key.
func untilErasure(drafts []events.Draft) int {
	for i, d := range drafts {
		if d.Type == events.TypeProspectErased {
			return i + 1
		}
	}
	return len(drafts)
}

// record records drafts of which only the last may be an erasure.
func (r *Recorder) record(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error) {
	receipts := make([]events.Receipt, len(drafts))
	valid := make([]candidate, 0, len(drafts))
	for i, d := range drafts {
		c, violations, err := r.admit(ctx, org, d)
		if err != nil {
			return nil, err
		}
		if len(violations) > 0 {
			receipts[i] = events.Receipt{ID: d.ID, Outcome: events.Rejected, Violations: violations}
			continue
		}
		c.index = i
		valid = append(valid, c)
	}
	if len(valid) == 0 {
		return receipts, nil
	}
	if err := r.seal(ctx, org, valid); err != nil {
		return nil, err
	}
	evs := make([]events.Event, len(valid))
	for i, c := range valid {
		evs[i] = c.event
	}
	answers, err := r.ledger.Append(ctx, evs)
	if err != nil {
		return nil, err
	}
	for i, c := range valid {
		receipts[c.index] = answers[i]
		if err := r.erase(ctx, c.event, answers[i]); err != nil {
			return nil, err
		}
	}
	return receipts, nil
}

// seal encrypts the private fields of the candidates.
func (r *Recorder) seal(ctx context.Context, org string, candidates []candidate) error {
	var owners []string
	seen := map[string]bool{}
	for _, c := range candidates {
		if owner := Owner(c.event); c.private != nil && !seen[owner] {
			seen[owner] = true
			owners = append(owners, owner)
		}
	}
	if len(owners) > 1 {
		if err := r.vault.Prepare(ctx, org, owners); err != nil {
			return err
		}
	}
	for i := range candidates {
		c := &candidates[i]
		if c.private == nil {
			continue
		}
		var err error
		c.event.Sealed, err = r.vault.Seal(ctx, org, Owner(c.event), c.event.ID, c.private)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return errMoved
		case err != nil:
			return err
		}
	}
	return nil
}

// errMoved says that a prospect was erased between its naming and its sealing: the same drafts now give another id.
var errMoved = errors.New("a person was erased meanwhile")

// Owner names the owner of the data key under which an event's private fields are sealed: the prospect, else the rep,
// else the org itself. It is part of the ledger's format.
func Owner(e events.Event) string {
	switch {
	case e.Prospect != "":
		return e.Prospect
	case e.Rep != "":
		return "rep:" + e.Rep
	}
	return "org"
}
