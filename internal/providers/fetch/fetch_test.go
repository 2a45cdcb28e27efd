package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sony/gobreaker/v2"

	"milemarker/internal/providers"
)

const token = "user:tok/en+1"

// server is a provider's API.
type server struct {
	*httptest.Server

	about providers.About
	asked atomic.Int64
}

func newServer(t *testing.T, answer func(n int64, w http.ResponseWriter, r *http.Request)) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(s.asked.Add(1), w, r)
	}))
	t.Cleanup(s.Close)
	s.about = providers.About{Title: "Acme", Hosts: []string{"127.0.0.1", "localhost"}}
	return s
}

// client is one that may ask the server, though it is inside.
func (s *server) client(t *testing.T, cfg Config) *Client {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	own := netip.MustParseAddrPort(u.Host)
	if cfg.Allow == nil {
		cfg.Allow = func(at netip.AddrPort) bool { return at == own }
	}
	cfg.Roots = x509.NewCertPool()
	cfg.Roots.AddCert(s.Certificate())
	cfg.Pause = time.Millisecond
	c := New(cfg)
	t.Cleanup(c.Close)
	return c
}

func (s *server) want(auth providers.Auth) providers.Want {
	return providers.Want{Name: "x", URL: s.URL + "/things/1?fields=a%2Cb", Auth: auth}
}

func TestAuth(t *testing.T) {
	s := newServer(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.Header.Get("Authorization") + " " + r.URL.Query().Get("access_token") + " " + r.URL.Query().Get("fields")))
	})
	c := s.client(t, Config{})
	for auth, want := range map[providers.Auth]string{
		providers.AuthBearer: "Bearer user:tok/en+1  a,b",
		providers.AuthBasic:  "Basic dXNlcjp0b2svZW4rMQ==  a,b",
		providers.AuthQuery:  " user:tok/en+1 a,b",
	} {
		got, err := c.Fetch(t.Context(), s.about, token, s.want(auth))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", auth, got, err, want)
		}
	}
	for _, auth := range []providers.Auth{"", "cookie"} {
		if _, err := c.Fetch(t.Context(), s.about, token, s.want(auth)); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%q: %v", auth, err)
		}
	}
	if _, err := c.Fetch(t.Context(), s.about, "", s.want(providers.AuthBearer)); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("without a token: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	other := newServer(t, func(int64, http.ResponseWriter, *http.Request) { t.Error("the other server was asked") })
	s := newServer(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/denied":
			w.WriteHeader(http.StatusUnauthorized)
		case "/big":
			_, _ = w.Write(make([]byte, 101))
		case "/fits":
			_, _ = w.Write(make([]byte, 100))
		}
	})
	c := s.client(t, Config{MaxAnswer: 100})
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	for address, want := range map[string]error{
		s.URL + "/fits":                  nil,
		s.URL + "/moved":                 fs.ErrPermission,
		s.URL + "/gone":                  fs.ErrNotExist,
		s.URL + "/denied":                fs.ErrPermission,
		s.URL + "/big":                   fs.ErrPermission,
		"http://127.0.0.1" + port:        fs.ErrPermission,
		"https://127.0.0.2" + port:       fs.ErrPermission,
		"https://127.0.0.1.evil.example": fs.ErrPermission,
		"https://evil@127.0.0.1" + port:  fs.ErrPermission,
		"https://localhost:1/":           fs.ErrPermission, // resolves to an address inside, and Allow says no
		"::":                             fs.ErrPermission,
	} {
		_, err := c.Fetch(t.Context(), s.about, token, providers.Want{URL: address, Auth: providers.AuthQuery})
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", address, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "tok") {
			t.Errorf("%s: the error shows the token: %v", address, err)
		}
	}
	if n := s.asked.Load(); n != 5 {
		t.Errorf("asked %d times: what will not pass was tried again", n)
	}
}

func TestNothingInside(t *testing.T) {
	s := newServer(t, func(int64, http.ResponseWriter, *http.Request) { t.Error("asked") })
	c := s.client(t, Config{Allow: func(netip.AddrPort) bool { return false }})
	if _, err := c.Fetch(t.Context(), s.about, token, s.want(providers.AuthBearer)); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	if _, err := c.Certificate(t.Context(), s.URL); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
}

