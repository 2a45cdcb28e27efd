package deliveries

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"time"

	"milemarker/events"
)

// Stream holds the deliveries. What has ended or was erased is fs.ErrNotExist.
type Stream interface {
	Get(ctx context.Context, at events.Position) (Kept, error)
	Erase(ctx context.Context, at events.Position) error
	// Newest returns at most limit deliveries before a position, the newest first and without Data.
	Newest(ctx context.Context, org, connection string, before events.Position, limit int) ([]Kept, error)
	// Scan hands deliveries to fn in the order of their arrival.
	Scan(ctx context.Context, r Range, fn func(Kept) error) error
	// At returns the position of the first delivery stored at a time or later.
	At(ctx context.Context, t time.Time) (events.Position, error)
}

// Bucket keeps small values under keys. Get returns fs.ErrNotExist for a key without a value.
type Bucket interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Put(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error
	// Watch calls fn for what is there and returns, then goes on for every change until ctx ends.
	Watch(ctx context.Context, fn func(key string, value []byte)) error
}

// Buckets are where it is kept what became of deliveries.
type Buckets struct {
	Outcomes Bucket // by Key
	Threads  Bucket // what adapters keep between the deliveries of one thread
	Replays  Bucket // what is asked to be translated anew
}

// Log finds deliveries again. It is safe for concurrent use.
type Log struct {
	stream  Stream
	buckets Buckets
	now     func() time.Time
}

// NewLog returns the log of a stream.
func NewLog(stream Stream, buckets Buckets, now func() time.Time) *Log {
	return &Log{stream, buckets, now}
}

// Entry is a delivery with what became of it.
type Entry struct {
	Kept
	Outcome Outcome
}

// Query asks for a page of deliveries, the newest first.
type Query struct {
	Org        string
	Connection string   // "": all
	Statuses   []Status // none: all
	Text       string   // contained in the body, the query, the kind or the reason, whatever the case; "": all
	From, To   time.Time
	Before     events.Position // 0: the end
	Limit      int
}

const (
	maxScanned = 2000     // deliveries that one page looks at
	maxSearch  = 32 << 20 // bytes that one page searches for a text
	atOnce     = 100
)

// Page returns a page and the position to go on before, 0 when there are no more. A page that looks for what is rare may
// hold less than the limit, even nothing, and yet not be the last: what one question may cost is bounded.
func (l *Log) Page(ctx context.Context, q Query) (page []Entry, next events.Position, err error) {
	before, oldest, err := l.bounds(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	for scanned, searched := 0, 0; scanned < maxScanned && searched < maxSearch; {
		some, err := l.stream.Newest(ctx, q.Org, q.Connection, before, atOnce)
		if err != nil {
			return nil, 0, err
		}
		for _, kept := range some {
			if kept.Position < oldest {
				return page, 0, nil
			}
			entry, ok, err := l.match(ctx, kept, q)
			if err != nil {
				return nil, 0, err
			}
			scanned, before = scanned+1, kept.Position
			if q.Text != "" {
				searched += kept.Size
			}
			if !ok {
				continue
			}
			if page = append(page, entry); len(page) == q.Limit {
				return page, before, nil
			}
		}
		if len(some) < atOnce {
			return page, 0, nil
		}
	}
	return page, before, nil
}

func (l *Log) bounds(ctx context.Context, q Query) (before, oldest events.Position, err error) {
	if before = q.Before; before == 0 {
		before = ^events.Position(0)
	}
	if !q.To.IsZero() {
		end, err := l.stream.At(ctx, q.To)
		if err != nil {
			return 0, 0, err
		}
		before = min(before, end)
	}
	if !q.From.IsZero() {
		if oldest, err = l.stream.At(ctx, q.From); err != nil {
			return 0, 0, err
		}
	}
	return before, oldest, nil
}

// match returns the entry of a delivery, and whether it is asked for.
func (l *Log) match(ctx context.Context, kept Kept, q Query) (Entry, bool, error) {
	outcome, err := l.Outcome(ctx, kept)
	if err != nil {
		return Entry{}, false, err
	}
	entry := Entry{kept, outcome}
	if len(q.Statuses) > 0 && !slices.Contains(q.Statuses, outcome.Status) {
		return entry, false, nil
	}
	if q.Text == "" {
		return entry, true, nil
	}
	whole, err := l.stream.Get(ctx, kept.Position)
	if errors.Is(err, fs.ErrNotExist) {
		return entry, false, nil // it ended a moment ago
	}
	if err != nil {
		return entry, false, err
	}
	r, err := Decode(whole.Data)
	if err != nil {
		return entry, false, nil //nolint:nilerr // what cannot be read holds no text
	}
	_, query, _ := strings.Cut(r.URL, "?")
	return entry, contains(q.Text, r.Body, []byte(query), []byte(outcome.Kind), []byte(outcome.Why)), nil
}

// contains looks for a text, as it is or as forms write it, whatever the case.
func contains(text string, in ...[]byte) bool {
	wanted := [][]byte{bytes.ToLower([]byte(text)), []byte(strings.ToLower(url.QueryEscape(text)))}
	return slices.ContainsFunc(in, func(b []byte) bool {
		b = bytes.ToLower(b)
		return bytes.Contains(b, wanted[0]) || bytes.Contains(b, wanted[1])
	})
}

// Outcome returns what became of a delivery: Arrived if nothing yet.
func (l *Log) Outcome(ctx context.Context, kept Kept) (Outcome, error) {
	value, err := l.buckets.Outcomes.Get(ctx, Key(kept.Org, kept.Connection, kept.Position))
	if errors.Is(err, fs.ErrNotExist) {
		return Outcome{Status: Arrived, Time: kept.Stored}, nil
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("outcome: %w", err)
	}
	var o Outcome
	if err := json.Unmarshal(value, &o); err != nil {
		return Outcome{}, fmt.Errorf("outcome: %w", err)
	}
	return o, nil
}

// Get returns a delivery of an org with what was sent, or fs.ErrNotExist.
func (l *Log) Get(ctx context.Context, org string, at events.Position) (Entry, Request, error) {
	kept, err := l.stream.Get(ctx, at)
	if err != nil {
		return Entry{}, Request{}, err
	}
	if kept.Org != org {
		return Entry{}, Request{}, fmt.Errorf("delivery %d: %w", at, fs.ErrNotExist)
	}
	outcome, err := l.Outcome(ctx, kept)
	if err != nil {
		return Entry{}, Request{}, err
	}
	r, err := Decode(kept.Data)
	return Entry{kept, outcome}, r, err
}
