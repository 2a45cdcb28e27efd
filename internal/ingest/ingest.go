// Package ingest is the role that takes events in over HTTP: who is calling, is the request in bounds, what became of
// each event.
//
//	POST /v1/events          one event or a batch; answers only what is durable
//	GET  /v1/schemas         the types of events and where their JSON Schemas are
//	GET  /v1/schemas/{type}  the JSON Schema of one type
//
// What an event must look like is said by package events, what becomes of it by the Recorder. The package must import
// neither the recorder nor the ledger nor another role: what it needs of them is in Deps.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"milemarker/events"
	"milemarker/internal/access"
)

// Config says what ingest lets in. The zero value serves.
type Config struct {
	MaxBody      int64         // bytes of a single event, 0 = 1 MiB
	MaxBatchBody int64         // bytes of a batch, 0 = 4 MiB
	MaxBatch     int           // events in a batch, 0 = 1,000
	Rate         float64       // events a second that one key may send in the long run, 0 = 20,000
	Burst        int           // events that one key may send at once, 0 = twice the rate; at least MaxBatch
	MaxInFlight  int           // requests worked on at a time, 0 = 4,096; further ones are told to come back
	BodyTimeout  time.Duration // in which a request's body must have arrived, 0 = 10 s
	Timeout      time.Duration // in which the ledger must have answered, 0 = 10 s
}

// Recorder is the door into the ledger.
type Recorder interface {
	// Record returns one receipt for each draft, in order. When it returns nil, everything that the receipts call
	// appended or duplicate is durable. An error leaves the outcome unknown: the same drafts may be handed in again.
	Record(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error)
}

// Keys says who is calling.
type Keys interface {
	// Caller returns who makes a request, or access.ErrUnauthenticated.
	Caller(r *http.Request) (access.Caller, error)
}

// Web is the HTTP listener.
type Web interface {
	// Serve mounts h under patterns of net/http's ServeMux and blocks until ctx ends. From then on new requests are
	// refused; it returns when those that run have ended.
	Serve(ctx context.Context, h http.Handler, patterns ...string) error
}

// Deps is what ingest needs of others. All are required.
type Deps struct {
	Recorder Recorder
	Keys     Keys
	Web      Web
	Logger   *slog.Logger
	Clock    func() time.Time
}

// Run serves until ctx ends and returns nil then.
func Run(ctx context.Context, cfg Config, deps Deps) error {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return fmt.Errorf("ingest: %w", err)
	}
	err := deps.Web.Serve(ctx, newServer(cfg, deps).handler(), "POST /v1/events", "GET /v1/schemas", "GET /v1/schemas/{type}")
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("ingest: %w", err)
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.MaxBody == 0 {
		c.MaxBody = 1 << 20
	}
	if c.MaxBatchBody == 0 {
		c.MaxBatchBody = 4 << 20
	}
	if c.MaxBatch == 0 {
		c.MaxBatch = 1000
	}
	if c.Rate == 0 {
		c.Rate = 20_000
	}
	if c.Burst == 0 {
		c.Burst = max(int(2*c.Rate), c.MaxBatch)
	}
	if c.MaxInFlight == 0 {
		c.MaxInFlight = 4096
	}
	if c.BodyTimeout == 0 {
		c.BodyTimeout = 10 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	return c
}

func (c Config) validate() error {
	var errs []error
	if c.MaxBody < 0 || c.MaxBatchBody < 0 || c.MaxBatch < 0 || c.Rate < 0 || c.MaxInFlight < 0 || c.BodyTimeout < 0 || c.Timeout < 0 {
		errs = append(errs, errors.New("limits must not be negative"))
	}
	if c.MaxBatchBody < c.MaxBody {
		errs = append(errs, fmt.Errorf("batch body limit %d is below that of a single event, %d", c.MaxBatchBody, c.MaxBody))
	}
	if c.Burst < c.MaxBatch {
		errs = append(errs, fmt.Errorf("burst %d is below the batch limit %d: such batches could never pass", c.Burst, c.MaxBatch))
	}
	return errors.Join(errs...)
}
