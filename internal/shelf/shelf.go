// Package shelf keeps small records of one kind in a bucket and knows them all in memory: settings, links, destinations,
// deliveries. What is read is what the bucket told last; a write returns when it has been told, so that whoever wrote
// reads what was written, whichever process asks.
//
// The package imports none of ours. It is no place for history, which belongs in the ledger.
package shelf

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Bucket stores values under keys. Errors of Create wrap fs.ErrExist where the key has a value, those of Get
// fs.ErrNotExist where it has none.
type Bucket interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Create(ctx context.Context, key string, value []byte) error
	Put(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error
	// Watch calls fn for what is there and returns, then goes on for every change, in order, until ctx ends; a value that
	// was soon replaced may be left out. A nil value means deleted.
	Watch(ctx context.Context, fn func(key string, value []byte)) error
}

// Shelf holds records of type T by org and id. It is safe for concurrent use.
type Shelf[T any] struct {
	bucket  Bucket
	changed func(org, id string)

	mu      sync.Mutex
	records map[string]T       // by key
	waiting map[string][]*wait // by key
}

// stored is a record as it lies in the bucket.
type stored[T any] struct {
	Write string `json:"write"` // names the write, so that the writer knows its own
	Value T      `json:"value"`
}

// deletion is the name of every write that leaves nothing.
const deletion = ""

// wait is a writer who waits to be told of what he wrote.
type wait struct {
	told []string // the writes of the key that were told since he began
	more chan struct{}
}

// Open returns the shelf of a bucket, which it watches until ctx ends. changed, if not nil, is called after every change
// and must not block.
func Open[T any](ctx context.Context, b Bucket, changed func(org, id string)) (*Shelf[T], error) {
	s := &Shelf[T]{bucket: b, records: map[string]T{}, waiting: map[string][]*wait{}, changed: changed}
	if err := b.Watch(ctx, s.told); err != nil {
		return nil, fmt.Errorf("open shelf: %w", err)
	}
	return s, nil
}

// read returns the name of the write that left a value behind, and the record. A value that cannot be read is as good as
// none.
func read[T any](value []byte) (r stored[T]) {
	if value == nil || json.Unmarshal(value, &r) != nil {
		return stored[T]{Write: deletion}
	}
	return r
}

// told takes in one change of the bucket.
func (s *Shelf[T]) told(key string, value []byte) {
	r := read[T](value)
	s.mu.Lock()
	if r.Write == deletion {
		delete(s.records, key)
	} else {
		s.records[key] = r.Value
	}
	for _, w := range s.waiting[key] {
		w.told = append(w.told, r.Write)
		select {
		case w.more <- struct{}{}:
		default:
		}
	}
	s.mu.Unlock()
	if s.changed != nil {
		org, id, _ := strings.Cut(key, ".")
		s.changed(org, id)
	}
}

// Create stores a record under an id that has none, or returns an error that is fs.ErrExist.
func (s *Shelf[T]) Create(ctx context.Context, org, id string, v T) error {
	return s.write(ctx, org, id, v, s.bucket.Create)
}

// Put stores a record, whether there is one or not.
func (s *Shelf[T]) Put(ctx context.Context, org, id string, v T) error {
	return s.write(ctx, org, id, v, s.bucket.Put)
}

func (s *Shelf[T]) write(ctx context.Context, org, id string, v T, store func(context.Context, string, []byte) error) error {
	name, key := rand.Text(), org+"."+id
	value, err := json.Marshal(stored[T]{name, v})
	if err != nil {
		return fmt.Errorf("store %s: %w", id, err)
	}
	return s.until(ctx, key, name, func() error { return store(ctx, key, value) })
}

// Delete removes a record. One that is not there is no error.
func (s *Shelf[T]) Delete(ctx context.Context, org, id string) error {
	if _, ok := s.Get(org, id); !ok {
		return nil
	}
	key := org + "." + id
	return s.until(ctx, key, deletion, func() error { return s.bucket.Delete(ctx, key) })
}

// until writes, and waits until the bucket has told of it, or of what has taken its place by then.
func (s *Shelf[T]) until(ctx context.Context, key, name string, write func() error) error {
	w := &wait{more: make(chan struct{}, 1)}
	s.mu.Lock()
	s.waiting[key] = append(s.waiting[key], w)
	s.mu.Unlock()
	defer s.leave(key, w)
	if err := write(); err != nil {
		return err
	}
	for {
		told := s.since(w)
		if slices.Contains(told, name) || name == deletion && !s.has(key) {
			return nil
		}
		if len(told) > 0 { // of others: ours may have been replaced before anybody was told
			value, err := s.bucket.Get(ctx, key)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			if name = read[T](value).Write; slices.Contains(s.since(w), name) {
				return nil
			}
		}
		select {
		case <-w.more:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (s *Shelf[T]) has(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.records[key]
	return ok
}

func (s *Shelf[T]) since(w *wait) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(w.told)
}

func (s *Shelf[T]) leave(key string, w *wait) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting[key] = slices.DeleteFunc(s.waiting[key], func(o *wait) bool { return o == w })
	if len(s.waiting[key]) == 0 {
		delete(s.waiting, key)
	}
}

// Get returns a record.
func (s *Shelf[T]) Get(org, id string) (v T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok = s.records[org+"."+id]
	return v, ok
}

// All returns the records of an org, of all for "", in the order of org and id.
func (s *Shelf[T]) All(org string) []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []T
	for _, key := range slices.SortedFunc(maps.Keys(s.records), cmp.Compare[string]) {
		if of, _, _ := strings.Cut(key, "."); org == "" || of == org {
			out = append(out, s.records[key])
		}
	}
	return out
}
