package alerts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/internal/notify"
	"milemarker/internal/routine"
	"milemarker/internal/shelf"
	"milemarker/internal/timeblocks"
	"milemarker/projections"
)

// keeper keeps watch over all orgs.
type keeper struct {
	cfg    Config
	deps   Deps
	desk   goals.Desk
	states *shelf.Shelf[state]

	mu      sync.Mutex
	touchAt map[string]events.Position // orgs with new events, and the newest position of each
	touches chan struct{}
	looked  map[string]time.Time // orgs, and when they were looked at last
	slow    map[string]time.Time // the same, at what changes slowly
}

func newKeeper(ctx context.Context, cfg Config, deps Deps) (*keeper, error) {
	states, err := shelf.Open[state](ctx, deps.States, nil)
	if err != nil {
		return nil, fmt.Errorf("alerts: states: %w", err)
	}
	return &keeper{
		cfg: cfg, deps: deps, states: states, touchAt: map[string]events.Position{}, touches: make(chan struct{}, 1),
		looked: map[string]time.Time{}, slow: map[string]time.Time{},
		desk: goals.Desk{Reader: deps.Known, Now: deps.Clock, Logger: deps.Logger},
	}, nil
}

// touched hears of new events.
func (k *keeper) touched(m *message.Message) error {
	frames, err := events.DecodeBatch(m.Payload)
	if err != nil {
		return err
	}
	k.mu.Lock()
	for _, f := range frames {
		if org := orgOf(f.Subject); org != "" {
			k.touchAt[org] = f.Position
		}
	}
	k.mu.Unlock()
	select {
	case k.touches <- struct{}{}:
	default: // is awake
	}
	return nil
}

// orgOf returns the org that a ledger subject names, ledger.<partition>.<org>.<type>.
func orgOf(subject string) string {
	if parts := strings.SplitN(subject, ".", 4); len(parts) == 4 {
		return parts[2]
	}
	return ""
}

// lookOn looks at orgs until ctx ends: at those with new numbers soon after the read models have them, and at all every
// now and then. What cannot be looked at is looked at again with the next turn.
func (k *keeper) lookOn(ctx context.Context) error {
	settle := time.NewTicker(k.cfg.Settle)
	defer settle.Stop()
	for ctx.Err() == nil {
		if err := k.turn(ctx); err != nil && ctx.Err() == nil {
			k.deps.Logger.WarnContext(ctx, "look for alerts", "error", err)
		}
		select {
		case <-settle.C:
		case <-ctx.Done():
		}
	}
	return nil
}

// turn looks at every org whose turn it is.
func (k *keeper) turn(ctx context.Context) error {
	orgs, err := k.deps.Known.Orgs(ctx)
	if err != nil {
		return err
	}
	now := k.deps.Clock()
	var errs []error
	for _, org := range orgs {
		due, err := k.isDue(ctx, org, now)
		if err == nil && due {
			err = k.look(ctx, org, now)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("org %s: %w", org, err))
		}
	}
	return errors.Join(errs...)
}

// isDue tells whether an org has new numbers that the read models show by now, or has not been looked at for a while.
func (k *keeper) isDue(ctx context.Context, org string, now time.Time) (bool, error) {
	k.mu.Lock()
	at, touched := k.touchAt[org]
	last, ever := k.looked[org]
	k.mu.Unlock()
	if touched {
		reached, err := k.deps.Known.Position(ctx, org)
		if err != nil {
			return false, err
		}
		if reached >= at {
			k.mu.Lock()
			if k.touchAt[org] == at {
				delete(k.touchAt, org)
			}
			k.mu.Unlock()
			return true, nil
		}
	}
	return !ever || now.Sub(last) >= k.cfg.Every, nil
}

// look is what is known of one org at an instant.
type look struct {
	org       string
	now       time.Time
	today     calendar.Day
	position  events.Position
	calendars goals.Calendars
	cal       calendar.Calendar
	standings []goals.Standing
	rules     []notify.Rule
	blocks    []timeblocks.Block
	book      routine.Book
}

