package assembly

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/embedded/clickhouse/chtest"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
	"milemarker/internal/warehouse"
	"milemarker/projections"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// house is a ledger, a projector and a warehouse on real engines.
type house struct {
	t         testing.TB
	ledger    *ledger.Ledger
	js        jetstream.JetStream // past every check of the ledger
	warehouse *warehouse.Warehouse
	conn      driver.Conn
	database  string
	logger    *slog.Logger
	now       atomic.Pointer[time.Time]
	appended  int
	stop      func()
}

func newHouse(tb testing.TB) *house {
	tb.Helper()
	server, err := natsd.Start(tb.Context(), natsd.Config{StoreDir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(server.Stop)
	h := &house{t: tb, logger: slog.New(slog.NewTextHandler(tb.Output(), nil))}
	now := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	h.now.Store(&now)
	if h.ledger, err = ledger.Open(context.Background(), ledger.Config{Options: server.ClientOptions()}); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = h.ledger.Close() })
	nc, err := nats.Connect("", server.ClientOptions()...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(nc.Close)
	if h.js, err = jetstream.New(nc); err != nil {
		tb.Fatal(err)
	}
	h.conn, h.database = chtest.Database(tb)
	h.warehouse = h.open()
	h.project()
	tb.Cleanup(func() { h.stop() })
	return h
}

// open opens the warehouse as one more process.
func (h *house) open() *warehouse.Warehouse {
	h.t.Helper()
	w, err := warehouse.Open(h.t.Context(),
		warehouse.Config{Transport: chtest.Engine(h.t).Transport(), Database: h.database})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = w.Close() })
	return w
}

// project runs the projector until h.stop.
func (h *house) project() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	clock := func() time.Time { return *h.now.Load() }
	go func() { ended <- Projector(h.ledger, h.warehouse, nil, h.logger, clock, nil).Run(ctx, func() {}) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Error(err)
		}
	})
}

// append records calls, a few voids and two changes of zone among them, and returns the highest position.
func (h *house) append(n int) events.Position {
	h.t.Helper()
	evs := make([]events.Event, n)
	for i := range evs {
		k := h.appended + i
		at := time.Date(2024, 1, 1+k%90, k%24, 0, 0, 0, time.UTC)
		evs[i] = events.Event{
			ID: fmt.Sprint("e", k), Source: "/test", Org: "acme", Rep: fmt.Sprint("rep", k%5), Type: events.TypeCallCompleted,
			Time: at, RecordedAt: at, DataVersion: 1, Digest: "00", Prospect: fmt.Sprint("p_", k%50),
			Data: []byte(`{"direction":"outbound","outcome":"conversation","seconds":60}`),
		}
		switch {
		case k%20 == 19:
			evs[i].Type, evs[i].Prospect = events.TypeEventVoided, ""
			evs[i].Data = fmt.Appendf(nil, `{"event":"e%d","reason":"test"}`, k-7)
		case k == 100 || k == 1500:
			zone := map[int]string{100: "Asia/Kolkata", 1500: "Pacific/Auckland"}[k]
			evs[i].Type, evs[i].Prospect, evs[i].Data = events.TypeOrgConfigured, "", fmt.Appendf(nil, `{"zone":%q}`, zone)
		}
	}
	h.appended += n
	receipts, err := h.ledger.Append(h.t.Context(), evs)
	if err != nil {
		h.t.Fatal(err)
	}
	var last events.Position
	for _, r := range receipts {
		last = max(last, r.Position)
	}
	return last
}

// until waits for a condition.
func (h *house) until(what string, is func() bool) {
	h.t.Helper()
	ticks := time.NewTicker(10 * time.Millisecond)
	defer ticks.Stop()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-ticks.C {
		if is() {
			return
		}
	}
	h.t.Fatalf("not within a minute: %s", what)
}

func (h *house) folded(upTo events.Position) {
	h.t.Helper()
	h.until("everything folded", func() bool {
		at, err := h.warehouse.Position(h.t.Context(), "acme")
		return err == nil && at >= upTo
	})
}

// numbers reads what stands, by way of the questions that readers ask.
func (h *house) numbers(w *warehouse.Warehouse) map[string][]string {
	h.t.Helper()
	out := map[string][]string{}
	for _, grain := range calendar.Grains() {
		rows, err := w.Metrics(h.t.Context(), projections.MetricQuery{
			Org: "acme", Grain: grain, From: calendar.Date(1971, 1, 1), To: calendar.Date(2149, 1, 1),
			GroupBy: projections.Dimensions(),
		})
		if err != nil {
			h.t.Fatal(err)
		}
		out[string(grain)] = []string{fmt.Sprintf("%+v", rows)}
	}
	rows, err := w.Events(h.t.Context(), projections.EventQuery{Org: "acme", Voided: true, Limit: 100_000})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, r := range rows {
		out["events"] = append(out["events"], fmt.Sprintf("%+v", r))
	}
	return out
}

