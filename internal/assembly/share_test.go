package assembly

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/embedded/natsd/natstest"
	"milemarker/internal/warehouse"
	"milemarker/projections"
)

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
			case <-time.After(6 * time.Minute):
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
	case <-time.After(6 * time.Minute):
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
func TestRebuildBySeveral(t *testing.T) { rebuildBySeveral(t, projections.AllReadModels) }

// The same with one read model alone.
func TestRebuildOneBySeveral(t *testing.T) { rebuildBySeveral(t, projections.ModelEvents) }

func rebuildBySeveral(t *testing.T, model projections.ReadModel) {
	t.Helper()
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
	if _, err := f.warehouse.Begin(t.Context(), model); err != nil {
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
