package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/ledger"
)

func bucket(t *testing.T, l *ledger.Ledger) *ledger.Bucket {
	t.Helper()
	b, err := l.Bucket(t.Context(), "keys")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestBucket(t *testing.T) {
	n := startNode(t)
	b := bucket(t, n.open(t))
	ctx := t.Context()

	if keys, err := b.Keys(ctx); err != nil || len(keys) != 0 {
		t.Errorf("keys of a new bucket: %v (%v)", keys, err)
	}
	if _, err := b.Get(ctx, "acme/1"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("get: %v, want %v", err, fs.ErrNotExist)
	}
	must(t, b.Create(ctx, "acme/1", []byte("one")))
	if err := b.Create(ctx, "acme/1", []byte("two")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("create: %v, want %v", err, fs.ErrExist)
	}
	must(t, b.Put(ctx, "acme/1", []byte("three")))
	must(t, b.Put(ctx, "acme/2", nil))

	n.restart()
	b = bucket(t, n.open(t)) // there already
	value, err := b.Get(ctx, "acme/1")
	if err != nil || string(value) != "three" {
		t.Errorf("value is %q (%v)", value, err)
	}
	keys, err := b.Keys(ctx)
	slices.Sort(keys)
	if diff := cmp.Diff([]string{"acme/1", "acme/2"}, keys); diff != "" || err != nil {
		t.Errorf("keys (-want +got):\n%s (%v)", diff, err)
	}

	must(t, b.Delete(ctx, "acme/1"))
	must(t, b.Delete(ctx, "acme/1"))
	must(t, b.Delete(ctx, "never/there"))
	if _, err := b.Get(ctx, "acme/1"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("get: %v, want %v", err, fs.ErrNotExist)
	}
	must(t, b.Create(ctx, "acme/1", []byte("again")))

	if _, err := b.Get(ctx, "no key"); err == nil {
		t.Error("a key with a space was accepted")
	}
	if _, err := n.open(t).Bucket(ctx, "no.bucket"); err == nil {
		t.Error("a bucket with a dot was accepted")
	}
}

func TestCreateHasOneWinner(t *testing.T) {
	l := startNode(t).open(t)
	b := bucket(t, l)
	won := make(chan string, 50)
	var all sync.WaitGroup
	for i := range cap(won) {
		all.Go(func() {
			value := fmt.Sprint(i)
			switch err := b.Create(t.Context(), "pepper", []byte(value)); {
			case err == nil:
				won <- value
			case !errors.Is(err, fs.ErrExist):
				t.Error(err)
			}
		})
	}
	all.Wait()
	value, err := b.Get(t.Context(), "pepper")
	if winner := <-won; len(won) != 0 || winner != string(value) || err != nil {
		t.Errorf("%s and %d others won, value is %s (%v)", winner, len(won), value, err)
	}
}

func TestDeleteDestroysTheBytes(t *testing.T) {
	n := startNode(t)
	b := bucket(t, n.open(t))
	secret := []byte("the key that must be forgotten")
	must(t, b.Create(t.Context(), "p_1", secret))
	must(t, b.Create(t.Context(), "p_2", []byte("the key that stays")))
	if found := filesWith(t, n.dir, secret); len(found) == 0 {
		t.Fatal("the value is not found even before: look elsewhere")
	}
	must(t, b.Delete(t.Context(), "p_1"))
	if found := filesWith(t, n.dir, secret); len(found) != 0 {
		t.Errorf("the value is still in %v", found)
	}
}

// filesWith returns the files below dir that contain the bytes.
func filesWith(t *testing.T, dir string, secret []byte) []string {
	t.Helper()
	var found []string
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, secret) {
			found = append(found, path)
		}
		return err
	}))
	return found
}

// mirror is a watched copy of a bucket.
type mirror struct {
	mu     sync.Mutex
	values map[string]string
	change chan struct{} // closed at the next change
}

func watch(ctx context.Context, t *testing.T, b *ledger.Bucket) *mirror {
	t.Helper()
	m := &mirror{values: map[string]string{}, change: make(chan struct{})}
	must(t, b.Watch(ctx, func(key string, value []byte) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if value == nil {
			delete(m.values, key)
		} else {
			m.values[key] = string(value)
		}
		close(m.change)
		m.change = make(chan struct{})
	}))
	return m
}

func (m *mirror) look() (map[string]string, chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.values), m.change
}

// waitFor returns when the copy is as wanted.
func (m *mirror) waitFor(t *testing.T, want map[string]string) {
	t.Helper()
	ctx := within(t)
	for {
		values, change := m.look()
		if maps.Equal(values, want) {
			return
		}
		select {
		case <-change:
		case <-ctx.Done():
			t.Fatalf("copy (-want +got):\n%s", cmp.Diff(want, values))
		}
	}
}

func TestWatch(t *testing.T) {
	n := startNode(t)
	l := n.open(t)
	b := bucket(t, l)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	empty := watch(ctx, t, b)

	want := map[string]string{}
	for i := range 1000 {
		key := fmt.Sprint("key", i%700)
		want[key] = fmt.Sprint("value", i)
		must(t, b.Put(ctx, key, []byte(want[key])))
	}
	must(t, b.Put(ctx, "key0", nil))
	want["key0"] = ""
	must(t, b.Delete(ctx, "key1"))
	delete(want, "key1")

	late := watch(ctx, t, b)
	if values, _ := late.look(); !maps.Equal(values, want) { // all of it, when Watch returns
		t.Errorf("copy (-want +got):\n%s", cmp.Diff(want, values))
	}
	empty.waitFor(t, want)

	for i := range 3 {
		n.restart()
		must(t, retry(t, func() error { return b.Put(ctx, "key2", fmt.Append(nil, "restart", i)) }))
		must(t, retry(t, func() error { return b.Delete(ctx, fmt.Sprint("key", 3+i)) }))
		want["key2"] = fmt.Sprint("restart", i)
		delete(want, fmt.Sprint("key", 3+i))
	}
	empty.waitFor(t, want)
	late.waitFor(t, want)

	cancel()
	if err := b.Watch(ctx, func(string, []byte) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("watch: %v, want %v", err, context.Canceled)
	}
	must(t, l.Close())
	if err := b.Watch(t.Context(), func(string, []byte) {}); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("watch: %v, want %v", err, ledger.ErrClosed)
	}
}

// retry repeats op while the ledger looks for its server.
func retry(t *testing.T, op func() error) error {
	t.Helper()
	ctx := within(t)
	err := op()
	for errors.Is(err, ledger.ErrUnavailable) && ctx.Err() == nil {
		err = op()
	}
	return err
}
