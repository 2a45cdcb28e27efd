package translator

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/deliveries"
	"milemarker/internal/providers"
)

// mark is what was told last under an id that follows from connection, type and key. It is kept about as long as
// deliveries are: longer than the ledger's memory of ids, and beyond that the projector lets the first copy count.
type mark struct {
	Revision int             `json:"revision"` // how many times it was amended
	Digest   string          `json:"digest"`   // of what stands
	At       events.Position `json:"at"`
	Void     bool            `json:"void,omitempty"` // nothing stands
	By       events.Position `json:"by"`             // the delivery that told what stands
}

// teller records what one delivery tells.
type teller struct {
	*translator

	kept     deliveries.Kept
	org      string
	provider string
	replay   bool
	before   []deliveries.Told // at its last translation
	told     []deliveries.Told
	marks    map[string]mark // as they stand, by base
}

// item is one event on its way.
type item struct {
	base   string
	draft  events.Draft // its ID is that of the revision that it would be
	digest string
	event  providers.Event
}

// tell records all events of a delivery: those that are new together, those that stand already one by one.
func (t *teller) tell(ctx context.Context, items []item) error {
	var fresh []item
	for _, it := range items {
		m, known, err := t.mark(ctx, it.base)
		if err != nil {
			return err
		}
		switch {
		case it.event.Withdrawn:
			err = t.withdraw(ctx, it, m, known)
		case !known:
			fresh = append(fresh, it)
		case m.Digest == it.digest && !m.Void:
			t.add(it, revision(it.base, m.Revision), deliveries.Duplicate, m.At)
		case m.Void:
			err = t.revive(ctx, it, m)
		case t.mayAmend(it, m):
			err = t.amend(ctx, it, m)
		case m.By > t.kept.Position:
			t.add(it, revision(it.base, m.Revision), deliveries.Superseded, m.At)
		default:
			t.add(it, revision(it.base, m.Revision), deliveries.Conflict, m.At)
		}
		if err != nil {
			return err
		}
	}
	return t.first(ctx, fresh)
}

// mayAmend tells whether what the delivery says now takes the place of what stands: its own word always does, that of an
// earlier delivery when the provider says so, or when the two agreed before and an adapter or mapping has changed since.
// What a later delivery said stays, so that a replay of one delivery does not bring back what was long amended.
func (t *teller) mayAmend(it item, m mark) bool {
	switch {
	case m.By == t.kept.Position:
		return true
	case m.By > t.kept.Position:
		return false
	}
	return it.event.Amends || t.replay && slices.ContainsFunc(t.before, func(old deliveries.Told) bool {
		return old.Base == it.base && old.Stands()
	})
}

// first records events of which nothing is known yet.
func (t *teller) first(ctx context.Context, fresh []item) error {
	if len(fresh) == 0 {
		return nil
	}
	drafts := make([]events.Draft, len(fresh))
	for i, it := range fresh {
		drafts[i] = it.draft
	}
	receipts, err := t.deps.Recorder.Record(ctx, t.org, drafts)
	if err != nil {
		return err
	}
	for i, r := range receipts {
		it := fresh[i]
		switch r.Outcome {
		case events.Appended, events.Duplicate:
			if err := t.setMark(ctx, it, mark{Digest: it.digest, At: r.Position}); err != nil {
				return err
			}
			t.add(it, it.base, verdict(r.Outcome), r.Position)
		case events.Conflict: // it stands, and what it said is not known here any more
			if it.event.Amends {
				err = t.amend(ctx, it, mark{})
			} else {
				t.add(it, it.base, deliveries.Conflict, r.Position)
			}
			if err != nil {
				return err
			}
		default:
			t.reject(it, r.Violations)
		}
	}
	return nil
}

func verdict(o events.Outcome) deliveries.Verdict {
	if o == events.Appended {
		return deliveries.Appended
	}
	return deliveries.Duplicate
}

func (t *teller) add(it item, id string, v deliveries.Verdict, at events.Position) {
	t.told = append(t.told, deliveries.Told{
		ID: id, Base: it.base, Type: it.draft.Type, Outcome: v, At: at, Pending: it.event.Pending,
	})
}

func (t *teller) reject(it item, faults []events.Violation) {
	t.told = append(t.told, deliveries.Told{
		ID: it.base, Base: it.base, Type: it.draft.Type, Outcome: deliveries.Rejected, Faults: faults,
	})
}

func (t *teller) mark(ctx context.Context, base string) (m mark, known bool, err error) {
	if m, known = t.marks[base]; known {
		return m, true, nil
	}
	value, err := t.deps.Buckets.Told.Get(ctx, base)
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, nil
	}
	if err != nil {
		return m, false, err
	}
	if err := json.Unmarshal(value, &m); err != nil {
		return m, false, fmt.Errorf("mark of %s: %w", base, err)
	}
	t.marks[base] = m
	return m, true, nil
}

func (t *teller) setMark(ctx context.Context, it item, m mark) error {
	m.By = t.kept.Position
	value, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("mark of %s: %w", it.base, err)
	}
	t.marks[it.base] = m
	return t.deps.Buckets.Told.Put(ctx, it.base, value)
}

func done(r events.Receipt) bool {
	return r.Outcome == events.Appended || r.Outcome == events.Duplicate
}

// items makes drafts of what an adapter told, each with its id, its rep and its digest. Of two events with one id the
// first counts.
func (t *teller) items(ctx context.Context, m meaning, r deliveries.Request) ([]item, error) {
	var items []item
	for _, e := range m.Events {
		d := e.Draft
		sum := sha256.Sum256(r.Body)
		base := baseID(t.kept.Connection, d.Type, cmp.Or(e.Key, m.Key, encode(sum[:])))
		if slices.ContainsFunc(items, func(it item) bool { return it.base == base }) {
			continue
		}
		d.ID, d.Source, d.Org = base, source(t.kept.Connection), ""
		if d.Time.After(r.Received.Add(events.FutureSlack)) {
			d.Time = time.Time{}
		}
		at := d.Time
		if at.IsZero() {
			d.Received, at = r.Received, r.Received
		}
		if rep, ok := t.deps.People.Rep(t.org, t.provider, at, e.Reps); ok {
			d.Rep = rep
		}
		digest, err := t.deps.Recorder.Digest(ctx, t.org, d)
		if err != nil {
			return nil, err
		}
		items = append(items, item{base, d, digest, e})
	}
	return items, nil
}
