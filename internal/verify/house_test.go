package verify_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
	"milemarker/internal/assembly"
	"milemarker/internal/embedded/clickhouse/chtest"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
	"milemarker/internal/verify"
	"milemarker/internal/warehouse"
	"milemarker/projections"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// house is a ledger, a projector and a warehouse on real engines.
type house struct {
	t         testing.TB
	js        jetstream.JetStream
	ledger    *ledger.Ledger
	warehouse *warehouse.Warehouse
	database  driver.Conn // for planting differences
}

func newHouse(tb testing.TB) *house {
	tb.Helper()
	quiet := slog.New(slog.DiscardHandler)
	server, err := natsd.Start(tb.Context(), natsd.Config{StoreDir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(server.Stop)
	h := &house{t: tb}
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
	conn, database := chtest.Database(tb)
	h.database = conn
	h.warehouse, err = warehouse.Open(tb.Context(), warehouse.Config{Transport: chtest.Engine(tb).Transport(), Database: database})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = h.warehouse.Close() })
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- assembly.Projector(h.ledger, h.warehouse, nil, quiet, time.Now, nil).Run(ctx, func() {})
	}()
	tb.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
	})
	return h
}

// append puts messages into the ledger as they are, past every check.
func (h *house) append(msgs ...*nats.Msg) {
	h.t.Helper()
	for _, m := range msgs {
		if _, err := h.js.PublishMsgAsync(m); err != nil {
			h.t.Fatal(err)
		}
	}
	select {
	case <-h.js.PublishAsyncComplete():
	case <-time.After(time.Minute):
		h.t.Fatal("the ledger does not answer")
	}
}

// folded waits until the projector has folded everything.
func (h *house) folded() {
	h.t.Helper()
	last, err := h.ledger.Last(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	ticks := time.NewTicker(10 * time.Millisecond)
	defer ticks.Stop()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-ticks.C {
		if at, err := h.warehouse.Checkpoints(h.t.Context()); err == nil && at[0] >= last {
			return
		}
	}
	h.t.Fatal("the projector has not arrived within a minute")
}

func (h *house) verify(cfg verify.Config) projections.Verification {
	h.t.Helper()
	report, err := verify.Run(h.t.Context(), cfg, verify.Deps{Ledger: h.ledger, Warehouse: h.warehouse, Clock: time.Now})
	if err != nil {
		h.t.Fatal(err)
	}
	return report
}

func message(tb testing.TB, e events.Event) *nats.Msg {
	tb.Helper()
	body, err := events.Encode(e)
	if err != nil {
		tb.Fatal(err)
	}
	return &nats.Msg{Subject: events.Subject(e.Org, e.Type), Data: body}
}

// random returns messages of every sort: late events, second copies of the same and of other content, voids before and
// after their events and of other voids, goals, settings (unless calm), and what cannot be read.
func random(tb testing.TB, r *rand.Rand, from, n int, calm bool) []*nats.Msg {
	tb.Helper()
	out := make([]*nats.Msg, n)
	for i := range out {
		out[i] = message(tb, randomEvent(r, []string{"acme", "globex"}[r.IntN(2)], from+i, calm))
		if r.IntN(100) == 0 {
			out[i] = &nats.Msg{Subject: "ledger.00.acme.call.completed", Data: fmt.Appendf(nil, "no event %d", from+i)}
		}
	}
	return out
}

func randomEvent(r *rand.Rand, org string, i int, calm bool) events.Event {
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(int64(200 * 24 * time.Hour)))).Truncate(time.Microsecond)
	e := events.Event{
		ID: fmt.Sprintf("%s-%d", org, i), Source: "/test", Org: org, Rep: []string{"ann", "bob", ""}[r.IntN(3)],
		Time: at, RecordedAt: at, DataVersion: 1, Digest: "0a",
		Prospect: fmt.Sprintf("p_%d", r.IntN(40)),
	}
	other := fmt.Sprintf("%s-%d", org, r.IntN(i+50))
	if r.IntN(15) == 0 { // perhaps a second copy
		e.ID, e.Digest = other, []string{"0a", "0b"}[r.IntN(2)]
	}
	if r.IntN(8) == 0 { // it tells of one person under several ids; one of them is an office's
		e.Aliases = []string{fmt.Sprintf("p_%d", r.IntN(40)), "p_0"}[:1+r.IntN(2)]
	}
	kind := r.IntN(40)
	if calm && kind == 3 {
		kind = 30
	}
	switch kind {
	case 0, 1, 2:
		e.Type, e.Prospect = events.TypeEventVoided, ""
		e.Data = fmt.Appendf(nil, `{"event":%q,"reason":"wrong"}`, other)
	case 3:
		e.Type, e.Prospect = events.TypeOrgConfigured, ""
		e.Data = fmt.Appendf(nil, `{"zone":%q,"week_start":%q,"fiscal_year_start_month":%d,"teams":{"ann":"team %d"}}`,
			[]string{"America/New_York", "Asia/Kolkata", "UTC"}[r.IntN(3)], []string{"monday", "sunday"}[r.IntN(2)], 1+r.IntN(12), r.IntN(2))
	case 4:
		e.Type, e.Prospect = events.TypeGoalClosed, ""
		e.Data = []byte(`{"goal":"g1","result":"achieved"}`)
	case 5, 6, 7, 8, 9:
		e.Type = events.TypeSignupCompleted
		e.Data = fmt.Appendf(nil, `{"signup":"s%d","role":"customer","amount":"%d.%02d","currency":"USD","recurring_amount":"5.5","recurring_interval":"month"}`,
			i, r.IntN(2000), r.IntN(100))
	case 13:
		e.Type = []string{events.TypeProspectLinked, events.TypeProspectUnlinked}[r.IntN(2)]
		e.Data = fmt.Appendf(nil, `{"prospects":["p_%d","p_%d","p_%d"]}`, r.IntN(40), r.IntN(40), r.IntN(40))
	case 14:
		e.Type, e.Data = events.TypeProspectShared, fmt.Appendf(nil, `{"prospect":"p_%d"}`, r.IntN(40))
	case 15:
		e.Type, e.Data = events.TypeProspectErased, fmt.Appendf(nil, `{"prospects":["p_%d"]}`, r.IntN(40))
	case 10, 11, 12:
		e.Type, e.Data = events.TypeLeadCaptured, []byte(`{"source":"web"}`)
	default:
		e.Type = events.TypeCallCompleted
		e.Data = fmt.Appendf(nil, `{"direction":"outbound","outcome":%q,"seconds":%d}`,
			[]string{"conversation", "busy"}[r.IntN(2)], r.IntN(600))
	}
	return e
}
