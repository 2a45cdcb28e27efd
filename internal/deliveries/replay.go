package deliveries

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"milemarker/events"
)

// ReplayState tells how far a replay is.
type ReplayState string

// The states of a replay.
const (
	ReplayWaiting ReplayState = "waiting"
	ReplayRunning ReplayState = "running"
	ReplayDone    ReplayState = "done"
)

// Replay asks for deliveries to be translated anew, by the adapters and settings of now.
type Replay struct {
	ID         string          `json:"id"`
	Org        string          `json:"org"`
	Connection string          `json:"connection,omitempty"` // "": all
	From       events.Position `json:"from"`
	UpTo       events.Position `json:"up_to"`
	Statuses   []Status        `json:"statuses,omitempty"` // none: all
	Reason     string          `json:"reason"`
	By         string          `json:"by,omitempty"` // id of the key

	State    ReplayState     `json:"state"`
	Position events.Position `json:"position"` // up to which it has come
	Replayed int             `json:"replayed"`
	Changed  int             `json:"changed"` // events that were appended, amended or voided by it
	Failed   int             `json:"failed"`
	Created  time.Time       `json:"created"`
	Ended    time.Time       `json:"ended,omitzero"`
}

// Ask keeps the wish for a replay; the translator hears of it at once.
func (l *Log) Ask(ctx context.Context, r Replay) (Replay, error) {
	id := make([]byte, 10)
	_, _ = rand.Read(id) // never fails
	r.ID = "r_" + strings.ToLower(base32.StdEncoding.EncodeToString(id))
	r.State, r.Created = ReplayWaiting, l.now().UTC()
	return r, l.Note(ctx, r)
}

// AskSince is Ask for the deliveries of a connection since a time, up to now.
func (l *Log) AskSince(ctx context.Context, r Replay, from, to time.Time) (Replay, error) {
	var err error
	if r.From, err = l.stream.At(ctx, from); err != nil {
		return r, err
	}
	if r.UpTo, err = l.stream.At(ctx, to); err != nil {
		return r, err
	}
	r.UpTo = max(r.UpTo, 1) - 1
	return l.Ask(ctx, r)
}

// Note keeps how far a replay is.
func (l *Log) Note(ctx context.Context, r Replay) error {
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	if err := l.buckets.Replays.Put(ctx, r.Org+"."+r.ID, value); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	return nil
}

// ReplayOf returns a replay of an org, or fs.ErrNotExist.
func (l *Log) ReplayOf(ctx context.Context, org, id string) (r Replay, err error) {
	if strings.ContainsFunc(id, func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' }) || id == "" {
		return r, fmt.Errorf("replay: %w", fs.ErrNotExist)
	}
	value, err := l.buckets.Replays.Get(ctx, org+"."+id)
	if err != nil {
		return r, fmt.Errorf("replay: %w", err)
	}
	if err := json.Unmarshal(value, &r); err != nil {
		return r, fmt.Errorf("replay: %w", err)
	}
	return r, nil
}

// WatchReplays calls fn for every replay that is not done, then for every change, until ctx ends.
func (l *Log) WatchReplays(ctx context.Context, fn func(Replay)) error {
	return l.buckets.Replays.Watch(ctx, func(_ string, value []byte) {
		var r Replay
		if value != nil && json.Unmarshal(value, &r) == nil && r.State != ReplayDone {
			fn(r)
		}
	})
}

// errEnough ends a scan.
var errEnough = errors.New("enough")

// Each hands the deliveries that a replay asks for, from its Position on, to fn in the order of their arrival.
func (l *Log) Each(ctx context.Context, r Replay, fn func(Entry) error) error {
	span := Range{Org: r.Org, Connection: r.Connection, From: max(r.From, r.Position+1), UpTo: r.UpTo}
	for {
		var some []Kept
		err := l.stream.Scan(ctx, span, func(k Kept) error {
			if some = append(some, k); len(some) == atOnce {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return err
		}
		for _, kept := range some { // read one by one: a translation takes longer than a scan may
			entry, err := l.whole(ctx, kept)
			if errors.Is(err, fs.ErrNotExist) {
				continue // ended or erased meanwhile
			}
			if err != nil {
				return err
			}
			if len(r.Statuses) > 0 && !slices.Contains(r.Statuses, entry.Outcome.Status) {
				continue
			}
			if err := fn(entry); err != nil {
				return err
			}
		}
		if len(some) < atOnce {
			return nil
		}
		span.From = some[len(some)-1].Position + 1
	}
}

func (l *Log) whole(ctx context.Context, kept Kept) (Entry, error) {
	outcome, err := l.Outcome(ctx, kept)
	if err != nil {
		return Entry{}, err
	}
	kept, err = l.stream.Get(ctx, kept.Position)
	return Entry{kept, outcome}, err
}