func TestPublic(t *testing.T) {
	for _, a := range []string{"8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001:82a::200e"} {
		if !public(netip.MustParseAddr(a)) {
			t.Errorf("%s is refused", a)
		}
	}
	for _, a := range []string{
		"127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3",
		"224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.9",
		"::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "::7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::",
		"2001:0:7f00:1::", "fec0::1", "2001:db8::1", "100::1",
	} {
		if public(netip.MustParseAddr(a)) {
			t.Errorf("%s is let through", a)
		}
	}
	c := New(Config{})
	for address, good := range map[string]bool{
		"8.8.8.8:443": true, "8.8.8.8:80": false, "[::ffff:127.0.0.1]:443": false, "[::ffff:8.8.8.8]:443": true, "nonsense": false,
	} {
		if err := c.guard(t.Context(), "tcp", address, nil); (err == nil) != good {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestTriesAgain(t *testing.T) {
	s := newServer(t, func(n int64, w http.ResponseWriter, _ *http.Request) {
		switch n {
		case 1:
			w.WriteHeader(http.StatusBadGateway)
		case 2:
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			_, _ = w.Write([]byte("{}"))
		}
	})
	got, err := s.client(t, Config{}).Fetch(t.Context(), s.about, token, s.want(providers.AuthBearer))
	if err != nil || string(got) != "{}" || s.asked.Load() != 3 {
		t.Errorf("%q, %v after %d attempts", got, err, s.asked.Load())
	}
}

func TestGivesUpInTime(t *testing.T) {
	ended := make(chan struct{})
	s := newServer(t, func(_ int64, _ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-ended:
		}
	})
	defer close(ended)
	_, err := s.client(t, Config{Timeout: 20 * time.Millisecond, Attempts: 2}).Fetch(t.Context(), s.about, token, s.want(providers.AuthQuery))
	if err == nil || errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "tok") {
		t.Errorf("%v: a timeout is what may pass", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.client(t, Config{}).Fetch(ctx, s.about, token, s.want(providers.AuthBearer)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestBreaker(t *testing.T) {
	var well atomic.Bool
	s := newServer(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {
		if !well.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	c := s.client(t, Config{Attempts: 1, Failures: 3, Rest: 10 * time.Millisecond})
	ask := func() error {
		_, err := c.Fetch(t.Context(), s.about, token, s.want(providers.AuthBearer))
		return err
	}
	for range 3 {
		if err := ask(); err == nil || errors.Is(err, gobreaker.ErrOpenState) {
			t.Error(err)
		}
	}
	well.Store(true)
	if err := ask(); s.asked.Load() == 3 && !errors.Is(err, gobreaker.ErrOpenState) {
		t.Errorf("the host was not let be, and yet not asked: %v", err)
	}
	for deadline := time.Now().Add(10 * time.Second); ask() != nil; {
		if time.Now().After(deadline) {
			t.Fatal("the host is never asked again")
		}
	}
}

func TestTokensDoNotTripTheBreaker(t *testing.T) {
	s := newServer(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer good" {
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	c := s.client(t, Config{Attempts: 1, Failures: 1, Rest: time.Hour})
	for range 5 {
		if _, err := c.Fetch(t.Context(), s.about, "bad", s.want(providers.AuthBearer)); err == nil {
			t.Error("answered")
		}
	}
	if _, err := c.Fetch(t.Context(), s.about, "good", s.want(providers.AuthBearer)); err != nil {
		t.Error(err)
	}
}

func TestCertificate(t *testing.T) {
	s := newServer(t, func(n int64, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/big" {
			_, _ = w.Write(make([]byte, maxCertificate+1))
			return
		}
		_, _ = w.Write([]byte{'0' + byte(n)})
	})
	now := time.Now()
	c := s.client(t, Config{Clock: func() time.Time { return now }})
	for _, step := range []struct {
		later time.Duration
		want  string
	}{{0, "1"}, {0, "1"}, {certificateLife, "1"}, {time.Second, "2"}} {
		now = now.Add(step.later)
		if got, err := c.Certificate(t.Context(), s.URL+"/cert.pem"); err != nil || string(got) != step.want {
			t.Errorf("%s later: %q, %v; want %s", step.later, got, err, step.want)
		}
	}
	if _, err := c.Certificate(t.Context(), s.URL+"/big"); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	if _, err := c.Certificate(t.Context(), "http://example.com/cert.pem"); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	c.pace.SetBurst(0)
	if _, err := c.Certificate(t.Context(), s.URL+"/other.pem"); !errors.Is(err, errPace) {
		t.Error(err)
	}
}
