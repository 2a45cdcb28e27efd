package assembly

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"milemarker/events"
	"milemarker/internal/embedded/clickhouse/chtest"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/embedded/natsd/natstest"
	"milemarker/internal/lease"
	"milemarker/internal/ledger"
	"milemarker/internal/projector"
	"milemarker/internal/warehouse"
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
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); <-ticks.C {
		if is() {
			return
		}
	}
	f.t.Fatalf("not within three minutes: %s", what)
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
		store, err := openLeases(f.t.Context(), f.ledger)
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

// errDead is what a dead process would have heard.
var errDead = errors.New("dead")

// gate stands between a process and all that is outside of it. It may be shut: then the process stands still, as one does
// that the system has stopped.
type gate struct {
	mu      sync.Mutex
	dead    bool
	at      string        // the statement before which it shuts by itself
	shut    chan struct{} // closed when it opens again; nil while open
	reached chan struct{} // closed when it has shut by itself
}

// pauseAt shuts the gate before the next statement of a name. The channel tells when.
func (g *gate) pauseAt(statement string) (reached <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.at, g.reached = statement, make(chan struct{})
	return g.reached
}

func (g *gate) resume() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.at = ""
	if g.shut != nil {
		close(g.shut)
		g.shut = nil
	}
}

func (g *gate) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dead = true
}

func (g *gate) pass(what string) error {
	g.mu.Lock()
	if g.at != "" && g.at == what {
		g.at, g.shut = "", make(chan struct{})
		close(g.reached)
	}
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		<-shut
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.dead {
		return errDead
	}
	return nil
}

type gatedStore struct {
	lease.Store

	gate *gate
}

func (s gatedStore) Load(ctx context.Context) ([]byte, uint64, error) {
	if err := s.gate.pass(""); err != nil {
		return nil, 0, err
	}
	return s.Store.Load(ctx)
}

func (s gatedStore) Save(ctx context.Context, value []byte, revision uint64) error {
	if err := s.gate.pass(""); err != nil {
		return err
	}
	return s.Store.Save(ctx, value, revision)
}

type gatedGenerations struct {
	generations

	gate *gate
}

func (g gatedGenerations) Generations(ctx context.Context) ([]projections.Generation, error) {
	if err := g.gate.pass(""); err != nil {
		return nil, err
	}
	return g.generations.Generations(ctx)
}

func (g gatedGenerations) Open(ctx context.Context, one projections.Generation) (projector.Warehouse, func() error, error) {
	w, err := g.Generation(ctx, one)
	if err != nil {
		return nil, nil, err
	}
	return gatedWarehouse{w, g.gate}, w.Close, nil
}

type gatedWarehouse struct {
	*warehouse.Warehouse

	gate *gate
}

// Run sends the statement when the gate opens, whatever has become of the reason for it: what a stopped process was about
// to send it sends when it goes on.
func (w gatedWarehouse) Run(ctx context.Context, s projections.Statement) error {
	if err := w.gate.pass(s.Name); err != nil {
		return err
	}
	return w.Warehouse.Run(context.WithoutCancel(ctx), s)
}

func (w gatedWarehouse) Claim(ctx context.Context, partitions []int) (projections.Claim, error) {
	if err := w.gate.pass("insert claim"); err != nil {
		return projections.Claim{}, err
	}
	return w.Warehouse.Claim(ctx, partitions)
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

// Projectors come, leave, die and stand still at random while events come in. Nothing is counted twice or not at all.
func TestProjectorsComeAndGo(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.comeAndGo(8)
}

func (f *fleet) comeAndGo(rounds int) {
	f.t.Helper()
	live := []*process{f.start(), f.start()}
	statements := []string{"insert events", "rollup days", "rollup from days", "insert checkpoints", "insert epoch", "leave days", "insert claim"}
	for round := range rounds {
		before := f.last
		f.record(150)
		i := f.random.IntN(len(live))
		p := live[i]
		switch k := f.random.IntN(4); {
		case k == 0 && len(live) < 3 || len(live) == 1:
			live = append(live, f.start())
			f.t.Log(round, "one more")
		case k == 1:
			p.end()
			live = slices.Delete(live, i, i+1)
			f.t.Log(round, "one left")
		case k == 2:
			p.kill()
			live = slices.Delete(live, i, i+1)
			f.t.Log(round, "one killed")
		default:
			at := statements[f.random.IntN(len(statements))]
			f.t.Log(round, "one stands still before", at)
			reached := p.pauseAt(at)
			f.record(150)
			select {
			case <-reached:
				for range 4 {
					f.record(50)
					f.wait(testTTL / 2)
				}
			case <-time.After(testTTL):
			}
			p.resume()
		}
		f.record(50)
		f.wait(time.Duration(f.random.IntN(int(testTTL))))
		if len(live) == 0 {
			live = append(live, f.start())
		}
		f.folds(before)
	}
	f.shared(live...)
	f.record(200)
	f.exact()
}

// wait lets time pass, in which the fleet does what it does.
func (f *fleet) wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-f.t.Context().Done():
	}
}

