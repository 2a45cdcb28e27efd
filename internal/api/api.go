// Package api is the role that answers questions over HTTP: numbers, the events behind them, goals and how they stand;
// and the few things about an org that are set here: goals, settings, keys. Its contract is api/openapi.yaml.
//
// Every answer names the ledger position that it reflects, and every read may ask for a position to be passed first: so
// whoever has written sees what was written, or is told that it is not there yet. Private fields stay sealed.
//
// JSON answers need an API key in the Authorization header. The session cookie opens the pages for people and nothing
// else, and pages change nothing: so there is nothing that a foreign page could make a browser do.
//
// The package must import neither the warehouse nor the ledger nor another role: what it needs of them is in Deps.
package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/foresight"
	"milemarker/projections"
)

// Config bounds what a question may cost. The zero value serves.
type Config struct {
	MaxWait    time.Duration // for a read model to pass min_position, 0 = 2 s
	Timeout    time.Duration // for a whole answer, 0 = 30 s
	MaxBuckets int           // buckets that a metrics question may span, 0 = 4,000
	MaxRows    int           // rows that a metrics answer may have, 0 = 50,000
	MaxPage    int           // events on a page at most, 0 = 1,000
	MaxBody    int64         // bytes of a request's body, 0 = 256 KiB
}

// Warehouse holds what is known.
type Warehouse interface {
	Copies
	Declared
	Sums

	// Events returns the newest first.
	Events(ctx context.Context, q projections.EventQuery) ([]projections.EventRow, error)

	// Position returns up to where the read models reflect the ledger for the org. What is read afterwards reflects it
	// too.
	Position(ctx context.Context, org string) (events.Position, error)
}

// Sums are what events come to.
type Sums interface {
	Metrics(ctx context.Context, q projections.MetricQuery) ([]projections.MetricRow, error)

	// Tally sums up events themselves by day: parts of days, and as they were known at some time.
	Tally(ctx context.Context, q projections.TallyQuery) ([]projections.MetricRow, error)

	// Amounts returns the amounts of single events, the newest first.
	Amounts(ctx context.Context, q projections.AmountQuery) ([]events.Decimal, error)
}

// Declared is what an org said about itself.
type Declared interface {
	// Declarations returns what orgs declared, in the order of positions.
	Declarations(ctx context.Context, q projections.DeclarationQuery) ([]events.Record, error)

	Settings(ctx context.Context, org string) (projections.OrgSettings, error)
}

// Copies is what is known of events beyond that they count.
type Copies interface {
	// Duplicates returns second copies of events, newest first.
	Duplicates(ctx context.Context, q projections.DuplicateQuery) ([]projections.Copy, error)

	// Corrections returns the ids of the events that void an event or stand in its place.
	Corrections(ctx context.Context, q projections.CorrectionQuery) ([]string, error)
}

// Recorder is the door into the ledger.
type Recorder interface {
	// Record returns one receipt for each draft, in order. When it returns nil, everything that the receipts call
	// appended or duplicate is durable. An error leaves the outcome unknown: the same drafts may be handed in again.
	Record(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error)

	// RecordTogether is Record for drafts of which all are to be recorded or none.
	RecordTogether(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error)

	// Digest returns what the digest of an event made from the draft would be.
	Digest(ctx context.Context, org string, d events.Draft) (string, error)
}

// Keys says who is calling, and manages keys and sessions.
type Keys interface {
	// Caller returns who makes a request, or access.ErrUnauthenticated.
	Caller(r *http.Request) (access.Caller, error)

	Keyring
	Sessions
}

// Keyring manages the API keys of orgs.
type Keyring interface {
	// Add returns the new key's token, which cannot be shown again.
	Add(ctx context.Context, org, name string, scopes ...access.Scope) (token string, key access.Key, err error)
	List(ctx context.Context, org string) []access.Key
	// Revoke returns access.ErrUnknownKey for an id that is none of the org's.
	Revoke(ctx context.Context, org, id string) error
}

// Sessions lets people in with a browser.
type Sessions interface {
	// NewLogin returns the token of a link that begins one session in the name of a key.
	NewLogin(ctx context.Context, keyID string) (token string, err error)
	// Redeem returns the session's cookie, or access.ErrUnauthenticated.
	Redeem(ctx context.Context, token string) (*http.Cookie, error)
	Logout(ctx context.Context, cookie string) error
}

// Web is the HTTP listener.
type Web interface {
	// Serve mounts h under patterns of net/http's ServeMux and blocks until ctx ends. From then on new requests are
	// refused; it returns when those that run have ended.
	Serve(ctx context.Context, h http.Handler, patterns ...string) error
}

// Deps is what the role needs of others. All are required unless they say otherwise.
type Deps struct {
	Warehouse Warehouse
	Recorder  Recorder
	Keys      Keys
	Web       Web
	Logger    *slog.Logger
	Clock     func() time.Time

	Quarantine Quarantine
	Auditor    Auditor      // nil where this program keeps no audit log
	Telemetry  http.Handler // answers a scrape; nil where nothing is measured
	Upkeep     Upkeep
	Prospects  Prospects
	Foresight  foresight.Known
	Issued     Issued
	People     People
	Seals      Seals
	Reps       Reps
	Erasures   Erasures
	Webhooks   Webhooks
	Mappings   Mappings
	Backups    Backups // nil where this program writes none
	Newest     Newest  // nil: what is written is known at once
	Notices    Notices
}

// Run serves until ctx ends and returns nil then. It mounts everything that no other role mounts: what nobody knows is
// answered here.
func Run(ctx context.Context, cfg Config, deps Deps) error {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return fmt.Errorf("api: %w", err)
	}
	s := newServer(cfg, deps)
	listening, stop := context.WithCancel(ctx)
	var live sync.WaitGroup
	defer live.Wait()
	defer stop()
	live.Go(func() { s.live.run(listening) })
	if err := deps.Web.Serve(ctx, s.handler(), "/"); err != nil && ctx.Err() == nil {
		return fmt.Errorf("api: %w", err)
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.MaxWait == 0 {
		c.MaxWait = 2 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	if c.MaxBuckets == 0 {
		c.MaxBuckets = 4000
	}
	if c.MaxRows == 0 {
		c.MaxRows = 50_000
	}
	if c.MaxPage == 0 {
		c.MaxPage = 1000
	}
	if c.MaxBody == 0 {
		c.MaxBody = 256 << 10
	}
	return c
}

func (c Config) validate() error {
	if c.MaxWait < 0 || c.Timeout < 0 || c.MaxBuckets < 0 || c.MaxRows < 0 || c.MaxPage < 0 || c.MaxBody < 0 {
		return errors.New("limits must not be negative")
	}
	if c.MaxWait >= c.Timeout {
		return fmt.Errorf("waiting %s for a position leaves nothing of the timeout of %s", c.MaxWait, c.Timeout)
	}
	return nil
}
