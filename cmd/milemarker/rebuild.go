package main

import (
	"context"
	"fmt"

	"milemarker/projections"
)

// rebuildCmd has the read models of a running server folded anew, or one of them.
type rebuildCmd struct {
	remote

	Projection string `placeholder:"NAME" help:"Only this read model, the others are copied: events, voids, duplicates, rollups, journeys, people, declarations or quarantine. By default all."`
}

// Run begins a rebuild, or joins the one that is under way, and waits until it serves. The rebuild goes on without it.
func (c *rebuildCmd) Run(ctx context.Context) error {
	model, err := projections.ParseReadModel(c.Projection)
	if err != nil {
		return fmt.Errorf("--projection: %w", err)
	}
	if err := c.resolve(); err != nil {
		return err
	}
	var wanted projections.Generation
	if err := c.call(ctx, "POST", "/v1/rebuilds", map[string]projections.ReadModel{"projection": model}, &wanted); err != nil {
		return err
	}
	const steps = 1000
	bar := newBar("rebuilding", steps)
	defer func() { _ = bar.Finish() }()
	return poll(ctx, func() (bool, error) {
		var state projections.RebuildState
		if err := c.call(ctx, "GET", "/v1/rebuilds", nil, &state); err != nil {
			return false, err
		}
		if state.Answers >= wanted.Number {
			fmt.Println("rebuilt, verified, and serving: generation", state.Answers)
			return true, nil
		}
		for _, g := range state.Generations {
			if g.Number == wanted.Number && g.State == projections.Dropped {
				return false, fmt.Errorf("what was rebuilt is not used, and the present read models go on serving: %s", g.Note)
			}
		}
		if state.Last > 0 {
			_ = bar.Set(min(steps-1, int(steps*state.Position/state.Last))) // a bar that cannot be drawn stops nothing
		}
		return false, nil
	})
}
