package hooks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/connections"
	"milemarker/internal/deliveries"
	"milemarker/internal/hooks"
	"milemarker/internal/providers"
)

// signer is a provider whose deliveries carry the secret in a header.
type signer struct{ about providers.About }

func (s signer) About() providers.About { return s.about }

func (s signer) Verify(d providers.Delivery, secrets providers.Secrets, _ time.Time) error {
	if len(secrets) == 0 {
		return fmt.Errorf("signer: %w", providers.ErrNoSecret)
	}
	if d.Header.Get("X-Late") != "" {
		return fmt.Errorf("signer: %w", providers.ErrStale)
	}
	base, _, _ := strings.Cut(d.URL, "?")
	for _, secret := range secrets {
		if d.Header.Get("X-Signature") == secret+string(d.Body[:min(3, len(d.Body))]) || strings.HasSuffix(base, "/"+secret) {
			return nil
		}
	}
	return fmt.Errorf("signer: %w", providers.ErrSignature)
}

func (s signer) Translate(providers.Input) (providers.Output, error) { return providers.Output{}, nil }

func (s signer) Handshake(d providers.Delivery, _ providers.Secrets) (providers.Reply, bool) {
	token := d.Header.Get("Validation-Token")
	return providers.Reply{Header: http.Header{"Validation-Token": {token}}, Body: []byte("hello")}, token != ""
}

// certified is a provider that signs with a certificate.
type certified struct{ signer }

func (c certified) Certificate(d providers.Delivery) string { return d.Header.Get("Cert") }

func (c certified) Verify(d providers.Delivery, _ providers.Secrets, _ time.Time) error {
	if string(d.Certificate) != "PEM" {
		return providers.ErrSignature
	}
	return nil
}

// desk is everything that the role needs.
type desk struct {
	tb    testing.TB
	cfg   hooks.Config
	conns map[string]connections.Connection
	url   string

	stream keeper // nil: in memory

	mu      sync.Mutex
	kept    []deliveries.Request
	fail    error
	refused []connections.Refusal
	now     time.Time
}

func (d *desk) Get(id string) (connections.Connection, bool) {
	c, ok := d.conns[id]
	return c, ok
}

func (d *desk) Keep(ctx context.Context, org, connection string, data []byte) (events.Position, error) {
	if d.stream != nil {
		return d.stream.Keep(ctx, org, connection, data)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return 0, d.fail
	}
	r, err := deliveries.Decode(data)
	if err != nil {
		d.tb.Error(err)
	}
	d.kept = append(d.kept, r)
	return events.Position(len(d.kept)), nil
}

func (d *desk) Refuse(_ string, r connections.Refusal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refused = append(d.refused, r)
}

func (d *desk) Certificate(_ context.Context, address string) ([]byte, error) {
	if address == "https://signer.example/cert" {
		return []byte("PEM"), nil
	}
	return nil, errors.New("not reached")
}

func (d *desk) Serve(ctx context.Context, h http.Handler, patterns ...string) error {
	mux := http.NewServeMux()
	for _, p := range patterns {
		mux.Handle(p, h)
	}
	server := httptest.NewServer(mux)
	defer server.Close()
	d.url = server.URL
	close(ready(ctx))
	<-ctx.Done()
	return nil
}

type readyKey struct{}

func ready(ctx context.Context) chan struct{} { return ctx.Value(readyKey{}).(chan struct{}) }

