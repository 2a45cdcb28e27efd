package assembly

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"milemarker/internal/embedded/natsd"
	"milemarker/internal/lease"
	"milemarker/internal/ledger"
)

// Of two members one works; when it leaves, the other goes on.
func TestOneAfterTheOther(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := natsd.Start(ctx, natsd.Config{StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	l, err := ledger.Open(ctx, ledger.Config{Options: server.ClientOptions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	store, err := openLeases(ctx, l, translatorTable)
	if err != nil {
		t.Fatal(err)
	}
	works := make(chan string, 10)
	join := func(name string) (leave func()) {
		turn, stop := context.WithCancel(ctx)
		share := lease.Join(turn, lease.Config{
			Member: name, Shares: 1, TTL: 500 * time.Millisecond, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		}, store)
		ended := make(chan error, 1)
		go func() {
			ended <- inTurn(turn, share, func(ctx context.Context) error {
				works <- name
				<-ctx.Done()
				works <- name + " stops"
				return nil
			})
		}()
		return func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if err := share.Leave(ctx); err != nil {
				t.Error(err)
			}
		}
	}
	next := func() string {
		select {
		case who := <-works:
			return who
		case <-ctx.Done():
			t.Fatal("nobody works")
			return ""
		}
	}
	leaveA := join("a")
	if who := next(); who != "a" {
		t.Fatalf("%s works, want a", who)
	}
	leaveB := join("b")
	leaveA()
	if who := next(); who != "a stops" {
		t.Fatalf("%s, want a to stop first", who)
	}
	if who := next(); who != "b" {
		t.Fatalf("%s works, want b", who)
	}
	leaveB()
}
