package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"milemarker/internal/embedded/clickhouse/libchdb"
)

var (
	// ErrDataFolderInUse is returned by Open when another engine, of this or
	// another process, works on the data folder.
	ErrDataFolderInUse = errors.New("data folder is in use by another engine")
	// ErrAnotherEngine is returned by Open when the engine refuses to start
	// although the folder is free: a process holds one data folder at a time.
	ErrAnotherEngine = errors.New("engine refused to start: is another data folder open in this process?")
	// ErrClosed is returned for requests to a closed engine.
	ErrClosed = errors.New("ClickHouse engine is closed")
)

// An Engine is a running ClickHouse. Its methods may be called from many
// goroutines at once.
type Engine struct {
	lib       *libchdb.Library
	arguments []string

	// sessions holds a connection, fresh and unused, for every statement that
	// may start now; nil where making one went wrong. Whoever takes one puts a
	// fresh one in its place, so nothing a request did to its session is left.
	sessions chan *libchdb.Conn
	requests atomic.Uint64 // numbers requests, so that one can be killed

	closing   chan struct{}
	closeOnce sync.Once

	keeperMu sync.Mutex
	keeper   *libchdb.Conn // keeps the engine up while sessions come and go; kills statements
}

// Open loads the library and starts the engine on the data folder, in some
// tenths of a second. Errors to tell apart: *LibraryMissingError,
// ErrDataFolderInUse, ErrAnotherEngine.
func Open(ctx context.Context, cfg Config) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("ClickHouse engine: %w", err)
	}
	cfg = cfg.withDefaults()
	file, err := Library(cfg.Library)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open ClickHouse engine: %w", err)
	}
	path, arguments, err := cfg.prepareFolder()
	if err != nil {
		return nil, fmt.Errorf("open ClickHouse engine: %w", err)
	}
	lib, err := libchdb.Load(file)
	if err != nil {
		return nil, fmt.Errorf("open ClickHouse engine: %w", err)
	}
	keeper, err := lib.Boot(arguments...)
	if err != nil {
		// The folder was free a moment ago: either somebody else was faster, or
		// the engine runs already, elsewhere.
		if err := folderFree(path); err != nil {
			return nil, fmt.Errorf("open ClickHouse engine: %w", err)
		}
		return nil, fmt.Errorf("open ClickHouse engine on %s: %w", path, ErrAnotherEngine)
	}
	e := &Engine{
		lib:       lib,
		arguments: arguments,
		sessions:  make(chan *libchdb.Conn, cfg.Connections),
		closing:   make(chan struct{}),
		keeper:    keeper,
	}
	for range cfg.Connections {
		e.renew(nil)
	}
	return e, nil
}

// Close waits for running statements and stops the engine. Requests that come
// after it, or wait for their turn, get ErrClosed. A result that is being
// streamed counts as running until it is read to its end or closed. Close may
// be called more than once; every call returns when the engine has stopped.
func (e *Engine) Close() error {
	e.closeOnce.Do(func() {
		close(e.closing)
		for range cap(e.sessions) {
			if session := <-e.sessions; session != nil {
				session.Close()
			}
		}
		e.keeperMu.Lock()
		defer e.keeperMu.Unlock()
		e.keeper.Close()
		e.keeper = nil
	})
	return nil
}

// acquire waits for a session of its own. The caller must give it to renew.
func (e *Engine) acquire(ctx context.Context) (*libchdb.Conn, error) {
	select {
	case <-e.closing:
		return nil, ErrClosed
	default:
	}
	select {
	case session := <-e.sessions:
		if session != nil {
			return session, nil
		}
		session, err := e.lib.Connect(e.arguments...)
		if err != nil {
			e.sessions <- nil
			return nil, fmt.Errorf("connect to ClickHouse engine: %w", err)
		}
		return session, nil
	case <-e.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// renew ends a session and puts a fresh one into its place.
func (e *Engine) renew(used *libchdb.Conn) {
	if used != nil {
		used.Close()
	}
	fresh, err := e.lib.Connect(e.arguments...)
	if err != nil {
		fresh = nil // acquire tries again, and reports
	}
	e.sessions <- fresh
}

// kill stops the statement that runs under the tag. It does nothing when there
// is none.
func (e *Engine) kill(tag string) {
	e.keeperMu.Lock()
	defer e.keeperMu.Unlock()
	if e.keeper == nil {
		return
	}
	// Nobody waits for the outcome: the caller has gone already, and a statement
	// that cannot be killed ends by itself.
	_, _, _ = e.keeper.Query("KILL QUERY WHERE Settings['log_comment'] = {tag:String} ASYNC", "Null",
		[]libchdb.Param{{Name: "tag", Value: tag}})
}
