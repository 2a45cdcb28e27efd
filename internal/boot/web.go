package boot

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"milemarker/internal/problem"
)

// Web is one HTTP listener that roles share: each mounts its handler for as long as it runs.
type Web struct {
	mux      *http.ServeMux
	server   *http.Server
	listener net.Listener
}

// Listen opens the listener. Who connects waits until the listener's role serves; see Role.
func Listen(ctx context.Context, address string, logger *slog.Logger) (*Web, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s (another address: --listen): %w", address, err)
	}
	mux := http.NewServeMux()
	w := &Web{mux: mux, listener: l}
	w.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	return w, nil
}

// URL returns the address as http://host:port.
func (w *Web) URL() string { return "http://" + w.listener.Addr().String() }

// Close ends the listener. The roles have stopped before: connections that are still open are idle or beyond help.
func (w *Web) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := w.server.Shutdown(ctx)
	if err != nil {
		err = w.server.Close()
	}
	_ = w.listener.Close() // closed already, unless nothing was ever served
	return err
}

// Mount is the listener as one role sees it.
type Mount struct {
	web   *Web
	ready func()
}

// For returns the listener for one role; ready is called when the role has mounted its handler.
func (w *Web) For(ready func()) Mount { return Mount{w, ready} }

// Serve mounts h under ServeMux patterns and blocks until ctx is done. From then on new requests are answered with 503,
// and Serve returns when the running ones have ended, 5 s later at most. Patterns may be mounted once in the life of the listener.
func (m Mount) Serve(ctx context.Context, h http.Handler, patterns ...string) error {
	g := &gate{handler: h}
	for _, p := range patterns {
		m.web.mux.Handle(p, g)
	}
	m.ready()
	<-ctx.Done()
	g.close()
	return nil
}

// grace is how long requests that run when a role stops may take to end.
const grace = 5 * time.Second

// gate lets requests through until it is closed.
type gate struct {
	handler http.Handler
	inside  sync.WaitGroup
	mu      sync.Mutex // guards closed, and that nobody enters once it is true
	closed  bool
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.enter() {
		w.Header().Set("Retry-After", "5")
		problem.Write(w, problem.Problem{
			Title: "stopping", Status: http.StatusServiceUnavailable, Mend: "Send the request again in a moment.",
		})
		return
	}
	defer g.inside.Done()
	g.handler.ServeHTTP(w, r)
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.inside.Add(1)
	return true
}

// close refuses new requests and returns when those inside have ended, or have used up their grace.
func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		g.inside.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(grace):
	}
}

// Role returns the role that serves what is mounted. It comes last: whoever connects while the others start waits for a
// moment, instead of hearing that there is nothing at an address where there soon will be.
func (w *Web) Role() Role {
	return Role{Name: "http", Run: func(ctx context.Context, ready func()) error {
		failed := make(chan error, 1)
		go func() { failed <- w.server.Serve(w.listener) }()
		ready()
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
			return nil // it goes on serving until Close, so that requests hear of the stop
		}
	}}
}
