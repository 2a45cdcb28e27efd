package assembly

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"milemarker/internal/api"
	"milemarker/internal/audit"
	"milemarker/internal/backup"
	"milemarker/internal/boot"
	"milemarker/internal/ledger"
)

// errNoAudit says that no audit has ended yet.
var errNoAudit = errors.New("no audit yet")

// AuditFolder is where the audit log lies in a data folder.
const AuditFolder = "audit"

// Guard has the services keep an audit log of the ledger, signed with the key that is given, else with that of the data
// folder, and write backups when they are wanted.
func (s *Services) Guard(data, key string, l *ledger.Ledger, logger *slog.Logger, now func() time.Time) error {
	k, err := AuditKey(data, key)
	if err != nil {
		return err
	}
	log, err := audit.OpenLog(filepath.Join(data, AuditFolder), k)
	if err != nil {
		return err
	}
	s.Auditor = audit.NewFollower(log, l, 0, logger, now)
	measureAudit(s.Metrics, s.Auditor)
	s.Backups = backup.NewService(BackupPlan(data), BackupSource{l}, logger, now)
	return nil
}

// AuditKey returns the key that was given, else the one in the data folder, made if it is missing.
func AuditKey(data, given string) (audit.Key, error) {
	if given != "" {
		return audit.ParseKey(given)
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return audit.Key{}, fmt.Errorf("data folder: %w", err)
	}
	return audit.LoadOrCreateKey(filepath.Join(data, "audit.key"), rand.Reader)
}

// auditor returns what audits, nil where nothing does.
func (s *Services) auditor() api.Auditor {
	if s.Auditor == nil {
		return nil
	}
	return s.Auditor
}

// Guards returns the role that keeps the audit log and writes backups.
func Guards(s *Services) boot.Role {
	return boot.Role{Name: "guards", Run: func(ctx context.Context, ready func()) error {
		ready()
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return s.Auditor.Run(ctx) })
		group.Go(func() error { s.Backups.Run(ctx); return nil })
		return group.Wait()
	}}
}
