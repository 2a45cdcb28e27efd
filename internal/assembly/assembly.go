// Package assembly hands the roles the concrete parts they work with: the ledger, the warehouse, keys and vault. The
// single-role programs and the all-in-one start their roles here, so that the two never drift apart.
package assembly

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/api"
	"milemarker/internal/audit"
	"milemarker/internal/backup"
	"milemarker/internal/boot"
	"milemarker/internal/ingest"
	"milemarker/internal/ledger"
	"milemarker/internal/projector"
	"milemarker/internal/quarantine"
	"milemarker/internal/recorder"
	"milemarker/internal/telemetry"
	"milemarker/internal/vault"
	"milemarker/internal/warehouse"
)

// Services are what the HTTP roles share: who is calling, and the door into the ledger.
type Services struct {
	Access   *access.Access
	Recorder *telemetry.CountedRecorder
	Metrics  *telemetry.Metrics
	Auditor  *audit.Follower // nil where this program keeps no audit log
	Backups  *backup.Service // nil where this program writes none
	Vault    *vault.Vault
	People   *recorder.Recorder // the same door, by which what was sealed is opened
	Webhooks *Webhooks          // opened by the api role where nothing else did
}

// NewServices opens the key stores that lie beside the ledger. They are watched until ctx is done.
func NewServices(ctx context.Context, l *ledger.Ledger, master []byte, now func() time.Time) (*Services, error) {
	buckets := map[string]*ledger.Bucket{}
	for _, name := range []string{"keys", "logins", "vault", "erasures"} {
		b, err := l.Bucket(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("bucket %s: %w", name, err)
		}
		buckets[name] = b
	}
	acc, err := access.Open(ctx, buckets["keys"], buckets["logins"], now)
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	v, err := vault.Open(ctx, buckets["vault"], buckets["erasures"], master, vault.Config{})
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	m, door := telemetry.New(now), recorder.New(v, l, now)
	if _, err := door.Resume(ctx, l); err != nil {
		return nil, err
	}
	return &Services{Access: acc, Recorder: m.Recorder(door), Metrics: m, Vault: v, People: door}, nil
}

// Ingest returns the ingest role.
func Ingest(s *Services, web *boot.Web, logger *slog.Logger, now func() time.Time) boot.Role {
	return boot.Role{Name: "ingest", Run: func(ctx context.Context, ready func()) error {
		return ingest.Run(ctx, ingest.Config{}, ingest.Deps{
			Recorder: s.Recorder, Keys: s.Access, Web: web.For(ready), Logger: logger, Clock: now,
		})
	}}
}

// API returns the api role.
func API(
	s *Services, l *ledger.Ledger, w *warehouse.Warehouse, web *boot.Web, logger *slog.Logger, now func() time.Time,
) boot.Role {
	return boot.Role{Name: "api", Run: func(ctx context.Context, ready func()) error {
		kept, err := openQuarantine(ctx, l, w, s.Recorder, now)
		if err != nil {
			return err
		}
		measureQuarantine(s.Metrics, kept.Count)
		upkeep := NewUpkeep(l, w, logger, now)
		measureUpkeep(s.Metrics, upkeep, now)
		defer upkeep.Go(ctx)()
		if s.Webhooks == nil {
			if s.Webhooks, err = s.OpenWebhooks(ctx, l, 0, "", now); err != nil {
				return err
			}
		}
		told, err := openNotices(ctx, l, s.Vault, now)
		if err != nil {
			return err
		}
		return api.Run(ctx, api.Config{}, api.Deps{
			Quarantine: kept, Auditor: s.auditor(), Telemetry: s.Metrics.Handler(), Upkeep: upkeep, Backups: s.backups(),
			Warehouse: w, Prospects: w, Foresight: w, Issued: w, People: w, Seals: s.People, Reps: w, Erasures: s.erasures(l), Recorder: s.Recorder, Keys: s.Access, Web: web.For(ready), Logger: logger, Clock: now,
			Newest: l, Notices: told.api(l, s.Vault, w), Webhooks: s.Webhooks.api(), Mappings: s.Webhooks.Mappings,
		})
	}}
}

// Projector returns the projector role for some partitions, none meaning all.
func Projector(
	l *ledger.Ledger, w *warehouse.Warehouse, partitions []int, logger *slog.Logger, now func() time.Time, m *telemetry.Metrics,
) boot.Role {
	return boot.Role{Name: "projector", Run: func(ctx context.Context, ready func()) error {
		ready()
		kept := generations{w, l, now}
		return projector.Follow(ctx, projector.Config{Partitions: partitions}, projector.FollowDeps{
			Source: source{l, m, logger}, Generations: kept, Auditor: kept, Logger: logger, Clock: now,
		})
	}}
}

// source is the ledger as the projector reads it, measured.
type source struct {
	*ledger.Ledger
	metrics *telemetry.Metrics
	logger  *slog.Logger
}

func (s source) Requested(ctx context.Context, fold func(context.Context, events.Frame) error) error {
	bucket, err := s.Bucket(ctx, decisions)
	if err != nil {
		return err
	}
	return quarantine.Requested(ctx, setAside{s.Ledger}, bucket, s.logger, fold)
}

func (s source) Follow(partitions []int, from events.Position, maxBatch int, linger time.Duration) message.Subscriber {
	return s.metrics.Subscriber(s.Subscriber(ledger.SubscriberConfig{
		Partitions: partitions, From: from, MaxBatch: maxBatch, Linger: linger,
	}))
}