func (h *house) generations() []projections.Generation {
	h.t.Helper()
	all, err := h.warehouse.Generations(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

func (h *house) serving() int {
	h.t.Helper()
	g, _ := projections.ServingOf(h.generations())
	return g.Number
}

// TestRebuild rebuilds while events keep coming, the projector is restarted in the middle, and readers of two processes
// go on asking: they never see less than before, and what they see always adds up.
func TestRebuild(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.open()
	h.folded(h.append(1000))
	stopReading := make(chan struct{})
	var readers sync.WaitGroup
	for _, w := range []*warehouse.Warehouse{h.warehouse, other} {
		readers.Go(func() { h.readOn(w, stopReading) })
	}
	if _, err := NewUpkeep(h.ledger, h.warehouse, h.logger, time.Now).StartRebuild(t.Context(), projections.AllReadModels); err != nil {
		t.Fatal(err)
	}
	h.append(500)
	h.stop() // wherever it is
	h.append(500)
	h.project()
	var last events.Position
	h.until("the new one serves", func() bool {
		last = h.append(20)
		return h.serving() == 1
	})
	h.until("both have changed over", func() bool {
		return h.warehouse.ServingNumber() == 1 && other.ServingNumber() == 1
	})
	h.folded(last)
	close(stopReading)
	readers.Wait()
	old, err := h.warehouse.Generation(t.Context(), projections.Generation{Number: 0})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = old.Close() }()
	if at, err := old.Position(t.Context(), "acme"); err != nil || at == 0 || at > last {
		t.Errorf("the old generation stands at %d, %v", at, err)
	}
	later := h.now.Load().Add(time.Hour)
	h.now.Store(&later)
	h.until("the old one is dropped", func() bool { return h.generations()[0].State == projections.Dropped })
	report, err := generations{h.warehouse, h.ledger, time.Now}.Verify(t.Context(), h.generations()[1])
	if err != nil || report.Differences != 0 || report.Events == 0 {
		t.Errorf("after the rebuild: %+v, %v", report, err)
	}
}

// readOn reads until it is told to stop: positions never fall, and the days add up to the year.
func (h *house) readOn(w *warehouse.Warehouse, stop <-chan struct{}) {
	ctx := context.Background()
	var before events.Position
	var count uint64
	total := func(grain calendar.Grain) (n uint64) {
		rows, err := w.Metrics(ctx, projections.MetricQuery{
			Org: "acme", Grain: grain, From: calendar.Date(2000, 1, 1), To: calendar.Date(2100, 1, 1),
			Where: map[projections.Dimension][]string{projections.ByType: {events.TypeEventVoided}}, // never voided: only grows
		})
		if err != nil {
			h.t.Errorf("read: %v", err)
		}
		for _, r := range rows {
			n += r.Count
		}
		return n
	}
	ticks := time.NewTicker(5 * time.Millisecond)
	defer ticks.Stop()
	for {
		select {
		case <-stop:
			return
		default:
		}
		at, err := w.Position(ctx, "acme")
		if err != nil || at < before {
			h.t.Errorf("position %d after %d, %v", at, before, err)
			return
		}
		n := total(calendar.Yearly)
		if n < count || n < uint64(at)/20 {
			h.t.Errorf("%d voids at %d, and %d before at %d", n, at, count, before)
			return
		}
		before, count = at, n
		<-ticks.C
	}
}

// TestRebuildGivesTheSame rebuilds a ledger at rest and compares every answer.
func TestRebuildGivesTheSame(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.folded(h.append(800))
	before := h.numbers(h.warehouse)
	if _, err := h.warehouse.Begin(t.Context(), projections.AllReadModels); err != nil {
		t.Fatal(err)
	}
	h.until("the new one serves", func() bool { return h.warehouse.ServingNumber() == 1 })
	if diff := cmp.Diff(before, h.numbers(h.warehouse)); diff != "" {
		t.Error(diff)
	}
}

// TestOtherVersion starts on read models of another version: they serve while they can be read, and are replaced.
func TestOtherVersion(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	last := h.append(200)
	h.folded(last)
	h.stop()
	if err := h.conn.Exec(t.Context(), "ALTER TABLE generations_v1 UPDATE version = 99 WHERE 1 SETTINGS mutations_sync = 2"); err != nil {
		t.Fatal(err)
	}
	w := h.open() // a start of the program
	if _, err := w.Position(t.Context(), "acme"); err == nil {
		t.Error("read models of a later program are read")
	}
	h.warehouse = w
	h.project()
	h.until("new ones serve", func() bool {
		at, err := w.Position(t.Context(), "acme")
		return err == nil && at >= last
	})
	if g := h.generations(); len(g) != 2 || g[1].State != projections.Serving || g[1].Version != projections.Version {
		t.Errorf("generations = %+v", g)
	}
}
