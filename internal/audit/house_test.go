package audit_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
	"milemarker/internal/audit"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
)

// house is a ledger on a server of its own.
type house struct {
	tb     testing.TB
	store  string
	srv    *natsd.Server
	ledger *ledger.Ledger
	js     jetstream.JetStream
}

func newHouse(tb testing.TB) *house {
	tb.Helper()
	h := &house{tb: tb, store: tb.TempDir()}
	h.start()
	tb.Cleanup(h.stop)
	return h
}

func (h *house) start() {
	h.tb.Helper()
	var err error
	if h.srv, err = natsd.Start(context.Background(), natsd.Config{StoreDir: h.store}); err != nil {
		h.tb.Fatal(err)
	}
	opts := h.srv.ClientOptions()
	if h.ledger, err = ledger.Open(context.Background(), ledger.Config{Options: opts}); err != nil {
		h.tb.Fatal(err)
	}
	nc, err := nats.Connect("", opts...)
	if err != nil {
		h.tb.Fatal(err)
	}
	h.tb.Cleanup(nc.Close)
	if h.js, err = jetstream.New(nc); err != nil {
		h.tb.Fatal(err)
	}
}

func (h *house) stop() {
	_ = h.ledger.Close()
	h.srv.Stop()
}

// record appends n events that are spread over orgs, and so over partitions.
func (h *house) record(prefix string, n int) {
	h.tb.Helper()
	at := time.Date(2026, 11, 2, 15, 4, 5, 0, time.UTC)
	for done := 0; done < n; {
		var evs []events.Event
		for ; done < n && len(evs) < 1000; done++ {
			id := fmt.Sprint(prefix, done+1)
			evs = append(evs, events.Event{
				ID: id, Source: "/dialer", Type: "call.completed", Org: fmt.Sprint("org-", done%7), Rep: "dana",
				Prospect: "p_0123456789abcdef", Time: at, RecordedAt: at, DataVersion: 1,
				Data: json.RawMessage(`{"direction":"outbound","outcome":"conversation","seconds":312}`), Digest: "d-" + id,
			})
		}
		if _, err := h.ledger.Append(h.tb.Context(), evs); err != nil {
			h.tb.Fatal(err)
		}
	}
}

// messages returns what stands in the ledger, as the server has it.
func (h *house) messages() []*nats.Msg {
	h.tb.Helper()
	stream, err := h.js.Stream(h.tb.Context(), "LEDGER")
	if err != nil {
		h.tb.Fatal(err)
	}
	var out []*nats.Msg
	for i := uint64(1); i <= stream.CachedInfo().State.LastSeq; i++ {
		m, err := stream.GetMsg(h.tb.Context(), i)
		if err != nil {
			h.tb.Fatal(err)
		}
		maps.DeleteFunc(m.Header, func(name string, _ []string) bool { return strings.HasPrefix(name, "Nats-Batch-") })
		out = append(out, &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data})
	}
	return out
}

// forge returns a house whose ledger holds these messages: set up as it must be, and nothing tells it from a true one.
func forge(tb testing.TB, messages []*nats.Msg) *house {
	tb.Helper()
	h := newHouse(tb)
	for _, m := range messages {
		if _, err := h.js.PublishMsg(tb.Context(), m); err != nil {
			tb.Fatal(err)
		}
	}
	return h
}

func clock() time.Time { return time.Date(2026, 11, 2, 16, 0, 0, 0, time.UTC) }

func newKey(tb testing.TB) audit.Key {
	tb.Helper()
	key, err := audit.LoadOrCreateKey(filepath.Join(tb.TempDir(), "audit.key"), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// issue brings the log in a folder level with the ledger and returns a checkpoint.
func issue(tb testing.TB, h *house, folder string, key audit.Key) audit.Checkpoint {
	tb.Helper()
	l, err := audit.OpenLog(folder, key)
	if err != nil {
		tb.Fatal(err)
	}
	if err := l.CatchUp(tb.Context(), h.ledger, clock); err != nil {
		tb.Fatal(err)
	}
	signed, err := l.Checkpoint(clock())
	if err != nil {
		tb.Fatal(err)
	}
	if err := l.Close(); err != nil {
		tb.Fatal(err)
	}
	return open(tb, signed, key)
}

func open(tb testing.TB, signed []byte, key audit.Key) audit.Checkpoint {
	tb.Helper()
	verifier, err := key.Verifier()
	if err != nil {
		tb.Fatal(err)
	}
	c, err := audit.Open(signed, verifier)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func verify(tb testing.TB, h *house, c audit.Checkpoint, e audit.Evidence) audit.Report {
	tb.Helper()
	r, err := audit.Verify(tb.Context(), h.ledger, c, e, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
