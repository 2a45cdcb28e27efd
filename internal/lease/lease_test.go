package lease_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/lease"
)

const (
	shares = 16
	ttl    = 5 * time.Second
)

// pass lets time pass, in a bubble where it costs nothing.
func pass(d time.Duration) { <-time.After(d) }

// store is a value with compare-and-swap that takes a while to answer.
type store struct {
	mu       sync.Mutex
	value    []byte
	revision uint64
}

func (s *store) Load(context.Context) ([]byte, uint64, error) {
	pass(time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value, s.revision, nil
}

func (s *store) Save(_ context.Context, value []byte, revision uint64) error {
	pass(time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.revision != revision {
		return lease.ErrChanged
	}
	s.value, s.revision = value, revision+1
	return nil
}

// member uses what is due to it, as a projector does.
type member struct {
	keeper *lease.Keeper
	line   *line
	stop   context.CancelFunc
	ended  chan struct{}

	mu   sync.Mutex
	uses []int
}

// line is what a member reaches the store by; it can be cut, and stopped together with the member.
type line struct {
	*store

	mu     sync.Mutex
	cut    bool
	paused chan struct{} // closed when the process goes on; nil while it runs
}

func (l *line) open() error {
	l.mu.Lock()
	cut, paused := l.cut, l.paused
	l.mu.Unlock()
	if paused != nil {
		<-paused
	}
	if cut {
		return errors.New("cut")
	}
	return nil
}

func (l *line) Load(ctx context.Context) ([]byte, uint64, error) {
	if err := l.open(); err != nil {
		return nil, 0, err
	}
	return l.store.Load(ctx)
}

func (l *line) Save(ctx context.Context, value []byte, revision uint64) error {
	if err := l.open(); err != nil {
		return err
	}
	return l.store.Save(ctx, value, revision)
}

func join(s *store, name string) *member {
	m := &member{line: &line{store: s}, ended: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	m.keeper = lease.Join(ctx, lease.Config{Member: name, Shares: shares, TTL: ttl, Now: time.Now}, m.line)
	go func() {
		defer close(m.ended)
		ticks := time.NewTicker(100 * time.Millisecond)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
			case <-m.keeper.Changed():
			}
			if m.line.open() != nil && len(m.keeper.Due()) > 0 {
				continue
			}
			due := m.keeper.Due()
			m.mu.Lock()
			m.uses = due
			m.mu.Unlock()
			m.keeper.Use(due)
		}
	}()
	return m
}

func (m *member) using() []int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.uses
}

// leave stops in an orderly way.
func (m *member) leave(t *testing.T) {
	t.Helper()
	m.die()
	if err := m.keeper.Leave(context.Background()); err != nil {
		t.Error(err)
	}
}

// die stops using, and says so to nobody.
func (m *member) die() {
	m.stop()
	<-m.ended
	m.mu.Lock()
	m.uses = nil
	m.mu.Unlock()
}

// kill ends the member without a word.
func (m *member) kill() {
	m.line.mu.Lock()
	m.line.cut = true
	m.line.mu.Unlock()
	m.die()
	_ = m.keeper.Leave(context.Background())
}

// counts says how many shares each member uses. It fails when two use the same one.
func counts(t *testing.T, members ...*member) []int {
	t.Helper()
	var n []int
	used := map[int]int{}
	for i, m := range members {
		for _, s := range m.using() {
			if other, taken := used[s]; taken {
				t.Fatalf("%d and %d both use share %d", other, i, s)
			}
			used[s] = i
		}
		n = append(n, len(m.using()))
	}
	return n
}

func TestSharesFollowTheMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		want := func(after time.Duration, what string, n []int, members ...*member) {
			t.Helper()
			pass(after)
			if diff := cmp.Diff(n, counts(t, members...)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		a := join(s, "a")
		want(time.Second, "alone", []int{16}, a)
		b := join(s, "b")
		want(4*time.Second, "two", []int{8, 8}, a, b)
		c := join(s, "c")
		want(4*time.Second, "three", []int{6, 5, 5}, a, b, c)
		b.leave(t)
		want(3*time.Second, "one left", []int{8, 0, 8}, a, b, c)
		c.kill()
		want(ttl+2*time.Second, "one died", []int{16}, a)
		a.leave(t)
	})
}

// A member that is cut off uses nothing any more before others may find it dead, and begins anew when it is back.
func TestCutOffMemberStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		a, b := join(s, "a"), join(s, "b")
		pass(4 * time.Second)
		a.line.mu.Lock()
		a.line.cut = true
		a.line.mu.Unlock()
		for range 100 {
			pass(100 * time.Millisecond)
			counts(t, a, b)
		}
		if diff := cmp.Diff([]int{0, 16}, counts(t, a, b)); diff != "" {
			t.Errorf("cut off (-want +got):\n%s", diff)
		}
		a.line.mu.Lock()
		a.line.cut = false
		a.line.mu.Unlock()
		pass(6 * time.Second)
		if diff := cmp.Diff([]int{8, 8}, counts(t, a, b)); diff != "" {
			t.Errorf("back again (-want +got):\n%s", diff)
		}
		a.leave(t)
		b.leave(t)
	})
}

// A member that was paused for longer than a TTL, with a beat on its way, knows that nothing is due to it when it wakes up.
func TestPausedMemberWakesUpWithNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		a, b := join(s, "a"), join(s, "b")
		pass(4 * time.Second)
		wake := make(chan struct{})
		a.line.mu.Lock()
		a.line.paused = wake
		a.line.mu.Unlock()
		pass(3 * ttl)
		if got := len(b.using()); got != 16 {
			t.Errorf("the other uses %d shares, want 16", got)
		}
		if due := a.keeper.Due(); len(due) != 0 {
			t.Errorf("due to the paused one: %v", due)
		}
		a.line.mu.Lock()
		a.line.paused = nil
		a.line.mu.Unlock()
		close(wake)
		pass(6 * time.Second)
		if diff := cmp.Diff([]int{8, 8}, counts(t, a, b)); diff != "" {
			t.Errorf("awake (-want +got):\n%s", diff)
		}
		a.leave(t)
		b.leave(t)
	})
}

// Members come, leave and die at random. No share is ever used twice, and in quiet times all are used, evenly.
func TestAtRandom(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			s := &store{}
			var live []*member
			for n := range 40 {
				switch k := random.IntN(4); {
				case len(live) == 0 || k < 2 && len(live) < 6:
					live = append(live, join(s, fmt.Sprint("member-", random.IntN(1000), "-", n)))
				case k == 2:
					i := random.IntN(len(live))
					live[i].leave(t)
					live = slices.Delete(live, i, i+1)
				default:
					i := random.IntN(len(live))
					live[i].kill()
					live = slices.Delete(live, i, i+1)
				}
				for range random.IntN(40) {
					pass(200 * time.Millisecond)
					counts(t, live...)
				}
			}
			pass(4 * ttl)
			total := 0
			for _, n := range counts(t, live...) {
				total += n
				if n < shares/len(live) || n > shares/len(live)+1 {
					t.Errorf("one of %d uses %d shares", len(live), n)
				}
			}
			if len(live) > 0 && total != shares {
				t.Errorf("%d shares are used, want %d", total, shares)
			}
			for _, m := range live {
				m.leave(t)
			}
		})
	}
}
