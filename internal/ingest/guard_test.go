package ingest_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/ingest"
	"milemarker/internal/problem"
)

func TestWhoMayIn(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{})
	ingestKey, readKey, adminKey := h.key(t, "acme", access.ScopeIngest), h.key(t, "acme", access.ScopeRead), h.key(t, "acme", access.ScopeAdmin)
	revoked, record, err := h.access.Add(t.Context(), "acme", "old", access.ScopeIngest)
	must(t, err)
	if a := h.post(t, revoked, one, call("before", "")); a.status != http.StatusAccepted {
		t.Errorf("before its revocation: %d %s", a.status, a.body)
	}
	must(t, h.access.Revoke(t.Context(), "acme", record.ID))
	for name, tc := range map[string]struct {
		token     string
		status    int
		challenge string
	}{
		"ingest":  {ingestKey, http.StatusAccepted, ""},
		"admin":   {adminKey, http.StatusAccepted, ""},
		"read":    {readKey, http.StatusForbidden, `Bearer realm="milemarker", error="insufficient_scope", scope="ingest"`},
		"none":    {"", http.StatusUnauthorized, `Bearer realm="milemarker"`},
		"unknown": {ingestKey[:len(ingestKey)-4] + "AAAA", http.StatusUnauthorized, `Bearer realm="milemarker"`},
		"revoked": {revoked, http.StatusUnauthorized, `Bearer realm="milemarker"`},
	} {
		a := h.post(t, tc.token, one, call(name, ""))
		if a.status != tc.status || a.header.Get("WWW-Authenticate") != tc.challenge {
			t.Errorf("%s: %d %v %s", name, a.status, a.header, a.body)
		}
		if tc.challenge != "" {
			var p problem.Problem
			if a.json(t, &p); p.Status != tc.status || p.Mend == "" {
				t.Errorf("%s: %s", name, a.body)
			}
		}
	}
	if n := len(h.frames(t)); n != 3 {
		t.Errorf("%d events in the ledger, want 3", n)
	}
}

func TestSessionMayIn(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{})
	_, key, err := h.access.Add(t.Context(), "acme", "kim", access.ScopeIngest)
	must(t, err)
	link, err := h.access.NewLogin(t.Context(), key.ID)
	must(t, err)
	cookie, err := h.access.Redeem(t.Context(), link)
	must(t, err)
	if a := h.post(t, "", one, call("c1", ""), "Cookie", cookie.String()); a.status != http.StatusAccepted {
		t.Errorf("same site: %d %s", a.status, a.body)
	}
	a := h.post(t, "", one, call("c2", ""), "Cookie", cookie.String(), "Sec-Fetch-Site", "cross-site")
	if a.status != http.StatusUnauthorized {
		t.Errorf("another site: %d %s", a.status, a.body)
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{Rate: 0.001, Burst: 5, MaxBatch: 5})
	key, other := h.key(t, "acme", access.ScopeIngest), h.key(t, "acme", access.ScopeIngest)
	if a := h.post(t, key, batch, "["+call("c1", "")+","+call("c2", "")+","+call("c3", "")+"]"); a.status != http.StatusAccepted {
		t.Errorf("3 of 5: %d %s", a.status, a.body)
	}
	a := h.post(t, key, batch, "["+call("c4", "")+","+call("c5", "")+","+call("c6", "")+"]")
	if wait, err := strconv.Atoi(a.header.Get("Retry-After")); a.status != http.StatusTooManyRequests || err != nil || wait < 900 {
		t.Errorf("3 more: %d %v %s", a.status, a.header, a.body)
	}
	for _, id := range []string{"c7", "c8"} {
		if a := h.post(t, key, one, call(id, "")); a.status != http.StatusAccepted {
			t.Errorf("%s: what was refused counted: %d %s", id, a.status, a.body)
		}
	}
	if a := h.post(t, key, one, call("c9", "")); a.status != http.StatusTooManyRequests {
		t.Errorf("one more: %d %s", a.status, a.body)
	}
	if a := h.post(t, other, one, call("c9", "")); a.status != http.StatusAccepted {
		t.Errorf("another key: %d %s", a.status, a.body)
	}
}

