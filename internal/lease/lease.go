// Package lease shares out a fixed number of things among the processes that live, by one value in a store with
// compare-and-swap.
//
// A lease is a promise about time, and time alone fences nobody: a process that was paused may act after its lease was
// given to another. Whoever uses a lease fences what it guards by other means; see ADR 8.
//
// No two clocks are compared. A member is dead when its beat has not changed for a TTL on the clock of the one who looks;
// it holds its own leases until a TTL after it sent its last beat, which is sooner.
//
// The package knows neither what is shared nor where the value lies, and must never import another package of ours.
package lease

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	// DefaultTTL is after how long a silent member is replaced.
	DefaultTTL = 5 * time.Second
	// beats is how many there are in a TTL.
	beats = 5
	// swaps is how often a change is tried anew, at once, when somebody else was faster.
	swaps = 10
)

// ErrChanged is returned by a Store when the value is no longer the one that was read.
var ErrChanged = errors.New("changed meanwhile")

// Store keeps one value.
type Store interface {
	// Load returns the value and its revision; revision 0 and no value when there is none yet.
	Load(ctx context.Context) (value []byte, revision uint64, err error)
	// Save replaces the value of a revision, or fails with ErrChanged. After any other error it is unknown which value stands.
	Save(ctx context.Context, value []byte, revision uint64) error
}

// Config says who shares what.
type Config struct {
	Member string           // a name that no other process has or had; required
	Shares int              // how many things there are; required
	TTL    time.Duration    // after which a silent member is replaced, 0 = DefaultTTL
	Logger *slog.Logger     // nil: discarded
	Now    func() time.Time // with a monotonic reading, as time.Now gives it; required
}

// Keeper is one member. Its methods may be called concurrently.
type Keeper struct {
	cfg     Config
	store   Store
	seen    map[string]sighting // of the other members; used by one goroutine
	changed chan struct{}
	nudge   chan struct{} // holds a token when the next beat is due at once
	stop    context.CancelFunc
	ended   chan struct{}

	mu    sync.Mutex
	due   []int     // held, and to be used
	uses  []int     // in use, whether due or not
	until time.Time // when due ends, unless there is another beat
}

// sighting is when a member's beat was first seen to be what it is.
type sighting struct {
	beat uint64
	at   time.Time
}

// Join makes the process a member until Leave.
func Join(ctx context.Context, cfg Config, store Store) *Keeper {
	if cfg.TTL <= 0 {
		cfg.TTL = DefaultTTL
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	k := &Keeper{
		cfg: cfg, store: store, seen: map[string]sighting{}, changed: make(chan struct{}, 1), nudge: make(chan struct{}, 1), stop: stop, ended: make(chan struct{}),
	}
	go func() {
		defer close(k.ended)
		k.run(ctx)
	}()
	return k
}

// Due returns the shares to be used now, in ascending order. Whoever uses others stops that, and then says so by Use.
func (k *Keeper) Due() []int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cfg.Now().After(k.until) {
		return nil
	}
	return slices.Clone(k.due)
}

// Use says that no other shares than these are in use from now on: what is held besides may go to others.
func (k *Keeper) Use(shares []int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if slices.Equal(shares, k.uses) {
		return
	}
	k.uses = slices.Clone(shares)
	select {
	case k.nudge <- struct{}{}: // others wait for what became free
	default:
	}
}

// Changed holds a token after Due has changed.
func (k *Keeper) Changed() <-chan struct{} { return k.changed }

// Leave gives all shares back and ends the membership; nothing must be in use any more. If that fails the others notice
// after a TTL.
func (k *Keeper) Leave(ctx context.Context) error {
	k.stop()
	<-k.ended
	k.set(nil, time.Time{})
	if err := k.swap(ctx, func(t table) table { return t.without(k.cfg.Member) }); err != nil {
		return fmt.Errorf("give leases back: %w", err)
	}
	return nil
}

func (k *Keeper) run(ctx context.Context) {
	ticks := time.NewTicker(k.cfg.TTL / beats)
	defer ticks.Stop()
	for {
		if err := k.beat(ctx); err != nil && ctx.Err() == nil {
			k.cfg.Logger.WarnContext(ctx, "leases not renewed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		case <-k.nudge:
		}
	}
}

// beat renews the membership and brings what is held nearer to what is due.
func (k *Keeper) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, k.cfg.TTL)
	defer cancel()
	var due []int
	var sent time.Time
	err := k.swap(ctx, func(t table) table {
		k.look(t)
		sent = k.cfg.Now()
		n := t.next(k.cfg.Member, k.cfg.Shares, k.dead, k.inUse)
		due = n.due(k.cfg.Member)
		return n
	})
	if err != nil {
		return err
	}
	k.set(due, sent.Add(k.cfg.TTL))
	return nil
}

// look notes who has beaten since the last time.
func (k *Keeper) look(t table) {
	now := k.cfg.Now()
	for m, beat := range t.Members {
		if s, ok := k.seen[m]; !ok || s.beat != beat {
			k.seen[m] = sighting{beat, now}
		}
	}
	for m := range k.seen {
		if _, ok := t.Members[m]; !ok {
			delete(k.seen, m)
		}
	}
}

func (k *Keeper) dead(member string) bool { return k.cfg.Now().Sub(k.seen[member].at) > k.cfg.TTL }

func (k *Keeper) inUse(share int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Contains(k.uses, share)
}

func (k *Keeper) set(due []int, until time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !slices.Equal(due, k.due) {
		k.cfg.Logger.Info("shares", "member", k.cfg.Member, "due", due)
		select {
		case k.changed <- struct{}{}:
		default:
		}
	}
	k.due, k.until = due, until
}

// swap changes the table in the store, from whatever it is.
func (k *Keeper) swap(ctx context.Context, change func(table) table) error {
	for try := 0; ; try++ {
		value, revision, err := k.store.Load(ctx)
		if err != nil {
			return err
		}
		var t table
		if len(value) > 0 {
			if err := json.Unmarshal(value, &t); err != nil {
				return fmt.Errorf("leases: %w", err)
			}
		}
		if value, err = json.Marshal(change(t)); err != nil {
			return fmt.Errorf("leases: %w", err)
		}
		if err = k.store.Save(ctx, value, revision); !errors.Is(err, ErrChanged) || try == swaps {
			return err
		}
	}
}
