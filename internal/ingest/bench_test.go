package ingest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"milemarker/internal/access"
	"milemarker/internal/ingest"
)

// BenchmarkPost measures events recorded one by one over a real listener, every one durable before it is answered.
// Client and server share the processors.
func BenchmarkPost(b *testing.B) {
	people := map[string]func(n int64) string{
		"nobody":    func(int64) string { return "" },
		"known":     func(n int64) string { return fmt.Sprintf(`,"person":{"phone":"+1212555%04d"}`, n%1000) },
		"newcomers": func(n int64) string { return fmt.Sprintf(`,"person":{"phone":"+1212%07d"}`, 2_000_000+n) },
	}
	for _, who := range []string{"nobody", "known", "newcomers"} {
		for _, callers := range []int{1, 64, 1024} {
			b.Run(fmt.Sprintf("%s/callers=%d", who, callers), func(b *testing.B) {
				h := open(b, ingest.Config{Rate: 1e9})
				benchmarkPost(b, h, callers, people[who])
			})
		}
	}
}

func benchmarkPost(b *testing.B, h *house, callers int, person func(n int64) string) {
	b.Helper()
	key := h.key(b, "acme", access.ScopeIngest)
	var next atomic.Int64
	latencies := make([][]time.Duration, callers)
	var wg sync.WaitGroup
	b.ResetTimer()
	for c := range callers {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				start := time.Now()
				r, err := http.NewRequest(http.MethodPost, h.url+"/v1/events", bytes.NewReader([]byte(call(fmt.Sprint("c", n), person(n)))))
				if err != nil {
					b.Error(err)
					return
				}
				r.Header.Set("Authorization", "Bearer "+key)
				r.Header.Set("Content-Type", one)
				res, err := h.client.Do(r)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if res.StatusCode != http.StatusAccepted {
					b.Errorf("%s", res.Status)
					return
				}
				latencies[c] = append(latencies[c], time.Since(start))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	all := slices.Concat(latencies...)
	slices.Sort(all)
	if len(all) == 0 {
		return
	}
	b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
}
