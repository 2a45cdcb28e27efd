package recorder

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"milemarker/events"
)

// Keepsakes is what is kept for a while of what came in, beside the ledger: raw deliveries of webhooks.
type Keepsakes interface {
	// EraseOf destroys what an org's prospects left there, and tells how much it was. Repeating it is no error.
	EraseOf(ctx context.Context, org string, prospects ...string) (int, error)
}

// keepsakesLife is how long after an erasure something of the person may still turn up among the keepsakes: longer than
// they are kept by default.
const keepsakesLife = 45 * 24 * time.Hour

// erase carries out a recorded prospect.erased. Of one that stands already it is the recorded event that says who is
// erased: since then the same identity may have come to stand for somebody who is here again.
func (r *Recorder) erase(ctx context.Context, e events.Event, receipt events.Receipt) error {
	if e.Type != events.TypeProspectErased || (receipt.Outcome != events.Appended && receipt.Outcome != events.Duplicate) {
		return nil
	}
	if receipt.Outcome == events.Duplicate {
		frame, _, err := r.ledger.Get(ctx, receipt.Position)
		if err != nil {
			return err
		}
		if e, err = events.Decode(frame.Body); err != nil {
			return err
		}
	}
	ids, err := r.eraseKeys(ctx, e)
	if err != nil {
		return err
	}
	return r.eraseKeepsakes(ctx, e.Org, ids)
}

// eraseKeys destroys the data keys of the person that a prospect.erased names, and returns the person's ids.
func (r *Recorder) eraseKeys(ctx context.Context, e events.Event) ([]string, error) {
	ids, err := events.Erases(e)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if err := r.vault.Erase(ctx, e.Org, id); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// Keep has erasures destroy what some keepsakes hold of the person, from now on; see Resume for those before.
func (r *Recorder) Keep(k Keepsakes) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keepsakes = append(r.keepsakes, k)
}

func (r *Recorder) eraseKeepsakes(ctx context.Context, org string, ids []string) error {
	r.mu.RLock()
	keepsakes := slices.Clone(r.keepsakes)
	r.mu.RUnlock()
	for _, k := range keepsakes {
		if _, err := k.EraseOf(ctx, org, ids...); err != nil {
			return err
		}
	}
	return nil
}

// Erasures is the ledger as the erasures are read from it.
type Erasures interface {
	// ReadTypes returns at most limit events of some types from a position on, in order; fewer when there are no more.
	ReadTypes(ctx context.Context, from events.Position, limit int, types ...string) ([]events.Frame, error)
}

// pageOfErasures is how many erasures are read at a time.
const pageOfErasures = 1000

// Resume carries out every erasure that stands in the ledger, and returns how many there are. It belongs to the start of
// every process: one that was killed between the event and the key's destruction is completed, and keys that came back
// with an older copy of the store are destroyed again. What is done already costs little.
func (r *Recorder) Resume(ctx context.Context, ledger Erasures) (int, error) {
	n, recent := 0, map[string][]string{} // ids by org
	err := eachErasure(ctx, ledger, func(e events.Event) error {
		ids, err := r.eraseKeys(ctx, e)
		if r.now().Sub(e.RecordedAt) < keepsakesLife {
			recent[e.Org] = append(recent[e.Org], ids...)
		}
		n++
		return err
	})
	if err != nil {
		return n, err
	}
	for org, ids := range recent {
		if err := r.eraseKeepsakes(ctx, org, ids); err != nil {
			return n, fmt.Errorf("resume erasures: %w", err)
		}
	}
	return n, nil
}

// eachErasure hands every recorded prospect.erased to fn.
func eachErasure(ctx context.Context, ledger Erasures, fn func(events.Event) error) error {
	for from := events.Position(1); ; {
		frames, err := ledger.ReadTypes(ctx, from, pageOfErasures, events.TypeProspectErased)
		if err != nil {
			return fmt.Errorf("erasures: %w", err)
		}
		for _, f := range frames {
			from = f.Position + 1
			e, err := events.Decode(f.Body)
			if err != nil {
				continue // it is in quarantine: nobody can tell whom it names
			}
			if err := fn(e); err != nil {
				return fmt.Errorf("erasure at %d: %w", f.Position, err)
			}
		}
		if len(frames) < pageOfErasures {
			return nil
		}
	}
}

// Open returns the private fields of a recorded event, nil if it has none. The error is fs.ErrNotExist when the person
// was erased.
func (r *Recorder) Open(ctx context.Context, e events.Event) (json.RawMessage, error) {
	if e.Sealed == "" {
		return nil, nil
	}
	private, err := r.vault.Open(ctx, e.Org, Owner(e), e.ID, e.Sealed)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", e.ID, err)
	}
	return private, nil
}

// ProspectID returns the id by which an org knows the person with an identity of a kind (phone, email, external_id), or
// an error that is fs.ErrInvalid, and whose text may be shown, for a text that is no such identity.
func (r *Recorder) ProspectID(ctx context.Context, org, kind, text string) (string, error) {
	return r.vault.ProspectID(ctx, org, kind, text)
}
