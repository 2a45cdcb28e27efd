package ledger_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"milemarker/events"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashFolder); dir != "" {
		os.Exit(appendUntilKilled(dir))
	}
	// A server that is stopped in the middle of an atomic batch leaves the staging store's goroutines behind, and
	// Watermill's suite leaves subscribers that nobody reads.
	goleak.VerifyTestMain(
		m,
		goleak.IgnoreAnyFunction("github.com/ThreeDotsLabs/watermill/internal/subscriber.(*multiplier).Subscribe.func2"),
		goleak.IgnoreAnyFunction("github.com/ThreeDotsLabs/watermill/internal/subscriber.(*multiplier).Subscribe.func3"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server/ats.Register.func1"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*fileStore).flushStreamStateLoop"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*msgBlock).flushLoop"),
	)
}

// node is a server that can be restarted under the clients that are connected to it.
type node struct {
	tb  testing.TB
	dir string
	mu  sync.Mutex
	srv *natsd.Server
}

func startNode(tb testing.TB) *node {
	tb.Helper()
	n := &node{tb: tb, dir: tb.TempDir()}
	n.start()
	tb.Cleanup(n.stop)
	return n
}

func (n *node) start() {
	n.tb.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	var err error
	if n.srv, err = natsd.Start(context.Background(), natsd.Config{StoreDir: n.dir}); err != nil {
		n.tb.Error(err)
	}
}

func (n *node) stop() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.srv.Stop()
}

func (n *node) restart() {
	n.tb.Helper()
	n.stop()
	n.start()
}

// InProcessConn connects to the server of the moment.
func (n *node) InProcessConn() (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.srv.InProcess().InProcessConn()
}

// config returns what opens a ledger on the node.
func (n *node) config() ledger.Config {
	return ledger.Config{Options: []nats.Option{nats.InProcessServer(n)}}
}

// open returns a ledger on the node.
func (n *node) open(tb testing.TB, change ...func(*ledger.Config)) *ledger.Ledger {
	tb.Helper()
	cfg := n.config()
	for _, c := range change {
		c(&cfg)
	}
	l, err := ledger.Open(context.Background(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = l.Close() })
	return l
}

// jetstream returns a client of its own, to do to the streams what the ledger does not.
func (n *node) jetstream(tb testing.TB) jetstream.JetStream {
	tb.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(n))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		tb.Fatal(err)
	}
	return js
}

// event returns a valid event whose digest follows from its id.
func event(org, id string) events.Event {
	at := time.Date(2026, 11, 2, 15, 4, 5, 0, time.UTC)
	return events.Event{
		ID: id, Source: "/dialer", Type: "call.completed", Org: org, Rep: "dana", Prospect: "p_0123456789abcdef",
		Time: at, RecordedAt: at, DataVersion: 1,
		Data:   json.RawMessage(`{"direction":"outbound","outcome":"conversation","seconds":312}`),
		Digest: "d-" + id,
	}
}

// numbered returns n events of one org, with ids prefix1 to prefixN.
func numbered(prefix string, n int) []events.Event {
	evs := make([]events.Event, n)
	for i := range evs {
		evs[i] = event("acme", fmt.Sprint(prefix, i+1))
	}
	return evs
}

// changed returns the event with other content under the same id.
func changed(ev events.Event) events.Event {
	ev.Data = json.RawMessage(`{"direction":"inbound","outcome":"no_answer","seconds":0}`)
	ev.Digest += "-changed"
	return ev
}

func body(tb testing.TB, ev events.Event) []byte {
	tb.Helper()
	b, err := events.Encode(ev)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func decode(tb testing.TB, f events.Frame) events.Event {
	tb.Helper()
	ev, err := events.Decode(f.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return ev
}

func mustAppend(tb testing.TB, l *ledger.Ledger, evs ...events.Event) []events.Receipt {
	tb.Helper()
	receipts, err := l.Append(tb.Context(), evs)
	if err != nil {
		tb.Fatal(err)
	}
	return receipts
}

// outcomes spells the receipts, such as "appended@1 duplicate@1".
func outcomes(receipts []events.Receipt) string {
	var b strings.Builder
	for i, r := range receipts {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s@%d", r.Outcome, r.Position)
	}
	return b.String()
}

func readAll(tb testing.TB, l *ledger.Ledger) []events.Frame {
	tb.Helper()
	frames, err := l.Read(tb.Context(), 0, 1<<20)
	if err != nil {
		tb.Fatal(err)
	}
	return frames
}

// within returns a context that ends a test which waits in vain.
func within(tb testing.TB) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	tb.Cleanup(cancel)
	return ctx
}
