package assembly

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/boot"
	"milemarker/internal/lease"
	"milemarker/internal/ledger"
	"milemarker/internal/projector"
	"milemarker/internal/telemetry"
	"milemarker/internal/warehouse"
)

// ProjectorOf returns the projector role that the options ask for: with partitions of its own, or with its share of them.
func ProjectorOf(
	l *ledger.Ledger, w *warehouse.Warehouse, o boot.Projector, logger *slog.Logger, now func() time.Time, m *telemetry.Metrics,
) boot.Role {
	if !o.Partitions.Auto {
		return Projector(l, w, o.Partitions.Only, logger, now, m)
	}
	return boot.Role{Name: "projector", Run: func(ctx context.Context, ready func()) error {
		store, err := openLeases(ctx, l, partitionsTable)
		if err != nil {
			return err
		}
		share := lease.Join(ctx, lease.Config{
			Member: member(), Shares: events.Partitions, TTL: o.LeaseTTL, Logger: logger, Now: now,
		}, store)
		ready()
		kept := generations{w, l, now}
		err = projector.Follow(ctx, projector.Config{}, projector.FollowDeps{
			Source: source{l, m, logger}, Generations: kept, Auditor: kept, Share: share, Logger: logger, Clock: now,
		})
		leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), lease.DefaultTTL)
		defer cancel()
		if err := share.Leave(leaving); err != nil {
			logger.WarnContext(ctx, "the others notice that this projector has stopped only by its silence", "error", err)
		}
		return err
	}}
}

// member returns a name that no other process has or had.
func member() string {
	host, err := os.Hostname()
	if err != nil {
		host = "projector"
	}
	return host + "-" + strings.ToLower(rand.Text()[:8])
}

// leases keep a table of shares in a bucket beside the ledger.
type leases struct {
	bucket *ledger.Bucket
	key    string
}

// partitionsTable is the key under which lies whose the partitions are.
const partitionsTable = "partitions"

func openLeases(ctx context.Context, l *ledger.Ledger, key string) (leases, error) {
	bucket, err := l.Bucket(ctx, "leases")
	return leases{bucket, key}, err
}

// Load implements lease.Store.
func (s leases) Load(ctx context.Context) ([]byte, uint64, error) {
	value, revision, err := s.bucket.Revision(ctx, s.key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	return value, revision, err
}

// Save implements lease.Store.
func (s leases) Save(ctx context.Context, value []byte, revision uint64) error {
	var err error
	if revision == 0 {
		err = s.bucket.Create(ctx, s.key, value)
	} else {
		err = s.bucket.Replace(ctx, s.key, value, revision)
	}
	if errors.Is(err, fs.ErrExist) {
		return lease.ErrChanged
	}
	return err
}
