package assembly

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"milemarker/internal/api"
	"milemarker/internal/audit"
	"milemarker/internal/boot"
	"milemarker/internal/ledger"
	"milemarker/internal/telemetry"
)

// errNoAudit says that no audit has ended yet.
var errNoAudit = errors.New("no audit yet")

// OpenAuditor returns what follows the ledger to make it tamper evident, with its log in a folder.
func OpenAuditor(
	m *telemetry.Metrics, folder string, key audit.Key, l *ledger.Ledger, logger *slog.Logger, now func() time.Time,
) (*audit.Follower, error) {
	log, err := audit.OpenLog(folder, key)
	if err != nil {
		return nil, err
	}
	f := audit.NewFollower(log, l, 0, logger, now)
	measureAudit(m, f)
	return f, nil
}

// auditor returns what audits, nil where nothing does.
func (s *Services) auditor() api.Auditor {
	if s.Auditor == nil {
		return nil
	}
	return s.Auditor
}

// Auditor returns the role that follows the ledger and signs checkpoints.
func Auditor(f *audit.Follower) boot.Role {
	return boot.Role{Name: "auditor", Run: func(ctx context.Context, ready func()) error {
		ready()
		return f.Run(ctx)
	}}
}
