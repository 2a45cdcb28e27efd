package verify

import (
	"context"
	"log/slog"
	"sync"

	"milemarker/projections"
)

// Service verifies on demand, once at a time, and remembers the last result. It is safe for concurrent use.
type Service struct {
	cfg    Config
	deps   Deps
	logger *slog.Logger
	wanted chan struct{}

	mu    sync.Mutex // guards state
	state projections.VerificationState
}

// NewService returns a service that has verified nothing yet. cfg.Progress is its own.
func NewService(cfg Config, deps Deps, logger *slog.Logger) *Service {
	s := &Service{cfg: cfg, deps: deps, logger: logger, wanted: make(chan struct{}, 1)}
	s.cfg.Progress = func(done float64) { s.set(func(st *projections.VerificationState) { st.Done = done }) }
	return s
}

// Run verifies whenever one is wanted, until ctx is done.
func (s *Service) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wanted:
		}
		report, err := Run(ctx, s.cfg, s.deps)
		if ctx.Err() != nil {
			return
		}
		s.set(func(st *projections.VerificationState) {
			st.Running, st.Error = false, ""
			if err != nil {
				st.Error = err.Error()
				return
			}
			st.Last = &report
		})
		switch {
		case err != nil:
			s.logger.WarnContext(ctx, "verification came to no result", "error", err)
		case report.Differences > 0:
			s.logger.ErrorContext(ctx, "read models differ from the ledger", "differences", report.Differences,
				"position", uint64(report.Position), "first", report.Named)
		default:
			s.logger.InfoContext(ctx, "read models verified", "position", uint64(report.Position), "rows", report.Rows)
		}
	}
}

// StartVerification begins one; while one runs it changes nothing.
func (s *Service) StartVerification() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Running {
		return
	}
	s.state.Running, s.state.Done, s.state.Error = true, 0, ""
	s.wanted <- struct{}{} // there is room: none was wanted before
}

// Verification returns what is known of verifications.
func (s *Service) Verification() projections.VerificationState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

func (s *Service) set(change func(*projections.VerificationState)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.state)
}
