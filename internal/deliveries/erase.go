package deliveries

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"milemarker/events"
)

// Erase destroys a delivery of an org and the state that it left behind for its thread. The events that it became stand.
// It returns fs.ErrNotExist for one that is not the org's.
func (l *Log) Erase(ctx context.Context, org string, at events.Position) error {
	kept, err := l.stream.Get(ctx, at)
	if err != nil {
		return err
	}
	if kept.Org != org {
		return fmt.Errorf("delivery %d: %w", at, fs.ErrNotExist)
	}
	outcome, err := l.Outcome(ctx, kept)
	if err != nil {
		return err
	}
	return l.erase(ctx, Key(org, kept.Connection, at), outcome)
}

// erase destroys what may be known of a person last: when it is cut short, the outcome still says what is to be erased.
func (l *Log) erase(ctx context.Context, key string, o Outcome) error {
	_, _, at, ok := ParseKey(key)
	if !ok {
		return nil
	}
	if err := l.stream.Erase(ctx, at); err != nil {
		return err
	}
	if o.Thread != "" {
		if err := l.buckets.Threads.Delete(ctx, o.Thread); err != nil {
			return fmt.Errorf("erase thread: %w", err)
		}
	}
	if err := l.buckets.Outcomes.Delete(ctx, key); err != nil {
		return fmt.Errorf("erase outcome: %w", err)
	}
	return nil
}

// EraseOf destroys all deliveries of an org that became events about one of some prospects, and returns how many. It
// reads all outcomes, which takes seconds for a million. Deliveries that became no event name nobody here: they can be
// found by text, and end by themselves.
func (l *Log) EraseOf(ctx context.Context, org string, prospects ...string) (int, error) {
	found := map[string]Outcome{}
	watch, stop := context.WithCancel(ctx)
	err := l.buckets.Outcomes.Watch(watch, func(key string, value []byte) {
		of, _, _, ok := ParseKey(key)
		var o Outcome
		if !ok || of != org || value == nil || json.Unmarshal(value, &o) != nil {
			return
		}
		if slices.ContainsFunc(o.Prospects, func(p string) bool { return slices.Contains(prospects, p) }) {
			found[key] = o
		}
	})
	stop()
	if err != nil {
		return 0, fmt.Errorf("erase deliveries: %w", err)
	}
	for key, o := range found {
		if err := l.erase(ctx, key, o); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, err
		}
	}
	return len(found), nil
}
