package importer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestRunRepeatsWhatMayPass runs on a clock of its own: hours of waiting take no time.
func TestRunRepeatsWhatMayPass(t *testing.T) {
	for _, status := range []int{
		http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := newFakeServer()
				server.before = func(w http.ResponseWriter, request int) bool {
					if request > 9 {
						return false
					}
					w.WriteHeader(status)
					return true
				}
				report, err := Run(t.Context(), testConfig(t, server, days(1700)))
				if err != nil || report.Appended != 1700 || server.requests != 4+9 {
					t.Errorf("got %v, %v after %d requests", report, err, server.requests)
				}
			})
		})
	}
}

func TestRunOutlivesLostConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newFakeServer()
		cfg := testConfig(t, server, days(1700))
		cfg.Client = &http.Client{Transport: &flaky{next: server}}
		report, err := Run(t.Context(), cfg)
		if err != nil || report.Appended+report.Duplicate != 1700 || len(server.stored) != 1700 {
			t.Errorf("got %v, %v", report, err)
		}
		if report.Duplicate == 0 {
			t.Error("no answer was lost: the test tests nothing")
		}
	})
}

// flaky loses every second request, in turn before and after the server has seen it.
type flaky struct {
	next     http.RoundTripper
	requests atomic.Int64
}

func (f *flaky) RoundTrip(r *http.Request) (*http.Response, error) {
	switch f.requests.Add(1) % 4 {
	case 1:
		return nil, errors.New("connection refused")
	case 3:
		res, err := f.next.RoundTrip(r)
		if err == nil {
			_ = res.Body.Close()
		}
		return nil, errors.New("connection reset by peer")
	}
	return f.next.RoundTrip(r)
}

func TestRunLosesPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newFakeServer()
		server.before = func(w http.ResponseWriter, _ int) bool {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, err := w.Write([]byte(`{"title":"Service Unavailable","detail":"the ledger cannot be reached"}`))
			return err == nil
		}
		cfg := testConfig(t, server, days(3))
		start := time.Now()
		_, err := Run(t.Context(), cfg)
		if err == nil || !strings.HasPrefix(err.Error(), "send: gave up after ") ||
			!strings.HasSuffix(err.Error(), ": 503 Service Unavailable: the ledger cannot be reached") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took < time.Minute || took > 2*time.Minute {
			t.Errorf("patience lasted %v, want close to two minutes", took)
		}
		server.before = nil
		if report, err := Run(t.Context(), cfg); err != nil || report.Appended != 3 {
			t.Errorf("afterwards: %v, %v", report, err)
		}
	})
}

func TestRunWaitsAsLongAsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newFakeServer()
		server.before = func(w http.ResponseWriter, request int) bool {
			if request == 1 {
				w.Header().Set("Retry-After", "30")
				w.WriteHeader(http.StatusTooManyRequests)
			}
			return request == 1
		}
		cfg := testConfig(t, server, days(3))
		start := time.Now()
		if _, err := Run(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 30*time.Second {
			t.Errorf("waited %v, want the 30 s that the server asked for", took)
		}

		cfg.Patience = 10 * time.Second
		server.requests = 0
		if _, err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "gave up after 0s: 429") {
			t.Errorf("more was asked than there is patience for: got %v", err)
		}
	})
}

func TestRunStopsWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newFakeServer()
		server.before = func(w http.ResponseWriter, _ int) bool {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if _, err := Run(ctx, testConfig(t, server, days(3))); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}