// A projector stands still before each kind of statement that is fenced, another one takes its partitions and folds on, settings change;
// then the first one goes on and sends what it was about to send.
func TestLateWriter(t *testing.T) {
	t.Parallel()
	for _, statement := range []string{
		"insert events", "move events", "leave days", "rollup days", "rollup from days", "insert checkpoints",
	} {
		t.Run(statement, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			f.orgs = f.orgs[:2]
			first := f.start()
			f.record(100)
			f.caughtUp()
			reached := first.pauseAt(statement)
			f.configure("America/New_York")
			f.record(100)
			select {
			case <-reached:
			case <-time.After(3 * time.Minute):
				t.Fatal("never comes to ", statement)
			}
			second := f.start()
			f.record(50)
			f.caughtUp()
			f.configure("Asia/Kolkata")
			f.record(50)
			f.caughtUp()
			first.resume()
			f.shared(first, second)
			f.record(50)
			f.exact()
		})
	}
}

// configure changes the settings of all orgs, and takes back some of their events.
func (f *fleet) configure(zone string) {
	f.t.Helper()
	var evs []events.Event
	for _, org := range f.orgs {
		f.serial += 2
		at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
		e := events.Event{
			ID: fmt.Sprint("e", f.serial), Source: "/test", Org: org, Type: events.TypeOrgConfigured, Time: at, RecordedAt: at,
			DataVersion: 1, Digest: "00", Data: fmt.Appendf(nil, `{"zone":%q,"week_start":"sunday"}`, zone),
		}
		v := e
		v.ID, v.Type = fmt.Sprint("e", f.serial-1), events.TypeEventVoided
		v.Data = fmt.Appendf(nil, `{"event":"e%d","reason":"test"}`, f.serial-20)
		evs = append(evs, e, v)
	}
	f.send(evs)
}

// Two projectors are given the same partitions: the later one folds, the earlier one ends and says why.
func TestSamePartitionsByForce(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	all := make([]int, events.Partitions)
	for p := range all {
		all[p] = p
	}
	first := f.start(all...)
	f.record(300)
	f.caughtUp()
	f.record(300)
	second := f.start(all...)
	f.record(300)
	select {
	case err := <-first.ended:
		first.ended <- err
		if !errors.Is(err, projections.ErrClaimed) {
			t.Errorf("the first one ended with %v", err)
		}
	case <-time.After(3 * time.Minute):
		t.Fatal("both go on")
	}
	f.exact()
	// Another one that takes only some of them leaves nobody with the others.
	third := f.start(all[:4]...)
	f.until("the second one ended", func() bool {
		f.record(10)
		f.wait(testTTL / 5)
		return len(second.ended) > 0
	})
	err := <-second.ended
	second.ended <- err
	if !errors.Is(err, projections.ErrClaimed) {
		t.Errorf("the second one ended with %v", err)
	}
	f.record(200)
	f.start(all[4:]...)
	f.exact()
	if len(third.ended) > 0 {
		t.Error("the third one ended")
	}
}

// Two projectors share the partitions on a cluster of three NATS nodes, and the node that leads the ledger stops, again and
// again, while events come in.
func TestLeadersStopWhileProjecting(t *testing.T) {
	t.Parallel()
	c := natstest.Start(t)
	f := newFleet(t, c.Options(0)...)
	members := []*process{f.start(), f.start()}
	f.record(200)
	for range 2 {
		leader := c.Leader("LEDGER")
		c.Stop(leader)
		f.record(200)
		f.record(200)
		f.caughtUp()
		c.Restart(leader)
	}
	f.shared(members...)
	f.record(100)
	f.exact()
}

// Three projectors share the partitions while the read models are rebuilt, events come in and one projector dies. Readers
// never see less than before.
func TestRebuildBySeveral(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.orgs = append(f.orgs, "acme")
	members := []*process{f.start(), f.start(), f.start()}
	f.shared(members...)
	f.record(600)
	f.caughtUp()
	stopReading := make(chan struct{})
	var readers sync.WaitGroup
	other := f.open()
	for _, w := range []*warehouse.Warehouse{f.warehouse, other} {
		readers.Go(func() { f.readUpwards(w, stopReading) })
	}
	if _, err := f.warehouse.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.record(100)
	members[0].kill()
	f.until("the new one serves", func() bool {
		f.record(10)
		f.wait(testTTL / 5)
		return f.serving() == 1
	})
	f.until("both have changed over", func() bool {
		return f.warehouse.ServingNumber() == 1 && other.ServingNumber() == 1
	})
	close(stopReading)
	readers.Wait()
	f.record(100)
	f.exact()
}

// readUpwards reads until it is told to stop: positions never fall.
func (f *fleet) readUpwards(w *warehouse.Warehouse, stop <-chan struct{}) {
	before := map[int]events.Position{}
	ticks := time.NewTicker(5 * time.Millisecond)
	defer ticks.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticks.C:
		}
		at, err := w.Checkpoints(context.Background())
		if err != nil {
			f.t.Errorf("read: %v", err)
			return
		}
		for p, was := range before {
			if at[p] < was {
				f.t.Errorf("partition %d: position %d after %d", p, at[p], was)
				return
			}
		}
		before = at
	}
}
