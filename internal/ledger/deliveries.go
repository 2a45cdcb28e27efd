package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
)

// deliveriesStream keeps what providers sent, as it arrived.
const deliveriesStream = "DELIVERIES"

// DefaultRetention is how long deliveries are kept unless an operator chose otherwise.
const DefaultRetention = 30 * 24 * time.Hour

// Delivery is what a provider sent for one connection, as it is kept.
type Delivery struct {
	Position   events.Position // in the stream DELIVERIES, which is not the ledger's
	Stored     time.Time       // when the server stored it
	Org        string
	Connection string
	Size       int    // bytes of Data
	Data       []byte // nil where only the rest was asked for
}

// Deliveries is the stream of what providers sent. It is not immutable: deliveries end with their retention, and each can
// be erased before. Its subjects are deliveries.<org>.<connection>.
type Deliveries struct {
	ledger *Ledger
	stream jetstream.Stream
}

func deliveriesConfig(cfg Config, keep time.Duration) jetstream.StreamConfig {
	c := quarantineConfig(cfg)
	c.Name, c.Description = deliveriesStream, "What providers sent, as it arrived, for a while."
	c.Subjects = []string{"deliveries.>"}
	c.MaxAge = keep
	return c
}

// Deliveries opens the stream of deliveries, which are kept for some time from their arrival on: 0 leaves that as it
// stands, and is DefaultRetention where nothing stands. It returns a *DriftError when the stream is set up otherwise.
func (l *Ledger) Deliveries(ctx context.Context, keep time.Duration) (*Deliveries, error) {
	stream, err := l.ensureExpiring(ctx, deliveriesConfig(l.cfg, keep))
	if err != nil {
		return nil, fmt.Errorf("deliveries: %w", err)
	}
	return &Deliveries{l, stream}, nil
}

// ExpiringBucket opens a bucket whose values end some time after they were last written, and creates it when there is
// none; keep is as for Deliveries.
func (l *Ledger) ExpiringBucket(ctx context.Context, name string, keep time.Duration) (*Bucket, error) {
	want := bucketConfig(name, l.cfg)
	want.MaxAge = keep
	stream, err := l.ensureExpiring(ctx, want)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	kv, err := l.js.KeyValue(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	return &Bucket{ledger: l, name: name, kv: kv, stream: stream}, nil
}

// ensureExpiring is ensureStream for a stream whose retention is the operator's to change.
func (l *Ledger) ensureExpiring(ctx context.Context, want jetstream.StreamConfig) (jetstream.Stream, error) {
	found, err := l.js.Stream(ctx, want.Name)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		if want.MaxAge == 0 {
			want.MaxAge = DefaultRetention
		}
	case err != nil:
		return nil, fmt.Errorf("stream %s: %w", want.Name, err)
	case want.MaxAge == 0 || want.MaxAge == found.CachedInfo().Config.MaxAge:
		want.MaxAge = found.CachedInfo().Config.MaxAge
	default:
		kept := found.CachedInfo().Config
		kept.MaxAge = want.MaxAge
		if _, err := l.js.UpdateStream(ctx, kept); err != nil {
			return nil, fmt.Errorf("stream %s: %w", want.Name, err)
		}
	}
	return ensureStream(ctx, l.js, want)
}

// Keep stores a delivery and returns its position once it is durable. An error leaves open whether it was stored.
func (d *Deliveries) Keep(ctx context.Context, org, connection string, data []byte) (events.Position, error) {
	ctx, cancel := d.ledger.link.bind(ctx)
	defer cancel()
	ack, err := d.ledger.js.Publish(ctx, deliverySubject(org, connection), data)
	if err != nil {
		return 0, fmt.Errorf("keep delivery: %w", reason(ctx, err))
	}
	return events.Position(ack.Sequence), nil
}

// Get returns one delivery, or fs.ErrNotExist for one that never was or is no more.
func (d *Deliveries) Get(ctx context.Context, at events.Position) (Delivery, error) {
	ctx, cancel := d.ledger.link.bind(ctx)
	defer cancel()
	msg, err := d.stream.GetMsg(ctx, uint64(at))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return Delivery{}, fmt.Errorf("delivery %d: %w", at, reason(ctx, err))
	}
	org, connection := deliveryOf(msg.Subject)
	return Delivery{at, msg.Time, org, connection, len(msg.Data), msg.Data}, nil
}

// Erase destroys a delivery: it is overwritten on the disk of the server that holds the stream. One that is no more is no
// error.
func (d *Deliveries) Erase(ctx context.Context, at events.Position) error {
	ctx, cancel := d.ledger.link.bind(ctx)
	defer cancel()
	if err := d.stream.SecureDeleteMsg(ctx, uint64(at)); err != nil && !gone(err) {
		return fmt.Errorf("erase delivery %d: %w", at, reason(ctx, err))
	}
	return nil
}

// gone tells whether the server says that there is no such message: it does so in words only.
func gone(err error) bool {
	return errors.Is(err, jetstream.ErrMsgNotFound) || strings.Contains(err.Error(), "no message found")
}

// Count returns how many deliveries are kept for each connection of an org.
func (d *Deliveries) Count(ctx context.Context, org string) (map[string]uint64, error) {
	ctx, cancel := d.ledger.link.bind(ctx)
	defer cancel()
	info, err := d.stream.Info(ctx, jetstream.WithSubjectFilter(deliverySubject(org, "*")))
	if err != nil {
		return nil, fmt.Errorf("count deliveries: %w", reason(ctx, err))
	}
	counts := make(map[string]uint64, len(info.State.Subjects))
	for subject, n := range info.State.Subjects {
		_, connection := deliveryOf(subject)
		counts[connection] = n
	}
	return counts, nil
}

// Last returns the newest delivery of a connection, or fs.ErrNotExist.
func (d *Deliveries) Last(ctx context.Context, org, connection string) (Delivery, error) {
	ctx, cancel := d.ledger.link.bind(ctx)
	defer cancel()
	msg, err := d.stream.GetLastMsgForSubject(ctx, deliverySubject(org, connection))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return Delivery{}, fmt.Errorf("last delivery: %w", reason(ctx, err))
	}
	return Delivery{events.Position(msg.Sequence), msg.Time, org, connection, len(msg.Data), msg.Data}, nil
}

// Bounds returns the first position that is kept and the one behind the last.
func (d *Deliveries) Bounds(ctx context.Context) (first, end events.Position, err error) {
	ctx, cancel := d.ledger.link.bind(ctx)
	defer cancel()
	info, err := d.stream.Info(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("deliveries: %w", reason(ctx, err))
	}
	return events.Position(max(info.State.FirstSeq, 1)), events.Position(info.State.LastSeq + 1), nil
}

func deliverySubject(org, connection string) string { return "deliveries." + org + "." + connection }

// deliveryOf reads a subject.
func deliveryOf(subject string) (org, connection string) {
	org, connection, _ = strings.Cut(strings.TrimPrefix(subject, "deliveries."), ".")
	return org, connection
}