// gate is a recorder that holds its callers back.
type gate struct {
	ingest.Recorder
	arrived, open chan struct{}
}

func (g *gate) Record(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error) {
	g.arrived <- struct{}{}
	<-g.open
	return g.Recorder.Record(ctx, org, drafts)
}

func TestInFlight(t *testing.T) {
	t.Parallel()
	g := &gate{arrived: make(chan struct{}, 2), open: make(chan struct{})}
	h := open(t, ingest.Config{MaxInFlight: 2}, func(r ingest.Recorder) ingest.Recorder {
		g.Recorder = r
		return g
	})
	key := h.key(t, "acme", access.ScopeIngest)
	var wg sync.WaitGroup
	for _, id := range []string{"c1", "c2"} {
		wg.Go(func() {
			if a := h.post(t, key, one, call(id, "")); a.status != http.StatusAccepted {
				t.Errorf("%s: %d %s", id, a.status, a.body)
			}
		})
	}
	<-g.arrived
	<-g.arrived
	if a := h.post(t, key, one, call("c3", "")); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") != "1" {
		t.Errorf("the third: %d %v %s", a.status, a.header, a.body)
	}
	close(g.open)
	wg.Wait()
	if a := h.post(t, key, one, call("c3", "")); a.status != http.StatusAccepted {
		t.Errorf("the third, later: %d %s", a.status, a.body)
	}
}

// broken is a recorder that fails, or panics.
type broken struct {
	err error
}

func (b broken) Record(context.Context, string, []events.Draft) ([]events.Receipt, error) {
	if b.err == nil {
		panic("broken")
	}
	return nil, b.err
}

func TestLedgerDown(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{}, func(ingest.Recorder) ingest.Recorder { return broken{errors.New("no servers")} })
	key := h.key(t, "acme", access.ScopeIngest)
	for _, contentType := range []string{one, batch} {
		body := call("c1", `,"note":"secret","person":{"email":"ann@example.com"}`)
		if contentType == batch {
			body = "[" + body + "]"
		}
		a := h.post(t, key, contentType, body)
		if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") != "1" || strings.Contains(a.body, "no servers") {
			t.Errorf("%d %v %s", a.status, a.header, a.body)
		}
	}
	if log := h.log.String(); !strings.Contains(log, "no servers") || strings.Contains(log, "ann@example.com") || strings.Contains(log, "secret") {
		t.Errorf("log: %s", log)
	}
	if a := h.post(t, key, one, call("c1", `,"outcome":"x"`)); a.status != http.StatusUnprocessableEntity {
		t.Errorf("what is wrong anyway: %d %s", a.status, a.body)
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{}, func(ingest.Recorder) ingest.Recorder { return broken{} })
	a := h.post(t, h.key(t, "acme", access.ScopeIngest), one, call("c1", ""))
	if a.status != http.StatusInternalServerError || a.header.Get("Content-Type") != "application/problem+json" || strings.Contains(a.body, "broken") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if !strings.Contains(h.log.String(), "broken") {
		t.Errorf("log: %s", h.log)
	}
}

// TestReservedTypes keeps what changes all numbers of an org, or destroys something, from keys that only record.
func TestReservedTypes(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{})
	configured := `{"specversion":"1.0","id":"c","source":"/crm","type":"org.configured","data":{"zone":"Asia/Tokyo"}}`
	if a := h.post(t, h.key(t, "acme", access.ScopeIngest), one, configured); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "admin") {
		t.Errorf("with a key that may only record: %d %s", a.status, a.body)
	}
	if a := h.post(t, h.key(t, "acme", access.ScopeAdmin), one, configured); a.status != http.StatusAccepted {
		t.Errorf("with a key of an admin: %d %s", a.status, a.body)
	}
}
