package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
)

// deliveriesAtOnce is how many deliveries are asked for at a time.
const deliveriesAtOnce = 256

// DeliveryRange is deliveries of an org from a position up to another, both included.
type DeliveryRange struct {
	Org        string
	Connection string // "": all
	From, UpTo events.Position
	Data       bool // with what was sent
}

// Scan hands deliveries to fn in the order of their arrival, until there are no more or fn returns an error, which Scan
// returns then.
func (d *Deliveries) Scan(ctx context.Context, r DeliveryRange, fn func(Delivery) error) error {
	ctx, cancel := d.ledger.link.bind(ctx)
	defer cancel()
	cons, pending, end, err := d.consumer(ctx, r)
	if err != nil {
		return fmt.Errorf("read deliveries: %w", reason(ctx, err))
	}
	defer end()
	for pending > 0 {
		want := min(pending, deliveriesAtOnce)
		batch, err := cons.Fetch(int(want), jetstream.FetchContext(ctx))
		if err != nil {
			return fmt.Errorf("read deliveries: %w", reason(ctx, err))
		}
		var got uint64
		for msg := range batch.Messages() {
			got++
			one, err := delivered(msg, r.Data)
			if err != nil {
				return err
			}
			if one.Position > r.UpTo {
				return nil
			}
			if err := fn(one); err != nil {
				return err
			}
		}
		if err := batch.Error(); err != nil {
			return fmt.Errorf("read deliveries: %w", reason(ctx, err))
		}
		if got < want { // some ended while we read
			return nil
		}
		pending -= got
	}
	return nil
}

// Newest returns at most limit deliveries before a position, the newest first and without Data. It finds where they
// begin by asking how many there are, so it costs the same however few of a long stream are the connection's.
func (d *Deliveries) Newest(ctx context.Context, org, connection string, before events.Position, limit int) ([]Delivery, error) {
	ctx, cancel := d.ledger.link.bind(ctx)
	defer cancel()
	first, end, err := d.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	r := DeliveryRange{Org: org, Connection: connection, UpTo: min(before, end) - 1}
	if r.UpTo < first || limit <= 0 {
		return nil, nil
	}
	if r.From, err = d.begin(ctx, r, first, uint64(limit)); err != nil {
		return nil, fmt.Errorf("find deliveries: %w", reason(ctx, err))
	}
	var found []Delivery
	err = d.Scan(ctx, r, func(one Delivery) error {
		found = append(found, one)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Reverse(found)
	return found[:min(limit, len(found))], nil
}

// slack is how many times as many deliveries as are wanted may be read, so that fewer places have to be tried.
const slack = 4

// begin returns a position from which on there are at least limit deliveries in the range, and not many more; or first.
func (d *Deliveries) begin(ctx context.Context, r DeliveryRange, first events.Position, limit uint64) (events.Position, error) {
	r.From = r.UpTo + 1
	behind, err := d.pending(ctx, r)
	if err != nil {
		return 0, err
	}
	low, high := first, r.UpTo+1 // fewer than limit from high on
	guess := max(first, r.UpTo+1-min(r.UpTo, events.Position(2*limit)))
	for low < high {
		r.From = guess
		n, err := d.pending(ctx, r)
		if err != nil {
			return 0, err
		}
		n -= min(n, behind)
		switch {
		case n >= limit && n <= slack*limit, guess == first && n <= limit:
			return guess, nil
		case n < limit:
			high = guess
		case guess+1 >= high:
			return guess, nil
		default:
			low = guess
		}
		guess = low + (high-low)/2
	}
	return low, nil
}

// At returns the position of the first delivery stored at a time or later, or the one behind the last.
func (d *Deliveries) At(ctx context.Context, t time.Time) (events.Position, error) {
	ctx, cancel := d.ledger.link.bind(ctx)
	defer cancel()
	first, end, err := d.Bounds(ctx)
	if err != nil || t.Unix() <= 0 {
		return first, err
	}
	cons, err := d.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &t,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: readTimeout,
	})
	if err != nil {
		return 0, fmt.Errorf("find deliveries: %w", reason(ctx, err))
	}
	info := cons.CachedInfo()
	_ = d.stream.DeleteConsumer(ctx, info.Name) // else it ends by itself
	if info.NumPending == 0 {
		return end, nil
	}
	return events.Position(info.Delivered.Stream + 1), nil
}

// pending returns how many deliveries there are from a position on.
func (d *Deliveries) pending(ctx context.Context, r DeliveryRange) (uint64, error) {
	_, n, end, err := d.consumer(ctx, r)
	if err != nil {
		return 0, err
	}
	end()
	return n, nil
}

// consumer makes a cursor that lives for one question; end gives it back.
func (d *Deliveries) consumer(ctx context.Context, r DeliveryRange) (cons jetstream.Consumer, pending uint64, end func(), err error) {
	cons, err = d.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       max(uint64(r.From), 1),
		FilterSubject:     deliverySubject(r.Org, cmp.Or(r.Connection, "*")),
		AckPolicy:         jetstream.AckNonePolicy,
		HeadersOnly:       !r.Data,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: readTimeout,
	})
	if err != nil {
		return nil, 0, nil, err
	}
	info := cons.CachedInfo()
	return cons, info.NumPending, func() {
		_ = d.stream.DeleteConsumer(context.WithoutCancel(ctx), info.Name) // else it ends by itself
	}, nil
}

func delivered(msg jetstream.Msg, whole bool) (Delivery, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return Delivery{}, fmt.Errorf("read deliveries: %w", err)
	}
	org, connection := deliveryOf(msg.Subject())
	one := Delivery{
		Position: events.Position(meta.Sequence.Stream), Stored: meta.Timestamp, Org: org, Connection: connection,
		Size: len(msg.Data()),
	}
	if whole {
		one.Data = msg.Data()
	} else if one.Size, err = strconv.Atoi(msg.Headers().Get("Nats-Msg-Size")); err != nil {
		return one, fmt.Errorf("read deliveries: size: %w", err)
	}
	return one, nil
}
