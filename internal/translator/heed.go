package translator

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

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

// load reads what the ledger says of appointments so far, so that nothing is inferred which was told long since. It
// returns the position to go on from. Erasures that were not heeded yet are.
func (i *inference) load(ctx context.Context) (events.Position, error) {
	from, err := i.t.deps.Source.Since(ctx, i.t.deps.Clock().Add(-i.t.cfg.Lookback))
	if err != nil {
		return 0, err
	}
	from = min(from, i.t.erased)
	for {
		frames, err := i.t.deps.Source.Read(ctx, from, readAtOnce, heeded()...)
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

// run infers until ctx ends.
func (i *inference) run(ctx context.Context) {
	if i.t.cfg.HeldOff {
		return
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
