// Package translator is the role that turns providers' deliveries into events.
//
//	delivery -> adapter (Translate) -> details fetched, if it wants some -> rep, id -> record, or amend -> outcome
//
// Deliveries of one connection are translated one after the other, in the order of their arrival; those of others do not
// wait for them. Every step may be repeated: ids follow from the connection, the type and the provider's own id, state is
// merged, and the outcome, which says that a delivery was dealt with, is written last. So a crash between any two steps
// loses nothing and doubles nothing, and any delivery may be translated again at any time (a replay). A replay by an
// adapter, a mapping or a rep's name that has changed since amends what it told before, and voids what it no longer
// tells of.
//
//	retry   what will pass (the ledger cannot be reached): the delivery comes again, and those behind it wait
//	poison  what will not (it cannot be read, an adapter fails): a dead letter, kept and shown, to be replayed
//	later   details that cannot be had now: what is known is recorded, the rest is tried again after a while
//
// It also records that appointments were held, when their time has passed and nobody said otherwise (package held), and
// erases the deliveries of a person whom the ledger says to forget.
//
// One translator runs at a time. The package must import neither the ledger nor another role: what it needs of them is
// in Deps.
package translator

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"milemarker/events"
	"milemarker/internal/connections"
	"milemarker/internal/deliveries"
	"milemarker/internal/held"
	"milemarker/internal/providers"
)

// Config says how deliveries are translated. The zero value serves.
type Config struct {
	FetchTimeout time.Duration   // for all details of one delivery, 0 = 20 s
	Retries      []time.Duration // pauses before details are asked for again; nil = 1 min, 5 min, 30 min, 2 h, 6 h, 24 h
	Attempts     int             // at what will pass, before the delivery is handed back for a moment; 0 = 5

	Held     held.Config
	HeldOff  bool          // nothing is inferred
	Lookback time.Duration // how far back events of appointments are read at the start, 0 = 400 days
}

// Source is what the translator reads.
type Source interface {
	// Deliveries returns a subscriber that emits a message for each delivery from a position on: events.EncodeBatch of one
	// frame. The next of a connection comes when the one before was acked; what was nacked comes again. done is told up to
	// where everything was acked.
	Deliveries(from events.Position, done func(events.Position)) message.Subscriber

	// Last returns the position of the newest event in the ledger.
	Last(ctx context.Context) (events.Position, error)
	// Since returns the position in the ledger of the first event recorded at a time or later.
	Since(ctx context.Context, t time.Time) (events.Position, error)
	// Read returns at most limit events of some types from a position in the ledger on, in order; fewer: there are no more.
	Read(ctx context.Context, from events.Position, limit int, types ...string) ([]events.Frame, error)
	// Events returns a subscriber that emits batches (events.EncodeBatch) of such events, in order, as they come.
	Events(from events.Position, types ...string) message.Subscriber
}

// Connections knows what is connected.
type Connections interface {
	// Get returns a connection by its id, a deleted one included.
	Get(id string) (connections.Connection, bool)
}

// Recorder is the door into the ledger.
type Recorder interface {
	// Record returns one receipt for each draft, in order. An error leaves the outcome unknown: the same drafts may be
	// handed in again.
	Record(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error)

	// RecordTogether is Record for drafts of which all are to be recorded or none.
	RecordTogether(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error)

	// Digest returns what the digest of an event made from the draft would be.
	Digest(ctx context.Context, org string, d events.Draft) (string, error)
}

// People knows who is who.
type People interface {
	// Rep returns the rep whom the first of a provider's names means that meant any at a time.
	Rep(org, provider string, at time.Time, names []providers.Rep) (rep string, ok bool)

	// Prospects returns the keyed hashes of the person that a draft is about.
	Prospects(ctx context.Context, org string, d events.Draft) ([]string, error)
}

// Fetcher asks providers for details.
type Fetcher interface {
	// Fetch returns the answer to one question. An error that is fs.ErrNotExist or fs.ErrPermission will not pass by
	// itself; all others may.
	Fetch(ctx context.Context, about providers.About, token string, want providers.Want) ([]byte, error)
}

// Tally counts what became of deliveries.
type Tally interface {
	Add(connection string, c connections.Counts)
}

// Buckets keep the translator's own state.
type Buckets struct {
	deliveries.Buckets

	Told      deliveries.Bucket // what was told under an event's id: see mark
	Retries   deliveries.Bucket // what is tried again later
	Corrected deliveries.Bucket // events that were corrected by hand; nothing in it ends
	Marks     deliveries.Bucket // how far the translator has come
}

