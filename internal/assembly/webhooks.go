package assembly

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"milemarker/events"
	"milemarker/internal/api"
	"milemarker/internal/boot"
	"milemarker/internal/connections"
	"milemarker/internal/deliveries"
	"milemarker/internal/held"
	"milemarker/internal/hooks"
	"milemarker/internal/ledger"
	"milemarker/internal/mapping"
	"milemarker/internal/providers/all"
	"milemarker/internal/providers/fetch"
	"milemarker/internal/translator"
	"milemarker/internal/vault"
)

// Webhooks are what takes deliveries in, translates them and shows them.
type Webhooks struct {
	Connections *connections.Connections
	Counts      *ledger.Bucket
	Log         *deliveries.Log
	Mappings    *mapping.Store

	fetch   *fetch.Client
	public  string
	ledger  *ledger.Ledger
	vault   *vault.Vault
	kept    *ledger.Deliveries
	buckets translator.Buckets
}

// OpenWebhooks opens the connections and the stream of deliveries, which are kept for some time: 0 leaves that as it is.
// Public is the address under which webhooks arrive, "" if it is not known. Connections are watched until ctx is done.
func (s *Services) OpenWebhooks(
	ctx context.Context, l *ledger.Ledger, keep time.Duration, public string, now func() time.Time,
) (*Webhooks, error) {
	w := &Webhooks{public: public, ledger: l, vault: s.Vault}
	var err error
	if w.kept, err = l.Deliveries(ctx, keep); err != nil {
		return nil, err
	}
	open := map[string]*ledger.Bucket{}
	for _, name := range []string{"connections", "connection-counts", "delivery-replays", "delivery-corrected", "translator"} {
		if open[name], err = l.Bucket(ctx, name); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"delivery-outcomes", "delivery-threads", "delivery-retries", "delivery-told"} {
		life := keep
		if name == "delivery-told" {
			life *= 2 // what was told may be told again as long as it can be replayed
		}
		if open[name], err = l.ExpiringBucket(ctx, name, life); err != nil {
			return nil, err
		}
	}
	w.Counts = open["connection-counts"]
	w.buckets = translator.Buckets{
		Buckets: deliveries.Buckets{
			Outcomes: open["delivery-outcomes"], Threads: open["delivery-threads"], Replays: open["delivery-replays"],
		},
		Told: open["delivery-told"], Retries: open["delivery-retries"], Corrected: open["delivery-corrected"], Marks: open["translator"],
	}
	w.Log = deliveries.NewLog(deliveryStream{w.kept}, w.buckets.Buckets, now)
	if w.Connections, err = connections.Open(ctx, open["connections"], s.Vault, now); err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	if w.Mappings, err = openMappings(ctx, l, now); err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	w.fetch = fetch.New(fetch.Config{Clock: now})
	return w, s.keepDeliveries(ctx, l, w.Log)
}

// api returns what the api role needs of them.
func (w *Webhooks) api() api.Webhooks {
	return api.Webhooks{
		Connections: w.Connections, Counts: w.Counts, Log: w.Log, Kept: deliveryStream{w.kept}, Providers: all.List(),
		Public: w.public,
	}
}

// Hooks returns the role that takes deliveries in.
func Hooks(w *Webhooks, web *boot.Web, o boot.Webhooks, logger *slog.Logger, now func() time.Time) boot.Role {
	return boot.Role{Name: "hooks", Run: func(ctx context.Context, ready func()) error {
		tally := connections.NewTally(w.Counts, connections.PartIntake)
		defer inBackground(ctx, func(ctx context.Context) { tally.Run(ctx, logger) })()
		return hooks.Run(ctx, hooks.Config{TrustedProxies: o.TrustedProxies}, hooks.Deps{
			Connections: w.Connections, Deliveries: w.kept, Providers: all.List(), Certificates: w.fetch, Tally: tally,
			Web: web.For(ready), Logger: logger, Clock: now,
		})
	}}
}

