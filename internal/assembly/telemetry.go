package assembly

import (
	"context"
	"net/http"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/audit"
	"milemarker/internal/boot"
	"milemarker/internal/ledger"
	"milemarker/internal/problem"
	"milemarker/internal/telemetry"
	"milemarker/internal/warehouse"
)

// Measure adds to the metrics how far the ledger and the read models reach.
func Measure(m *telemetry.Metrics, l *ledger.Ledger, w *warehouse.Warehouse) {
	m.Sample("milemarker_ledger_position", "Position of the newest event.", func(ctx context.Context) (float64, error) {
		last, err := l.Last(ctx)
		return float64(last), err
	})
	m.SamplePositions("milemarker_projector_position", "Position up to which a partition is folded.", w.Checkpoints)
	m.Sample("milemarker_projector_lag_events", "Positions between the newest event and the partition that is folded least.",
		func(ctx context.Context) (float64, error) {
			last, err := l.Last(ctx)
			if err != nil {
				return 0, err
			}
			positions, err := w.Checkpoints(ctx)
			if err != nil {
				return 0, err
			}
			least := last
			for partition := range events.Partitions {
				least = min(least, positions[partition])
			}
			return float64(last - least), nil
		})
}

// Scrape returns a role that answers GET /metrics in a program that runs no api: to keys that may read, or to whoever asks
// where the program knows no keys and listens for the operator alone (keys nil).
func Scrape(web *boot.Web, m *telemetry.Metrics, keys *access.Access) boot.Role {
	h := m.Handler()
	guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if keys != nil {
			if caller, err := keys.Caller(r); err != nil || !caller.May(access.ScopeRead) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="milemarker"`)
				problem.Write(w, problem.New(http.StatusUnauthorized, "Metrics are for keys that may read."))
				return
			}
		}
		h.ServeHTTP(w, r)
	})
	return boot.Role{Name: "metrics", Run: func(ctx context.Context, ready func()) error {
		return web.For(ready).Serve(ctx, guarded, "GET /metrics")
	}}
}

// measureQuarantine adds how many messages wait in quarantine.
func measureQuarantine(m *telemetry.Metrics, count func(context.Context) (int, error)) {
	m.Sample("milemarker_quarantine_open", "Messages that could not be read and wait for a decision.",
		func(ctx context.Context) (float64, error) {
			n, err := count(ctx)
			return float64(n), err
		})
}

// measureAudit adds whether the ledger is still what was signed.
func measureAudit(m *telemetry.Metrics, f *audit.Follower) {
	m.Sample("milemarker_audit_fault", "1 when no more checkpoints are signed, because the ledger is not what was signed or the disk fails.",
		func(context.Context) (float64, error) { return bit(f.Err() != nil), nil })
	m.Sample("milemarker_audit_intact", "1 when the last audit found the ledger intact, 0 when it did not.",
		func(context.Context) (float64, error) {
			job := f.Job()
			if job.Report == nil {
				return 0, errNoAudit
			}
			return bit(job.Report.Intact), nil
		})
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
