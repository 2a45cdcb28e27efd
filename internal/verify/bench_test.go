package verify_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/verify"
)

// BenchmarkVerify verifies 200,000 events and tells how many times as long it takes as reading and decoding them once.
func BenchmarkVerify(b *testing.B) {
	const n = 200_000
	h := newHouse(b)
	r := rand.New(rand.NewPCG(1, 1))
	for from := 0; from < n; from += 2000 {
		msgs := random(b, r, from, 2000, true)
		for i, m := range msgs { // few voids, as in life
			if r.IntN(40) > 0 {
				e := randomEvent(r, "acme", from+i, true)
				e.Type, e.Data = events.TypeCallCompleted, fmt.Appendf(nil, `{"direction":"outbound","outcome":"busy","seconds":%d}`, i%600)
				*m = *message(b, e)
			}
		}
		h.append(msgs...)
	}
	h.folded()
	plain := func() {
		err := h.ledger.Scan(b.Context(), 1, n, func(f events.Frame, _, _ string) error {
			_, _ = events.Decode(f.Body) // some cannot be read
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	var reading, verifying time.Duration
	var most uint64
	for b.Loop() {
		began := time.Now()
		plain()
		reading += time.Since(began)
		began = time.Now()
		ctx, stop := context.WithCancel(b.Context())
		go func() {
			var m runtime.MemStats
			for ctx.Err() == nil {
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
				<-time.After(50 * time.Millisecond)
			}
		}()
		report := h.verify(verify.Config{})
		stop()
		verifying += time.Since(began)
		if report.Differences != 0 {
			b.Fatalf("%+v", report.Named)
		}
	}
	b.ReportMetric(float64(verifying)/float64(reading), "×reading")
	b.ReportMetric(float64(n)*float64(b.N)/verifying.Seconds(), "events/s")
	b.ReportMetric(float64(most)/1e6, "heap-MB")
	b.ReportMetric(0, "ns/op")
}
