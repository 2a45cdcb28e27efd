package projector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/projections"
)

// Config is what an operator may choose about a projector.
type Config struct {
	Partitions []int         // the partitions it owns; empty = all. Of two that own the same the later one folds
	MaxBatch   int           // events folded at once at most; 0 = 40,000
	Linger     time.Duration // how long to wait for a batch to grow once its first event is there; 0 = 50 ms
}

// Validate reports everything wrong with the config.
func (c Config) Validate() error {
	var errs []error
	seen := map[int]bool{}
	for _, p := range c.Partitions {
		if p < 0 || p >= events.Partitions {
			errs = append(errs, fmt.Errorf("partition %d: want 0 to %d", p, events.Partitions-1))
		}
		if seen[p] {
			errs = append(errs, fmt.Errorf("partition %d: named twice", p))
		}
		seen[p] = true
	}
	if c.MaxBatch < 0 || c.MaxBatch > 50_000 {
		errs = append(errs, fmt.Errorf("max batch %d: want 1 to 50,000", c.MaxBatch))
	}
	if c.Linger < 0 || c.Linger > 10*time.Second {
		errs = append(errs, fmt.Errorf("linger %v: want at most 10 s", c.Linger))
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	if len(c.Partitions) == 0 {
		for p := range events.Partitions {
			c.Partitions = append(c.Partitions, p)
		}
	}
	if c.MaxBatch == 0 {
		c.MaxBatch = 40_000
	}
	if c.Linger == 0 {
		c.Linger = 50 * time.Millisecond
	}
	return c
}

// Source is the ledger as the projector reads it.
type Source interface {
	// Follow returns a subscriber that emits one message per batch of frames (events.EncodeBatch) in the order of the
	// ledger, from the given position on. A message that is not acknowledged comes again. Frames may come twice, never
	// out of order, and none is left out.
	Follow(partitions []int, from events.Position, maxBatch int, linger time.Duration) message.Subscriber
	// Quiet returns a position up to which nothing stands of the given partitions behind their checkpoints, 0 when something
	// does.
	Quiet(ctx context.Context, checkpoints map[int]events.Position) (events.Position, error)
	// Quarantine keeps a message that cannot be read in a stream of its own; twice is the same as once.
	Quarantine(ctx context.Context, f events.Frame, reason string) error
	// Requested calls fold for each quarantined message that is to be folded now that it can be read, again when it fails,
	// and again after a restart. It returns when ctx ends, or with an error when it cannot be told.
	Requested(ctx context.Context, fold func(context.Context, events.Frame) error) error
}

// Warehouse is the database of the read models.
type Warehouse interface {
	Copies
	People
	Places
	Memory
	// Run executes one statement; it is durable when Run returns nil.
	Run(ctx context.Context, s projections.Statement) error
}

// Memory is what outlives a projector.
type Memory interface {
	// Claim takes partitions from whoever had them. When it returns, nothing fenced is written any more without the new
	// claim: Run fails with projections.ErrClaimed.
	Claim(ctx context.Context, partitions []int) (projections.Claim, error)
	// Checkpoints returns how far the folds reach, by partition; a partition never folded is absent.
	Checkpoints(ctx context.Context) (map[int]events.Position, error)
	// AllSettings returns the present settings of every org that chose some.
	AllSettings(ctx context.Context) (map[string]projections.OrgSettings, error)
}

// Places tells where events lie.
type Places interface {
	// Targets returns the types and days of the events with these ids, as far as they are known.
	Targets(ctx context.Context, q projections.TargetQuery) ([]projections.TargetRow, error)
	// Extent returns the times between which an org's events lie, and all buckets that stand for it.
	Extent(ctx context.Context, org string) (projections.Extent, error)
	// EventDays hands the days to add on which orgs have events, org by org.
	EventDays(ctx context.Context, add func(org string, day calendar.Day)) error
}

// Copies tells which events were folded already.
type Copies interface {
	// Known calls add with XXH64 of the events.MessageID of every event folded of some partitions up to a position, in any
	// order.
	Known(ctx context.Context, partitions []int, upTo events.Position, add func(hash uint64)) error
	// Firsts returns the events that count under the given ids, as far as they were folded, by id.
	Firsts(ctx context.Context, q projections.FirstQuery) (map[string]projections.First, error)
}

// Deps are the parts a projector works with.
type Deps struct {
	Source    Source
	Warehouse Warehouse
	Logger    *slog.Logger
	// Model, if set, is the only read model that is folded before the position Onward: the others were copied, and hold all
	// of that.
	Model  projections.ReadModel
	Onward events.Position
	// Folded, if set, is told after each flush up to where everything is folded and durable.
	Folded func(events.Position)
}

// requests folds what is requested until the function that it returns is called.
func (d Deps) requests(ctx context.Context, fold func(context.Context, events.Frame) error) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := d.Source.Requested(ctx, fold); err != nil && ctx.Err() == nil {
			d.Logger.ErrorContext(ctx, "requests to fold are not heard", "error", err)
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// Run folds until ctx is done, then ends after the flush at hand and returns nil. It takes its partitions from whoever had
// them; when somebody takes them in turn, it ends with projections.ErrClaimed. Any other error means that folding could not
// begin: while it runs, a failing engine is retried for ever with a growing pause.
func Run(ctx context.Context, cfg Config, deps Deps) error {
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("projector: %w", err)
	}
	cfg = cfg.withDefaults()
	f := &folder{cfg: cfg, deps: deps}
	if err := f.load(ctx); err != nil {
		if errors.Is(err, context.Canceled) {
			return nil // stopped before it began
		}
		return fmt.Errorf("projector: load: %w", err)
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	var one sync.Mutex // folds
	logger := watermill.NewSlogLoggerWithLevelMapping(deps.Logger, map[slog.Level]slog.Level{slog.LevelInfo: slog.LevelDebug})
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: 8 * time.Second}, logger)
	if err != nil {
		return fmt.Errorf("projector: router: %w", err)
	}
	retry := middleware.Retry{
		MaxRetries: 10, InitialInterval: 50 * time.Millisecond, MaxInterval: 5 * time.Second, Multiplier: 2,
		Logger:      logger,
		ShouldRetry: func(p middleware.RetryParams) bool { return !errors.Is(p.Err, projections.ErrClaimed) },
	}
	// A panic becomes an error, the error is retried here, and at last the batch is handed back and comes again.
	router.AddMiddleware(retry.Middleware, middleware.Recoverer)
	router.AddConsumerHandler("fold", "ledger", deps.Source.Follow(cfg.Partitions, f.from(), cfg.MaxBatch, cfg.Linger),
		func(m *message.Message) error {
			one.Lock()
			defer one.Unlock()
			err := f.fold(m.Context(), m.Payload)
			if errors.Is(err, projections.ErrClaimed) {
				end(err)
			}
			return err
		})
	requests := deps.requests(ctx, func(ctx context.Context, frame events.Frame) error {
		one.Lock()
		defer one.Unlock()
		return f.refold(ctx, frame)
	})
	defer requests()
	defer f.idly(ctx, &one)()
	deps.Logger.InfoContext(ctx, "projector started", "from", uint64(f.from()), "partitions", len(cfg.Partitions))
	err = router.Run(ctx)
	if cause := context.Cause(ctx); errors.Is(cause, projections.ErrClaimed) {
		err = cause
	}
	if err != nil {
		return fmt.Errorf("projector: %w", err)
	}
	return nil
}

// idleEvery is how often a share of the partitions looks whether it is idle. Whoever owns all never needs to: every message
// is his.
const idleEvery = time.Second

// idly moves the checkpoint on while nothing comes, until the function that it returns is called.
func (f *folder) idly(ctx context.Context, one *sync.Mutex) (stop func()) {
	if len(f.cfg.Partitions) == events.Partitions {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		ticks := time.NewTicker(idleEvery)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
			}
			one.Lock()
			if err := f.idle(ctx); err != nil && ctx.Err() == nil {
				f.deps.Logger.DebugContext(ctx, "checkpoint stays", "error", err)
			}
			one.Unlock()
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}
