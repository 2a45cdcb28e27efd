package ledger

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	firstPause = 20 * time.Millisecond
	maxPause   = time.Second
)

// pause waits before attempt number attempt+1: longer each time, never exactly as long as others do. It returns the
// reason when ctx ends.
func pause(ctx context.Context, attempt int) error {
	d := min(firstPause<<min(attempt, 10), maxPause)
	return wait(ctx, d/2+rand.N(d/2))
}

// wait returns nil after d, or the reason why ctx ended before.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
