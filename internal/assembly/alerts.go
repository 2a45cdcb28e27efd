package assembly

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"milemarker/events"
	"milemarker/internal/alerts"
	"milemarker/internal/api"
	"milemarker/internal/boot"
	"milemarker/internal/ledger"
	"milemarker/internal/links"
	"milemarker/internal/notify"
	"milemarker/internal/quarantine"
	"milemarker/internal/recorder"
	"milemarker/internal/telemetry"
	"milemarker/internal/vault"
	"milemarker/internal/warehouse"
)

// notices are the settings and deliveries that lie beside the ledger: every role knows them from the same buckets.
type notices struct {
	links        *links.Links
	destinations *notify.Destinations
	rules        *notify.Rules
	outbox       *notify.Outbox
}

// openNotices opens them; they are watched until ctx is done.
func openNotices(ctx context.Context, l *ledger.Ledger, v *vault.Vault, now func() time.Time) (notices, error) {
	var n notices
	buckets := map[string]*ledger.Bucket{}
	for _, name := range []string{"links", "alert-destinations", "alert-rules", "alert-deliveries"} {
		b, err := l.Bucket(ctx, name)
		if err != nil {
			return n, fmt.Errorf("bucket %s: %w", name, err)
		}
		buckets[name] = b
	}
	var errs [4]error
	n.links, errs[0] = links.Open(ctx, buckets["links"], now)
	n.destinations, errs[1] = notify.OpenDestinations(ctx, buckets["alert-destinations"], v, now)
	n.rules, errs[2] = notify.OpenRules(ctx, buckets["alert-rules"])
	n.outbox, errs[3] = notify.OpenOutbox(ctx, buckets["alert-deliveries"])
	return n, errors.Join(errs[:]...)
}

// api returns what the api role needs of them.
func (n notices) api(l *ledger.Ledger, v *vault.Vault, w *warehouse.Warehouse) api.Notices {
	return api.Notices{
		Links: n.links, Destinations: n.destinations, Rules: n.rules, Outbox: n.outbox, Opener: opener{v}, Feed: tail{l}, Calendar: w,
	}
}

// Alerts returns the role that sees to it that somebody hears in time.
func Alerts(
	s *Services, l *ledger.Ledger, w *warehouse.Warehouse, o boot.Alerts, logger *slog.Logger, now func() time.Time,
) boot.Role {
	return boot.Role{Name: "alerts", Run: func(ctx context.Context, ready func()) error {
		kept, err := openQuarantine(ctx, l, w, s.Recorder, now)
		if err != nil {
			return err
		}
		told, err := openNotices(ctx, l, s.Vault, now)
		if err != nil {
			return err
		}
		states, err := l.Bucket(ctx, "alert-states")
		if err != nil {
			return fmt.Errorf("bucket alert-states: %w", err)
		}
		lease, err := l.Bucket(ctx, "alert-lease")
		if err != nil {
			return fmt.Errorf("bucket alert-lease: %w", err)
		}
		measureAlerts(s.Metrics, told.outbox)
		return alerts.Run(ctx, alerts.Config{Every: o.Every, Hold: o.Hold}, alerts.Deps{
			Known: w, Recorder: s.Recorder, Ledger: batches{l}, Quarantine: waiting{kept}, States: states, Lease: lease,
			Destinations: told.destinations, Rules: told.rules, Outbox: told.outbox,
			Sender: notify.Sender{Guard: notify.Guard{Allow: o.Internal}, Now: now}, Logger: logger, Clock: now,
		}, ready)
	}}
}

// measureAlerts adds how many messages wait, and how many were given up.
func measureAlerts(m *telemetry.Metrics, outbox *notify.Outbox) {
	for _, one := range []struct {
		name, help string
		state      notify.State
	}{
		{"milemarker_alert_deliveries_waiting", "Messages that wait to be delivered.", notify.Waiting},
		{"milemarker_alert_deliveries_dead", "Messages of the last 30 days that could not be delivered.", notify.Dead},
	} {
		m.Sample(one.name, one.help, func(context.Context) (float64, error) {
			return float64(outbox.Count(one.state)), nil
		})
	}
}

// opener opens what the vault sealed.
type opener struct{ vault *vault.Vault }

func (o opener) Private(ctx context.Context, e events.Event) (json.RawMessage, error) {
	private, err := o.vault.Open(ctx, e.Org, recorder.Owner(e), e.ID, e.Sealed)
	if errors.Is(err, vault.ErrErased) || errors.Is(err, vault.ErrTampered) {
		return nil, nil
	}
	return private, err
}

// tail is the ledger as it grows, message by message.
type tail struct{ *ledger.Ledger }

func (t tail) Follow(ctx context.Context, from events.Position, fn func(events.Frame) bool) {
	t.Ledger.Follow(ctx, from, func(frame events.Frame, _, _ string) bool { return fn(frame) })
}

// batches is the ledger as alerts read it.
type batches struct{ *ledger.Ledger }

func (b batches) Follow(types []string, from events.Position) message.Subscriber {
	return b.Subscriber(ledger.SubscriberConfig{Types: types, From: from, MaxBatch: 1000, Linger: 100 * time.Millisecond})
}

// waiting is the quarantine as alerts ask it.
type waiting struct{ quarantine *quarantine.Quarantine }

// manyWaiting is how many messages are counted at most: it is told that there are some.
const manyWaiting = 1000

func (w waiting) Waiting(ctx context.Context, org string) (int, error) {
	if n, err := w.quarantine.Count(ctx); err != nil || n == 0 {
		return 0, err // of all orgs: the question that costs little
	}
	page, _, err := w.quarantine.List(ctx, quarantine.Query{
		Scope: quarantine.Scope{Org: org}, State: quarantine.StateOpen, Limit: manyWaiting,
	})
	return len(page), err
}