// Translator returns the role that turns deliveries into events.
func Translator(s *Services, w *Webhooks, o boot.Webhooks, logger *slog.Logger, now func() time.Time) boot.Role {
	return boot.Role{Name: "translator", Run: func(ctx context.Context, ready func()) error {
		ready() // what it reads before it begins may be long, and nobody need wait for that
		tally := connections.NewTally(w.Counts, connections.PartTranslation)
		defer inBackground(ctx, func(ctx context.Context) { tally.Run(ctx, logger) })()
		known := newReps(s.Vault, logger)
		if err := known.follow(ctx, w.ledger); err != nil {
			return err
		}
		cfg := translator.Config{Held: held.Config{Grace: o.HeldAfter}, HeldOff: o.HeldAfter == 0}
		return translator.Run(ctx, cfg, translator.Deps{
			Source: deliverySource{w.ledger, w.kept}, Log: w.Log, Buckets: w.buckets, Connections: mappedConnections{w.Connections, w.Mappings},
			Providers: all.List(), Recorder: s.Recorder, People: persons{known, s.Vault}, Fetcher: w.fetch, Tally: tally,
			Logger: logger, Clock: now,
		}, func() {})
	}}
}

// inBackground runs fn until ctx is done; end waits for that.
func inBackground(ctx context.Context, fn func(context.Context)) (end func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		fn(ctx)
	}()
	return func() { <-ended }
}

// deliveryStream is the stream of deliveries as their log reads it.
type deliveryStream struct{ *ledger.Deliveries }

func (s deliveryStream) Get(ctx context.Context, at events.Position) (deliveries.Kept, error) {
	d, err := s.Deliveries.Get(ctx, at)
	return deliveries.Kept(d), err
}

func (s deliveryStream) Last(ctx context.Context, org, connection string) (deliveries.Kept, error) {
	d, err := s.Deliveries.Last(ctx, org, connection)
	return deliveries.Kept(d), err
}

func (s deliveryStream) Newest(
	ctx context.Context, org, connection string, before events.Position, limit int,
) ([]deliveries.Kept, error) {
	some, err := s.Deliveries.Newest(ctx, org, connection, before, limit)
	out := make([]deliveries.Kept, len(some))
	for i, d := range some {
		out[i] = deliveries.Kept(d)
	}
	return out, err
}

func (s deliveryStream) Scan(ctx context.Context, r deliveries.Range, fn func(deliveries.Kept) error) error {
	return s.Deliveries.Scan(ctx, ledger.DeliveryRange(r), func(d ledger.Delivery) error { return fn(deliveries.Kept(d)) })
}

// deliverySource is the ledger as the translator reads it.
type deliverySource struct {
	*ledger.Ledger

	kept *ledger.Deliveries
}

func (s deliverySource) Deliveries(from events.Position, done func(events.Position)) message.Subscriber {
	return s.kept.Subscriber(ledger.DeliverySubscriberConfig{From: from, Done: done})
}

func (s deliverySource) Read(ctx context.Context, from events.Position, limit int, types ...string) ([]events.Frame, error) {
	return s.ReadTypes(ctx, from, limit, types...)
}

func (s deliverySource) Events(from events.Position, types ...string) message.Subscriber {
	return s.Subscriber(ledger.SubscriberConfig{From: from, Types: types})
}

// persons is who is who, for the translator.
type persons struct {
	*reps

	vault *vault.Vault
}

// Prospects returns the keyed hashes of all that a draft says of its person. What is no identity is left out.
func (p persons) Prospects(ctx context.Context, org string, d events.Draft) ([]string, error) {
	var payload struct {
		Person events.Person `json:"person"`
	}
	if json.Unmarshal(d.Data, &payload) != nil {
		return nil, nil //nolint:nilerr // the recorder says what is wrong with it
	}
	var out []string
	for kind, text := range map[string]string{
		vault.KindPhone: payload.Person.Phone, vault.KindEmail: payload.Person.Email, vault.KindExternal: payload.Person.ExternalID,
	} {
		if text == "" {
			continue
		}
		id, err := p.vault.ProspectID(ctx, org, kind, text)
		switch {
		case err == nil:
			out = append(out, id)
		case !errors.Is(err, fs.ErrInvalid):
			return nil, err
		}
	}
	return out, nil
}
