package ledger_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
)

// BenchmarkAppend sets group commit beside one synced publish for each event, on the same server in the same run.
func BenchmarkAppend(b *testing.B) {
	srv, err := natsd.Start(b.Context(), natsd.Config{StoreDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(srv.Stop)
	l, err := ledger.Open(b.Context(), ledger.Config{Options: srv.ClientOptions()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	nc, err := nats.Connect("", srv.ClientOptions()...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	var ids atomic.Int64
	next := func() events.Event {
		n := ids.Add(1)
		return event(fmt.Sprintf("org-%d", n%100), fmt.Sprintf("bench-%d", n))
	}
	b.Run("append/callers=1024/repeated=1%", func(b *testing.B) { // as providers that deliver once more
		measure(b, 1024, func() error {
			ev := next()
			if n := ids.Load(); n%100 == 0 {
				ev = event(fmt.Sprintf("org-%d", (n-50)%100), fmt.Sprintf("bench-%d", n-50))
			}
			_, err := l.Append(b.Context(), []events.Event{ev})
			return err
		})
	})
	for _, callers := range []int{1, 64, 1024} {
		b.Run(fmt.Sprintf("append/callers=%d", callers), func(b *testing.B) {
			measure(b, callers, func() error {
				receipts, err := l.Append(b.Context(), []events.Event{next()})
				if err == nil && receipts[0].Outcome != events.Appended {
					err = fmt.Errorf("receipt %+v", receipts[0])
				}
				return err
			})
		})
		b.Run(fmt.Sprintf("publish/callers=%d", callers), func(b *testing.B) {
			measure(b, callers, func() error {
				ev := next()
				_, err := js.PublishMsg(b.Context(), &nats.Msg{
					Subject: events.Subject(ev.Org, ev.Type),
					Header:  nats.Header{"Nats-Msg-Id": {events.MessageID(ev.Org, ev.ID)}, "Milemarker-Digest": {ev.Digest}},
					Data:    body(b, ev),
				})
				return err
			})
		})
	}
}

// measure shares b.N operations out to the callers and reports throughput and latency.
func measure(b *testing.B, callers int, op func() error) {
	b.Helper()
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range callers {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				start := time.Now()
				if err := op(); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(start)
			}
		})
	}
	all.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(took[b.N/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[b.N*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}
