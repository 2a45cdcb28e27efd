package alerts

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
)

// LeaseBucket stores the terms of instances. Errors of Create wrap fs.ErrExist where the key has a value.
type LeaseBucket interface {
	Create(ctx context.Context, key string, value []byte) error
	Put(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error
	// Watch calls fn for what is there and returns, then goes on for every change until ctx ends; nil means deleted.
	Watch(ctx context.Context, fn func(key string, value []byte)) error
}

// A lease goes from hand to hand in terms with rising numbers. Whoever creates term n+1 works; only the one that created a
// term writes its signs of life into it. When none has come for the time of the lease, measured by the watcher's own
// clock, or the term says that it ended, anybody may create the next one, and of several the store lets one. Whoever sees
// a higher term than its own stops. So clocks need not agree, and two overlap for a moment at most.
const (
	termPrefix = "term."
	ended      = "ended"
)

// terms is what a watcher knows of the highest term.
type terms struct {
	mu      sync.Mutex
	highest uint64
	value   string
	beats   int           // how often it was heard of
	changed chan struct{} // closed at every change
}

func (t *terms) told(key string, value []byte) {
	n, err := strconv.ParseUint(strings.TrimPrefix(key, termPrefix), 10, 64)
	if err != nil || value == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if n < t.highest {
		return
	}
	t.highest, t.value = n, string(value)
	t.beats++
	close(t.changed)
	t.changed = make(chan struct{})
}

func (t *terms) now() (highest uint64, value string, beats int, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.highest, t.value, t.beats, t.changed
}

// hold waits until the lease is free, then works for as long as it is held. The work's context ends when another has
// taken over. Its end gives the lease back.
func hold(ctx context.Context, b LeaseBucket, life time.Duration, logger *slog.Logger, work func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	t := &terms{changed: make(chan struct{})}
	if err := b.Watch(ctx, t.told); err != nil {
		return fmt.Errorf("watch lease: %w", err)
	}
	term, err := acquire(ctx, b, t, life)
	if err != nil {
		return err
	}
	key, name := termPrefix+strconv.FormatUint(term, 10), rand.Text()
	logger.DebugContext(ctx, "lease taken", "term", term)
	working, done := context.WithCancel(ctx)
	var beating sync.WaitGroup
	beating.Go(func() {
		defer done()
		beat(working, b, t, term, key, name, life, logger)
	})
	err = work(working)
	done()
	beating.Wait()
	release, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := b.Put(release, key, []byte(ended)); err != nil {
		logger.DebugContext(ctx, "lease not given back", "error", err)
	}
	return err
}

// acquire returns the term that was taken.
func acquire(ctx context.Context, b LeaseBucket, t *terms, life time.Duration) (uint64, error) {
	for {
		highest, value, beats, changed := t.now()
		if highest != 0 && value != ended && !silent(ctx, t, beats, changed, life) {
			if ctx.Err() != nil {
				return 0, context.Cause(ctx)
			}
			continue
		}
		err := b.Create(ctx, termPrefix+strconv.FormatUint(highest+1, 10), []byte("taken"))
		switch {
		case err == nil:
			if highest > 0 {
				_ = b.Delete(ctx, termPrefix+strconv.FormatUint(highest, 10)) // tidiness alone
			}
			return highest + 1, nil
		case !errors.Is(err, fs.ErrExist):
			return 0, fmt.Errorf("take lease: %w", err)
		}
		select { // another was faster: its term is on its way here
		case <-changed:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// silent waits for a sign of life and tells whether there was none for the life of the lease.
func silent(ctx context.Context, t *terms, beats int, changed <-chan struct{}, life time.Duration) bool {
	timer := time.NewTimer(life)
	defer timer.Stop()
	select {
	case <-changed:
		return false
	case <-ctx.Done():
		return false
	case <-timer.C:
		_, _, now, _ := t.now()
		return now == beats
	}
}

// beat gives signs of life, four in the life of the lease, until ctx ends, a higher term is seen, or no sign could be
// given for half of that life.
func beat(
	ctx context.Context, b LeaseBucket, t *terms, term uint64, key, name string, life time.Duration, logger *slog.Logger,
) {
	ticks := time.NewTicker(life / 4)
	defer ticks.Stop()
	missed := 0
	for n := 0; ; n++ {
		highest, _, _, changed := t.now()
		if highest > term {
			logger.WarnContext(ctx, "lease lost", "term", term, "to", highest)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
			continue
		case <-ticks.C:
		}
		put, cancel := context.WithTimeout(ctx, life/4)
		err := b.Put(put, key, []byte(name+" "+strconv.Itoa(n)))
		cancel()
		if err == nil {
			missed = 0
		} else if missed++; missed >= 2 {
			logger.WarnContext(ctx, "lease given up: no sign of life could be given", "error", err)
			return
		}
	}
}
