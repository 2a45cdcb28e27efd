// Package hooks is the role that takes providers' webhooks in.
//
//	POST|GET|OPTIONS /hooks/{connection}            a delivery, or a provider's handshake
//	POST|GET|OPTIONS /hooks/{connection}/{secret}   for providers that sign nothing
//
//	who sent it? -> is there room? -> read the bytes -> handshake? -> verify -> keep, durably -> 2xx
//
// Nothing is parsed before it was verified, and nothing but keeping it is waited for: it is translated afterwards, by
// another role. An answer of 2xx means that the delivery is on the disk; what cannot be kept is answered with 503, and
// providers send it again.
//
// A sender whose signatures do not match is soon answered without being read, so a flood of them takes little from
// those whose signatures do. Answers say what is wrong, and never with what it would be right.
//
// The package must import neither the ledger nor another role: what it needs of them is in Deps.
package hooks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"milemarker/events"
	"milemarker/internal/connections"
	"milemarker/internal/providers"
)

// Config says what is let in. The zero value serves.
type Config struct {
	MaxBody     int64         // bytes, 0 = 1 MiB
	MaxHeader   int           // bytes of all header fields, 0 = 16 KiB
	BodyTimeout time.Duration // in which the body must have arrived, 0 = 10 s
	Timeout     time.Duration // in which it must have been kept, 0 = 2 s: the most impatient provider waits 3 s

	Rate  float64 // deliveries a second that one connection may receive in the long run, 0 = 200
	Burst int     // deliveries that it may receive at once, 0 = 2,000

	Failures       int           // requests of one address that may fail on one connection before it is not listened to, 0 = 20
	FailurePause   time.Duration // after which it has one more, 0 = 2 s
	MaxInFlight    int           // requests worked on at a time, 0 = 512
	MaxPerAddress  int           // those of one address among them, 0 = 64
	TrustedProxies []netip.Prefix
}

// Connections knows what is connected.
type Connections interface {
	// Get returns a connection by its id, a deleted one included.
	Get(id string) (connections.Connection, bool)
}

// Deliveries keeps what arrived.
type Deliveries interface {
	// Keep returns a delivery's position once it is durable. An error leaves open whether it was kept.
	Keep(ctx context.Context, org, connection string, data []byte) (events.Position, error)
}

// Certificates gets what some providers sign with.
type Certificates interface {
	// Certificate returns the PEM text at an https address, which the provider's adapter has found to be the provider's
	// own. It follows no redirects, and remembers what it got for a day.
	Certificate(ctx context.Context, address string) ([]byte, error)
}

// Tally counts what was not let in.
type Tally interface {
	Refuse(connection string, r connections.Refusal)
}

// Web is the HTTP listener.
type Web interface {
	// Serve mounts h under patterns of net/http's ServeMux and blocks until ctx ends. From then on new requests are
	// refused; it returns when those that run have ended.
	Serve(ctx context.Context, h http.Handler, patterns ...string) error
}

// Deps is what the role needs of others. All are required.
type Deps struct {
	Connections  Connections
	Deliveries   Deliveries
	Providers    []providers.Provider
	Certificates Certificates
	Tally        Tally
	Web          Web
	Logger       *slog.Logger
	Clock        func() time.Time
}

// Run serves until ctx ends and returns nil then.
func Run(ctx context.Context, cfg Config, deps Deps) error {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return fmt.Errorf("hooks: %w", err)
	}
	err := deps.Web.Serve(ctx, newServer(cfg, deps), "/hooks/{connection}", "/hooks/{connection}/{secret}")
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("hooks: %w", err)
	}
	return nil
}

func (c Config) withDefaults() Config {
	c.MaxBody = cmp.Or(c.MaxBody, 1<<20)
	c.MaxHeader = cmp.Or(c.MaxHeader, 16<<10)
	c.BodyTimeout = cmp.Or(c.BodyTimeout, 10*time.Second)
	c.Timeout = cmp.Or(c.Timeout, 2*time.Second)
	c.Rate = cmp.Or(c.Rate, 200)
	c.Burst = cmp.Or(c.Burst, 2000)
	c.Failures = cmp.Or(c.Failures, 20)
	c.FailurePause = cmp.Or(c.FailurePause, 2*time.Second)
	c.MaxInFlight = cmp.Or(c.MaxInFlight, 512)
	c.MaxPerAddress = cmp.Or(c.MaxPerAddress, 64)
	return c
}

func (c Config) validate() error {
	if c.MaxBody < 0 || c.MaxHeader < 0 || c.BodyTimeout < 0 || c.Timeout < 0 || c.Rate < 0 || c.Burst < 0 ||
		c.Failures < 0 || c.FailurePause < 0 || c.MaxInFlight < 0 || c.MaxPerAddress < 0 {
		return errors.New("limits must not be negative")
	}
	if c.MaxPerAddress > c.MaxInFlight {
		return fmt.Errorf("one address may take %d of %d places: nobody else would get in", c.MaxPerAddress, c.MaxInFlight)
	}
	return nil
}
