package translator

import (
	"context"

	"milemarker/events"
	"milemarker/internal/deliveries"
)

// withdraw voids what stands under an event's id, for its provider has taken it back. Where nothing stands there is nothing
// to do.
func (t *teller) withdraw(ctx context.Context, it item, m mark, known bool) error {
	if !known || m.Void {
		return nil
	}
	return t.takeBack(ctx, deliveries.Told{Base: it.base, Type: it.draft.Type}, m, "taken back by its provider")
}

// takeBack voids what stands of an event. What somebody corrected by hand stays, and counts as standing: so that it is
// not told once more.
func (t *teller) takeBack(ctx context.Context, told deliveries.Told, m mark, why string) error {
	told.ID, told.At = revision(told.Base, m.Revision), m.At
	byHand, err := t.corrections.has(ctx, t.org, told.ID)
	if err != nil {
		return err
	}
	if !byHand {
		receipts, err := t.deps.Recorder.Record(ctx, t.org, []events.Draft{voidOf(told.ID, source(t.kept.Connection), why)})
		if err != nil {
			return err
		}
		told.At = receipts[0].Position
		if receipts[0].Outcome == events.Conflict { // by hand, just now, or for another reason before a mark was lost
			if byHand, err = t.corrections.has(ctx, t.org, told.ID); err != nil {
				return err
			}
		}
	}
	told.Outcome = deliveries.Corrected
	if !byHand {
		told.Outcome, m.Void = deliveries.Voided, true
		if err := t.setMark(ctx, item{base: told.Base}, m); err != nil {
			return err
		}
	}
	t.told = append(t.told, told)
	return nil
}
