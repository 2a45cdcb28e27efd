package alerts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"milemarker/events"
)

// Drill does what Run does, but step by step: for a clock that is set by hand, with which a past quarter can be gone through
// as if it happened now. Looking, dispatching and posting are the same code. It is for one goroutine, and for an instance
// beside which no other works.
type Drill struct {
	keeper *keeper
	ledger <-chan *message.Message
	read   events.Position // up to where the ledger was read
}

// OpenDrill begins where the last instance ended, and reads the ledger until ctx ends.
func OpenDrill(ctx context.Context, cfg Config, deps Deps) (*Drill, error) {
	k, err := newKeeper(ctx, cfg.withDefaults(), deps)
	if err != nil {
		return nil, err
	}
	from, err := k.begin(ctx)
	if err != nil {
		return nil, err
	}
	messages, err := deps.Ledger.Follow(nil, from+1).Subscribe(ctx, "ledger")
	if err != nil {
		return nil, fmt.Errorf("drill: %w", err)
	}
	return &Drill{keeper: k, ledger: messages, read: from}, nil
}

// Step looks, records, dispatches and posts all there is at the clock's present instant, the consequences included, and
// returns when there will be something to do next although nothing happens; it is never zero where an org has declared
// anything. It waits until the read models show what the ledger holds.
func (d *Drill) Step(ctx context.Context) (next time.Time, err error) {
	for looked := false; ; looked = true {
		last, err := d.keeper.deps.Ledger.Last(ctx)
		if err != nil {
			return next, fmt.Errorf("drill: %w", err)
		}
		if looked && last <= d.read {
			break // nothing came of the last look
		}
		if err := d.readTo(ctx, last); err != nil {
			return next, fmt.Errorf("drill: %w", err)
		}
		if err := d.keeper.turn(ctx); err != nil {
			return next, fmt.Errorf("drill: %w", err)
		}
	}
	if err := d.keeper.post(ctx); err != nil {
		return next, fmt.Errorf("drill: %w", err)
	}
	return d.next(), nil
}

// readTo takes in the ledger up to a position, as the two readers of Run do.
func (d *Drill) readTo(ctx context.Context, last events.Position) error {
	for d.read < last {
		var m *message.Message
		var open bool
		select {
		case m, open = <-d.ledger:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if !open {
			return errors.New("the ledger is not read any more")
		}
		frames, err := events.DecodeBatch(m.Payload)
		if err != nil {
			return err
		}
		if err := d.take(ctx, frames); err != nil {
			return err
		}
		m.Ack()
	}
	return nil
}

func (d *Drill) take(ctx context.Context, frames []events.Frame) error {
	if len(frames) == 0 {
		return nil
	}
	d.keeper.touch(frames)
	newest := map[string]events.Position{}
	var alerts []events.Frame
	for _, f := range frames {
		switch org, typ := named(f.Subject); {
		case !own(typ):
			newest[org] = f.Position
		case typ != events.TypeAlertResolved:
			alerts = append(alerts, f)
		}
	}
	for org, at := range newest {
		if err := d.shown(ctx, org, at); err != nil {
			return err
		}
	}
	d.read = frames[len(frames)-1].Position
	return d.keeper.dispatch(ctx, alerts)
}

// shown waits until the read models reflect a position of an org's.
func (d *Drill) shown(ctx context.Context, org string, at events.Position) error {
	for {
		reached, err := d.keeper.deps.Known.Position(ctx, org)
		if err != nil || reached >= at {
			return err
		}
		if wait(ctx, 5*time.Millisecond); ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// next returns the next instant at which an org is to be looked at, or a message is due.
func (d *Drill) next() (next time.Time) {
	_, next = d.keeper.deps.Outbox.Due(d.keeper.deps.Clock())
	for _, s := range d.keeper.looked {
		if next.IsZero() || s.next.Before(next) {
			next = s.next
		}
	}
	return next
}
