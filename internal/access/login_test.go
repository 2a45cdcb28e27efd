package access_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"milemarker/internal/access"
)

func newLogin(tb testing.TB, a *access.Access, keyID string) string {
	tb.Helper()
	link, err := a.NewLogin(tb.Context(), keyID)
	if err != nil {
		tb.Fatal(err)
	}
	return link
}

func redeem(tb testing.TB, a *access.Access, link string) *http.Cookie {
	tb.Helper()
	cookie, err := a.Redeem(tb.Context(), link)
	if err != nil {
		tb.Fatal(err)
	}
	return cookie
}

func refuses(tb testing.TB, a *access.Access, when, cookie string) {
	tb.Helper()
	if c, err := a.Session(tb.Context(), cookie); !errors.Is(err, access.ErrUnauthenticated) {
		tb.Errorf("%s: session of %+v, %v", when, c, err)
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	h := newHouse()
	a, b := h.open(t), h.open(t)
	_, key := add(t, a, "acme", "kim", access.ScopeRead)
	cookie := redeem(t, b, newLogin(t, a, key.ID))
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Name != "mm_session" || cookie.Path != "/" ||
		cookie.MaxAge != 7*24*3600 || cookie.Valid() != nil {
		t.Errorf("cookie %+v", cookie)
	}
	for name, each := range map[string]*access.Access{"maker": a, "redeemer": b, "later": h.open(t)} {
		c, err := each.Session(t.Context(), cookie.Value)
		if err != nil || c.Org != "acme" || c.KeyID != key.ID || c.May(access.ScopeIngest) || !c.May(access.ScopeRead) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	for name := range h.logins.values {
		if strings.HasPrefix(name, "ml.") {
			t.Error("the used link is still stored")
		}
	}
	h.pass(access.SessionLife - time.Nanosecond)
	if _, err := a.Session(t.Context(), cookie.Value); err != nil {
		t.Errorf("just before its end: %v", err)
	}
	h.pass(time.Nanosecond)
	refuses(t, a, "at its end", cookie.Value)
	newLogin(t, a, key.ID)
	if n := len(h.logins.values); n != 1 {
		t.Errorf("%d logins stored after the sweep, want the new one", n)
	}
}

func TestLinkIsGoodOnce(t *testing.T) {
	t.Parallel()
	h := newHouse()
	processes := []*access.Access{h.open(t), h.open(t), h.open(t)}
	_, key := add(t, processes[0], "acme", "kim", access.ScopeRead)
	link := newLogin(t, processes[0], key.ID)
	var begun atomic.Int32
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			switch _, err := processes[i%3].Redeem(t.Context(), link); {
			case err == nil:
				begun.Add(1)
			case !errors.Is(err, access.ErrUnauthenticated):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := begun.Load(); n != 1 {
		t.Errorf("%d sessions begun, want 1", n)
	}
}

func TestLinkExpires(t *testing.T) {
	t.Parallel()
	h := newHouse()
	a := h.open(t)
	_, key := add(t, a, "acme", "kim", access.ScopeRead)
	link := newLogin(t, a, key.ID)
	h.pass(access.LinkLife)
	if _, err := a.Redeem(t.Context(), link); !errors.Is(err, access.ErrUnauthenticated) {
		t.Errorf("after its time: %v", err)
	}
	if _, err := a.Redeem(t.Context(), "ml_x"); !errors.Is(err, access.ErrUnauthenticated) {
		t.Errorf("nonsense: %v", err)
	}
}

func TestRevocationEndsSessionsAndLinks(t *testing.T) {
	t.Parallel()
	h := newHouse()
	a, b := h.open(t), h.open(t)
	_, key := add(t, a, "acme", "kim", access.ScopeRead)
	cookie := redeem(t, a, newLogin(t, a, key.ID))
	link := newLogin(t, a, key.ID)
	if err := b.Revoke(t.Context(), "acme", key.ID); err != nil {
		t.Fatal(err)
	}
	refuses(t, a, "revoked", cookie.Value)
	if _, err := a.Redeem(t.Context(), link); !errors.Is(err, access.ErrUnauthenticated) {
		t.Errorf("a link of a revoked key: %v", err)
	}
	if _, err := a.NewLogin(t.Context(), key.ID); !errors.Is(err, access.ErrUnknownKey) {
		t.Errorf("a new link of a revoked key: %v", err)
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	h := newHouse()
	a, b := h.open(t), h.open(t)
	_, key := add(t, a, "acme", "kim", access.ScopeRead)
	link := newLogin(t, a, key.ID)
	cookie := redeem(t, a, link)
	if err := b.Logout(t.Context(), cookie.Value); err != nil {
		t.Fatal(err)
	}
	refuses(t, a, "logged out", cookie.Value)
	refuses(t, b, "logged out", cookie.Value)
	if _, err := a.Redeem(t.Context(), link); !errors.Is(err, access.ErrUnauthenticated) {
		t.Errorf("the link came back: %v", err)
	}
	if err := a.Logout(t.Context(), cookie.Value); err != nil {
		t.Errorf("again: %v", err)
	}
}

func TestCaller(t *testing.T) {
	t.Parallel()
	a := newHouse().open(t)
	token, key := add(t, a, "acme", "kim", access.ScopeRead)
	cookie := redeem(t, a, newLogin(t, a, key.ID))
	for name, tc := range map[string]struct {
		method  string
		headers map[string]string
		cookie  bool
		ok      bool
	}{
		"nothing":                      {method: "GET"},
		"key":                          {method: "GET", headers: map[string]string{"Authorization": "Bearer " + token}, ok: true},
		"key, lower-case scheme":       {method: "POST", headers: map[string]string{"Authorization": "bearer  " + token}, ok: true},
		"key as basic":                 {method: "GET", headers: map[string]string{"Authorization": "Basic " + token}},
		"wrong key, good session":      {method: "GET", headers: map[string]string{"Authorization": "Bearer x"}, cookie: true},
		"session":                      {method: "GET", cookie: true, ok: true},
		"session writes":               {method: "POST", headers: map[string]string{"Sec-Fetch-Site": "same-origin"}, cookie: true, ok: true},
		"session from elsewhere reads": {method: "GET", headers: map[string]string{"Sec-Fetch-Site": "cross-site"}, cookie: true, ok: true},
		"session from elsewhere":       {method: "POST", headers: map[string]string{"Sec-Fetch-Site": "cross-site"}, cookie: true},
		"session, old browser":         {method: "POST", headers: map[string]string{"Origin": "https://evil.example"}, cookie: true},
		"key from elsewhere": {
			method:  "POST",
			headers: map[string]string{"Authorization": "Bearer " + token, "Sec-Fetch-Site": "cross-site"}, ok: true,
		},
	} {
		r := httptest.NewRequest(tc.method, "/v1/events", nil)
		for k, v := range tc.headers {
			r.Header.Set(k, v)
		}
		if tc.cookie {
			r.AddCookie(cookie)
		}
		c, err := a.Caller(r)
		if tc.ok && (err != nil || c.KeyID != key.ID) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
		if !tc.ok && !errors.Is(err, access.ErrUnauthenticated) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	a := newHouse().open(b)
	token, _ := add(b, a, "acme", "dialer", access.ScopeIngest)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := a.Authenticate(b.Context(), token); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
