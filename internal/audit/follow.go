package audit

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"milemarker/events"
)

// Stream is a ledger that can be followed.
type Stream interface {
	Ledger

	// Follow is Scan without an end: it returns when ctx ends, fn returns false or the ledger is closed.
	Follow(ctx context.Context, from events.Position, fn func(f events.Frame, id, digest string) bool)
}

// Follower keeps a log level with the ledger, signs a checkpoint now and then, and audits on demand.
type Follower struct {
	log    *Log
	ledger Stream
	every  time.Duration
	logger *slog.Logger
	now    func() time.Time

	mu     sync.Mutex
	job    Job
	ctx    context.Context //nolint:containedctx // that of Run, which ends the audits that were asked for
	audits sync.WaitGroup
}

// NewFollower returns a follower that signs a checkpoint every so often while the ledger grows; 0 = 1 h.
func NewFollower(log *Log, ledger Stream, every time.Duration, logger *slog.Logger, now func() time.Time) *Follower {
	if every == 0 {
		every = time.Hour
	}
	return &Follower{log: log, ledger: ledger, every: every, logger: logger, now: now}
}

// Run follows the ledger until ctx ends, and returns nil then, with a checkpoint signed of all that was read. A ledger
// that does not extend what was signed is told of in the log and by Err, and followed no more.
func (f *Follower) Run(ctx context.Context) error {
	f.mu.Lock()
	f.ctx = ctx
	f.mu.Unlock()
	var signing sync.WaitGroup
	signing.Go(func() {
		ticks := time.NewTicker(f.every)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				f.sign(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
	err := f.log.CatchUp(ctx, f.ledger, f.now)
	if err == nil {
		f.ledger.Follow(ctx, f.log.Position()+1, func(m events.Frame, id, digest string) bool {
			err = f.log.add(m, id, digest, f.now)
			return err == nil
		})
	}
	if err != nil && ctx.Err() == nil {
		f.log.fail(err)
		f.logger.ErrorContext(ctx, "ledger is not audited", "error", err)
		<-ctx.Done()
	}
	signing.Wait()
	f.mu.Lock()
	f.ctx = nil
	f.mu.Unlock()
	f.audits.Wait()
	f.sign(ctx)
	return f.log.Close()
}

// sign keeps a checkpoint of what was read.
func (f *Follower) sign(ctx context.Context) {
	if f.log.Err() != nil || f.log.Position() < max(f.log.lastSigned(), 1) {
		return
	}
	if _, err := f.log.Checkpoint(f.now()); err != nil {
		f.log.fail(err)
		f.logger.ErrorContext(ctx, "checkpoint was not signed", "error", err)
	}
}

// Err returns why the ledger is not followed any more, nil while it is.
func (f *Follower) Err() error { return f.log.Err() }

// PublicKey returns what others check checkpoints with.
func (f *Follower) PublicKey() string { return f.log.key.Public }

// Checkpoint signs all that stands in the ledger now, and returns the signed note.
func (f *Follower) Checkpoint(ctx context.Context) ([]byte, error) {
	last, err := f.ledger.Last(ctx)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if at := f.log.Position(); last < at {
		f.log.fail(fmt.Errorf("%w: it ends at %d, and was read up to %d", ErrForked, last, at))
	}
	if err := f.log.wait(ctx, last); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return f.log.Checkpoint(f.now())
}