func (l *look) working(rep string) calendar.Working { return l.calendars.Working(rep, "") }

func (l *look) rule(kind, rep string) notify.Rule { return notify.Choose(l.rules, kind, rep, "") }

// endedLately is how long ago a goal may have ended whose end is still to be told.
const endedLately = 7

// read reads what there is to know.
func (k *keeper) read(ctx context.Context, org string, now time.Time) (*look, error) {
	l := &look{org: org, now: now, rules: k.deps.Rules.List(org)}
	var err error
	if l.position, err = k.deps.Known.Position(ctx, org); err != nil {
		return nil, err
	}
	if l.calendars, err = k.desk.Calendars(ctx, org, time.Time{}); err != nil {
		return nil, err
	}
	l.cal = l.calendars.Settings().Calendar()
	l.today = l.cal.DayOf(now)
	if l.standings, err = k.desk.All(ctx, org, goals.Filter{Since: l.today - endedLately}, now); err != nil {
		return nil, err
	}
	records, err := k.deps.Known.Declarations(ctx, projections.DeclarationQuery{
		Org: org, Types: append(routine.Types(), timeblocks.Types()...),
	})
	if err != nil {
		return nil, err
	}
	var unread error
	l.book, unread = routine.Fold(l.cal, records)
	k.leftOut(ctx, org, unread)
	l.blocks, unread = timeblocks.Fold(records)
	k.leftOut(ctx, org, unread)
	return l, nil
}

func (k *keeper) leftOut(ctx context.Context, org string, err error) {
	if err != nil {
		k.deps.Logger.DebugContext(ctx, "events left out", "org", org, "error", err)
	}
}

// look looks at one org, and records what changed.
func (k *keeper) look(ctx context.Context, org string, now time.Time) error {
	if err := k.resume(ctx, org); err != nil {
		return err
	}
	l, err := k.read(ctx, org, now)
	if err != nil {
		return err
	}
	for i := range l.standings {
		if l.standings[i].NoPace != "" {
			continue
		}
		if err := k.seenGoal(ctx, l, i); err != nil {
			return err
		}
	}
	looks := []struct {
		kind string
		slow bool
		look func(context.Context, *look) ([]finding, error)
	}{
		{events.AlertNoActivity, false, k.idle},
		{events.AlertBlockMissed, false, k.missed},
		{events.AlertBlocksOpen, false, k.unfilled},
		{events.AlertReviewOverdue, false, k.overdue},
		{events.AlertQuarantine, false, k.waiting},
		{events.AlertConversion, true, k.fallen},
		{events.AlertSourceSilent, true, k.silent},
	}
	slowly := now.Sub(k.slow[org]) >= k.cfg.Slow
	found, kinds := map[string]bool{}, map[string]bool{}
	for _, one := range looks {
		if one.slow && !slowly {
			continue
		}
		findings, err := one.look(ctx, l)
		if err != nil {
			return fmt.Errorf("%s: %w", one.kind, err)
		}
		kinds[one.kind] = true
		for _, f := range findings {
			found[f.matter] = true
			if err := k.seen(ctx, l, f); err != nil {
				return err
			}
		}
	}
	if err := k.over(ctx, l, found, kinds); err != nil {
		return err
	}
	k.looked[org] = now
	if slowly {
		k.slow[org] = now
	}
	return nil
}

// reps returns who has goals of their own that run today, sorted.
func (l *look) reps() []string {
	var reps []string
	for _, st := range l.standings {
		g := st.Goal
		if g.Owner.OwnerKind == events.OwnerRep && g.Closed == nil && g.StartsOn <= l.today && l.today <= st.Terms.EndsOn {
			reps = append(reps, g.Owner.Owner)
		}
	}
	slices.Sort(reps)
	return slices.Compact(reps)
}
