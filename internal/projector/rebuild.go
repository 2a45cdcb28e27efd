package projector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/projections"
)

// Generations keeps the sets of read models, each with the state it is in; see projections.Generation.
type Generations interface {
	Journal
	// Open returns the read models of one, and what closes them.
	Open(ctx context.Context, g projections.Generation) (Warehouse, func() error, error)
	// CopyStatements returns what copies into one generation, from another, all that is not folded there from the first
	// message on.
	CopyStatements(into, from projections.Generation) []projections.Statement
}

// Journal remembers the states of generations.
type Journal interface {
	// Generations returns all that were ever begun, in the order of their numbers.
	Generations(ctx context.Context) ([]projections.Generation, error)
	// Begin enters a new one, to be built, in which a read model or all are folded from the first message on, unless one
	// that will do is being built already.
	Begin(ctx context.Context, model projections.ReadModel) (projections.Generation, error)
	// Copied enters that all else is there, and from which position on everything is to be folded.
	Copied(ctx context.Context, g projections.Generation, onward events.Position) error
	// Serve makes one the one that answers, at one instant.
	Serve(ctx context.Context, g projections.Generation) error
	// Drop removes one for good.
	Drop(ctx context.Context, g projections.Generation) error
}

// Auditor says whether a generation may serve.
type Auditor interface {
	// Last returns the position of the newest message in the ledger.
	Last(ctx context.Context) (events.Position, error)
	// Verify compares a generation with a recount of the ledger.
	Verify(ctx context.Context, g projections.Generation) (projections.Verification, error)
}

// FollowDeps are the parts that following generations takes.
type FollowDeps struct {
	Source      Source
	Generations Generations
	Auditor     Auditor
	Share       Share // nil: the partitions of the Config, for as long as it runs
	Logger      *slog.Logger
	Clock       func() time.Time
}

// Share tells which partitions are to be folded here, when they are spread over all projectors that live. It may be wrong
// for a while: what is folded is fenced, see Warehouse.Claim.
type Share interface {
	// Due returns the partitions to be folded now, in ascending order.
	Due() []int
	// Use says that no others than these are being folded any more.
	Use(partitions []int)
	// Changed holds a token after Due has changed.
	Changed() <-chan struct{}
}

// How often generations are looked at, and how long one is kept after another has taken its place: every reader has
// changed over by then, and every question that was put to the old one has been answered.
const (
	lookEvery = 500 * time.Millisecond
	keepOld   = time.Minute
)

// Follow folds the ledger into the generation that serves, and into the one that is being built, until ctx is done. A
// rebuild is just one more generation that is folded from the first message on. When it is level with the one that serves,
// it is verified, made to serve, and the old one dropped. All that is remembered about it lies in the warehouse: after a
// crash it goes on where it was.
//
// A generation is also begun by itself when the one that serves was made by a program with other read models.
//
// Where only one read model is rebuilt, the others are copied from the generation that serves before it is folded; see
// rebuild_alone.go.
//
// Every projector folds its partitions into both. Whoever has the first one of all decides when the one that is being built
// is to serve.
//
// It ends with projections.ErrClaimed when another projector has taken its partitions although they were given to it by the
// Config.
func Follow(ctx context.Context, cfg Config, deps FollowDeps) error {
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("projector: %w", err)
	}
	f := &follower{
		cfg: cfg.withDefaults(), deps: deps, running: map[int]*running{}, old: map[int]time.Time{}, claimed: map[int]int{},
	}
	var changed <-chan struct{}
	if deps.Share != nil {
		f.cfg.Partitions = nil
		changed = deps.Share.Changed()
	}
	defer f.stopAll()
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	for {
		switch err := f.step(ctx); {
		case errors.Is(err, projections.ErrClaimed):
			return fmt.Errorf("projector: %w", err)
		case err != nil && ctx.Err() == nil:
			deps.Logger.WarnContext(ctx, "generations not looked after", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		case <-changed:
		}
		if err := f.failure(); err != nil {
			return err
		}
	}
}

// follower runs one projector a generation. It is used by one goroutine.
type follower struct {
	cfg  Config // with the partitions of the moment
	deps FollowDeps

	running map[int]*running  // by number of the generation
	old     map[int]time.Time // generations that served, and since when others do
	target  events.Position   // the end of the ledger, some looks ago
	age     int               // how many; 0 = not taken yet
	claimed map[int]int       // generations that others have claimed, and how many looks ago
	refused bool              // a generation was begun here and found wrong: the next is begun by hand
}

