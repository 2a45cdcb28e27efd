package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"milemarker/events"
)

const (
	flights       = 2       // groups on their way at a time: one is written while the next is sent
	batchMin      = 32      // events from which one atomic batch is cheaper than single publishes
	maxBatch      = 1000    // events in an atomic batch: the server's limit
	maxBatchBytes = 8 << 20 // about, of bodies in a group
	lookups       = 16      // originals fetched at a time
)

// commit sends what waits until ctx ends, at most so many groups at a time. While all are under way the next group
// gathers: the busier the ledger, the larger its batches.
func (l *Ledger) commit(ctx context.Context) {
	var under sync.WaitGroup
	defer under.Wait()
	slots := make(chan struct{}, flights)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		group := l.queue.take(maxBatch, maxBatchBytes)
		if len(group) > 0 {
			under.Go(func() {
				defer func() { <-slots }()
				l.fly(ctx, group)
			})
			continue
		}
		<-slots
		select {
		case <-l.queue.wake:
		case <-ctx.Done():
			return
		}
	}
}

// fly answers every entry of the group: it sends until the outcome is known or the caller has gone.
func (l *Ledger) fly(ctx context.Context, group []*entry) {
	for attempt := 0; ; attempt++ {
		if group = l.queue.alive(group); len(group) == 0 {
			return
		}
		var err error
		if group, err = l.send(ctx, group); len(group) == 0 {
			return
		}
		if attempt == 0 && ctx.Err() == nil {
			l.log.WarnContext(ctx, "append is repeated", "events", len(group), "error", err)
		}
		if pause(ctx, attempt) != nil {
			for _, e := range group {
				l.queue.failed(e, ErrClosed)
			}
			return
		}
	}
}

// send publishes a group in the way that is cheaper, and returns the entries whose outcome is unknown with the reason.
func (l *Ledger) send(ctx context.Context, group []*entry) ([]*entry, error) {
	if len(group) < batchMin && !together(group) {
		return l.sendSingly(ctx, group)
	}
	first, err := l.sendBatch(ctx, group)
	var refused *jetstream.APIError
	switch {
	case err == nil:
		for i, e := range group {
			l.queue.appended(e, first+events.Position(i))
		}
		return nil, nil
	case errors.As(err, &refused):
		// Nothing of it was written: as a rule because one id is known already. Single publishes tell which.
		return l.sendSingly(ctx, group)
	default:
		return group, err
	}
}

// together tells whether events of the group were handed in by one call, to be written all or none.
func together(group []*entry) bool {
	for i := 1; i < len(group); i++ {
		if group[i].call == group[i-1].call {
			return true
		}
	}
	return false
}

// sendSingly publishes the entries in order, each with an acknowledgement of its own.
func (l *Ledger) sendSingly(ctx context.Context, group []*entry) (again []*entry, reason error) {
	unknown := func(e *entry, err error) { again, reason = append(again, e), err }
	futures := make([]jetstream.PubAckFuture, len(group))
	for i, e := range group {
		var err error
		if futures[i], err = l.js.PublishMsgAsync(e.msg); err != nil {
			unknown(e, err)
		}
	}
	var known []*entry
	var places []events.Position
	for i, e := range group {
		if futures[i] == nil {
			continue
		}
		switch ack, err := acknowledgement(ctx, futures[i]); {
		case err == nil && ack.Duplicate:
			known, places = append(known, e), append(places, events.Position(ack.Sequence))
		case err == nil:
			l.queue.appended(e, events.Position(ack.Sequence))
		case refusal(err):
			l.queue.failed(e, err)
		default:
			unknown(e, err)
		}
	}
	originals, errs := l.originals(ctx, known, places)
	for i, e := range known {
		if errs[i] != nil {
			unknown(e, errs[i])
			continue
		}
		l.queue.repeated(e, originals[i])
	}
	return again, reason
}

// acknowledgement waits for the server's answer to one publish.
func acknowledgement(ctx context.Context, f jetstream.PubAckFuture) (*jetstream.PubAck, error) {
	select {
	case ack := <-f.Ok():
		return ack, nil
	case err := <-f.Err():
		return nil, err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// The server's answers that say nothing about what was sent: it may be sent again.
const (
	errCodeInProcess  jetstream.ErrorCode = 10158 // another publish of the same id has not been decided
	errCodeIncomplete jetstream.ErrorCode = 10176 // a batch of which another leader has seen the beginning
	errCodeInFlight   jetstream.ErrorCode = 10210 // too many batches at a time
)

// refusal tells a server's considered answer from a fault that may pass: to send again would not help.
func refusal(err error) bool {
	var api *jetstream.APIError
	if !errors.As(err, &api) || api.Code == 503 {
		return false
	}
	return api.ErrorCode != errCodeInProcess && api.ErrorCode != errCodeIncomplete && api.ErrorCode != errCodeInFlight
}

// originals fetches the messages that stand where the server said, several at a time.
func (l *Ledger) originals(ctx context.Context, known []*entry, places []events.Position) ([]original, []error) {
	found, errs := make([]original, len(known)), make([]error, len(known))
	var g errgroup.Group
	g.SetLimit(lookups)
	for i, e := range known {
		g.Go(func() error {
			found[i], errs[i] = l.original(ctx, e.id, places[i])
			return nil
		})
	}
	_ = g.Wait() // errors are kept one by one
	return found, errs
}

func (l *Ledger) original(ctx context.Context, id string, at events.Position) (original, error) {
	ctx, cancel := l.link.bind(ctx)
	defer cancel()
	msg, err := l.stream.GetMsg(ctx, uint64(at))
	if err != nil {
		return original{}, fmt.Errorf("original of %s at %d: %w", id, at, err)
	}
	if stands := msg.Header.Get(jetstream.MsgIDHeader); stands != id {
		return original{}, fmt.Errorf("original of %s at %d is %s", id, at, stands)
	}
	return original{position: at, digest: msg.Header.Get(digestHeader)}, nil
}
