package quarantine

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"milemarker/events"
)

// retryAfter is how long a message waits that could not be folded, because an engine was away.
const retryAfter = time.Second

// Requested calls fn, one at a time, for every message that was to be folded as it is, now or in the past: whoever folds
// may have been away when it was decided. What fails is tried again. It returns when ctx ends, or with an error if the
// decisions cannot be watched.
func Requested(
	ctx context.Context, store Store, bucket Bucket, logger *slog.Logger, fn func(context.Context, events.Frame) error,
) error {
	var (
		mu      sync.Mutex
		waiting []events.Position
		wake    = make(chan struct{}, 1)
	)
	err := bucket.Watch(ctx, func(key string, value []byte) {
		at, err := strconv.ParseUint(key, 10, 64)
		if d, ok := decode(value); err != nil || !ok || !d.AsIs {
			return
		}
		mu.Lock()
		waiting = append(waiting, events.Position(at))
		mu.Unlock()
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		mu.Lock()
		due := waiting
		waiting = nil
		mu.Unlock()
		var failed []events.Position
		for _, at := range due {
			if err := fold(ctx, store, at, fn); err != nil && ctx.Err() == nil {
				logger.WarnContext(ctx, "message is not folded yet", "position", uint64(at), "error", err)
				failed = append(failed, at)
			}
		}
		var again <-chan time.Time
		if len(failed) > 0 {
			mu.Lock()
			waiting = append(failed, waiting...)
			mu.Unlock()
			again = time.After(retryAfter)
		}
		select {
		case <-wake:
		case <-again:
		case <-ctx.Done():
		}
	}
	return nil
}

func fold(ctx context.Context, store Store, at events.Position, fn func(context.Context, events.Frame) error) error {
	m, _, _, err := store.At(ctx, at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // set aside in another life of the store
	} else if err != nil {
		return err
	}
	return fn(ctx, m.Frame)
}
