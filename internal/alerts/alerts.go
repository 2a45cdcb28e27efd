package alerts

import (
	"cmp"
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
	"milemarker/internal/goals"
	"milemarker/internal/notify"
	"milemarker/internal/shelf"
	"milemarker/projections"
)

// Config says how often to look. The zero value serves.
type Config struct {
	Every  time.Duration // between questions about what no event tells of: a full quarantine, an org of old, 0 = 1 min
	Settle time.Duration // for numbers to come together before a look, 0 = 2 s
	Slow   time.Duration // between looks at what changes slowly: conversions and sources, 0 = ten times Every
	Hold   time.Duration // of working time for which a goal's new status must hold, 0 = 30 min
}

func (c Config) withDefaults() Config {
	c.Every = cmp.Or(c.Every, time.Minute)
	c.Settle = cmp.Or(c.Settle, 2*time.Second)
	c.Slow = cmp.Or(c.Slow, 10*c.Every)
	return c
}

// Known is what is known.
type Known interface {
	goals.Reader
	Happened

	// Orgs returns the orgs that have declared anything.
	Orgs(ctx context.Context) ([]string, error)
	// Position returns up to where the read models reflect the ledger for an org.
	Position(ctx context.Context, org string) (events.Position, error)
	Sources(ctx context.Context, q projections.SourceQuery) ([]projections.SourceDay, error)
}

// Happened is what is known of single events.
type Happened interface {
	// Events returns the newest first.
	Events(ctx context.Context, q projections.EventQuery) ([]projections.EventRow, error)
	// Appointments returns events in the order of their positions.
	Appointments(ctx context.Context, q projections.AppointmentQuery) ([]events.Event, error)
}

// Recorder is the door into the ledger.
type Recorder interface {
	// Record returns one receipt for each draft, in order; see recorder.Recorder.
	Record(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error)
}

// Ledger is the ledger as this role reads it.
type Ledger interface {
	// Follow returns a subscriber that emits one message per batch of frames (events.EncodeBatch) of some event types,
	// none meaning all, from a position on. A message that is not acknowledged comes again.
	Follow(types []string, from events.Position) message.Subscriber
	// Last returns the position of the newest event.
	Last(ctx context.Context) (events.Position, error)
}

// Quarantine tells how many messages wait for a decision, by org.
type Quarantine interface {
	Waiting(ctx context.Context) (map[string]int, error)
}

// Sender hands messages over.
type Sender interface {
	// Send returns nil when the other side has taken the message. An error that is notify.ErrFinal is for good.
	Send(ctx context.Context, d notify.Destination, s notify.Secret, m notify.Message) error
}

// Deps is what the role needs of others. All are required.
type Deps struct {
	Known      Known
	Recorder   Recorder
	Ledger     Ledger
	Quarantine Quarantine
	States     shelf.Bucket // what was seen of every matter

	Destinations *notify.Destinations
	Rules        *notify.Rules
	Outbox       *notify.Outbox
	Sender       Sender

	Logger *slog.Logger
	Clock  func() time.Time
}

// told is what events say that were recorded here.
const told = "/milemarker/alerts"

// Run looks, dispatches and posts until ctx is done, and returns nil then. Whoever runs several instances lets one work at a
// time. What is interrupted begins anew after a second.
func Run(ctx context.Context, cfg Config, deps Deps) error {
	cfg = cfg.withDefaults()
	for ctx.Err() == nil {
		if err := work(ctx, cfg, deps); err != nil && ctx.Err() == nil {
			deps.Logger.WarnContext(ctx, "alerts interrupted", "error", err)
			wait(ctx, time.Second)
		}
	}
	return nil
}

// work works until ctx is done or something fails.
func work(ctx context.Context, cfg Config, deps Deps) error {
	k, err := newKeeper(ctx, cfg, deps)
	if err != nil {
		return err
	}
	from, err := k.begin(ctx)
	if err != nil {
		return err
	}
	logger := watermill.NewSlogLoggerWithLevelMapping(deps.Logger, map[slog.Level]slog.Level{slog.LevelInfo: slog.LevelDebug})
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: 5 * time.Second}, logger)
	if err != nil {
		return fmt.Errorf("alerts: router: %w", err)
	}
	retry := middleware.Retry{MaxRetries: 5, InitialInterval: 100 * time.Millisecond, MaxInterval: 5 * time.Second, Multiplier: 2, Logger: logger}
	router.AddMiddleware(retry.Middleware, middleware.Recoverer)
	router.AddConsumerHandler("numbers", "ledger", deps.Ledger.Follow(nil, from+1), k.touched)
	router.AddConsumerHandler("dispatch", "alerts",
		deps.Ledger.Follow([]string{events.TypePaceChanged, events.TypeAlertRaised}, from+1), k.dispatched)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var running sync.WaitGroup
	defer running.Wait()
	for _, part := range []func(context.Context) error{k.lookOn, k.postOn} {
		running.Go(func() {
			if err := part(ctx); err != nil {
				stop(err)
			}
		})
	}
	deps.Logger.InfoContext(ctx, "alerts started", "from", uint64(from))
	err = router.Run(ctx)
	stop(nil)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// wait returns after a pause, or when ctx is done.
func wait(ctx context.Context, pause time.Duration) {
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
