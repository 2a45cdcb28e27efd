package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
)

const (
	ackTimeout    = 10 * time.Second       // after which a publish without an acknowledgement counts as lost
	reconnectWait = 100 * time.Millisecond // between attempts to reach the server again
)

// Config says where the ledger is. Only URL or Options is required.
type Config struct {
	URL             string        // of the NATS servers, separated by commas
	Token           string        // presented to the server; may be empty
	Credentials     string        // path of a NATS credentials file; may be empty
	Options         []nats.Option // further connection options, such as an in-process server
	Replicas        int           // copies of every stream and bucket in a cluster: 1, 3 or 5; 0 = 1
	DuplicateWindow time.Duration // how long an id is remembered, 0 = 2 h; 174 bytes of the server's memory for each id
	MaxPending      int           // events that may wait for their outcome before Append says ErrBusy, 0 = 16,384
	Logger          *slog.Logger  // nil: discarded
}

// Ledger is an open ledger. Its methods may be called concurrently.
type Ledger struct {
	cfg    Config
	log    *slog.Logger
	nc     *nats.Conn
	link   *link
	js     jetstream.JetStream
	stream jetstream.Stream
	queue  *queue
	stop   context.CancelFunc
	done   sync.WaitGroup // the committer and its flights
}

// Open connects, creates the streams LEDGER and QUARANTINE where they are absent, and returns a *DriftError where they
// are set up otherwise. A server that cannot be reached, or a cluster without a leader, is tried again until ctx ends; one
// that refuses the credentials is not.
func Open(ctx context.Context, cfg Config) (*Ledger, error) {
	cfg.Replicas = cmp.Or(cfg.Replicas, 1)
	cfg.DuplicateWindow = cmp.Or(cfg.DuplicateWindow, 2*time.Hour)
	cfg.MaxPending = cmp.Or(cfg.MaxPending, 16_384)
	log := cfg.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	link, queue := newLink(), newQueue(cfg.MaxPending)
	nc, err := connect(ctx, cfg, log, func() { link.broken(); queue.forget() })
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	l := &Ledger{cfg: cfg, log: log, nc: nc, link: link, queue: queue}
	if err := l.open(ctx); err != nil {
		nc.Close()
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	l.done.Go(func() { l.commit(running) })
	return l, nil
}

func (l *Ledger) open(ctx context.Context) error {
	js, err := jetstream.New(
		l.nc,
		jetstream.WithPublishAsyncTimeout(ackTimeout),
		jetstream.WithPublishAsyncMaxPending(flights*maxBatch),
	)
	if err != nil {
		return err
	}
	l.js = steady{js}
	if l.stream, err = l.ensure(ctx, ledgerConfig(l.cfg)); err != nil {
		return err
	}
	_, err = l.ensure(ctx, quarantineConfig(l.cfg))
	return err
}

// connect returns a connection that looks for its server for ever once it has been made, and calls lost each time it has
// to.
func connect(ctx context.Context, cfg Config, log *slog.Logger, lost func()) (*nats.Conn, error) {
	opts := []nats.Option{
		nats.Name("milemarker"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectWait, reconnectWait),
		nats.ReconnectBufSize(-1), // what cannot be sent fails at once and is sent again by us
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			lost()
			if err != nil { // nil when we closed it
				log.WarnContext(ctx, "ledger connection lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.InfoContext(ctx, "ledger connection restored") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.WarnContext(ctx, "ledger connection", "error", err)
		}),
	}
	if cfg.Token != "" {
		opts = append(opts, nats.Token(cfg.Token))
	}
	if cfg.Credentials != "" {
		opts = append(opts, nats.UserCredentials(cfg.Credentials))
	}
	opts = append(opts, cfg.Options...)
	for attempt := 0; ; attempt++ {
		nc, err := nats.Connect(cfg.URL, opts...)
		if err == nil || errors.Is(err, nats.ErrAuthorization) {
			return nc, err
		}
		log.WarnContext(ctx, "ledger cannot be reached", "error", err)
		if pause(ctx, attempt) != nil {
			return nil, fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}

// Ready returns nil when the ledger can be written to and read: connected, and its stream still set up as it must be.
func (l *Ledger) Ready(ctx context.Context) error {
	ctx, cancel := l.link.bind(ctx)
	defer cancel()
	info, err := l.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("ledger is not ready: %w", reason(ctx, err))
	}
	return checkDrift(ledgerConfig(l.cfg), info.Config)
}

// Last returns the position of the newest event, 0 when there is none.
func (l *Ledger) Last(ctx context.Context) (events.Position, error) {
	ctx, cancel := l.link.bind(ctx)
	defer cancel()
	info, err := l.stream.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("last position: %w", reason(ctx, err))
	}
	return events.Position(info.State.LastSeq), nil
}

// Close ends the connection. Appends that wait for their outcome return ErrClosed. Contexts handed to Watch and
// Subscribe end their readers; those that still run stop delivering.
func (l *Ledger) Close() error {
	l.queue.close()
	l.stop()
	l.done.Wait()
	l.nc.Close()
	return nil
}