func (d *desk) clock() time.Time {
	if d.stream != nil {
		return time.Now()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func newDesk(tb testing.TB, cfg hooks.Config) *desk {
	tb.Helper()
	now := time.Now()
	conn := func(id, provider string, state connections.State, secrets ...connections.Secret) connections.Connection {
		return connections.Connection{
			ID: id, Org: "acme", Provider: provider, State: state, Secrets: secrets, URL: "https://hooks.example.com/hooks/" + id,
		}
	}
	secret := connections.Secret{ID: "1", Value: "s3cret"}
	d := &desk{tb: tb, cfg: cfg, now: now, conns: map[string]connections.Connection{
		"good":   conn("good", "signer", connections.Active, secret, connections.Secret{Value: "former", Ends: now.Add(time.Hour)}),
		"paused": conn("paused", "signer", connections.Paused, secret),
		"gone":   conn("gone", "signer", connections.Deleted),
		"bare":   conn("bare", "signer", connections.Active),
		"odd":    conn("odd", "odd", connections.Active, secret),
		"cert":   conn("cert", "certified", connections.Active, secret),
		"lost":   conn("lost", "nobody", connections.Active, secret),
	}}
	signerOf := func(name string, status int) signer { return signer{providers.About{Name: name, Status: status}} }
	ctx, stop := context.WithCancel(context.WithValue(context.Background(), readyKey{}, make(chan struct{})))
	ended := make(chan error, 1)
	go func() {
		ended <- hooks.Run(ctx, cfg, hooks.Deps{
			Connections: d, Deliveries: d, Tally: d, Web: d, Certificates: d, Clock: d.clock,
			Providers: []providers.Provider{signerOf("signer", 0), signerOf("odd", 202), certified{signerOf("certified", 0)}},
			Logger:    slog.New(slog.DiscardHandler),
		})
	}()
	select {
	case <-ready(ctx):
	case err := <-ended:
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
	})
	return d
}

// send sends a request and returns the status, the answer and its header.
func (d *desk) send(method, path, body string, header ...string) (int, string, http.Header) {
	d.tb.Helper()
	r, err := http.NewRequest(method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.tb.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		d.tb.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		d.tb.Fatal(err)
	}
	_ = resp.Body.Close() // read to its end
	return resp.StatusCode, string(got), resp.Header
}

func TestWhatIsLetIn(t *testing.T) {
	d := newDesk(t, hooks.Config{MaxBody: 100})
	for _, c := range []struct {
		name, method, path, body string
		header                   []string
		status, kept             int
	}{
		{"genuine", "POST", "/hooks/good", "{}", []string{"X-Signature", "s3cret{}"}, 200, 1},
		{"the former secret", "POST", "/hooks/good", "{}", []string{"X-Signature", "former{}"}, 200, 1},
		{"of a paused connection", "POST", "/hooks/paused", "{}", []string{"X-Signature", "s3cret{}"}, 200, 1},
		{"by GET", "GET", "/hooks/good?a=b", "", []string{"X-Signature", "s3cret"}, 200, 1},
		{"secret in the URL", "POST", "/hooks/good/s3cret", "{}", nil, 200, 1},
		{"another status", "POST", "/hooks/odd", "{}", []string{"X-Signature", "s3cret{}"}, 202, 1},
		{"by certificate", "POST", "/hooks/cert", "{}", []string{"Cert", "https://signer.example/cert"}, 200, 1},
		{"certificate out of reach", "POST", "/hooks/cert", "{}", []string{"Cert", "https://signer.example/other"}, 503, 0},
		{"no certificate", "POST", "/hooks/cert", "{}", nil, 401, 0},
		{"altered", "POST", "/hooks/good", "{ ", []string{"X-Signature", "s3cret{}"}, 401, 0},
		{"unsigned", "POST", "/hooks/good", "{}", nil, 401, 0},
		{"no secret", "POST", "/hooks/bare", "{}", []string{"X-Signature", "{}"}, 401, 0},
		{"another secret in the URL", "POST", "/hooks/good/other", "{}", nil, 401, 0},
		{"deleted", "POST", "/hooks/gone", "{}", []string{"X-Signature", "s3cret{}"}, 410, 0},
		{"unknown", "POST", "/hooks/nowhere", "{}", nil, 404, 0},
		{"no adapter", "POST", "/hooks/lost", "{}", nil, 503, 0},
		{"another method", "DELETE", "/hooks/good", "", nil, 405, 0},
		{"too large", "POST", "/hooks/good", strings.Repeat("x", 101), []string{"X-Signature", "s3cretxxx"}, 413, 0},
		{"compressed", "POST", "/hooks/good", "{}", []string{"X-Signature", "s3cret{}", "Content-Encoding", "gzip"}, 415, 0},
		{"too much header", "POST", "/hooks/good", "{}", []string{"X-Signature", "s3cret{}", "X-Long", strings.Repeat("x", 17<<10)}, 431, 0},
	} {
		before := len(d.kept)
		status, body, header := d.send(c.method, c.path, c.body, c.header...)
		if kept := len(d.kept) - before; status != c.status || kept != c.kept {
			t.Errorf("%s: %d %s, %d kept, want %d, %d kept", c.name, status, body, kept, c.status, c.kept)
		}
		if status >= 400 && header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s", c.name, header.Get("Content-Type"))
		}
		if strings.Contains(body, "s3cret") {
			t.Errorf("%s: the answer tells the secret: %s", c.name, body)
		}
	}
	if len(d.refused) != 5 || d.refused[0].Remote != "127.0.0.1" {
		t.Errorf("refused: %+v", d.refused)
	}
}

