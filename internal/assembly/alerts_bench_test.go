package assembly

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/alerts"
	"milemarker/internal/boot"
	"milemarker/internal/embedded/clickhouse/chtest"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
	"milemarker/internal/warehouse"
)

// crowd is how many orgs BenchmarkWatch has, and how many of them have ten goals; the others have a goal that is over.
const (
	crowd    = 2000
	withGoal = 100
)

// BenchmarkWatch tells what it costs to keep watch over many orgs through a working hour in which nothing happens: "all" is
// one look at every org, "hour" is that hour, in which it is looked when something may have changed. Looking at all of them
// every minute would cost 60 times "all".
func BenchmarkWatch(b *testing.B) {
	w := newWatched(b)
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			w.step(w.drill(b))
		}
	})
	b.Run("hour", func(b *testing.B) {
		d, steps := w.drill(b), 0
		from := w.now
		next := w.step(d)
		for b.Loop() {
			for end := from.Add(time.Hour); next.Before(end); steps++ {
				w.now = next
				next = w.step(d)
			}
			from = from.Add(time.Hour)
		}
		b.ReportMetric(float64(steps)/float64(b.N), "steps/op")
	})
}

// watched is a crowd of orgs on real engines, and a clock.
type watched struct {
	b         *testing.B
	now       time.Time
	services  *Services
	ledger    *ledger.Ledger
	warehouse *warehouse.Warehouse
}

func (w *watched) clock() time.Time { return w.now }

func newWatched(b *testing.B) *watched {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(cancel)
	server, err := natsd.Start(ctx, natsd.Config{StoreDir: b.TempDir(), Unsynced: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(server.Stop)
	w := &watched{b: b, now: time.Date(2026, 6, 8, 10, 0, 0, 0, time.UTC)} // a Monday
	if w.ledger, err = ledger.Open(ctx, ledger.Config{Options: server.ClientOptions()}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = w.ledger.Close() })
	_, database := chtest.Database(b)
	if w.warehouse, err = warehouse.Open(ctx, warehouse.Config{Transport: chtest.Engine(b).Transport(), Database: database}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = w.warehouse.Close() })
	if w.services, err = NewServices(ctx, w.ledger, make([]byte, 32), w.clock); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- Projector(w.ledger, w.warehouse, nil, slog.New(slog.DiscardHandler), w.clock, w.services.Metrics).Run(ctx, func() {})
	}()
	b.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	w.fill()
	return w
}

// fill records the goals, and some calls of those who have one.
func (w *watched) fill() {
	w.b.Helper()
	var evs []events.Event
	add := func(org, id, typ, rep string, at time.Time, data string) {
		evs = append(evs, events.Event{
			ID: id, Source: "/test", Org: org, Rep: rep, Type: typ, Time: at, RecordedAt: at, DataVersion: 1, Digest: "00", Data: []byte(data),
		})
	}
	for n := range crowd {
		org := fmt.Sprintf("org-%04d", n)
		goal := `{"goal":"g%d","metric":"calls","target":"2000","direction":"at_least","owner_kind":"rep","owner":"rep%d","starts_on":"2026-%s-01","ends_on":"2026-%s-30","status_rule":"luck"}`
		if n >= withGoal {
			add(org, "g", events.TypeGoalSet, "", w.now.AddDate(0, -5, 0), fmt.Sprintf(goal, 0, 0, "01", "04"))
			continue
		}
		for rep := range 10 {
			add(org, fmt.Sprint("g", rep), events.TypeGoalSet, "", w.now.AddDate(0, -3, 0), fmt.Sprintf(goal, rep, rep, "04", "12"))
			for day := range 5 {
				at := w.now.AddDate(0, 0, -day)
				add(org, fmt.Sprint("c", rep, "-", day), events.TypeCallCompleted, fmt.Sprint("rep", rep), at, `{"direction":"outbound","outcome":"conversation","seconds":60}`)
			}
		}
	}
	last := map[int]events.Record{} // of each partition
	for len(evs) > 0 {
		n := min(2000, len(evs))
		receipts, err := w.ledger.Append(w.b.Context(), evs[:n])
		if err != nil {
			w.b.Fatal(err)
		}
		for i, r := range receipts {
			last[events.PartitionOf(evs[i].Org)] = events.Record{Position: r.Position, Event: evs[i]}
		}
		evs = evs[n:]
	}
	for _, r := range last {
		w.reached(r.Event.Org, r.Position)
	}
}

// reached waits until the read models show a position of an org's.
func (w *watched) reached(org string, at events.Position) {
	w.b.Helper()
	ticks := time.NewTicker(10 * time.Millisecond)
	defer ticks.Stop()
	for deadline := time.Now().Add(5 * time.Minute); ; <-ticks.C {
		reached, err := w.warehouse.Position(w.b.Context(), org)
		if err != nil || time.Now().After(deadline) {
			w.b.Fatal("the read models do not get there: ", org, reached, at, err)
		}
		if reached >= at {
			return
		}
	}
}

func (w *watched) drill(b *testing.B) *alerts.Drill {
	b.Helper()
	d, err := AlertsDrill(b.Context(), w.services, w.ledger, w.warehouse, boot.Alerts{Every: time.Minute, Hold: 30 * time.Minute}, slog.New(slog.DiscardHandler), w.clock)
	if err != nil {
		b.Fatal(err)
	}
	return d
}

func (w *watched) step(d *alerts.Drill) time.Time {
	w.b.Helper()
	next, err := d.Step(w.b.Context())
	if err != nil {
		w.b.Fatal(err)
	}
	return next
}
