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
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Bucket stores values under keys. Errors of Create wrap fs.ErrExist where the key has a value.
type Bucket interface {
	Create(ctx context.Context, key string, value []byte) error
	Put(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error
	// Watch calls fn for what is there and returns, then goes on for every change, in order, until ctx ends. A nil value
	// means deleted.
	Watch(ctx context.Context, fn func(key string, value []byte)) error
}

// Shelf holds records of type T by org and id. It is safe for concurrent use.
type Shelf[T any] struct {
	bucket Bucket

	mu      sync.Mutex
	records map[string]T // by key
	waiting map[string]chan struct{}
	changed func(org, id string)
}

// stored is a record as it lies in the bucket.
type stored[T any] struct {
	Write string `json:"write"` // names the write, so that the writer knows its own
	Value T      `json:"value"`
}

// Open returns the shelf of a bucket, which it watches until ctx ends. changed, if not nil, is called after every change
// and must not block.
func Open[T any](ctx context.Context, b Bucket, changed func(org, id string)) (*Shelf[T], error) {
	s := &Shelf[T]{bucket: b, records: map[string]T{}, waiting: map[string]chan struct{}{}, changed: changed}
	if err := b.Watch(ctx, s.told); err != nil {
		return nil, fmt.Errorf("open shelf: %w", err)
	}
	return s, nil
}

// told takes in one change of the bucket. A value that cannot be read is as good as none.
func (s *Shelf[T]) told(key string, value []byte) {
	var r stored[T]
	s.mu.Lock()
	if value == nil || json.Unmarshal(value, &r) != nil {
		delete(s.records, key)
		r.Write = "delete " + key
	} else {
		s.records[key] = r.Value
	}
	if heard, ok := s.waiting[r.Write]; ok {
		close(heard)
		delete(s.waiting, r.Write)
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
	name := rand.Text()
	value, err := json.Marshal(stored[T]{name, v})
	if err != nil {
		return fmt.Errorf("store %s: %w", id, err)
	}
	return s.until(ctx, name, func() error { return store(ctx, org+"."+id, value) })
}

// Delete removes a record. One that is not there is no error.
func (s *Shelf[T]) Delete(ctx context.Context, org, id string) error {
	key := org + "." + id
	if _, ok := s.Get(org, id); !ok {
		return nil
	}
	return s.until(ctx, "delete "+key, func() error { return s.bucket.Delete(ctx, key) })
}

// until writes, and waits until the bucket has told of it.
func (s *Shelf[T]) until(ctx context.Context, name string, write func() error) error {
	s.mu.Lock()
	heard, ok := s.waiting[name]
	if !ok {
		heard = make(chan struct{})
		s.waiting[name] = heard
	}
	s.mu.Unlock()
	if err := write(); err != nil {
		s.mu.Lock()
		delete(s.waiting, name)
		s.mu.Unlock()
		return err
	}
	select {
	case <-heard:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
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
