package hooks_test

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"milemarker/events"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/hooks"
	"milemarker/internal/ledger"
)

// BenchmarkFlood sets the deliveries of a good connection beside themselves while another address floods the same
// connection with 2,000 requests a second whose signatures do not match. Every delivery of the good sender is on the disk
// before it is answered.
func BenchmarkFlood(b *testing.B) {
	server, err := natsd.Start(b.Context(), natsd.Config{StoreDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(server.Stop)
	l, err := ledger.Open(b.Context(), ledger.Config{Options: server.ClientOptions()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	stream, err := l.Deliveries(b.Context(), 0)
	if err != nil {
		b.Fatal(err)
	}
	d := newDesk(b, hooks.Config{Rate: 1e6, Burst: 1e6, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	d.stream = stream
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	post := func(ctx context.Context, address, signature, body string) int {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+"/hooks/good", strings.NewReader(body))
		if err != nil {
			b.Error(err)
			return 0
		}
		r.Header.Set("X-Signature", signature)
		r.Header.Set("X-Forwarded-For", address)
		resp, err := client.Do(r)
		if err != nil {
			return 0
		}
		_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is used again
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	body := "{}x" + strings.Repeat(" ", 4<<10)
	const senders, each = 4, 500
	// measure returns how many deliveries a second four senders get in, and how long the slowest hundredth takes.
	measure := func() (perSecond float64, p99 time.Duration) {
		var mu sync.Mutex
		var took []time.Duration
		var all sync.WaitGroup
		begin := time.Now()
		for range senders {
			all.Go(func() {
				for range each {
					sent := time.Now()
					if status := post(b.Context(), "192.0.2.1", "s3cret{}x", body); status != http.StatusOK {
						b.Errorf("good delivery: %d", status)
					}
					mu.Lock()
					took = append(took, time.Since(sent))
					mu.Unlock()
				}
			})
		}
		all.Wait()
		slices.Sort(took)
		return senders * each / time.Since(begin).Seconds(), took[len(took)*99/100]
	}
	for range b.N {
		quietRate, quietP99 := measure()
		ctx, stop := context.WithCancel(b.Context())
		var flood sync.WaitGroup
		pace := rate.NewLimiter(2000, 100)
		refused := map[int]int{}
		var mu sync.Mutex
		for range 8 {
			flood.Go(func() {
				for pace.Wait(ctx) == nil {
					status := post(ctx, "198.51.100.9", "wrong", body)
					mu.Lock()
					refused[status]++
					mu.Unlock()
				}
			})
		}
		floodRate, floodP99 := measure()
		stop()
		flood.Wait()
		if refused[http.StatusOK] > 0 || refused[http.StatusTooManyRequests] == 0 {
			b.Errorf("the flood was answered %v", refused)
		}
		b.ReportMetric(floodRate/quietRate, "throughput-ratio")
		b.ReportMetric(quietRate, "quiet/s")
		b.ReportMetric(floodRate, "flooded/s")
		b.ReportMetric(float64(quietP99.Microseconds())/1000, "quiet-p99-ms")
		b.ReportMetric(float64(floodP99.Microseconds())/1000, "flooded-p99-ms")
		b.ReportMetric(float64(refused[http.StatusTooManyRequests]+refused[http.StatusUnauthorized]), "refused")
	}
}

// keeper is the stream of deliveries.
type keeper interface {
	Keep(ctx context.Context, org, connection string, data []byte) (events.Position, error)
}
