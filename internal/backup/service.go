package backup

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// ErrRunning is returned while another backup is being written.
var ErrRunning = errors.New("a backup is being written")

// Job is a backup that was asked for: the one that is being written, or the last.
type Job struct {
	State    string    `json:"state"` // none, running, done, failed
	Folder   string    `json:"folder,omitempty"`
	Began    time.Time `json:"began,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`
	Position uint64    `json:"position,omitempty"` // when it is done: of the last event in it
	Bytes    int64     `json:"bytes,omitempty"`    // when it is done
	Fault    string    `json:"fault,omitempty"`    // when it failed
}

// Service writes backups on demand, once at a time. It is safe for concurrent use.
type Service struct {
	plan   Plan
	source Source
	logger *slog.Logger
	now    func() time.Time
	wanted chan string

	mu  sync.Mutex // guards job
	job Job
}

// NewService returns a service that has written nothing yet.
func NewService(plan Plan, source Source, logger *slog.Logger, now func() time.Time) *Service {
	return &Service{
		plan: plan, source: source, logger: logger, now: now,
		wanted: make(chan string, 1), job: Job{State: "none"},
	}
}

// Run writes whenever a backup is wanted, until ctx is done; one that is being written then is left without a manifest.
func (s *Service) Run(ctx context.Context) {
	for {
		var folder string
		select {
		case <-ctx.Done():
			return
		case folder = <-s.wanted:
		}
		m, err := Write(ctx, folder, s.plan, s.source, s.now)
		s.mu.Lock()
		s.job.State, s.job.Ended = "done", s.now().UTC()
		s.job.Position, s.job.Bytes = m.Position, m.Bytes()
		if err != nil {
			s.job.State, s.job.Fault = "failed", err.Error()
		}
		s.mu.Unlock()
		if err != nil {
			s.logger.ErrorContext(ctx, "backup failed", "folder", folder, "error", err)
		} else {
			s.logger.InfoContext(ctx, "backup written", "folder", folder, "position", m.Position, "bytes", m.Bytes())
		}
	}
}

// Start begins a backup into a folder, and returns before it has ended. It returns ErrFolder for a folder that cannot be
// written to, ErrWithin for one in the data folder, ErrRunning while another one is being written.
func (s *Service) Start(folder string) (Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.job.State == "running" {
		return s.job, ErrRunning
	}
	if err := prepare(folder, s.plan.Data); err != nil {
		return s.job, err
	}
	s.job = Job{State: "running", Folder: folder, Began: s.now().UTC()}
	s.wanted <- folder // there is room: none was wanted before
	return s.job, nil
}

// Job returns the backup that is being written, or the last.
func (s *Service) Job() Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.job
}
