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
	// Generations returns all that were ever begun, in the order of their numbers.
	Generations(ctx context.Context) ([]projections.Generation, error)
	// Begin enters a new one, to be built, unless one of this program's version is being built already.
	Begin(ctx context.Context) (projections.Generation, error)
	// Open returns the read models of one, and what closes them.
	Open(ctx context.Context, g projections.Generation) (Warehouse, func() error, error)
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

// running is a projector at work on one generation.
type running struct {
	generation projections.Generation
	warehouse  Warehouse
	stop       context.CancelFunc
	ended      chan error
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
			if g.State == projections.Building && g.Version == projections.Version && g.Number > serving.Number {
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
		_, err = f.deps.Generations.Begin(ctx)
	}
	return err
}

// build brings a generation nearer to serving.
func (f *follower) build(ctx context.Context, g, serving projections.Generation) error {
	if err := f.start(ctx, g); err != nil || f.running[g.Number] == nil {
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
		g.Note = fmt.Sprintf("%d differences from the ledger as of %d, the first: %+v",
			report.Differences, report.Position, report.Named)
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
	if looks, ok := f.claimed[g.Number]; ok && looks < claimedFor {
		f.claimed[g.Number]++
		return nil
	}
	if _, ok := f.claimed[g.Number]; ok && f.deps.Share == nil {
		return fmt.Errorf("partitions %v: %w", f.cfg.Partitions, projections.ErrClaimed)
	}
	delete(f.claimed, g.Number)
	if r, ok := f.running[g.Number]; ok {
		r.generation = g
		return nil
	}
	w, closeWarehouse, err := f.deps.Generations.Open(ctx, g)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	r := &running{generation: g, warehouse: w, stop: stop, ended: make(chan error, 1)}
	f.running[g.Number], f.age = r, 0
	go func() {
		err := Run(ctx, f.cfg, Deps{Source: f.deps.Source, Warehouse: w, Logger: f.deps.Logger.With("generation", g.Number)})
		if closeErr := closeWarehouse(); err == nil {
			err = closeErr
		}
		r.ended <- err
	}()
	return nil
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
			f.deps.Logger.Warn("rebuild interrupted", "generation", n, "error", err)
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
