// Package natsd runs a NATS server with JetStream inside the process: the ledger's engine where no NATS is operated
// apart. It syncs every write to the disk before acknowledging it, so what was acknowledged outlives a power failure.
//
// It knows nothing of the ledger and must never import another package of ours; only cmd/milemarker and tests link it.
package natsd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	stopLimit  = 30 * time.Second       // bounds Stop: a server that hangs longer is left to the end of the process
	readySlice = 100 * time.Millisecond // how long one look at the server's readiness may take
)

// ErrInUse is returned when another process runs a server on the same folder.
var ErrInUse = errors.New("folder is in use by another process")

// errNoToken is returned when a listener is asked for without a token: nobody may write to the ledger unasked, not even
// from the same machine.
var errNoToken = errors.New("a listening server needs a token")

// Config says where the server keeps its data and whom it answers.
type Config struct {
	StoreDir string       // folder of the JetStream store, created when absent; required
	Host     string       // address to listen on, 127.0.0.1 when empty
	Port     int          // 0: in-process connections only, -1: any free port
	Token    string       // what every client must present; required when Port is not 0
	MaxStore int64        // bytes of disk that streams may take; 0: three quarters of what is free at the start
	Cluster  *Cluster     // the cluster that the server is a node of; nil: it stands alone
	Unsynced bool         // leave syncing to the caller, after Stop: for filling a folder that counts for nothing until it is full
	Logger   *slog.Logger // the server's own log; nil: discarded
}

// Server is a running NATS server.
type Server struct {
	nats  *server.Server
	token string
	log   *slog.Logger
	lock  *os.File
	stop  sync.Once
}

// Start runs a server and returns when it accepts connections and JetStream has recovered its streams. It fails with
// ErrInUse when another process holds the folder. A ctx that ends before the server is ready stops it again; later it
// has no effect: the server runs until Stop.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.StoreDir == "" {
		return nil, errors.New("start nats: no folder given")
	}
	if cfg.Port != 0 && cfg.Token == "" {
		return nil, fmt.Errorf("start nats: %w", errNoToken)
	}
	log := cfg.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	lock, err := lockFolder(cfg.StoreDir)
	if err != nil {
		return nil, fmt.Errorf("start nats in %s: %w", cfg.StoreDir, err)
	}
	s := &Server{token: cfg.Token, log: log, lock: lock}
	if err := s.start(ctx, cfg); err != nil {
		s.Stop()
		return nil, fmt.Errorf("start nats in %s: %w", cfg.StoreDir, err)
	}
	return s, nil
}

// maxPayload is what one message may hold, in bytes: a delivery or an event of 1 MiB, and what is said about it.
const maxPayload = 4 << 20

func (s *Server) start(ctx context.Context, cfg Config) error {
	opts := &server.Options{
		ServerName:             "milemarker",
		Host:                   cmp.Or(cfg.Host, "127.0.0.1"),
		Port:                   cfg.Port,
		DontListen:             cfg.Port == 0,
		Authorization:          cfg.Token,
		MaxPayload:             maxPayload,
		JetStream:              true,
		StoreDir:               cfg.StoreDir,
		JetStreamMaxStore:      cfg.MaxStore,
		SyncAlways:             !cfg.Unsynced, // the acknowledgement means: on the disk
		NoSigs:                 true,
		DisableJetStreamBanner: true,
	}
	if err := cfg.Cluster.join(opts); err != nil {
		return err
	}
	var err error
	if s.nats, err = server.NewServer(opts); err != nil {
		return err
	}
	fatal := make(chan error, 1)
	s.nats.SetLoggerV2(&logger{log: s.log, fatal: fatal}, false, false, false)

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ready := make(chan struct{})
	go func() {
		s.nats.Start() // returns when JetStream has recovered, or has given up
		for ctx.Err() == nil {
			if s.nats.ReadyForConnections(readySlice) {
				close(ready)
				return
			}
		}
	}()
	select {
	case err := <-fatal:
		return err
	case <-ready:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ClientURL returns the address that clients in other processes connect to. It is of no use when Port was 0.
func (s *Server) ClientURL() string { return s.nats.ClientURL() }

// InProcess returns the source of connections that do not pass through the network stack, for nats.InProcessServer.
func (s *Server) InProcess() nats.InProcessConnProvider { return s.nats }

// ClientOptions returns what nats.Connect needs to reach this server without a network, token included.
func (s *Server) ClientOptions() []nats.Option {
	opts := []nats.Option{nats.InProcessServer(s.nats)}
	if s.token != "" {
		opts = append(opts, nats.Token(s.token))
	}
	return opts
}

// Stop closes all connections and the store, and frees the folder. It returns within 30 s and may be called repeatedly.
func (s *Server) Stop() {
	s.stop.Do(func() {
		defer func() { _ = s.lock.Close() }() // frees the lock
		if s.nats == nil {
			return
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.nats.Shutdown()
			s.nats.WaitForShutdown()
		}()
		limit := time.NewTimer(stopLimit)
		defer limit.Stop()
		select {
		case <-done:
		case <-limit.C:
			s.log.Error("nats server does not stop", "limit", stopLimit)
		}
	})
}
