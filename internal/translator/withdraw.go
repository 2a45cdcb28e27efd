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

// takeBack voids what stands of an event.
func (t *teller) takeBack(ctx context.Context, told deliveries.Told, m mark, why string) error {
	told.ID = revision(told.Base, m.Revision)
	void := voidOf(told.ID, source(t.kept.Connection), why)
	receipts, err := t.deps.Recorder.Record(ctx, t.org, []events.Draft{void})
	if err != nil {
		return err
	}
	m.Void = true
	if err := t.setMark(ctx, item{base: told.Base}, m); err != nil {
		return err
	}
	told.Outcome, told.At = deliveries.Voided, receipts[0].Position
	t.told = append(t.told, told)
	return nil
}
