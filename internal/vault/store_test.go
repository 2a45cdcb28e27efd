package vault_test

import (
	"context"
	"errors"
	"io/fs"
	"sync"
)

// store is an in-memory bucket, with failures to order.
type store struct {
	mu       sync.Mutex
	values   map[string][]byte
	watchers []func(string, []byte)
	gets     int
	fail     error // returned by every call while it is set
}

func newStore() *store { return &store{values: map[string][]byte{}} }

func (s *store) Get(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gets++
	if s.fail != nil {
		return nil, s.fail
	}
	v, ok := s.values[key]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return v, nil
}

func (s *store) Create(_ context.Context, key string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	if _, ok := s.values[key]; ok {
		return fs.ErrExist
	}
	s.set(key, value)
	return nil
}

func (s *store) CreateAll(ctx context.Context, keys []string, values [][]byte) ([]bool, error) {
	created := make([]bool, len(keys))
	for i, key := range keys {
		err := s.Create(ctx, key, values[i])
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		created[i] = err == nil
	}
	return created, nil
}

func (s *store) Put(_ context.Context, key string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.set(key, value)
	return nil
}

func (s *store) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	if _, ok := s.values[key]; !ok {
		return fs.ErrNotExist
	}
	delete(s.values, key)
	s.tell(key, nil)
	return nil
}

func (s *store) Watch(_ context.Context, fn func(string, []byte)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	for k, v := range s.values {
		fn(k, v)
	}
	s.watchers = append(s.watchers, fn)
	return nil
}

func (s *store) set(key string, value []byte) {
	s.values[key] = append([]byte(nil), value...)
	s.tell(key, value)
}

func (s *store) tell(key string, value []byte) {
	for _, fn := range s.watchers {
		fn(key, value)
	}
}
