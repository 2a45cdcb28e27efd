package audit

import (
	"context"
	"errors"
	"time"

	"milemarker/events"
)

// ErrRunning is returned while another audit is running.
var ErrRunning = errors.New("an audit is running")

// Job is an audit that was asked for: the one that runs, or the last.
type Job struct {
	State   string          `json:"state"` // none, running, done, failed
	Read    events.Position `json:"read"`  // up to where the ledger was read
	Of      events.Position `json:"of"`    // up to where it is to be read
	Started time.Time       `json:"started,omitzero"`
	Ended   time.Time       `json:"ended,omitzero"`
	Report  *Report         `json:"report,omitempty"` // when it is done
	Fault   string          `json:"fault,omitempty"`  // when it failed: why nothing can be said
}

// Start begins an audit of the ledger against a signed checkpoint, and returns before it has ended. It returns
// ErrCheckpoint for what is none of this ledger's, ErrRunning while another one runs.
func (f *Follower) Start(signed []byte) (Job, error) {
	verifier, err := f.log.key.Verifier()
	if err != nil {
		return Job{}, err
	}
	c, err := Open(signed, verifier)
	if err != nil {
		return Job{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.job.State == "running" || f.ctx == nil {
		return f.job, ErrRunning
	}
	f.job = Job{State: "running", Of: c.Position, Started: f.now().UTC()}
	f.audits.Go(func() { f.audit(f.ctx, c) })
	return f.job, nil
}

// Job returns the audit that runs, or the last.
func (f *Follower) Job() Job {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.job.State == "" {
		return Job{State: "none"}
	}
	return f.job
}

func (f *Follower) audit(ctx context.Context, c Checkpoint) {
	err := f.log.flush()
	var report Report
	if err == nil {
		report, err = Verify(ctx, f.ledger, c, Evidence{Folder: f.log.folder, Key: f.log.key.Public}, func(at events.Position) {
			f.mu.Lock()
			f.job.Read = at
			f.mu.Unlock()
		})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.job.Ended = f.now().UTC()
	if err != nil {
		f.job.State, f.job.Fault = "failed", err.Error()
		return
	}
	f.job.State, f.job.Report = "done", &report
	if !report.Intact {
		f.logger.ErrorContext(ctx, "ledger was tampered with", "report", report.String())
	}
}
