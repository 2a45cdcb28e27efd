package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ingest"
	"milemarker/internal/ledger"
	"milemarker/internal/recorder"
	"milemarker/internal/vault"
)

// house is everything that ingest stands on, with real engines, and ingest itself behind a real listener.
type house struct {
	dir     string
	url     string
	ledger  *ledger.Ledger
	access  *access.Access
	vault   *vault.Vault
	client  *http.Client
	log     *lockedBuffer
	handler http.Handler
	stop    func() error // ends the role and returns what Run did
}

// open starts a house. The recorder may be exchanged for another one.
func open(tb testing.TB, cfg ingest.Config, exchange ...func(ingest.Recorder) ingest.Recorder) *house {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	h := &house{dir: tb.TempDir(), log: &lockedBuffer{}}
	server, err := natsd.Start(ctx, natsd.Config{StoreDir: h.dir})
	must(tb, err)
	tb.Cleanup(server.Stop)
	h.ledger, err = ledger.Open(ctx, ledger.Config{Options: server.ClientOptions()})
	must(tb, err)
	tb.Cleanup(func() { must(tb, h.ledger.Close()) })
	tb.Cleanup(cancel)
	buckets := map[string]*ledger.Bucket{}
	for _, name := range []string{"datakeys", "erasures", "apikeys", "logins"} {
		buckets[name], err = h.ledger.Bucket(ctx, name)
		must(tb, err)
	}
	h.vault, err = vault.Open(ctx, buckets["datakeys"], buckets["erasures"], make([]byte, 32), vault.Config{})
	must(tb, err)
	h.access, err = access.Open(ctx, buckets["apikeys"], buckets["logins"], time.Now)
	must(tb, err)

	var rec ingest.Recorder = recorder.New(h.vault, h.ledger, time.Now)
	for _, change := range exchange {
		rec = change(rec)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(tb, err)
	h.url = "http://" + listener.Addr().String()
	h.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2048}}
	web := &web{listener: listener, mounted: make(chan http.Handler, 1)}
	ended := make(chan error, 1)
	running, end := context.WithCancel(ctx)
	go func() {
		ended <- ingest.Run(running, cfg, ingest.Deps{
			Recorder: rec, Keys: h.access, Web: web, Logger: slog.New(slog.NewTextHandler(h.log, nil)), Clock: time.Now,
		})
	}()
	h.stop = sync.OnceValue(func() error {
		end()
		return <-ended
	})
	tb.Cleanup(func() {
		h.client.CloseIdleConnections()
		must(tb, h.stop())
	})
	select {
	case h.handler = <-web.mounted:
	case err := <-ended:
		tb.Fatalf("ended at once: %v", err)
	}
	return h
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// key returns the token of a new key.
func (h *house) key(tb testing.TB, org string, scopes ...access.Scope) string {
	tb.Helper()
	token, _, err := h.access.Add(tb.Context(), org, "test", scopes...)
	must(tb, err)
	return token
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// json decodes the body.
func (a answer) json(tb testing.TB, to any) {
	tb.Helper()
	if err := json.Unmarshal([]byte(a.body), to); err != nil {
		tb.Fatalf("%d %q: %v", a.status, a.body, err)
	}
}

// post sends a body to /v1/events. headers are pairs of name and value.
func (h *house) post(tb testing.TB, token, contentType, body string, headers ...string) answer {
	tb.Helper()
	return h.do(tb, token, http.MethodPost, "/v1/events", strings.NewReader(body), append([]string{"Content-Type", contentType}, headers...)...)
}

func (h *house) do(tb testing.TB, token, method, path string, body io.Reader, headers ...string) answer {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), method, h.url+path, body)
	must(tb, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := h.client.Do(r)
	if err != nil {
		tb.Error(err)
		return answer{}
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Error(err)
	}
	return answer{res.StatusCode, res.Header, string(text)}
}

// frames reads the whole ledger.
func (h *house) frames(tb testing.TB) []events.Frame {
	tb.Helper()
	var all []events.Frame
	for from := events.Position(1); ; {
		some, err := h.ledger.Read(tb.Context(), from, 1000)
		must(tb, err)
		all = append(all, some...)
		if len(some) < 1000 {
			return all
		}
		from = some[len(some)-1].Position + 1
	}
}

// web serves one role on a listener.
type web struct {
	listener net.Listener
	mounted  chan http.Handler
}

func (w *web) Serve(ctx context.Context, h http.Handler, patterns ...string) error {
	mux := http.NewServeMux()
	for _, p := range patterns {
		mux.Handle(p, h)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		stopped <- server.Shutdown(context.WithoutCancel(ctx))
	}()
	w.mounted <- mux
	if err := server.Serve(w.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// The media types under test.
const (
	one   = "application/cloudevents+json"
	batch = "application/cloudevents-batch+json"
	plain = "application/json"
)

// call is a call.completed; more is appended to its data.
func call(id, more string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/dialer","type":"call.completed","time":"2026-03-02T09:00:00Z","rep":"kim",`+
		`"data":{"direction":"outbound","outcome":"conversation","seconds":61%s}}`, id, more)
}
