package projector

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"milemarker/projections"
)

// running is a projector at work on one generation.
type running struct {
	generation projections.Generation
	warehouse  Warehouse
	copies     bool // into it, and folds nothing yet
	stop       context.CancelFunc
	ended      chan error
}

// share takes over which partitions are due, if they are spread. What is folded begins anew with them: a projector has one
// consumer and one claim.
func (f *follower) share() {
	if f.deps.Share == nil {
		return
	}
	if due := f.deps.Share.Due(); !slices.Equal(due, f.cfg.Partitions) {
		f.stopAll()
		f.cfg.Partitions, f.age = due, 0
	}
	f.deps.Share.Use(f.cfg.Partitions)
}

// claimedFor is for how many looks a generation is left alone that others have claimed. By then they have made another one
// serve, if that is why they did.
const claimedFor = 4

// start folds into a generation, unless that is done already or others have just claimed it.
func (f *follower) start(ctx context.Context, g projections.Generation) error {
	w, closeWarehouse, err := f.take(ctx, g)
	if err != nil || w == nil {
		return err
	}
	deps := Deps{Source: f.deps.Source, Warehouse: w, Logger: f.deps.Logger.With("generation", g.Number)}
	if g.State == projections.Building {
		deps.Model, deps.Onward = g.Projection, g.Onward
	}
	f.age = 0
	f.work(ctx, g, w, closeWarehouse, func(ctx context.Context) error { return Run(ctx, f.cfg, deps) })
	return nil
}

// take opens a generation, unless something is done in it already or others have just claimed it: then there is none.
func (f *follower) take(ctx context.Context, g projections.Generation) (Warehouse, func() error, error) {
	if looks, ok := f.claimed[g.Number]; ok && looks < claimedFor {
		f.claimed[g.Number]++
		return nil, nil, nil
	}
	if _, ok := f.claimed[g.Number]; ok && f.deps.Share == nil {
		return nil, nil, fmt.Errorf("partitions %v: %w", f.cfg.Partitions, projections.ErrClaimed)
	}
	delete(f.claimed, g.Number)
	if r, ok := f.running[g.Number]; ok {
		r.generation = g
		return nil, nil, nil
	}
	return f.deps.Generations.Open(ctx, g)
}

// work does what is to be done in a generation until it has ended or is stopped.
func (f *follower) work(
	ctx context.Context, g projections.Generation, w Warehouse, closeWarehouse func() error, do func(context.Context) error,
) {
	ctx, stop := context.WithCancel(ctx)
	r := &running{generation: g, warehouse: w, stop: stop, ended: make(chan error, 1)}
	f.running[g.Number] = r
	go func() {
		err := do(ctx)
		if closeErr := closeWarehouse(); err == nil {
			err = closeErr
		}
		r.ended <- err
	}()
}

// failure returns why the serving generation is folded no more; another one is begun again at the next step.
func (f *follower) failure() error {
	for n, r := range f.running {
		select {
		case err := <-r.ended:
			r.stop()
			delete(f.running, n)
			if errors.Is(err, projections.ErrClaimed) {
				f.claimed[n] = 0
				f.deps.Logger.Warn("partitions are claimed by another projector", "generation", n, "partitions", f.cfg.Partitions)
				continue
			}
			if r.generation.State == projections.Serving {
				return err
			}
			if err != nil {
				f.deps.Logger.Warn("rebuild interrupted", "generation", n, "error", err)
			}
		default:
		}
	}
	return nil
}

// stopBut stops folding into whatever neither serves nor is being built.
func (f *follower) stopBut(serving projections.Generation, all []projections.Generation) {
	for _, g := range all {
		if g.Number != serving.Number && g.State != projections.Building {
			f.stop(g.Number)
		}
	}
}

func (f *follower) stopAll() {
	for n := range f.running {
		f.stop(n)
	}
}

// stop ends the folding into a generation, after the flush at hand.
func (f *follower) stop(number int) {
	if r, ok := f.running[number]; ok {
		r.stop()
		if err := <-r.ended; err != nil && !errors.Is(err, projections.ErrClaimed) {
			f.deps.Logger.Warn("folding ended", "generation", number, "error", err)
		}
		delete(f.running, number)
	}
}
