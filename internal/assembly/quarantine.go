package assembly

import (
	"context"
	"fmt"
	"time"

	"milemarker/events"
	"milemarker/internal/ledger"
	"milemarker/internal/quarantine"
	"milemarker/internal/warehouse"
	"milemarker/projections"
)

// decisions is the bucket in which it stands what was decided about messages that could not be read.
const decisions = "quarantine"

// openQuarantine returns the quarantine, whose decisions are watched until ctx is done.
func openQuarantine(
	ctx context.Context, l *ledger.Ledger, w *warehouse.Warehouse, door quarantine.Recorder, now func() time.Time,
) (*quarantine.Quarantine, error) {
	bucket, err := l.Bucket(ctx, decisions)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", decisions, err)
	}
	return quarantine.Open(ctx, setAside{l}, bucket, door, folded{w}, now)
}

// setAside is the ledger as the quarantine reads it.
type setAside struct{ ledger *ledger.Ledger }

func (s setAside) From(ctx context.Context, place uint64, limit int) ([]quarantine.Message, uint64, error) {
	found, next, err := s.ledger.QuarantinedFrom(ctx, place, limit)
	out := make([]quarantine.Message, len(found))
	for i, m := range found {
		out[i] = quarantine.Message(m)
	}
	return out, next, err
}

func (s setAside) At(ctx context.Context, at events.Position) (quarantine.Message, string, string, error) {
	m, id, digest, err := s.ledger.QuarantinedAt(ctx, at)
	return quarantine.Message(m), id, digest, err
}

func (s setAside) Size(ctx context.Context) (int, error) { return s.ledger.QuarantineSize(ctx) }

// folded is the warehouse as the quarantine asks it.
type folded struct{ warehouse *warehouse.Warehouse }

func (f folded) Known(ctx context.Context, org, id string) (bool, error) {
	rows, err := f.warehouse.Events(ctx, projections.EventQuery{Org: org, IDs: []string{id}, Voided: true, Limit: 1})
	return len(rows) > 0, err
}
