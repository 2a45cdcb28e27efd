package mapping

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"time"
)

// bucket keeps values in memory.
type bucket struct {
	mu       sync.Mutex
	values   map[string][]byte
	watchers []func(string, []byte)
}

func (b *bucket) Create(_ context.Context, key string, value []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.values == nil {
		b.values = map[string][]byte{}
	}
	if _, ok := b.values[key]; ok {
		return fs.ErrExist
	}
	b.values[key] = value
	for _, fn := range b.watchers {
		fn(key, value)
	}
	return nil
}

func (b *bucket) Watch(_ context.Context, fn func(string, []byte)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, value := range b.values {
		fn(key, value)
	}
	b.watchers = append(b.watchers, fn)
	return nil
}

func storable(n int) []byte {
	return fmt.Appendf(nil, "version: 1\nevents: [{type: lead.captured, id: 'x{id}-%d', data: {}}]\n", n)
}

func open(t *testing.T, b *bucket) *Store {
	t.Helper()
	s, err := OpenStore(t.Context(), b, func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	kept := &bucket{}
	one, other := open(t, kept), open(t, kept)
	ctx := t.Context()
	if _, _, err := one.Put(ctx, "acme", "deals", "k1", []byte("version: 1")); err == nil {
		t.Error("a document that is wrong is stored")
	}
	var both sync.WaitGroup
	for i, s := range []*Store{one, other} {
		both.Go(func() {
			for n := range 20 {
				if _, added, err := s.Put(ctx, "acme", "deals", "k", storable(100*i+n)); err != nil || !added {
					t.Errorf("%v, %v", added, err)
				}
			}
		})
	}
	both.Wait()
	again := open(t, kept)
	for _, s := range []*Store{one, other, again} {
		versions := s.Versions("acme", "deals")
		if len(versions) != 40 {
			t.Fatalf("%d versions", len(versions))
		}
		for i, v := range versions {
			if v.Number != i+1 || v.Text != one.Versions("acme", "deals")[i].Text {
				t.Fatalf("version %d is %d", i+1, v.Number)
			}
		}
	}
	last, err := again.Get("acme", "deals", 0)
	if err != nil || last.Number != 40 {
		t.Errorf("%+v, %v", last, err)
	}
	if _, added, err := again.Put(ctx, "acme", "deals", "k", []byte(last.Text)); added || err != nil {
		t.Errorf("the same again: %v, %v", added, err)
	}
	if err := again.Delete(ctx, "acme", "deals", "k"); err != nil {
		t.Error(err)
	}
	if _, err := one.Get("acme", "deals", 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("deleted: %v", err)
	}
	if v, err := one.Get("acme", "deals", 40); err != nil || v.Text != last.Text {
		t.Errorf("an old version: %v", err)
	}
	if _, err := one.Get("other", "deals", 40); !errors.Is(err, fs.ErrNotExist) || len(one.List("other")) != 0 {
		t.Errorf("another org: %v", err)
	}
}

func TestStoreIsBounded(t *testing.T) {
	s := open(t, &bucket{})
	for i := range maxNames {
		if _, _, err := s.Put(t.Context(), "acme", fmt.Sprintf("m%d", i), "k", storable(i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.Put(t.Context(), "acme", "more", "k", storable(0)); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	if _, _, err := s.Put(t.Context(), "other", "more", "k", storable(0)); err != nil {
		t.Error(err)
	}
	if _, _, err := s.Put(t.Context(), "acme", "m0", "k", storable(1)); err != nil {
		t.Error(err)
	}
	if _, _, err := s.Put(t.Context(), "acme", "Bad.Name", "k", storable(1)); err == nil {
		t.Error("a name that is none is taken")
	}
}

func TestCache(t *testing.T) {
	c := NewCache(2)
	first, err := c.Parse(storable(1))
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := c.Parse(storable(1)); again != first {
		t.Error("read twice")
	}
	for n := range 5 {
		if _, err := c.Parse(storable(n)); err != nil {
			t.Error(err)
		}
	}
	if len(c.known) > 2 {
		t.Errorf("%d are remembered", len(c.known))
	}
	if _, err := c.Parse([]byte("deals")); err == nil {
		t.Error("a name is no document")
	}
}
