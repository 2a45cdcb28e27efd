package translator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"milemarker/events"
	"milemarker/internal/connections"
	"milemarker/internal/deliveries"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
	"milemarker/internal/providers"
	"milemarker/internal/recorder"
	"milemarker/internal/translator"
	"milemarker/internal/vault"
)

// source is the ledger as the translator reads it.
type source struct {
	*ledger.Ledger

	deliveries *ledger.Deliveries
}

func (s source) Deliveries(from events.Position, done func(events.Position)) message.Subscriber {
	return s.deliveries.Subscriber(ledger.DeliverySubscriberConfig{From: from, Done: done, NackDelay: 50 * time.Millisecond})
}

func (s source) Read(ctx context.Context, from events.Position, limit int, types ...string) ([]events.Frame, error) {
	return s.ReadTypes(ctx, from, limit, types...)
}

func (s source) Events(from events.Position, types ...string) message.Subscriber {
	return s.Subscriber(ledger.SubscriberConfig{From: from, Types: types})
}

// stream is the deliveries as their log reads them.
type stream struct{ *ledger.Deliveries }

func (s stream) Get(ctx context.Context, at events.Position) (deliveries.Kept, error) {
	d, err := s.Deliveries.Get(ctx, at)
	return deliveries.Kept(d), err
}

func (s stream) Newest(
	ctx context.Context, org, connection string, before events.Position, limit int,
) (out []deliveries.Kept, err error) {
	some, err := s.Deliveries.Newest(ctx, org, connection, before, limit)
	for _, d := range some {
		out = append(out, deliveries.Kept(d))
	}
	return out, err
}

func (s stream) Scan(ctx context.Context, r deliveries.Range, fn func(deliveries.Kept) error) error {
	return s.Deliveries.Scan(ctx, ledger.DeliveryRange(r), func(d ledger.Delivery) error { return fn(deliveries.Kept(d)) })
}

// board holds connections.
type board struct {
	mu    sync.Mutex
	conns map[string]connections.Connection
}

func (b *board) Get(id string) (connections.Connection, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.conns[id]
	return c, ok
}

func (b *board) set(c connections.Connection) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.conns = maps.Clone(b.conns)
	if b.conns == nil {
		b.conns = map[string]connections.Connection{}
	}
	b.conns[c.ID] = c
}

// people knows one rep and hashes persons by the vault.
type people struct{ vault *vault.Vault }

func (p people) Rep(_, provider string, _ time.Time, names []providers.Rep) (string, bool) {
	return "ann", provider == "test" && slices.Contains(names, providers.Rep{Kind: providers.RepUser, Value: "7"})
}

func (p people) Prospects(ctx context.Context, org string, d events.Draft) ([]string, error) {
	var payload struct{ Person events.Person }
	if err := json.Unmarshal(d.Data, &payload); err != nil || payload.Person.Phone == "" {
		return nil, err
	}
	id, err := p.vault.ProspectID(ctx, org, vault.KindPhone, payload.Person.Phone)
	return []string{id}, err
}

// fetcher answers with what it holds.
type fetcher struct {
	mu     sync.Mutex
	answer []byte
	err    error
	asked  int
}

func (f *fetcher) Fetch(context.Context, providers.About, string, providers.Want) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	return f.answer, f.err
}

func (f *fetcher) set(answer string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer, f.err = []byte(answer), err
}

type tally struct {
	mu  sync.Mutex
	sum connections.Counts
}

func (t *tally) Add(_ string, c connections.Counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Translated += c.Translated
	t.sum.Failed += c.Failed
}

// house is a translator over a real server.
type house struct {
	tb      testing.TB
	ledger  *ledger.Ledger
	kept    *ledger.Deliveries
	log     *deliveries.Log
	vault   *vault.Vault
	board   *board
	fetcher *fetcher
	adapter *adapter
	deps    translator.Deps
	cfg     translator.Config

	mu   sync.Mutex
	time time.Time
	stop func()
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.time
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.time = h.time.Add(d)
}

var master = []byte("0123456789abcdef0123456789abcdef")

// open opens all that a translator works with, on a folder. The ledger remembers ids for a time, 0 = 2 h.
func open(ctx context.Context, tb testing.TB, dir string, memory time.Duration) (*house, func(), error) { //nolint:thelper // there may be no test
	server, err := natsd.Start(ctx, natsd.Config{StoreDir: dir})
	if err != nil {
		return nil, nil, err
	}
	l, err := ledger.Open(ctx, ledger.Config{Options: server.ClientOptions(), DuplicateWindow: memory})
	if err != nil {
		return nil, nil, err
	}
	h := &house{tb: tb, ledger: l, board: &board{}, fetcher: &fetcher{}, adapter: &adapter{}, time: time.Now().UTC()}
	if h.kept, err = l.Deliveries(ctx, 0); err != nil {
		return nil, nil, err
	}
	buckets := map[string]*ledger.Bucket{}
	for _, name := range []string{"vault", "erasures", "outcomes", "threads", "replays", "told", "retries", "corrected", "marks"} {
		if buckets[name], err = l.Bucket(ctx, name); err != nil {
			return nil, nil, err
		}
	}
	if h.vault, err = vault.Open(ctx, buckets["vault"], buckets["erasures"], master, vault.Config{}); err != nil {
		return nil, nil, err
	}
	b := translator.Buckets{
		Buckets: deliveries.Buckets{Outcomes: buckets["outcomes"], Threads: buckets["threads"], Replays: buckets["replays"]},
		Told:    buckets["told"], Retries: buckets["retries"], Corrected: buckets["corrected"], Marks: buckets["marks"],
	}
	h.log = deliveries.NewLog(stream{h.kept}, b.Buckets, h.now)
	h.deps = translator.Deps{
		Source: source{l, h.kept}, Log: h.log, Buckets: b, Connections: h.board, Providers: []providers.Provider{h.adapter},
		Recorder: recorder.New(h.vault, l, h.now), People: people{h.vault}, Fetcher: h.fetcher, Tally: &tally{},
		Logger: slog.New(slog.NewTextHandler(output(tb), nil)), Clock: h.now,
	}
	h.board.set(connections.Connection{ID: "c_one", Org: "acme", Provider: "test", State: connections.Active})
	h.board.set(connections.Connection{ID: "c_two", Org: "acme", Provider: "test", State: connections.Active})
	return h, func() {
		_ = l.Close()
		server.Stop()
	}, nil
}

