package projector

import (
	"context"
	"fmt"

	"milemarker/events"
	"milemarker/projections"
)

// refold folds a message that was set aside when it was due, and that somebody asked for since the program can read it.
// Again and again is the same as once. Of an id that counts already nothing more is folded.
func (f *folder) refold(ctx context.Context, frame events.Frame) error {
	row, err := projections.ReadRow(frame)
	if err != nil {
		f.deps.Logger.WarnContext(ctx, "message still cannot be read", "position", uint64(frame.Position), "reason", err)
		return nil
	}
	org := row.Event.Org
	reached, owned := f.checkpoint[events.PartitionOf(org)]
	if !owned || frame.Position > reached {
		return nil // somebody else's, or still to come in its turn
	}
	if f.alone() {
		return errAlone
	}
	firsts, err := f.deps.Warehouse.Firsts(ctx, projections.FirstQuery{Org: org, IDs: []string{row.Event.ID}})
	if err != nil {
		return fmt.Errorf("refold %d: %w", frame.Position, err)
	}
	if first := firsts[row.Event.ID]; first.Position != 0 && first.Position != frame.Position {
		f.deps.Logger.InfoContext(ctx, "message counts already by another copy", "position", uint64(frame.Position),
			"other", uint64(first.Position))
		return nil
	}
	f.known.add(f.known.hashOf(org, row.Event.ID))
	if err := f.apply(ctx, []projections.Row{row}, reached); err != nil {
		return fmt.Errorf("refold %d: %w", frame.Position, err)
	}
	f.deps.Logger.InfoContext(ctx, "message folded on request", "position", uint64(frame.Position))
	return nil
}
