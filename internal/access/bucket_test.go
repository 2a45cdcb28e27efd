package access_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"milemarker/internal/access"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
)

func TestOverRealBuckets(t *testing.T) {
	t.Parallel()
	server, err := natsd.Start(context.Background(), natsd.Config{StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	l, err := ledger.Open(context.Background(), ledger.Config{Options: server.ClientOptions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	keys, err := l.Bucket(t.Context(), "apikeys")
	if err != nil {
		t.Fatal(err)
	}
	logins, err := l.Bucket(t.Context(), "logins")
	if err != nil {
		t.Fatal(err)
	}
	processes := make([]*access.Access, 3)
	for i := range processes {
		if processes[i], err = access.Open(t.Context(), keys, logins, time.Now); err != nil {
			t.Fatal(err)
		}
	}
	a, b := processes[0], processes[1]

	token, key := add(t, a, "acme", "kim", access.ScopeAdmin)
	comes := func(what string, ok func() error) {
		t.Helper()
		err := ok()
		for deadline := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(deadline); {
			err = ok()
		}
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, p := range processes {
		comes("key", func() error { _, err := p.Authenticate(t.Context(), token); return err })
	}

	link := newLogin(t, a, key.ID)
	var begun atomic.Int32
	var session atomic.Value
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			cookie, err := processes[i%3].Redeem(t.Context(), link)
			switch {
			case err == nil:
				begun.Add(1)
				session.Store(cookie.Value)
			case !errors.Is(err, access.ErrUnauthenticated):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := begun.Load(); n != 1 {
		t.Fatalf("%d sessions begun, want 1", n)
	}
	cookie := session.Load().(string)
	for _, p := range processes {
		comes("session", func() error { _, err := p.Session(t.Context(), cookie); return err })
	}

	if err := b.Revoke(t.Context(), "acme", key.ID); err != nil {
		t.Fatal(err)
	}
	refused := func(err error) error {
		if errors.Is(err, access.ErrUnauthenticated) {
			return nil
		}
		return errors.New("still good")
	}
	if _, err := b.Authenticate(t.Context(), token); refused(err) != nil {
		t.Error("where it was revoked, the key is still good")
	}
	for _, p := range processes {
		comes("revocation", func() error { _, err := p.Authenticate(t.Context(), token); return refused(err) })
		comes("end of session", func() error { _, err := p.Session(t.Context(), cookie); return refused(err) })
	}
	later, err := access.Open(t.Context(), keys, logins, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := later.Session(t.Context(), cookie); refused(err) != nil {
		t.Error("a process that starts later takes the session")
	}
	if n := len(later.List(t.Context(), "acme")); n != 1 {
		t.Errorf("%d keys, want 1", n)
	}
}
