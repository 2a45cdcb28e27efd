package assembly

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"milemarker/events"
	"milemarker/internal/ledger"
	"milemarker/internal/projector"
	"milemarker/internal/telemetry"
	"milemarker/internal/verify"
	"milemarker/internal/warehouse"
	"milemarker/projections"
)

// generations are the warehouse's generations as the projector keeps them, and what says whether one may serve.
type generations struct {
	*warehouse.Warehouse

	ledger *ledger.Ledger
	now    func() time.Time
}

func (g generations) Open(ctx context.Context, one projections.Generation) (projector.Warehouse, func() error, error) {
	w, err := g.Generation(ctx, one)
	if err != nil {
		return nil, nil, err
	}
	return w, w.Close, nil
}

func (g generations) Last(ctx context.Context) (events.Position, error) { return g.ledger.Last(ctx) }

func (g generations) Verify(ctx context.Context, one projections.Generation) (projections.Verification, error) {
	w, err := g.Generation(ctx, one)
	if err != nil {
		return projections.Verification{}, err
	}
	defer func() { _ = w.Close() }() // it was only asked
	return verify.Run(ctx, verify.Config{}, verify.Deps{Ledger: g.ledger, Warehouse: w, Clock: g.now})
}

// Upkeep verifies the read models on demand, and has them rebuilt.
type Upkeep struct {
	*verify.Service

	warehouse *warehouse.Warehouse
	ledger    *ledger.Ledger
}

// NewUpkeep returns the upkeep of a ledger's read models; see Go.
func NewUpkeep(l *ledger.Ledger, w *warehouse.Warehouse, logger *slog.Logger, now func() time.Time) *Upkeep {
	deps := verify.Deps{Ledger: l, Warehouse: w, Clock: now}
	return &Upkeep{verify.NewService(verify.Config{}, deps, logger), w, l}
}

// Go verifies in the background whenever it is wanted, until ctx is done; end waits for that.
func (u *Upkeep) Go(ctx context.Context) (end func()) {
	var running sync.WaitGroup
	running.Go(func() { u.Run(ctx) })
	return running.Wait
}

// StartRebuild has a read model or all of them folded anew, by the projector, and returns the generation that will serve.
func (u *Upkeep) StartRebuild(ctx context.Context, model projections.ReadModel) (projections.Generation, error) {
	return u.warehouse.Begin(ctx, model)
}

// Rebuild returns what is known of the generations.
func (u *Upkeep) Rebuild(ctx context.Context) (projections.RebuildState, error) {
	s := projections.RebuildState{Answers: u.warehouse.ServingNumber()}
	var err error
	if s.Generations, err = u.warehouse.Generations(ctx); err != nil {
		return s, err
	}
	if s.Last, err = u.ledger.Last(ctx); err != nil {
		return s, err
	}
	for _, g := range s.Generations {
		if g.State != projections.Building {
			continue
		}
		at, err := u.checkpoints(ctx, g)
		if err != nil {
			return s, err
		}
		s.Position = at[0]
		for p := range events.Partitions {
			s.Position = min(s.Position, at[p])
		}
	}
	return s, nil
}

func (u *Upkeep) checkpoints(ctx context.Context, g projections.Generation) (map[int]events.Position, error) {
	w, err := u.warehouse.Generation(ctx, g)
	if err != nil {
		return nil, err
	}
	defer func() { _ = w.Close() }() // it was only asked
	return w.Checkpoints(ctx)
}

// errNever is returned for what is known of a verification while there was none.
var errNever = errors.New("never verified")

// measureUpkeep adds the result of the last verification and its age.
func measureUpkeep(m *telemetry.Metrics, u *Upkeep, now func() time.Time) {
	last := func(value func(projections.Verification) float64) func(context.Context) (float64, error) {
		return func(context.Context) (float64, error) {
			if report := u.Verification().Last; report != nil {
				return value(*report), nil
			}
			return 0, errNever
		}
	}
	m.Sample("milemarker_verify_differences", "Rows of read models that the last verification found to differ from the ledger.",
		last(func(v projections.Verification) float64 { return float64(v.Differences) }))
	m.Sample("milemarker_verify_position", "Position up to which the last verification compared.",
		last(func(v projections.Verification) float64 { return float64(v.Position) }))
	m.Sample("milemarker_verify_age_seconds", "Seconds since the last verification ended.",
		last(func(v projections.Verification) float64 { return now().Sub(v.Ended).Seconds() }))
}
