package translator

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"milemarker/events"
	"milemarker/internal/held"
)

// inference records that appointments were held. It goes by what the ledger says, from whatever source.
type inference struct {
	t    *translator
	wake chan struct{}

	mu   sync.Mutex
	book *held.Book
}

func newInference(t *translator) *inference {
	return &inference{t: t, wake: make(chan struct{}, 1), book: held.New(t.cfg.Held)}
}

// readAtOnce is how many events are read from the ledger at a time.
const readAtOnce = 2000

// load heeds the erasures that were not heeded yet, and reads what the ledger says of appointments so far, so that nothing
// is inferred which was told long since. It returns the position to go on from.
func (i *inference) load(ctx context.Context) (events.Position, error) {
	if _, err := i.read(ctx, i.t.erased, events.TypeProspectErased); err != nil {
		return 0, err
	}
	since, err := i.t.deps.Source.Since(ctx, i.t.deps.Clock().Add(-i.t.cfg.Lookback))
	if err != nil {
		return 0, err
	}
	return i.read(ctx, since, i.t.heeded()...)
}

// read takes in events of some types from a position on, and returns the one behind the last.
func (i *inference) read(ctx context.Context, from events.Position, types ...string) (events.Position, error) {
	for {
		frames, err := i.t.deps.Source.Read(ctx, from, readAtOnce, types...)
		if err != nil {
			return 0, err
		}
		if err := i.t.take(ctx, frames); err != nil {
			return 0, err
		}
		if len(frames) > 0 {
			from = frames[len(frames)-1].Position + 1
		}
		if len(frames) < readAtOnce {
			return from, nil
		}
	}
}

// follow takes in what the ledger says, from the past on and then as it comes, until ctx ends. It calls loaded once it has
// taken in what there was. Deliveries are translated meanwhile: a year of appointments takes a while.
func (i *inference) follow(ctx context.Context, loaded func()) {
	for ctx.Err() == nil {
		from, err := i.load(ctx)
		if err == nil {
			loaded()
			err = i.listen(ctx, from)
		}
		if ctx.Err() == nil {
			i.t.deps.Logger.WarnContext(ctx, "appointments are read again in a moment", "error", err)
			pause(ctx, replayPause)
		}
	}
}

// listen takes in what comes, in batches, by a router of its own.
func (i *inference) listen(ctx context.Context, from events.Position) error {
	router, err := i.t.newRouter()
	if err != nil {
		return err
	}
	router.AddConsumerHandler("heed", "ledger", i.t.deps.Source.Events(from, i.t.heeded()...), i.t.heed).
		AddMiddleware(i.t.retry(), middleware.Recoverer)
	return router.Run(ctx)
}

// heed takes in a batch of events that the translator acts upon.
func (t *translator) heed(m *message.Message) error {
	frames, err := events.DecodeBatch(m.Payload)
	if err != nil {
		return err
	}
	if err := t.take(m.Context(), frames); err != nil {
		return err
	}
	select {
	case t.inference.wake <- struct{}{}:
	default:
	}
	return nil
}

func (t *translator) take(ctx context.Context, frames []events.Frame) error {
	for _, f := range frames {
		e, err := events.Decode(f.Body)
		if err != nil {
			continue // the projector sets it aside
		}
		if e.Type == events.TypeProspectErased {
			if err := t.forget(ctx, f.Position, e); err != nil {
				return err
			}
			continue
		}
		t.inference.mu.Lock()
		t.inference.book.Add(events.Record{Position: f.Position, Event: e})
		t.inference.mu.Unlock()
	}
	return nil
}

// forget erases the deliveries of a person who is to be forgotten. It waits for no lane: what is being translated now
// was told before the erasure, or is told again.
func (t *translator) forget(ctx context.Context, at events.Position, e events.Event) error {
	if at < t.erased {
		return nil
	}
	prospects, err := events.Erases(e)
	if err != nil {
		return fmt.Errorf("erasure at %d: %w", at, err)
	}
	n, err := t.deps.Log.EraseOf(ctx, e.Org, prospects...)
	if err != nil {
		return err
	}
	if err := t.setMark(ctx, markErasures, at); err != nil {
		return err
	}
	t.erased = at + 1
	t.deps.Logger.InfoContext(ctx, "deliveries of a person erased", "deliveries", n, "position", uint64(at))
	return nil
}

// longest is how long the inference waits at most: clocks are set.
const longest = time.Minute

// run follows the ledger and infers until ctx ends.
func (i *inference) run(ctx context.Context) {
	loaded := make(chan struct{})
	var following sync.WaitGroup
	defer following.Wait()
	following.Go(func() { i.follow(ctx, sync.OnceFunc(func() { close(loaded) })) })
	if i.t.cfg.HeldOff {
		return
	}
	select {
	case <-loaded:
	case <-ctx.Done():
	}
	for ctx.Err() == nil {
		i.infer(ctx)
		i.mu.Lock()
		wait := longest
		if next := i.book.Next(); !next.IsZero() {
			wait = min(longest, max(next.Sub(i.t.deps.Clock()), 0))
		}
		i.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-i.wake:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// infer records what is due now. What cannot be recorded is due again in a moment.
func (i *inference) infer(ctx context.Context) {
	now := i.t.deps.Clock()
	i.mu.Lock()
	actions := i.book.Due(now)
	i.mu.Unlock()
	for _, a := range actions {
		receipts, err := i.t.deps.Recorder.Record(ctx, a.Org, []events.Draft{a.Draft})
		switch {
		case err != nil:
			i.mu.Lock()
			i.book.Again(a, now.Add(replayPause))
			i.mu.Unlock()
		case receipts[0].Outcome == events.Rejected || receipts[0].Outcome == events.Conflict:
			i.t.deps.Logger.WarnContext(ctx, "inferred event not recorded", "event", a.Draft.ID, "outcome", string(receipts[0].Outcome))
		}
	}
}
