package ledger_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
)

func TestOpenRefusesDrift(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*jetstream.StreamConfig)
		want   []ledger.Drift
	}{
		"cut by a limit": {
			func(c *jetstream.StreamConfig) { c.MaxMsgs, c.Discard = 3, jetstream.DiscardOld },
			[]ledger.Drift{{"discard", `"new"`, `"old"`}, {"max_msgs", "-1", "3"}},
		},
		"forgets with age": {
			func(c *jetstream.StreamConfig) { c.MaxAge = 3 * time.Hour },
			[]ledger.Drift{{"max_age", "0", "10800000000000"}},
		},
		"headers may delete": {
			func(c *jetstream.StreamConfig) { c.AllowMsgTTL = true },
			[]ledger.Drift{{"allow_msg_ttl", "unset", "true"}},
		},
		"repeats are forgotten sooner": {
			func(c *jetstream.StreamConfig) { c.Duplicates = time.Second },
			[]ledger.Drift{{"duplicate_window", "7200000000000", "1000000000"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := startNode(t)
			l := n.open(t)
			mustAppend(t, l, numbered("a", 10)...)
			if err := l.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}

			js := n.jetstream(t)
			stream, err := js.Stream(t.Context(), "LEDGER")
			if err != nil {
				t.Fatal(err)
			}
			cfg := stream.CachedInfo().Config
			test.change(&cfg)
			if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}

			_, err = ledger.Open(t.Context(), ledger.Config{Options: []nats.Option{nats.InProcessServer(n)}})
			var drift *ledger.DriftError
			if !errors.As(err, &drift) {
				t.Fatalf("open: %v, want a drift", err)
			}
			if diff := cmp.Diff(test.want, drift.Fields); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if err := l.Ready(t.Context()); !errors.As(err, &drift) {
				t.Errorf("the open ledger is ready: %v", err)
			}
			t.Log(err)
		})
	}
}

// Message schedules silently clear what denies purges, when a stream is created with both.
func TestOpenRefusesTheStreamOfAnother(t *testing.T) {
	n := startNode(t)
	if _, err := n.jetstream(t).CreateStream(t.Context(), jetstream.StreamConfig{
		Name: "LEDGER", Subjects: []string{"ledger.>"}, DenyDelete: true, DenyPurge: true, AllowMsgSchedules: true,
	}); err != nil {
		t.Fatal(err)
	}
	_, err := ledger.Open(t.Context(), ledger.Config{Options: []nats.Option{nats.InProcessServer(n)}})
	var drift *ledger.DriftError
	if !errors.As(err, &drift) {
		t.Fatalf("open: %v, want a drift", err)
	}
	for _, want := range []ledger.Drift{{"allow_msg_schedules", "unset", "true"}, {"deny_purge", "true", "unset"}} {
		if !slices.Contains(drift.Fields, want) {
			t.Errorf("%+v is not in %v", want, drift)
		}
	}
}

func TestLedgerCannotBeCut(t *testing.T) {
	n := startNode(t)
	l := n.open(t)
	mustAppend(t, l, numbered("a", 10)...)
	stream, err := n.jetstream(t).Stream(t.Context(), "LEDGER")
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err == nil {
		t.Error("the ledger was purged")
	}
	if err := stream.DeleteMsg(t.Context(), 5); err == nil {
		t.Error("an event was deleted")
	}
	if got := len(readAll(t, l)); got != 10 {
		t.Errorf("%d events stand, want 10", got)
	}
}

func TestOpenKeepsWhatIsTheOperators(t *testing.T) {
	n := startNode(t)
	n.open(t)
	js := n.jetstream(t)
	stream, err := js.Stream(t.Context(), "LEDGER")
	if err != nil {
		t.Fatal(err)
	}
	cfg := stream.CachedInfo().Config
	cfg.Description, cfg.Metadata["owner"] = "ours", "sales"
	if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	n.open(t)
}

func TestOpenByAddressAndToken(t *testing.T) {
	srv, err := natsd.Start(t.Context(), natsd.Config{StoreDir: t.TempDir(), Port: -1, Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	l, err := ledger.Open(t.Context(), ledger.Config{URL: srv.ClientURL(), Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	mustAppend(t, l, event("acme", "1"))

	if _, err := ledger.Open(t.Context(), ledger.Config{URL: srv.ClientURL(), Token: "guess"}); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("open: %v, want %v", err, nats.ErrAuthorization)
	}
	srv.Stop()
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := ledger.Open(soon, ledger.Config{URL: srv.ClientURL()}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("open: %v, want %v", err, context.DeadlineExceeded)
	}
	if _, err := l.Last(t.Context()); !errors.Is(err, ledger.ErrUnavailable) {
		t.Errorf("last: %v, want %v", err, ledger.ErrUnavailable)
	}
}
