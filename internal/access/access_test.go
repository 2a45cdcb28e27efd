package access_test

import (
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/access"
)

// house is the state that several processes share.
type house struct {
	keys, logins *store

	mu  sync.Mutex
	now time.Time
}

func newHouse() *house {
	return &house{keys: newStore(), logins: newStore(), now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// open starts one process.
func (h *house) open(tb testing.TB) *access.Access {
	tb.Helper()
	a, err := access.Open(tb.Context(), h.keys, h.logins, h.clock)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func add(tb testing.TB, a *access.Access, org, name string, scopes ...access.Scope) (string, access.Key) {
	tb.Helper()
	token, key, err := a.Add(tb.Context(), org, name, scopes...)
	if err != nil {
		tb.Fatal(err)
	}
	return token, key
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	h := newHouse()
	a, b := h.open(t), h.open(t)
	token, key := add(t, a, "acme", "dialer", access.ScopeIngest)
	other, _ := add(t, b, "zeta", "dialer", access.ScopeRead)
	if !regexp.MustCompile(`^mm_[a-z2-7]{10}_[A-Z2-7]{52}$`).MatchString(token) {
		t.Errorf("token %q", token)
	}
	want := access.Caller{KeyID: key.ID, Org: "acme", Name: "dialer", Scopes: []access.Scope{access.ScopeIngest}}
	for name, each := range map[string]*access.Access{"maker": a, "another": b, "later": h.open(t)} {
		got, err := each.Authenticate(t.Context(), token)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got, err := each.Authenticate(t.Context(), other); err != nil || got.Org != "zeta" {
			t.Errorf("%s: the other org's key gave %+v, %v", name, got, err)
		}
	}
	flipped := token[:len(token)-1] + "2"
	if flipped == token {
		flipped = token[:len(token)-1] + "3"
	}
	for _, bad := range []string{
		"", "mm_", "mm", key.ID, "mm_" + key.ID + "_", flipped, strings.ToLower(token), token + "x", " " + token,
		"mm_aaaaaaaaaa_" + token[14:], "ml" + token[2:], other[:14] + token[14:],
	} {
		if got, err := a.Authenticate(t.Context(), bad); !errors.Is(err, access.ErrUnauthenticated) {
			t.Errorf("Authenticate(%q) = %+v, %v", bad, got, err)
		}
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		has  access.Scope
		may  []access.Scope
		mayn []access.Scope
	}{
		{access.ScopeIngest, []access.Scope{access.ScopeIngest}, []access.Scope{access.ScopeRead, access.ScopePeople, access.ScopeAdmin}},
		{access.ScopeRead, []access.Scope{access.ScopeRead}, []access.Scope{access.ScopeIngest, access.ScopePeople, access.ScopeAdmin}},
		{access.ScopePeople, []access.Scope{access.ScopePeople}, []access.Scope{access.ScopeIngest, access.ScopeRead, access.ScopeAdmin}},
		{access.ScopeAdmin, []access.Scope{access.ScopeIngest, access.ScopeRead, access.ScopePeople, access.ScopeAdmin}, nil},
	} {
		c := access.Caller{Scopes: []access.Scope{tc.has}}
		for _, s := range tc.may {
			if !c.May(s) {
				t.Errorf("%s may not %s", tc.has, s)
			}
		}
		for _, s := range tc.mayn {
			if c.May(s) {
				t.Errorf("%s may %s", tc.has, s)
			}
		}
	}
	a := newHouse().open(t)
	for _, bad := range []struct {
		org, name string
		scopes    []access.Scope
	}{
		{"", "x", []access.Scope{access.ScopeRead}},
		{"acme", "", []access.Scope{access.ScopeRead}},
		{"acme", "x", nil},
		{"acme", "x", []access.Scope{"root"}},
	} {
		if _, _, err := a.Add(t.Context(), bad.org, bad.name, bad.scopes...); err == nil {
			t.Errorf("Add(%+v) was taken", bad)
		}
	}
	if keys := a.List(t.Context(), ""); len(keys) != 0 {
		t.Errorf("keys: %+v", keys)
	}
}

func TestRevokeActsAtOnceEverywhere(t *testing.T) {
	t.Parallel()
	h := newHouse()
	a, b := h.open(t), h.open(t)
	token, key := add(t, a, "acme", "dialer", access.ScopeAdmin)
	if err := b.Revoke(t.Context(), "zeta", key.ID); !errors.Is(err, access.ErrUnknownKey) {
		t.Errorf("another org revoked it: %v", err)
	}
	if err := b.Revoke(t.Context(), "acme", "nosuchkey1"); !errors.Is(err, access.ErrUnknownKey) {
		t.Errorf("an unknown key: %v", err)
	}
	for range 2 {
		if err := b.Revoke(t.Context(), "acme", key.ID); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Hour)
	}
	for name, each := range map[string]*access.Access{"maker": a, "revoker": b, "later": h.open(t)} {
		if _, err := each.Authenticate(t.Context(), token); !errors.Is(err, access.ErrUnauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
		keys := each.List(t.Context(), "acme")
		if len(keys) != 1 || !keys[0].Revoked.Equal(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)) {
			t.Errorf("%s lists %+v", name, keys)
		}
	}
}

// A change made before the revocation may arrive after it.
func TestRevocationIsFinal(t *testing.T) {
	t.Parallel()
	h := newHouse()
	a := h.open(t)
	token, key := add(t, a, "acme", "dialer", access.ScopeAdmin)
	before := h.keys.values[key.ID]
	if err := a.Revoke(t.Context(), "acme", key.ID); err != nil {
		t.Fatal(err)
	}
	h.keys.tell(key.ID, before)
	if _, err := a.Authenticate(t.Context(), token); !errors.Is(err, access.ErrUnauthenticated) {
		t.Errorf("the late change brought the key back: %v", err)
	}
}

func TestUnreadableKeysDoNotCount(t *testing.T) {
	t.Parallel()
	h := newHouse()
	a := h.open(t)
	token, key := add(t, a, "acme", "dialer", access.ScopeAdmin)
	good := string(h.keys.values[key.ID])
	for _, bad := range []string{"", "{", "{}", `{"id":"` + key.ID + `","hash":"00"}`, strings.Replace(good, key.ID, "zzzzzzzzzz", 1)} {
		h.keys.tell(key.ID, []byte(good))
		if _, err := a.Authenticate(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		h.keys.tell(key.ID, []byte(bad))
		if _, err := a.Authenticate(t.Context(), token); !errors.Is(err, access.ErrUnauthenticated) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestStoreErrorsComeOut(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	h := newHouse()
	a := h.open(t)
	_, key := add(t, a, "acme", "dialer", access.ScopeAdmin)
	link, err := a.NewLogin(t.Context(), key.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.keys.fail, h.logins.fail = down, down
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"Open":      func() error { _, err := access.Open(ctx, h.keys, newStore(), h.clock); return err },
		"Open 2":    func() error { _, err := access.Open(ctx, newStore(), h.logins, h.clock); return err },
		"Add":       func() error { _, _, err := a.Add(ctx, "acme", "x", access.ScopeRead); return err },
		"Revoke":    func() error { return a.Revoke(ctx, "acme", key.ID) },
		"NewLogin":  func() error { _, err := a.NewLogin(ctx, key.ID); return err },
		"Redeem":    func() error { _, err := a.Redeem(ctx, link); return err },
		"Bootstrap": func() error { _, err := newBroken(t, h, down).Bootstrap(ctx, t.TempDir(), "acme"); return err },
	} {
		if err := call(); !errors.Is(err, down) {
			t.Errorf("%s: %v, want %v", name, err, down)
		}
	}
}

// newBroken returns an Access whose key store goes down after the start.
func newBroken(tb testing.TB, h *house, down error) *access.Access {
	tb.Helper()
	keys := newStore()
	a, err := access.Open(tb.Context(), keys, newStore(), h.clock)
	if err != nil {
		tb.Fatal(err)
	}
	keys.fail = down
	return a
}
