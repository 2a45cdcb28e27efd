package translator

import (
	"context"
	"errors"
	"sync"
	"time"

	"milemarker/internal/deliveries"
)

// watchReplays returns the replays that are asked for, now and from now on.
func (t *translator) watchReplays(ctx context.Context) (*wishes, error) {
	w := &wishes{wake: make(chan struct{}, 1), known: map[string]bool{}}
	return w, t.deps.Log.WatchReplays(ctx, w.add)
}

// wishes are replays that wait for their turn.
type wishes struct {
	mu    sync.Mutex
	queue []deliveries.Replay
	known map[string]bool
	wake  chan struct{}
}

func (w *wishes) add(r deliveries.Replay) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known[r.ID] {
		return // we wrote it ourselves
	}
	w.known[r.ID] = true
	w.queue = append(w.queue, r)
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *wishes) next(ctx context.Context) (deliveries.Replay, bool) {
	for {
		w.mu.Lock()
		if len(w.queue) > 0 {
			r := w.queue[0]
			w.queue = w.queue[1:]
			w.mu.Unlock()
			return r, true
		}
		w.mu.Unlock()
		select {
		case <-w.wake:
		case <-ctx.Done():
			return deliveries.Replay{}, false
		}
	}
}

// replay does what is asked for, one after the other. What was cut short goes on where it was, about: a delivery that is
// replayed twice changes nothing the second time.
func (t *translator) replay(ctx context.Context, w *wishes) {
	for {
		r, ok := w.next(ctx)
		if !ok {
			return
		}
		for ctx.Err() == nil {
			err := t.replayOne(ctx, &r)
			if err == nil {
				break
			}
			t.deps.Logger.WarnContext(ctx, "replay goes on in a moment", "replay", r.ID, "position", uint64(r.Position), "error", err)
			pause(ctx, replayPause)
		}
		w.mu.Lock()
		delete(w.known, r.ID)
		w.mu.Unlock()
	}
}

// replayPause is the time before a replay goes on that failed for now.
const replayPause = time.Second

// noteEvery is after how many deliveries it is written down how far a replay is.
const noteEvery = 50

func (t *translator) replayOne(ctx context.Context, r *deliveries.Replay) error {
	r.State = deliveries.ReplayRunning
	since := 0
	err := t.deps.Log.Each(ctx, *r, func(e deliveries.Entry) error {
		changed, status, err := t.again(ctx, e.Kept)
		if err != nil {
			return err
		}
		r.Replayed, r.Changed, r.Position = r.Replayed+1, r.Changed+changed, e.Position
		if status == deliveries.Failed {
			r.Failed++
		}
		if since++; since%noteEvery == 0 {
			return t.deps.Log.Note(ctx, *r)
		}
		return nil
	})
	if err != nil {
		return errors.Join(err, t.deps.Log.Note(ctx, *r))
	}
	r.State, r.Ended = deliveries.ReplayDone, t.deps.Clock().UTC()
	return t.deps.Log.Note(ctx, *r)
}
