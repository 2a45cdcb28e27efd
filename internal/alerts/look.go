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
	"milemarker/internal/pace"
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

	// Of the one goroutine that looks.
	orgs    []string
	asked   time.Time           // when orgs and waiting were asked for last
	waiting map[string]int      // messages of orgs that wait in quarantine
	looked  map[string]*sighted // orgs that were looked at
}

// sighted is when an org was looked at, and what the look rested on that no event tells of.
type sighted struct {
	next    time.Time // when something may be otherwise although nothing happens
	slow    time.Time // when it was looked at what changes slowly
	rules   uint64    // the version of its rules
	waiting int       // its messages in quarantine
}

func newKeeper(ctx context.Context, cfg Config, deps Deps) (*keeper, error) {
	states, err := shelf.Open[state](ctx, deps.States, nil)
	if err != nil {
		return nil, fmt.Errorf("alerts: states: %w", err)
	}
	return &keeper{
		cfg: cfg, deps: deps, states: states, touchAt: map[string]events.Position{}, looked: map[string]*sighted{},
		desk: goals.Desk{Reader: deps.Known, Now: deps.Clock, Logger: deps.Logger, Foresee: noOutlook},
	}, nil
}

// noOutlook stands for what is to be expected of the end of a goal, of which nobody is told here.
func noOutlook(pace.Goal, pace.Done, time.Time, calendar.Working, pace.Chance) (o pace.Outlook, ok bool) {
	return o, false
}

// touched hears of new events.
func (k *keeper) touched(m *message.Message) error {
	frames, err := events.DecodeBatch(m.Payload)
	if err != nil {
		return err
	}
	k.touch(frames)
	return nil
}

func (k *keeper) touch(frames []events.Frame) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, f := range frames {
		if org, typ := named(f.Subject); org != "" && !own(typ) {
			k.touchAt[org] = f.Position
		}
	}
}

// own tells whether events of a type are recorded here, so that they are no news.
func own(typ string) bool {
	return typ == events.TypePaceChanged || typ == events.TypeAlertRaised || typ == events.TypeAlertResolved
}

// named returns the org and the type that a ledger subject names, ledger.<partition>.<org>.<type>.
func named(subject string) (org, typ string) {
	if parts := strings.SplitN(subject, ".", 4); len(parts) == 4 {
		return parts[2], parts[3]
	}
	return "", ""
}

// lookOn looks at orgs until ctx ends: at those with new numbers soon after the read models have them, and at each when
// something may have changed by the passing of time. What cannot be looked at is looked at again with the next turn.
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
	now := k.deps.Clock()
	if err := k.ask(ctx, now); err != nil {
		return err
	}
	var errs []error
	for _, org := range k.orgs {
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

// ask asks for what is the same question for all orgs: which there are, and whose messages wait in quarantine, of which no
// event tells. It does so every now and then, and when somebody is heard of for the first time.
func (k *keeper) ask(ctx context.Context, now time.Time) error {
	if !k.asked.IsZero() && now.Sub(k.asked) < k.cfg.Every && !k.newcomers() {
		return nil
	}
	orgs, err := k.deps.Known.Orgs(ctx)
	if err != nil {
		return err
	}
	waiting, err := k.deps.Quarantine.Waiting(ctx)
	if err != nil {
		return err
	}
	k.orgs, k.waiting, k.asked = orgs, waiting, now
	return nil
}

// newcomers tells whether an org has new events that was not looked at before.
func (k *keeper) newcomers() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for org := range k.touchAt {
		if k.looked[org] == nil {
			return true
		}
	}
	return false
}

// isDue tells whether an org has new numbers that the read models show by now, or whether something else may be otherwise
// than when it was looked at last.
func (k *keeper) isDue(ctx context.Context, org string, now time.Time) (bool, error) {
	k.mu.Lock()
	at, touched := k.touchAt[org]
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
			if s := k.looked[org]; s != nil {
				s.next = time.Time{} // is due until a look has succeeded
			}
		}
	}
	s := k.looked[org]
	return s == nil || !now.Before(s.next) || s.waiting != k.waiting[org] || s.rules != k.deps.Rules.Version(org), nil
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
	next      time.Time // see again
}

// again notes that something may be otherwise at an instant although nothing happens, so that it is looked again.
func (l *look) again(at time.Time) {
	if at.After(l.now) && at.Before(l.next) {
		l.next = at
	}
}

// dayEnd is when the day of the look ends.
func (l *look) dayEnd() time.Time { return (l.today + 1).In(l.cal.Location()) }

func (l *look) working(rep string) calendar.Working { return l.calendars.Working(rep, "") }

func (l *look) rule(kind, rep string) notify.Rule { return notify.Choose(l.rules, kind, rep, "") }

// endedLately is how long ago a goal may have ended whose end is still to be told.
const endedLately = 7

// afterMidnight is how far into the day it is looked first: at midnight itself the day before ends.
const afterMidnight = time.Second

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
	if l.next = l.today.In(l.cal.Location()).Add(afterMidnight); !l.next.After(now) {
		l.next = l.dayEnd().Add(afterMidnight)
	}
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
	after := sighted{rules: k.deps.Rules.Version(org), waiting: k.waiting[org]}
	if before := k.looked[org]; before != nil {
		after.slow = before.slow
	}
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
		{events.AlertQuarantine, false, k.quarantined},
		{events.AlertConversion, true, k.fallen},
		{events.AlertSourceSilent, true, k.silent},
	}
	slowly := now.Sub(after.slow) >= k.cfg.Slow
	if slowly {
		after.slow = now
	} else {
		l.again(after.slow.Add(k.cfg.Slow))
	}
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
	after.next = l.next
	k.looked[org] = &after
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