// step does what is to be done about the generations at this moment. Every part of it may be repeated.
func (f *follower) step(ctx context.Context) error {
	f.share()
	all, err := f.deps.Generations.Generations(ctx)
	if err != nil {
		return err
	}
	serving, serves := projections.ServingOf(all)
	f.stopBut(serving, all)
	if len(f.cfg.Partitions) == 0 {
		return nil
	}
	if serves && serving.Readable() {
		if err := f.start(ctx, serving); err != nil {
			return err
		}
	}
	leads := slices.Contains(f.cfg.Partitions, 0)
	for _, g := range all {
		switch {
		case !leads:
			if g.State == projections.Building && g.Version == projections.Version && g.Number > serving.Number && g.Copied() {
				err = f.start(ctx, g)
			}
		case g.State == projections.Building && (g.Version != projections.Version || g.Number < serving.Number):
			g.Note = "begun by another version of the program, or left behind"
			err = f.deps.Generations.Drop(ctx, g)
		case g.State == projections.Building:
			return f.build(ctx, g, serving)
		case g.State == projections.Serving && g.Number != serving.Number:
			err = f.retire(ctx, g)
		}
		if err != nil {
			return err
		}
	}
	if leads && serving.Version != projections.Version && !f.refused {
		f.deps.Logger.InfoContext(ctx, "read models are of another version: rebuilding them",
			"version", serving.Version, "want", projections.Version)
		_, err = f.deps.Generations.Begin(ctx, projections.AllReadModels)
	}
	return err
}

// build brings a generation nearer to serving.
func (f *follower) build(ctx context.Context, g, serving projections.Generation) error {
	if !g.Copied() {
		return f.copyOthers(ctx, g, serving)
	}
	if err := f.start(ctx, g); err != nil || f.running[g.Number] == nil || f.running[g.Number].copies {
		return err
	}
	level, err := f.level(ctx, g)
	if err != nil || !level {
		return err
	}
	f.deps.Logger.InfoContext(ctx, "rebuilt, now verifying", "generation", g.Number)
	report, err := f.deps.Auditor.Verify(ctx, g)
	if err != nil {
		return fmt.Errorf("verify generation %d: %w", g.Number, err)
	}
	if report.Differences > 0 {
		g.Note = refusal(g, report)
		f.deps.Logger.ErrorContext(ctx, "rebuilt read models are wrong and dropped", "generation", g.Number, "note", g.Note)
		f.refused = true
		f.stop(g.Number)
		return f.deps.Generations.Drop(ctx, g)
	}
	// The old one stops first, wherever it is folded: readers change over when the new one has passed what it shows, which
	// must not grow while they compare. If serving fails, a later look begins it again.
	f.stop(serving.Number)
	if err := f.close(ctx, serving); err != nil {
		return err
	}
	if err := f.deps.Generations.Serve(ctx, g); err != nil {
		return err
	}
	f.deps.Logger.InfoContext(ctx, "rebuilt read models serve", "generation", g.Number, "events", report.Events,
		"rows", report.Rows)
	return nil
}

// refusal tells why a generation is not to serve, what to do about it first.
func refusal(g projections.Generation, report projections.Verification) string {
	note := fmt.Sprintf("%d differences from the ledger as of %d, the first: %+v", report.Differences, report.Position, report.Named)
	if g.Projection == projections.AllReadModels {
		return note
	}
	return fmt.Sprintf("only the read model %s was folded anew, and the others copied as they stood: rebuild all of them; %s",
		g.Projection, note)
}

// close has nobody fold into a generation any more.
func (f *follower) close(ctx context.Context, g projections.Generation) error {
	if !g.Readable() {
		return nil
	}
	w, closeWarehouse, err := f.deps.Generations.Open(ctx, g)
	if err != nil {
		return err
	}
	_, err = w.Claim(ctx, Config{}.withDefaults().Partitions)
	return errors.Join(err, closeWarehouse())
}

// maxAge is how many looks ago the end of the ledger may have been taken that a generation has to reach to be level.
const maxAge = 10

// level tells whether a generation has come close to the end of the ledger. Under load it may never be ahead of the
// serving one; it need not be: readers change over when it has passed the point at which the other one stopped.
func (f *follower) level(ctx context.Context, g projections.Generation) (bool, error) {
	is, err := f.running[g.Number].warehouse.Checkpoints(ctx)
	if err != nil {
		return false, err
	}
	f.age++
	for p := range events.Partitions {
		if f.age > 1 && is[p] < f.target {
			return false, nil
		}
	}
	level := f.age > 1 && f.age <= maxAge
	f.target, err = f.deps.Auditor.Last(ctx)
	f.age = 1
	return level, err
}

// retire drops a generation that served, a while after another one took its place.
func (f *follower) retire(ctx context.Context, g projections.Generation) error {
	since, ok := f.old[g.Number]
	if !ok {
		f.old[g.Number] = f.deps.Clock()
		return nil
	}
	if f.deps.Clock().Sub(since) < keepOld {
		return nil
	}
	f.deps.Logger.InfoContext(ctx, "dropping old read models", "generation", g.Number)
	return f.deps.Generations.Drop(ctx, g)
}
