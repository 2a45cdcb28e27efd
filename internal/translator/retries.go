package translator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"milemarker/internal/deliveries"
)

// retry is a delivery whose details are asked for again at a time.
type retry struct {
	Attempt int       `json:"attempt"`
	Due     time.Time `json:"due"`
}

// retries are the deliveries that are translated again by themselves. They are kept in a bucket: a restart forgets none.
type retries struct {
	t    *translator
	wake chan struct{}

	mu  sync.Mutex
	due map[string]retry // by deliveries.Key
}

func newRetries(t *translator) *retries {
	return &retries{t: t, wake: make(chan struct{}, 1), due: map[string]retry{}}
}

// watch reads what is to be tried again, and goes on until ctx ends.
func (r *retries) watch(ctx context.Context) error {
	return r.t.deps.Buckets.Retries.Watch(ctx, func(key string, value []byte) {
		var one retry
		r.mu.Lock()
		if value == nil || json.Unmarshal(value, &one) != nil {
			delete(r.due, key)
		} else {
			r.due[key] = one
		}
		r.mu.Unlock()
		select {
		case r.wake <- struct{}{}:
		default:
		}
	})
}

// plan says whether a delivery is to be tried again: later each time, and not for ever.
func (r *retries) plan(kept deliveries.Kept, again bool) plan {
	p := plan{retries: r, key: deliveries.Key(kept.Org, kept.Connection, kept.Position)}
	r.mu.Lock()
	defer r.mu.Unlock()
	p.one, p.waits = r.due[p.key]
	if again && p.one.Attempt < len(r.t.cfg.Retries) {
		p.again = true
		p.one = retry{p.one.Attempt + 1, r.t.deps.Clock().UTC().Add(r.t.cfg.Retries[p.one.Attempt])}
	}
	return p
}

// plan is what is to become of a delivery's retries: noted before its outcome is, forgotten behind it.
type plan struct {
	retries *retries
	key     string
	one     retry
	waits   bool // it waits already
	again   bool // it is to wait from now on
}

func (p plan) note(ctx context.Context) error {
	if !p.again {
		return nil
	}
	value, err := json.Marshal(p.one)
	if err != nil {
		return fmt.Errorf("retry: %w", err)
	}
	if err := p.retries.t.deps.Buckets.Retries.Put(ctx, p.key, value); err != nil {
		return err
	}
	p.retries.mu.Lock()
	defer p.retries.mu.Unlock()
	p.retries.due[p.key] = p.one
	return nil
}

func (p plan) forget(ctx context.Context) error {
	if p.again || !p.waits {
		return nil
	}
	if err := p.retries.t.deps.Buckets.Retries.Delete(ctx, p.key); err != nil {
		return err
	}
	p.retries.mu.Lock()
	defer p.retries.mu.Unlock()
	delete(p.retries.due, p.key)
	return nil
}

// run tries what is due until ctx ends.
func (r *retries) run(ctx context.Context) {
	for ctx.Err() == nil {
		key, wait := r.next()
		if key != "" && wait <= 0 {
			if err := r.try(ctx, key); err != nil {
				r.t.deps.Logger.WarnContext(ctx, "details are asked for again later", "delivery", key, "error", err)
				pause(ctx, replayPause)
			}
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-r.wake:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// next returns what is due first, and in how long.
func (r *retries) next() (key string, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	wait = time.Hour
	now := r.t.deps.Clock()
	for k, one := range r.due {
		if d := one.Due.Sub(now); key == "" || d < wait {
			key, wait = k, d
		}
	}
	return key, min(wait, time.Hour)
}

// try translates one delivery again. One that has ended is tried no more.
func (r *retries) try(ctx context.Context, key string) error {
	org, _, at, ok := deliveries.ParseKey(key)
	entry, _, err := r.t.deps.Log.Get(ctx, org, at)
	if !ok || errors.Is(err, fs.ErrNotExist) {
		return r.t.deps.Buckets.Retries.Delete(ctx, key)
	}
	if err != nil {
		return err
	}
	_, status, err := r.t.again(ctx, entry.Kept)
	if err == nil && status == deliveries.Failed {
		return r.t.deps.Buckets.Retries.Delete(ctx, key)
	}
	return err
}
