package translator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"

	"milemarker/events"
	"milemarker/internal/deliveries"
)

// maxRevisions bounds how often an event may be amended: an adapter that changes its mind for ever does so no more.
const maxRevisions = 1000

// amend voids what stands and records the event in its place, both or none. A revision that stands already with other
// content is one whose mark was lost: the next one is tried. What somebody corrected by hand stays.
func (t *teller) amend(ctx context.Context, it item, m mark) error {
	for ; m.Revision < maxRevisions; m.Revision++ {
		stands, next := revision(it.base, m.Revision), revision(it.base, m.Revision+1)
		if byHand, err := t.corrections.has(ctx, t.org, stands); err != nil || byHand {
			return t.leave(it, m, err)
		}
		it.draft.ID, it.draft.Amends = next, stands
		void := voidOf(stands, it.draft.Source, "amended by a later delivery")
		receipts, err := t.deps.Recorder.RecordTogether(ctx, t.org, []events.Draft{void, it.draft})
		if err != nil {
			return err
		}
		voided, amended := receipts[0], receipts[1]
		switch {
		case done(voided) && done(amended):
			if err := t.setMark(ctx, it, mark{Revision: m.Revision + 1, Digest: it.digest, At: amended.Position}); err != nil {
				return err
			}
			t.add(it, next, deliveries.Amended, amended.Position)
			return nil
		case len(amended.Violations) > 0:
			t.reject(it, amended.Violations)
			return nil
		case voided.Outcome == events.Conflict && amended.Outcome == events.Rejected:
			byHand, err := t.corrections.has(ctx, t.org, stands) // just now, perhaps
			if err != nil || byHand {
				return t.leave(it, m, err)
			}
			return t.revive(ctx, it, m) // it was taken back, and the mark of that was lost
		}
	}
	return poisoned("%s was amended %d times", it.base, maxRevisions)
}

// leave lets stand what was corrected by hand.
func (t *teller) leave(it item, m mark, err error) error {
	if err == nil {
		t.add(it, revision(it.base, m.Revision), deliveries.Corrected, m.At)
	}
	return err
}

// revive records an event anew that its provider or a replay had taken back.
func (t *teller) revive(ctx context.Context, it item, m mark) error {
	if m.Revision >= maxRevisions {
		return poisoned("%s was amended %d times", it.base, maxRevisions)
	}
	if byHand, err := t.corrections.has(ctx, t.org, revision(it.base, m.Revision)); err != nil || byHand {
		return t.leave(it, m, err)
	}
	m.Revision++
	it.draft.ID, it.draft.Amends = revision(it.base, m.Revision), ""
	receipts, err := t.deps.Recorder.Record(ctx, t.org, []events.Draft{it.draft})
	if err != nil {
		return err
	}
	switch r := receipts[0]; r.Outcome {
	case events.Appended, events.Duplicate:
		if err := t.setMark(ctx, it, mark{Revision: m.Revision, Digest: it.digest, At: r.Position}); err != nil {
			return err
		}
		t.add(it, it.draft.ID, deliveries.Amended, r.Position)
		return nil
	case events.Rejected:
		t.reject(it, r.Violations)
		return nil
	default: // it stands with other content, and its mark was lost
		return t.amend(ctx, it, m)
	}
}

// retract voids what this delivery told before and tells of no more.
func (t *teller) retract(ctx context.Context) error {
	for _, old := range t.before {
		m, known, err := t.mark(ctx, old.Base)
		if err != nil {
			return err
		}
		again := slices.ContainsFunc(t.told, func(now deliveries.Told) bool { return now.Base == old.Base })
		if again || !known || m.Void || m.By != t.kept.Position {
			continue
		}
		if err := t.takeBack(ctx, old, m, "no longer told by its delivery"); err != nil {
			return err
		}
	}
	return nil
}

// baseID is the id of an event: it follows from the connection, the type and the provider's own id of what happened.
func baseID(connection, typ, key string) string {
	sum := sha256.Sum256([]byte(connection + "\x00" + typ + "\x00" + key))
	return "wh_" + encode(sum[:20])
}

// revision is the id of what stands in place of an event after it was amended n times.
func revision(base string, n int) string {
	if n == 0 {
		return base
	}
	return base + "." + strconv.Itoa(n)
}

// voidOf is the draft that voids an event. Its id is the one that anybody's correction of that event has: so whoever
// corrects by hand is found out about, and stays right.
func voidOf(id, source, reason string) events.Draft {
	sum := sha256.Sum256([]byte("void\n" + id))
	data, err := json.Marshal(events.EventVoided{Event: id, Reason: reason})
	if err != nil {
		panic(err) // texts always marshal
	}
	return events.Draft{
		ID: "void-" + hex.EncodeToString(sum[:16]), Source: source, Type: events.TypeEventVoided, Data: data,
	}
}

// source is what events say of who told them.
func source(connection string) string { return "/hooks/" + connection }
