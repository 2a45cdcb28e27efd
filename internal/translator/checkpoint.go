package translator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"sync"
	"time"

	"milemarker/events"
)

// The keys of Buckets.Marks.
const (
	markDeliveries  = "deliveries"
	markErasures    = "erasures"
	markCorrections = "corrections"
)

// mark returns the first position that was not dealt with yet.
func (t *translator) mark(ctx context.Context, key string) (events.Position, error) {
	value, err := t.deps.Buckets.Marks.Get(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return 1, nil
	}
	if err != nil {
		return 0, err
	}
	at, err := strconv.ParseUint(string(value), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("mark %s: %w", key, err)
	}
	return events.Position(at) + 1, nil
}

func (t *translator) setMark(ctx context.Context, key string, at events.Position) error {
	return t.deps.Buckets.Marks.Put(ctx, key, []byte(strconv.FormatUint(uint64(at), 10)))
}

// checkpoint writes down, at leisure, how far deliveries were dealt with. One that is lost makes some be looked at again,
// which their outcomes cut short.
type checkpoint struct {
	mu   sync.Mutex
	upTo events.Position
	wake chan struct{}
}

// checkpointPause is the least time between two writings.
const checkpointPause = 500 * time.Millisecond

func newCheckpoint(ctx context.Context, t *translator, background *sync.WaitGroup) *checkpoint {
	c := &checkpoint{wake: make(chan struct{}, 1)}
	background.Go(func() {
		for ctx.Err() == nil {
			select {
			case <-c.wake:
			case <-ctx.Done():
			}
			c.mu.Lock()
			upTo := c.upTo
			c.mu.Unlock()
			if upTo == 0 {
				continue
			}
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			if err := t.setMark(last, markDeliveries, upTo); err != nil {
				t.deps.Logger.WarnContext(ctx, "checkpoint not written", "error", err)
			}
			cancel()
			pause(ctx, checkpointPause)
		}
	})
	return c
}

func (c *checkpoint) reached(upTo events.Position) {
	c.mu.Lock()
	c.upTo = upTo
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// pause waits for a while, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