func newHouse(t *testing.T) *house {
	t.Helper()
	return newHouseThatForgets(t, 0)
}

func newHouseThatForgets(t *testing.T, memory time.Duration) *house {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	h, end, err := open(ctx, t, t.TempDir(), memory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	t.Cleanup(func() { h.end() })
	return h
}

// run runs the translator until the test ends, or end is called.
func (h *house) run() {
	h.tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() { ended <- translator.Run(ctx, h.cfg, h.deps, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-ended:
		h.tb.Fatal(err)
	}
	h.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			h.tb.Error(err)
		}
	}
}

func (h *house) end() {
	if h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

// post keeps a delivery and returns its position.
func (h *house) post(connection, body string) events.Position {
	h.tb.Helper()
	data, err := deliveries.Encode(deliveries.Request{
		Method: "POST", URL: "https://hooks.example/hooks/" + connection, Header: http.Header{"X": {"y"}},
		Received: h.now(), Body: []byte(body),
	})
	if err != nil {
		h.tb.Fatal(err)
	}
	at, err := h.kept.Keep(context.Background(), "acme", connection, data)
	if err != nil {
		h.tb.Fatal(err)
	}
	return at
}

// poll asks until the answer is yes.
func poll(tb testing.TB, what string, yes func() bool) {
	tb.Helper()
	limit, tick := time.NewTimer(time.Minute), time.NewTicker(2*time.Millisecond)
	defer limit.Stop()
	defer tick.Stop()
	for !yes() {
		select {
		case <-tick.C:
		case <-limit.C:
			tb.Fatalf("not within a minute: %s", what)
		}
	}
}

// outcome waits until a delivery was dealt with, and says how: its status and what became of each event.
func (h *house) outcome(at events.Position) string {
	h.tb.Helper()
	var o deliveries.Outcome
	poll(h.tb, fmt.Sprintf("delivery %d", at), func() bool {
		e, _, err := h.log.Get(context.Background(), "acme", at)
		if err != nil {
			h.tb.Fatal(err)
		}
		o = e.Outcome
		return o.Status != deliveries.Arrived
	})
	return spell(o)
}

func spell(o deliveries.Outcome) string {
	out := []string{string(o.Status)}
	for _, e := range o.Events {
		out = append(out, e.Type+" "+string(e.Outcome))
	}
	if o.Why != "" {
		out = append(out, "("+o.Why+")")
	}
	return strings.Join(out, " ")
}

// replay has deliveries replayed and waits until that is done.
func (h *house) replay(r deliveries.Replay) deliveries.Replay {
	h.tb.Helper()
	r.Org = "acme"
	r, err := h.log.Ask(context.Background(), r)
	if err != nil {
		h.tb.Fatal(err)
	}
	poll(h.tb, "replay", func() bool {
		if r, err = h.log.ReplayOf(context.Background(), "acme", r.ID); err != nil {
			h.tb.Fatal(err)
		}
		return r.State == deliveries.ReplayDone
	})
	return r
}

// stands lists what counts in the ledger: type, seconds and rep of every event that is not void, in order.
func (h *house) stands() []string {
	h.tb.Helper()
	frames, err := h.ledger.Read(context.Background(), 0, 1<<20)
	if err != nil {
		h.tb.Fatal(err)
	}
	var all []events.Event
	void, seen := map[string]bool{}, map[string]bool{}
	for _, f := range frames {
		e, err := events.Decode(f.Body)
		if err != nil {
			h.tb.Fatal(err)
		}
		if seen[e.ID] {
			h.tb.Errorf("%s stands twice", e.ID)
		}
		seen[e.ID] = true
		if e.Type == events.TypeEventVoided {
			var v events.EventVoided
			if err := json.Unmarshal(e.Data, &v); err != nil {
				h.tb.Fatal(err)
			}
			void[v.Event] = true
			continue
		}
		all = append(all, e)
	}
	var out []string
	for _, e := range all {
		if void[e.ID] {
			continue
		}
		var p struct {
			Seconds     int
			Appointment string
			Inferred    bool
		}
		if err := json.Unmarshal(e.Data, &p); err != nil {
			h.tb.Fatal(err)
		}
		line := e.Type
		if p.Appointment != "" {
			line += " " + p.Appointment
		} else {
			line += fmt.Sprint(" ", p.Seconds)
		}
		if p.Inferred {
			line += " inferred"
		}
		if e.Rep != "" {
			line += " " + e.Rep
		}
		out = append(out, line)
	}
	return out
}

// output is where a test's logs go; a process without a test has none.
func output(tb testing.TB) io.Writer { //nolint:thelper // there may be no test
	if tb == nil {
		return io.Discard
	}
	return tb.Output()
}
