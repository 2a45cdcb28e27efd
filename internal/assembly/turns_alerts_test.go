package assembly

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"milemarker/internal/boot"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/lease"
	"milemarker/internal/ledger"
	"milemarker/internal/notify"
)

// cutOff is a store that cannot be reached while it is off.
type cutOff struct {
	lease.Store

	off atomic.Bool
}

func (c *cutOff) Save(ctx context.Context, value []byte, revision uint64) error {
	if c.off.Load() {
		return errors.New("cut off")
	}
	return c.Store.Save(ctx, value, revision)
}

// A member that can no longer give signs of life stops by itself, before another begins; when it can again, it takes turns
// again.
func TestWhoIsCutOffStopsFirst(t *testing.T) {
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
	store, err := openLeases(ctx, l, alertsTable)
	if err != nil {
		t.Fatal(err)
	}
	did := make(chan string, 20)
	join := func(name string, store lease.Store) (stop func()) {
		turn, end := context.WithCancel(ctx)
		share := lease.Join(turn, lease.Config{
			Member: name, Shares: 1, TTL: time.Second, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		}, store)
		var running sync.WaitGroup
		running.Go(func() {
			if err := inTurn(turn, share, func(ctx context.Context) error {
				did <- name + " works"
				<-ctx.Done()
				did <- name + " stops"
				return nil
			}); err != nil {
				t.Error(err)
			}
			_ = share.Leave(ctx) // the cut off one cannot
		})
		return func() {
			end()
			running.Wait()
		}
	}
	want := func(what string) {
		t.Helper()
		select {
		case got := <-did:
			if got != what {
				t.Fatalf("%s, want %s", got, what)
			}
		case <-ctx.Done():
			t.Fatalf("nothing happened, want %s", what)
		}
	}
	cut := &cutOff{Store: store}
	stopA := join("a", cut)
	defer stopA()
	want("a works")
	stopB := join("b", store)
	cut.off.Store(true)
	want("a stops")
	want("b works")
	cut.off.Store(false)
	stopB()
	want("b stops")
	want("a works")
}

// Two programs take turns. The first one plans and hands over, and is gone; the other goes on behind it, and whoever works,
// each alert is handed over once.
func TestAlertsTakeTurns(t *testing.T) {
	d := newDesk(t)
	var mu sync.Mutex
	arrived := map[string]int{}
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		arrived[r.Header.Get("Webhook-Id")]++
	}))
	defer receiver.Close()
	d.setClock("2026-06-01T08:00:00Z")
	clock := func() time.Time { return *d.now.Load() }
	d.ask("PUT", "/v1/org", `{"zone":"UTC"}`, http.StatusOK, nil)
	d.ask("POST", "/v1/destinations", `{"name":"ours","kind":"webhook","url":"`+receiver.URL+`"}`, http.StatusCreated, nil)
	start := func() (stop func()) {
		ctx, cancel := context.WithCancel(context.Background())
		services, err := NewServices(ctx, d.ledger, make([]byte, 32), clock)
		if err != nil {
			t.Fatal(err)
		}
		role := AlertsInTurn(services, d.ledger, d.warehouse, boot.Alerts{
			Every: time.Minute, Hold: time.Nanosecond, Internal: boot.Networks{netip.MustParsePrefix("127.0.0.1/32")},
		}, d.logger, clock)
		ready, ended := make(chan struct{}), make(chan error, 1)
		go func() { ended <- role.Run(ctx, func() { close(ready) }) }()
		<-ready
		return sync.OnceFunc(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	outbox := d.outbox(t)
	sent := func(goal string) {
		t.Helper()
		limit := time.NewTimer(time.Minute)
		defer limit.Stop()
		for !slices.ContainsFunc(outbox.List("acme"), func(d notify.Delivery) bool { return d.Goal == goal && d.State == notify.Sent }) {
			select {
			case <-outbox.Changed():
			case <-limit.C:
				t.Fatalf("nothing was sent of goal %s", goal)
			}
		}
	}
	stopFirst := start()
	defer stopFirst()
	defer start()()
	goal := func(id string) {
		t.Helper()
		d.ask("POST", "/v1/goals", `{"goal":"`+id+`","metric":"calls","target":1,"owner_kind":"rep","owner":"kim","starts_on":"2026-05-01","ends_on":"2026-05-29"}`, http.StatusCreated, nil)
	}
	goal("one")
	sent("one")
	stopFirst()
	goal("two")
	sent("two")
	for _, one := range outbox.List("acme") {
		if one.State != notify.Sent || one.Attempts != 1 {
			t.Errorf("%+v", one)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for id, n := range arrived {
		if n != 1 {
			t.Errorf("%s arrived %d times", id, n)
		}
	}
	if len(arrived) != 2 {
		t.Errorf("%d arrived, want 2", len(arrived))
	}
}

// outbox opens the deliveries as one more process.
func (d *desk) outbox(t *testing.T) *notify.Outbox {
	t.Helper()
	b, err := d.ledger.Bucket(t.Context(), "alert-deliveries")
	if err != nil {
		t.Fatal(err)
	}
	o, err := notify.OpenOutbox(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
