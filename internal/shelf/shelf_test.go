package shelf_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"testing"
	"time"

	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
	"milemarker/internal/links"
	"milemarker/internal/shelf"
)

// bucket returns a real bucket.
func bucket(tb testing.TB) *ledger.Bucket {
	tb.Helper()
	server, err := natsd.Start(context.Background(), natsd.Config{StoreDir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(server.Stop)
	l, err := ledger.Open(context.Background(), ledger.Config{Options: server.ClientOptions()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = l.Close() })
	b, err := l.Bucket(context.Background(), "shelf")
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// Whoever wrote reads what was written, while others write; another shelf of the same bucket comes to know the same.
func TestShelf(t *testing.T) {
	t.Parallel()
	b := bucket(t)
	heard := make(chan struct{}, 10_000)
	one, err := shelf.Open[int](t.Context(), b, nil)
	if err != nil {
		t.Fatal(err)
	}
	two, err := shelf.Open[int](t.Context(), b, func(string, string) { heard <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	for writer := range 8 {
		running.Go(func() {
			id := fmt.Sprint("w", writer)
			for n := range 20 {
				if err := one.Put(t.Context(), "acme", id, n); err != nil {
					t.Error(err)
				}
				if got, ok := one.Get("acme", id); !ok || got != n {
					t.Errorf("%s reads %d, %v after it wrote %d", id, got, ok, n)
				}
			}
		})
	}
	running.Wait()
	until(t, heard, func() bool { return slices.Equal(two.All("acme"), []int{19, 19, 19, 19, 19, 19, 19, 19}) })
	if err := one.Create(t.Context(), "acme", "w1", 7); !errors.Is(err, fs.ErrExist) {
		t.Errorf("create over another: %v", err)
	}
	if err := one.Create(t.Context(), "zeta", "w1", 7); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := one.Delete(t.Context(), "acme", "w1"); err != nil {
			t.Error(err)
		}
	}
	if _, ok := one.Get("acme", "w1"); ok || len(one.All("")) != 8 || len(one.All("zeta")) != 1 {
		t.Errorf("%v", one.All(""))
	}
	if err := one.Create(t.Context(), "acme", "w1", 8); err != nil {
		t.Errorf("anew: %v", err)
	}
	third, err := shelf.Open[int](t.Context(), b, nil)
	if err != nil || len(third.All("")) != 9 {
		t.Errorf("%v, %v", third.All(""), err)
	}
}

// until waits for a condition that what is heard brings about. What is replaced at once need not be heard of.
func until(t *testing.T, heard <-chan struct{}, met func() bool) {
	t.Helper()
	patience := time.After(time.Minute)
	for !met() {
		select {
		case <-heard:
		case <-patience:
			t.Fatal("not heard of in a minute")
		}
	}
}

// Many write the same record through two shelves: each is told of what it wrote or of what took its place, and both
// shelves end up with the same.
func TestOneRecord(t *testing.T) {
	t.Parallel()
	b := bucket(t)
	heard := make(chan struct{}, 10_000)
	shelves := make([]*shelf.Shelf[int], 2)
	for i := range shelves {
		var err error
		if shelves[i], err = shelf.Open[int](t.Context(), b, func(string, string) { heard <- struct{}{} }); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var running sync.WaitGroup
	for writer := range 8 {
		s := shelves[writer%2]
		running.Go(func() {
			for n := range 25 {
				if err := s.Put(ctx, "acme", "one", 100*writer+n); err != nil {
					t.Errorf("writer %d, %d: %v", writer, n, err)
					return
				}
				if writer == 0 && n%10 == 9 {
					if err := s.Delete(ctx, "acme", "one"); err != nil {
						t.Errorf("delete: %v", err)
						return
					}
				}
			}
		})
	}
	running.Wait()
	if err := shelves[0].Put(ctx, "acme", "one", 7); err != nil {
		t.Fatal(err)
	}
	until(t, heard, func() bool {
		got, ok := shelves[1].Get("acme", "one")
		return ok && got == 7
	})
}

func TestLinks(t *testing.T) {
	t.Parallel()
	b := bucket(t)
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	ls, err := links.Open(t.Context(), b, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	token, link, err := ls.Add(t.Context(), "acme", links.Link{
		Kind: links.Partner, Name: "Bo", Reps: []string{"ann"}, Shares: []string{"goals"}, Expires: now.Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ls.Redeem(token); err != nil || got.ID != link.ID || got.Org != "acme" || got.Reps[0] != "ann" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, wrong := range []string{"", "mq_", token + "x", token[:len(token)-1] + "?", "mq_" + link.ID + "_", "mq_nobody_x"} {
		if _, err := ls.Redeem(wrong); !errors.Is(err, links.ErrNoLink) {
			t.Errorf("%q opens: %v", wrong, err)
		}
	}
	if err := ls.Revoke(t.Context(), "zeta", link.ID); !errors.Is(err, links.ErrNoLink) {
		t.Errorf("another org revokes it: %v", err)
	}
	other, _, err := ls.Add(t.Context(), "acme", links.Link{Kind: links.Group, Name: "Group", Expires: now.Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if _, err := ls.Redeem(other); !errors.Is(err, links.ErrNoLink) {
		t.Errorf("an expired one opens: %v", err)
	}
	if err := ls.Revoke(t.Context(), "acme", link.ID); err != nil {
		t.Fatal(err)
	}
	again, err := links.Open(t.Context(), b, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []*links.Links{ls, again} {
		if _, err := l.Redeem(token); !errors.Is(err, links.ErrNoLink) || len(l.List("acme")) != 2 || len(l.List("zeta")) != 0 {
			t.Errorf("a revoked one opens: %v", err)
		}
	}
	value, err := b.Get(t.Context(), "links."+link.ID)
	if err != nil || slices.Contains([]string{token}, string(value)) {
		t.Errorf("%s, %v", value, err)
	}
}
