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

// Alerts returns the role that sees to it that somebody hears in time, for a program of which one runs.
func Alerts(
	s *Services, l *ledger.Ledger, w *warehouse.Warehouse, o boot.Alerts, logger *slog.Logger, now func() time.Time,
) boot.Role {
	return boot.Role{Name: "alerts", Run: func(ctx context.Context, ready func()) error {
		return withWatch(ctx, s, l, w, o, logger, now, func(run func(context.Context) error) error {
			ready()
			return run(ctx)
		})
	}}
}

// withWatch hands fn what does the work of the role. What it rests on is open until fn has ended, whoever's turn it is: so
// what was handed over last is still noted when ctx is done.
func withWatch(
	ctx context.Context, s *Services, l *ledger.Ledger, w *warehouse.Warehouse, o boot.Alerts, logger *slog.Logger,
	now func() time.Time, fn func(run func(context.Context) error) error,
) error {
	open, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	cfg, deps, err := openWatch(open, s, l, w, o, logger, now)
	if err != nil {
		return err
	}
	measureAlerts(s.Metrics, deps.Outbox)
	return fn(func(ctx context.Context) error { return alerts.Run(ctx, cfg, deps) })
}

// openWatch opens what the role needs of others; settings and deliveries are watched until ctx is done.
func openWatch(
	ctx context.Context, s *Services, l *ledger.Ledger, w *warehouse.Warehouse, o boot.Alerts, logger *slog.Logger,
	now func() time.Time,
) (alerts.Config, alerts.Deps, error) {
	cfg := alerts.Config{Every: o.Every, Hold: o.Hold}
	kept, err := openQuarantine(ctx, l, w, s.Recorder, now)
	if err != nil {
		return cfg, alerts.Deps{}, err
	}
	told, err := openNotices(ctx, l, s.Vault, now)
	if err != nil {
		return cfg, alerts.Deps{}, err
	}
	states, err := l.Bucket(ctx, "alert-states")
	if err != nil {
		return cfg, alerts.Deps{}, fmt.Errorf("bucket alert-states: %w", err)
	}
	return cfg, alerts.Deps{
		Known: w, Recorder: s.Recorder, Ledger: batches{l}, Quarantine: waiting{kept}, States: states,
		Destinations: told.destinations, Rules: told.rules, Outbox: told.outbox,
		Sender: notify.Sender{Guard: notify.Guard{Allow: o.Internal}, Now: now}, Logger: logger, Clock: now,
	}, nil
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
const manyWaiting = 10_000

func (w waiting) Waiting(ctx context.Context) (map[string]int, error) {
	if n, err := w.quarantine.Count(ctx); err != nil || n == 0 {
		return nil, err // the question that costs little
	}
	page, _, err := w.quarantine.List(ctx, quarantine.Query{
		Scope: quarantine.Scope{All: true}, State: quarantine.StateOpen, Limit: manyWaiting,
	})
	byOrg := map[string]int{}
	for _, item := range page {
		byOrg[item.Org]++
	}
	return byOrg, err
}

// AlertsDrill opens the role for a clock that is set by hand; see alerts.Drill. What it rests on is watched until ctx is
// done.
func AlertsDrill(
	ctx context.Context, s *Services, l *ledger.Ledger, w *warehouse.Warehouse, o boot.Alerts, logger *slog.Logger,
	now func() time.Time,
) (*alerts.Drill, error) {
	cfg, deps, err := openWatch(ctx, s, l, w, o, logger, now)
	if err != nil {
		return nil, err
	}
	return alerts.OpenDrill(ctx, cfg, deps)
}
