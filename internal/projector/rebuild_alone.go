package projector

import (
	"context"
	"errors"
	"fmt"

	"milemarker/events"
	"milemarker/projections"
)

// A generation of which only one read model is folded from the first message on takes the others from the one that serves:
//
//	copy      all other tables, each as it is at one instant, while folding into them goes on
//	onward    a line in the journal: the position to which every copy reaches
//	alone     up to there only the one read model is folded, with checkpoints as ever
//	together  from there on everything, as in any other generation
//
// The position is read before the first copy, so what is copied may lie ahead of it, as after flushes that did not come to
// their checkpoints: folding it again changes nothing. The copies are fenced by a claim of all partitions, and repeated
// after a crash that left no line: what was copied twice is the same as once.

// copyOthers has all copied into a generation that is not folded there from the first message on.
func (f *follower) copyOthers(ctx context.Context, g, serving projections.Generation) error {
	if serving.Version != projections.Version {
		g.Note = "the read models that serve are of another version: rebuild all of them"
		return f.deps.Generations.Drop(ctx, g)
	}
	w, closeWarehouse, err := f.take(ctx, g)
	if err != nil || w == nil {
		return err
	}
	f.deps.Logger.InfoContext(ctx, "copying the other read models", "generation", g.Number, "rebuilt", g.Projection)
	f.work(ctx, g, w, closeWarehouse, func(ctx context.Context) error {
		if err := f.copy(ctx, w, g, serving); ctx.Err() == nil {
			return err
		}
		return nil // stopped: another look begins it again
	})
	f.running[g.Number].copies = true
	return nil
}

func (f *follower) copy(ctx context.Context, w Warehouse, g, serving projections.Generation) error {
	claim, err := w.Claim(ctx, Config{}.withDefaults().Partitions)
	if err != nil {
		return err
	}
	reached, err := f.reached(ctx, serving)
	if err != nil {
		return err
	}
	for _, s := range f.deps.Generations.CopyStatements(g, serving) {
		if err := w.Run(ctx, claim.Fence(s)); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return f.deps.Generations.Copied(ctx, g, reached+1)
}

// reached returns the position up to which a generation holds everything, of all partitions.
func (f *follower) reached(ctx context.Context, g projections.Generation) (events.Position, error) {
	w, closeWarehouse, err := f.deps.Generations.Open(ctx, g)
	if err != nil {
		return 0, err
	}
	at, err := w.Checkpoints(ctx)
	reached := at[0]
	for p := range events.Partitions {
		reached = min(reached, at[p])
	}
	return reached, errors.Join(err, closeWarehouse())
}
