package access_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/access"
)

func TestListAndWhatIsStored(t *testing.T) {
	t.Parallel()
	h := newHouse()
	a := h.open(t)
	var tokens, want []string
	for _, name := range []string{"one", "two", "three"} {
		token, key := add(t, a, "acme", name, access.ScopeRead)
		tokens = append(tokens, token)
		want = append(want, key.ID)
		h.pass(time.Second)
	}
	add(t, a, "zeta", "other", access.ScopeRead)
	var got []string
	for _, key := range a.List(t.Context(), "acme") {
		got = append(got, key.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if all := a.List(t.Context(), ""); len(all) != 4 {
		t.Errorf("%d keys in all, want 4", len(all))
	}
	for id, value := range h.keys.values {
		for _, token := range tokens {
			if strings.Contains(string(value), token[14:]) {
				t.Errorf("the secret of %s is stored", id)
			}
		}
		if !json.Valid(value) {
			t.Errorf("%s = %q", id, value)
		}
	}
}

func TestBootstrap(t *testing.T) {
	t.Parallel()
	h := newHouse()
	a := h.open(t)
	dir := t.TempDir()
	// What a crash left behind, readable by others.
	if err := os.WriteFile(filepath.Join(dir, "admin.key"), []byte("stale"), 0o644); err != nil {
		t.Fatal(err)
	}
	path, err := a.Bootstrap(t.Context(), dir, "acme")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || path != filepath.Join(dir, "admin.key") {
		t.Errorf("%s: %v, %v", path, info.Mode(), err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	caller, err := a.Authenticate(t.Context(), strings.TrimSpace(string(text)))
	if err != nil || caller.Org != "acme" || !caller.May(access.ScopeAdmin) {
		t.Errorf("%+v, %v", caller, err)
	}
	if !caller.Operator {
		t.Error("the first key is not the operator's")
	}
	if again, err := h.open(t).Bootstrap(t.Context(), dir, "acme"); err != nil || again != "" {
		t.Errorf("second time: %q, %v", again, err)
	}
	if _, err := newHouse().open(t).Bootstrap(t.Context(), filepath.Join(dir, "missing"), "acme"); err == nil {
		t.Error("a missing folder was taken")
	}
}

func TestOnlyTheFirstKeyIsTheOperators(t *testing.T) {
	t.Parallel()
	h := newHouse()
	a := h.open(t)
	path, err := a.Bootstrap(t.Context(), t.TempDir(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := strings.TrimSpace(string(text))
	admin, _ := add(t, a, "acme", "another admin", access.ScopeAdmin)
	for name, each := range map[string]*access.Access{"maker": a, "later": h.open(t)} {
		for token, want := range map[string]bool{first: true, admin: false} {
			if c, err := each.Authenticate(t.Context(), token); err != nil || c.Operator != want {
				t.Errorf("%s: %s is the operator's: %v, %v", name, c.Name, c.Operator, err)
			}
		}
	}

	// A session has what its key has, no more and no less.
	for token, want := range map[string]bool{first: true, admin: false} {
		c, err := a.Authenticate(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		session, err := a.Session(t.Context(), redeem(t, a, newLogin(t, a, c.KeyID)).Value)
		if err != nil || session.Operator != want {
			t.Errorf("session of %s is the operator's: %v, %v", c.Name, session.Operator, err)
		}
	}
}

func TestRevokeInAnyOrg(t *testing.T) {
	t.Parallel()
	a := newHouse().open(t)
	token, key := add(t, a, "zeta", "dialer", access.ScopeRead)
	if err := a.Revoke(t.Context(), "", "nosuchkey1"); !errors.Is(err, access.ErrUnknownKey) {
		t.Errorf("an unknown key: %v", err)
	}
	if err := a.Revoke(t.Context(), "", key.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(t.Context(), token); !errors.Is(err, access.ErrUnauthenticated) {
		t.Errorf("still good: %v", err)
	}
}