func TestClockIsToldFromSecret(t *testing.T) {
	d := newDesk(t, hooks.Config{})
	status, body, _ := d.send("POST", "/hooks/good", "{}", "X-Late", "true")
	if status != 401 || !strings.Contains(body, "timestamp is too far from now") || strings.Contains(body, "secret") {
		t.Errorf("%d %s", status, body)
	}
	if len(d.refused) != 1 || !strings.Contains(d.refused[0].Why, "timestamp") {
		t.Errorf("refused: %+v", d.refused)
	}
}

func TestBytesAreKeptAndSecretsAreNot(t *testing.T) {
	d := newDesk(t, hooks.Config{})
	body := "\x00 {\"a\" :1}\r\n\xff"
	status, _, header := d.send("POST", "/hooks/good/s3cret?token=s3cret&x=%2F", body,
		"Authorization", "Basic dTpw", "X-Token", "s3cret", "Cookie", "a=b", "X-Other", "kept")
	if status != 200 || header.Get("Milemarker-Delivery") != "1" {
		t.Fatalf("%d %v", status, header)
	}
	got := d.kept[0]
	if string(got.Body) != body || got.Header.Get("X-Other") != "kept" || got.Received.IsZero() {
		t.Errorf("%+v", got)
	}
	if all := fmt.Sprint(got.URL, got.Header); strings.Contains(all, "s3cret") || strings.Contains(all, "dTpw") || strings.Contains(all, "a=b") {
		t.Errorf("secrets are kept: %s", all)
	}
	if want := "https://hooks.example.com/hooks/good?token=(left-out)&x=%2F"; got.URL != want {
		t.Errorf("URL %s, want %s", got.URL, want)
	}
}

func TestHandshake(t *testing.T) {
	d := newDesk(t, hooks.Config{})
	status, body, header := d.send("POST", "/hooks/bare", "", "Validation-Token", "abc")
	if status != 200 || body != "hello" || header.Get("Validation-Token") != "abc" || len(d.kept) != 0 {
		t.Errorf("%d %s %v", status, body, header)
	}
}

func TestWhatCannotBeKeptIsNotAcknowledged(t *testing.T) {
	d := newDesk(t, hooks.Config{})
	d.fail = errors.New("the disk is full")
	status, body, header := d.send("POST", "/hooks/good", "{}", "X-Signature", "s3cret{}")
	if status != 503 || header.Get("Retry-After") == "" || strings.Contains(body, "disk") {
		t.Errorf("%d %s %v", status, body, header)
	}
}

