package assembly

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"milemarker/events"
	"milemarker/internal/embedded/clickhouse/chtest"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/lease"
	"milemarker/internal/ledger"
	"milemarker/internal/projector"
	"milemarker/projections"
)

// testTTL is short, so that takeovers are soon.
const testTTL = 1500 * time.Millisecond

// fleetToken admits a fleet's processes to its NATS server.
const fleetToken = "fleet"

// fleet is several projectors, each like a process of its own, on one ledger and one database.
type fleet struct {
	*house

	nats    string // address of the server, for processes
	random  *rand.Rand
	orgs    []string
	acked   map[string]bool // ids that were appended, by org
	serial  int
	last    events.Position
	members []*process
}

func newFleet(t *testing.T, options ...nats.Option) *fleet {
	t.Helper()
	f := &fleet{
		house:  &house{t: t, logger: slog.New(slog.NewTextHandler(t.Output(), nil)), stop: func() {}},
		random: rand.New(rand.NewPCG(7, 7)), acked: map[string]bool{},
	}
	cfg := ledger.Config{Options: options, Replicas: 3}
	if options == nil {
		server, err := natsd.Start(t.Context(), natsd.Config{StoreDir: t.TempDir(), Port: -1, Token: fleetToken})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Stop)
		cfg = ledger.Config{Options: server.ClientOptions()}
		f.nats = server.ClientURL()
	}
	var err error
	if f.ledger, err = ledger.Open(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.ledger.Close() })
	f.conn, f.database = chtest.Database(t)
	f.warehouse = f.open()
	for i := range 8 {
		f.orgs = append(f.orgs, fmt.Sprint("org-", i))
	}
	t.Cleanup(func() {
		for _, p := range f.members {
			p.end()
		}
	})
	return f
}

// until waits for a condition.
func (f *fleet) until(what string, is func() bool) {
	f.t.Helper()
	ticks := time.NewTicker(50 * time.Millisecond)
	defer ticks.Stop()
	for deadline := time.Now().Add(6 * time.Minute); time.Now().Before(deadline); <-ticks.C {
		if is() {
			return
		}
	}
	f.t.Fatalf("not within six minutes: %s", what)
}

// process is one projector.
type process struct {
	*gate

	share *lease.Keeper // nil when its partitions are fixed
	stop  context.CancelFunc
	ended chan error
}

// start starts a projector with its share of the partitions, or with some fixed ones.
func (f *fleet) start(fixed ...int) *process {
	f.t.Helper()
	w := f.open()
	ctx, stop := context.WithCancel(context.Background())
	p := &process{gate: &gate{}, stop: stop, ended: make(chan error, 1)}
	f.members = append(f.members, p)
	deps := projector.FollowDeps{
		Source:      source{f.ledger, nil, f.logger},
		Generations: gatedGenerations{generations{w, f.ledger, time.Now}, p.gate},
		Auditor:     generations{w, f.ledger, time.Now},
		Logger:      f.logger, Clock: time.Now,
	}
	if fixed == nil {
		store, err := openLeases(f.t.Context(), f.ledger, partitionsTable)
		if err != nil {
			f.t.Fatal(err)
		}
		p.share = lease.Join(ctx, lease.Config{
			Member: member(), Shares: events.Partitions, TTL: testTTL, Logger: f.logger, Now: time.Now,
		}, gatedStore{store, p.gate})
		deps.Share = p.share
	}
	go func() { p.ended <- projector.Follow(ctx, projector.Config{Partitions: fixed, MaxBatch: 1000}, deps) }()
	return p
}

// end stops a process in an orderly way, if it still runs.
func (p *process) end() {
	p.resume()
	p.stop()
	err := <-p.ended
	p.ended <- err
	if p.share != nil {
		_ = p.share.Leave(context.Background())
		p.share = nil
	}
}

// kill ends a process without another word to anybody.
func (p *process) kill() {
	p.cut()
	p.end()
}

// record appends events of all orgs: calls, voids, changes of zone, and ids that stand already.
func (f *fleet) record(n int) {
	f.t.Helper()
	evs := make([]events.Event, n)
	for i := range evs {
		f.serial++
		at := time.Date(2024, 1, 1+f.random.IntN(9), f.random.IntN(24), 0, 0, 0, time.UTC)
		e := events.Event{
			ID: fmt.Sprint("e", f.serial), Source: "/test", Org: f.orgs[f.random.IntN(len(f.orgs))], Rep: fmt.Sprint("rep", f.serial%5),
			Type: events.TypeCallCompleted, Time: at, RecordedAt: at, DataVersion: 1, Digest: "00", Prospect: fmt.Sprint("p_", f.serial%50),
			Data: []byte(`{"direction":"outbound","outcome":"conversation","seconds":60}`),
		}
		switch k := f.random.IntN(40); {
		case k < 2:
			e.Type, e.Prospect = events.TypeEventVoided, ""
			e.Data = fmt.Appendf(nil, `{"event":"e%d","reason":"test"}`, f.serial-f.random.IntN(100))
		case k == 2 && f.random.IntN(4) == 0:
			e.Type, e.Prospect, e.Data = events.TypeOrgConfigured, "", fmt.Appendf(nil, `{"zone":%q,"week_start":%q}`,
				[]string{"Asia/Kolkata", "America/New_York", "UTC", "Pacific/Auckland"}[f.random.IntN(4)],
				[]string{"monday", "sunday"}[f.random.IntN(2)])
		}
		evs[i] = e
	}
	f.send(evs)
}

// send appends events and notes what was acknowledged.
func (f *fleet) send(evs []events.Event) {
	f.t.Helper()
	receipts, err := f.ledger.Append(f.t.Context(), evs)
	if err != nil {
		f.t.Fatal(err)
	}
	for i, r := range receipts {
		f.acked[evs[i].Org+"/"+evs[i].ID] = true
		f.last = max(f.last, r.Position)
	}
}

// caughtUp waits until all partitions are folded up to what was recorded last.
func (f *fleet) caughtUp() {
	f.t.Helper()
	f.folds(f.last)
}

// folds waits until all partitions are folded up to a position.
func (f *fleet) folds(upTo events.Position) {
	f.t.Helper()
	f.until("folded", func() bool {
		at, err := f.warehouse.Checkpoints(f.t.Context())
		for p := range events.Partitions {
			if at[p] < upTo {
				return false
			}
		}
		return err == nil
	})
}

// exact recounts the ledger, and fails when anything in the read models differs from it, or from what was acknowledged.
func (f *fleet) exact() {
	f.t.Helper()
	f.caughtUp()
	g, _ := projections.ServingOf(f.generations())
	report, err := generations{f.warehouse, f.ledger, time.Now}.Verify(f.t.Context(), g)
	if err != nil {
		f.t.Fatal(err)
	}
	if report.Differences != 0 || report.Events != uint64(len(f.acked)) {
		f.t.Errorf("%d events were acknowledged, %d counted, %d differences: %+v",
			len(f.acked), report.Events, report.Differences, report.Named)
	}
}

// shared waits until the living share all partitions evenly.
func (f *fleet) shared(members ...*process) {
	f.t.Helper()
	f.until("evenly shared", func() bool {
		var held []int
		for _, p := range members {
			due := p.share.Due()
			if n := len(due); n < events.Partitions/len(members) {
				return false
			}
			held = append(held, due...)
		}
		slices.Sort(held)
		return len(held) == events.Partitions && len(slices.Compact(held)) == events.Partitions
	})
}

// wait lets time pass, in which the fleet does what it does.
func (f *fleet) wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-f.t.Context().Done():
	}
}