// Deps is what the role needs of others. All are required unless they say otherwise.
type Deps struct {
	Source      Source
	Log         *deliveries.Log
	Buckets     Buckets
	Connections Connections
	Providers   []providers.Provider
	Recorder    Recorder
	People      People
	Fetcher     Fetcher
	Tally       Tally
	Logger      *slog.Logger
	Clock       func() time.Time
}

type translator struct {
	cfg         Config
	deps        Deps
	providers   map[string]providers.Provider
	lanes       lanes
	retries     *retries
	inference   *inference
	corrections corrections
	erased      events.Position // up to which erasures were heeded
}

// Run translates until ctx ends and returns nil then. It calls ready once it does.
func Run(ctx context.Context, cfg Config, deps Deps, ready func()) error {
	t := newTranslator(cfg, deps)
	if err := t.run(ctx, ready); err != nil && ctx.Err() == nil {
		return fmt.Errorf("translator: %w", err)
	}
	return nil
}

func newTranslator(cfg Config, deps Deps) *translator {
	cfg.FetchTimeout = cmp.Or(cfg.FetchTimeout, 20*time.Second)
	cfg.Attempts = cmp.Or(cfg.Attempts, 5)
	cfg.Lookback = cmp.Or(cfg.Lookback, 400*24*time.Hour)
	if cfg.Retries == nil {
		cfg.Retries = []time.Duration{
			time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour,
		}
	}
	t := &translator{cfg: cfg, deps: deps, providers: map[string]providers.Provider{}, lanes: lanes{busy: map[string]*lane{}}}
	for _, p := range deps.Providers {
		t.providers[p.About().Name] = p
	}
	t.retries = newRetries(t)
	t.corrections.t = t
	t.inference = newInference(t)
	return t
}

func (t *translator) run(ctx context.Context, ready func()) error {
	ctx, cancel := context.WithCancel(ctx)
	var background sync.WaitGroup
	defer background.Wait()
	defer cancel()
	from, err := t.mark(ctx, markDeliveries)
	if err != nil {
		return err
	}
	if t.erased, err = t.mark(ctx, markErasures); err != nil {
		return err
	}
	if err := t.corrections.load(ctx); err != nil {
		return err
	}
	router, err := t.router(newCheckpoint(ctx, t, &background), from)
	if err != nil {
		return err
	}
	replays, err := t.watchReplays(ctx)
	if err != nil {
		return err
	}
	if err := t.retries.watch(ctx); err != nil {
		return err
	}
	background.Go(func() { t.replay(ctx, replays) })
	background.Go(func() { t.retries.run(ctx) })
	background.Go(func() { t.inference.run(ctx) })
	go func() {
		select {
		case <-router.Running():
			ready()
		case <-ctx.Done():
		}
	}()
	return router.Run(ctx)
}

// router is Watermill's. It hands over deliveries, one by one.
func (t *translator) router(c *checkpoint, from events.Position) (*message.Router, error) {
	router, err := t.newRouter()
	if err != nil {
		return nil, err
	}
	poison, err := middleware.PoisonQueueWithFilter(deadLetters{t}, "deadletters", poisonous)
	if err != nil {
		return nil, err
	}
	router.AddConsumerHandler("translate", "deliveries", t.deps.Source.Deliveries(from, c.reached), t.delivered).
		AddMiddleware(poison, t.retry(), middleware.Recoverer)
	return router, nil
}

func (t *translator) newRouter() (*message.Router, error) {
	return message.NewRouter(message.RouterConfig{CloseTimeout: 8 * time.Second}, t.watermill())
}

// retry is what handlers do about what will pass.
func (t *translator) retry() message.HandlerMiddleware {
	return middleware.Retry{
		MaxRetries: t.cfg.Attempts, InitialInterval: 50 * time.Millisecond, MaxInterval: 2 * time.Second, Multiplier: 2,
		ShouldRetry: func(p middleware.RetryParams) bool { return !poisonous(p.Err) }, Logger: t.watermill(),
	}.Middleware
}

func (t *translator) watermill() watermill.LoggerAdapter {
	return watermill.NewSlogLoggerWithLevelMapping(t.deps.Logger, map[slog.Level]slog.Level{
		slog.LevelInfo: slog.LevelDebug, slog.LevelError: slog.LevelWarn,
	})
}
