package assembly

import (
	"context"
	"errors"
	"sync"

	"milemarker/internal/lease"
	"milemarker/internal/projector"
	"milemarker/internal/warehouse"
	"milemarker/projections"
)

// errDead is what a dead process would have heard.
var errDead = errors.New("dead")

// gate stands between a process and all that is outside of it. It may be shut: then the process stands still, as one does
// that the system has stopped.
type gate struct {
	mu      sync.Mutex
	dead    bool
	at      string        // the statement before which it shuts by itself
	shut    chan struct{} // closed when it opens again; nil while open
	reached chan struct{} // closed when it has shut by itself
}

// pauseAt shuts the gate before the next statement of a name. The channel tells when.
func (g *gate) pauseAt(statement string) (reached <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.at, g.reached = statement, make(chan struct{})
	return g.reached
}

func (g *gate) resume() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.at = ""
	if g.shut != nil {
		close(g.shut)
		g.shut = nil
	}
}

func (g *gate) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dead = true
}

func (g *gate) pass(what string) error {
	g.mu.Lock()
	if g.at != "" && g.at == what {
		g.at, g.shut = "", make(chan struct{})
		close(g.reached)
	}
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		<-shut
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.dead {
		return errDead
	}
	return nil
}

type gatedStore struct {
	lease.Store

	gate *gate
}

func (s gatedStore) Load(ctx context.Context) ([]byte, uint64, error) {
	if err := s.gate.pass(""); err != nil {
		return nil, 0, err
	}
	return s.Store.Load(ctx)
}

func (s gatedStore) Save(ctx context.Context, value []byte, revision uint64) error {
	if err := s.gate.pass(""); err != nil {
		return err
	}
	return s.Store.Save(ctx, value, revision)
}

type gatedGenerations struct {
	generations

	gate *gate
}

func (g gatedGenerations) Generations(ctx context.Context) ([]projections.Generation, error) {
	if err := g.gate.pass(""); err != nil {
		return nil, err
	}
	return g.generations.Generations(ctx)
}

func (g gatedGenerations) Open(ctx context.Context, one projections.Generation) (projector.Warehouse, func() error, error) {
	w, err := g.Generation(ctx, one)
	if err != nil {
		return nil, nil, err
	}
	return gatedWarehouse{w, g.gate}, w.Close, nil
}

type gatedWarehouse struct {
	*warehouse.Warehouse

	gate *gate
}

// Run sends the statement when the gate opens, whatever has become of the reason for it: what a stopped process was about
// to send it sends when it goes on.
func (w gatedWarehouse) Run(ctx context.Context, s projections.Statement) error {
	if err := w.gate.pass(s.Name); err != nil {
		return err
	}
	return w.Warehouse.Run(context.WithoutCancel(ctx), s)
}

func (w gatedWarehouse) Claim(ctx context.Context, partitions []int) (projections.Claim, error) {
	if err := w.gate.pass("insert claim"); err != nil {
		return projections.Claim{}, err
	}
	return w.Warehouse.Claim(ctx, partitions)
}