func TestLimits(t *testing.T) {
	d := newDesk(t, hooks.Config{
		Failures: 3, FailurePause: 10 * time.Second, Rate: 1, Burst: 5, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	from := func(address, signature string) int {
		t.Helper()
		status, _, header := d.send("POST", "/hooks/good", "{}", "X-Signature", signature, "X-Forwarded-For", "10.9.9.9, "+address)
		if (status == 429) != (header.Get("Retry-After") != "") {
			t.Errorf("%d with Retry-After %q", status, header.Get("Retry-After"))
		}
		return status
	}
	var got []int
	for range 5 {
		got = append(got, from("192.0.2.1", "wrong"))
	}
	got = append(got, from("192.0.2.1", "s3cret{}"), from("192.0.2.2", "s3cret{}"))
	d.mu.Lock()
	d.now = d.now.Add(10 * time.Second)
	d.mu.Unlock()
	got = append(got, from("192.0.2.1", "s3cret{}"))
	for range 6 {
		got = append(got, from("192.0.2.3", "s3cret{}"))
	}
	if want := "[401 401 401 429 429 429 200 200 200 200 200 200 429 429]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
	status, _, _ := d.send("POST", "/hooks/paused", "{}", "X-Signature", "s3cret{}")
	if status != 200 {
		t.Errorf("another connection: %d", status)
	}
}

func TestSlowSendersKeepNobodyOut(t *testing.T) {
	d := newDesk(t, hooks.Config{MaxInFlight: 3, MaxPerAddress: 2, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	var senders sync.WaitGroup
	defer senders.Wait()
	var bodies []*io.PipeWriter
	for range 2 {
		reader, writer := io.Pipe()
		bodies = append(bodies, writer)
		r, err := http.NewRequest(http.MethodPost, d.url+"/hooks/good", reader)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Forwarded-For", "2001:db8::1")
		senders.Go(func() {
			resp, err := http.DefaultClient.Do(r)
			if err == nil {
				_ = resp.Body.Close()
			}
		})
		if _, err := writer.Write([]byte("{")); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		for _, b := range bodies {
			_ = b.Close()
		}
	}()
	for deadline := time.Now().Add(10 * time.Second); ; {
		status, _, _ := d.send("POST", "/hooks/good", "{}", "X-Signature", "s3cret{}", "X-Forwarded-For", "2001:db8::2")
		if status == 503 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a network takes more than its places")
		}
	}
	if status, body, _ := d.send("POST", "/hooks/good", "{}", "X-Signature", "s3cret{}", "X-Forwarded-For", "192.0.2.9"); status != 200 {
		t.Errorf("somebody else: %d %s", status, body)
	}
}

func TestForwardedForIsBelievedOfProxiesAlone(t *testing.T) {
	for _, c := range []struct {
		trusted, header, want string
	}{
		{"", "192.0.2.1", "127.0.0.1"},
		{"127.0.0.0/8", "192.0.2.1", "192.0.2.1"},
		{"127.0.0.0/8", "192.0.2.66, 192.0.2.1", "192.0.2.1"},
		{"127.0.0.0/8,192.0.2.1/32", "192.0.2.66, 192.0.2.1", "192.0.2.66"},
		{"127.0.0.0/8", "nonsense", "127.0.0.1"},
		{"127.0.0.0/8", "", "127.0.0.1"},
	} {
		var trusted []netip.Prefix
		for p := range strings.SplitSeq(c.trusted, ",") {
			if p != "" {
				trusted = append(trusted, netip.MustParsePrefix(p))
			}
		}
		d := newDesk(t, hooks.Config{TrustedProxies: trusted})
		d.send("POST", "/hooks/good", "{}", "X-Signature", "s3cret{}", "X-Forwarded-For", c.header)
		if got := d.kept[0].Remote; got != c.want {
			t.Errorf("%q with %q trusted: %s, want %s", c.header, c.trusted, got, c.want)
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, cfg := range []hooks.Config{{MaxBody: -1}, {MaxInFlight: 1, MaxPerAddress: 2}} {
		if err := hooks.Run(t.Context(), cfg, hooks.Deps{}); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
}
