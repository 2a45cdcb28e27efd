package assembly

import (
	"context"
	"encoding/json"
	"io"

	"milemarker/internal/api"
	"milemarker/internal/backup"
	"milemarker/internal/ledger"
)

// BackupPlan says what a backup holds, of the streams and of a data folder, which may be "". The quarantine speaks of the
// ledger and is copied before it; so does what the translator knows of deliveries, each part before what is written ahead
// of it: what is missing there is translated again, and what is there is in the ledger. Persons' keys come after the
// ledger, so that every sealed event that is copied has its key. Sessions, login links and leases are left out.
func BackupPlan(data string) backup.Plan {
	return backup.Plan{
		Before: []string{
			"KV_" + decisions, "QUARANTINE",
			"KV_translator", "KV_delivery-outcomes", "KV_delivery-threads", "KV_delivery-told", "KV_delivery-corrected",
		},
		Ledger: "LEDGER",
		Leave:  []string{"KV_logins", "KV_leases"},
		Data:   data,
		Beside: []string{"admin.key", "audit.key", "audit.pub", "audit/checkpoints/[0-9]*"},
	}
}

// BackupSource is the ledger as a backup reads it.
type BackupSource struct{ *ledger.Ledger }

// Snapshot implements backup.Source.
func (s BackupSource) Snapshot(ctx context.Context, stream string, w io.Writer) (json.RawMessage, uint64, error) {
	shape, last, err := s.Ledger.Snapshot(ctx, stream, w)
	return shape, uint64(last), err
}

// backups returns what writes backups, nil where nothing does.
func (s *Services) backups() api.Backups {
	if s.Backups == nil {
		return nil
	}
	return s.Backups
}
