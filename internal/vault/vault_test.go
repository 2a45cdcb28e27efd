package vault_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"milemarker/internal/vault"
)

var (
	masterA = bytes.Repeat([]byte{0xA}, 32)
	masterB = bytes.Repeat([]byte{0xB}, 32)
)

// open returns a vault over stores that the test may share between several.
func open(tb testing.TB, keys, erasures *store) *vault.Vault {
	tb.Helper()
	v, err := vault.Open(tb.Context(), keys, erasures, masterA, vault.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func seal(tb testing.TB, v *vault.Vault, org, owner, id, text string) string {
	tb.Helper()
	s, err := v.Seal(tb.Context(), org, owner, id, []byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestMasterKeyIsChecked(t *testing.T) {
	t.Parallel()
	keys, erasures := newStore(), newStore()
	open(t, keys, erasures)
	open(t, keys, erasures)
	if _, err := vault.Open(t.Context(), keys, erasures, masterB, vault.Config{}); !errors.Is(err, vault.ErrWrongMasterKey) {
		t.Errorf("another key: %v, want ErrWrongMasterKey", err)
	}
	if _, err := vault.Open(t.Context(), keys, erasures, masterA[:31], vault.Config{}); err == nil {
		t.Error("a short key was taken")
	}
	for _, broken := range []struct{ keys, erasures *store }{
		{&store{fail: errors.New("down")}, newStore()},
		{newStore(), &store{fail: errors.New("down")}},
	} {
		if _, err := vault.Open(t.Context(), broken.keys, broken.erasures, masterA, vault.Config{}); err == nil {
			t.Error("a store that is down was taken")
		}
	}
}

func TestSealOpen(t *testing.T) {
	t.Parallel()
	keys, erasures := newStore(), newStore()
	v := open(t, keys, erasures)
	const owner = "p_00000000000000000000000000"
	sealed := seal(t, v, "acme", owner, "e1", `{"note":"likes tea"}`)
	if again := seal(t, v, "acme", owner, "e1", `{"note":"likes tea"}`); again == sealed {
		t.Error("sealing twice gave the same text")
	}
	for name, reader := range map[string]*vault.Vault{"same": v, "another": open(t, keys, erasures)} {
		got, err := reader.Open(t.Context(), "acme", owner, "e1", sealed)
		if err != nil || string(got) != `{"note":"likes tea"}` {
			t.Errorf("%s vault: %q, %v", name, got, err)
		}
	}
	for name, place := range map[string][3]string{
		"event": {"acme", owner, "e2"},
		"owner": {"acme", "p_11111111111111111111111111", "e1"},
		"org":   {"zeta", owner, "e1"},
	} {
		seal(t, v, place[0], place[1], "other", "{}") // so that a key stands there
		if got, err := v.Open(t.Context(), place[0], place[1], place[2], sealed); err == nil {
			t.Errorf("opened under another %s: %q", name, got)
		}
	}
}

func TestOpenRefusesWhatWasAltered(t *testing.T) {
	t.Parallel()
	v := open(t, newStore(), newStore())
	sealed := seal(t, v, "acme", "org", "e1", "secret")
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		bad := bytes.Clone(raw)
		bad[i] ^= 1
		if got, err := v.Open(t.Context(), "acme", "org", "e1", base64.RawURLEncoding.EncodeToString(bad)); err == nil {
			t.Errorf("byte %d altered: opened as %q", i, got)
		}
	}
	for _, bad := range []string{"", "AQ", "!!", sealed[:len(sealed)-2], sealed + "AA"} {
		if _, err := v.Open(t.Context(), "acme", "org", "e1", bad); !errors.Is(err, vault.ErrTampered) {
			t.Errorf("Open(%q): %v, want ErrTampered", bad, err)
		}
	}
}

func TestErase(t *testing.T) {
	t.Parallel()
	keys, erasures := newStore(), newStore()
	here, there := open(t, keys, erasures), open(t, keys, erasures)
	const ann, bob = "p_00000000000000000000000000", "p_11111111111111111111111111"
	old := seal(t, here, "acme", ann, "e1", "old")
	others := seal(t, here, "acme", bob, "e2", "bob")
	seal(t, there, "acme", ann, "e3", "fills the other cache")
	if _, err := there.Open(t.Context(), "acme", ann, "e1", old); err != nil {
		t.Fatal(err)
	}
	if err := here.Erase(t.Context(), "acme", ann); err != nil {
		t.Fatal(err)
	}
	erased := func(when string) {
		t.Helper()
		for name, v := range map[string]*vault.Vault{"here": here, "there": there, "later": open(t, keys, erasures)} {
			if got, err := v.Open(t.Context(), "acme", ann, "e1", old); !errors.Is(err, vault.ErrErased) {
				t.Errorf("%s, %s: %q, %v, want ErrErased", when, name, got, err)
			}
		}
	}
	erased("after erasure")
	if got, err := there.Seal(t.Context(), "acme", ann, "e4", []byte("fresh")); !errors.Is(err, vault.ErrErased) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("sealed for the erased: %q, %v", got, err)
	}
	if err := here.Prepare(t.Context(), "acme", []string{ann}); err != nil {
		t.Error(err)
	}
	erased("after others tried")
	if err := here.Erase(t.Context(), "acme", ann); err != nil {
		t.Errorf("erased again: %v", err)
	}
	if got, err := here.Open(t.Context(), "acme", bob, "e2", others); err != nil || string(got) != "bob" {
		t.Errorf("the other person: %q, %v", got, err)
	}
	if err := here.Erase(t.Context(), "acme", "p_22222222222222222222222222"); err != nil {
		t.Errorf("erase somebody unknown: %v", err)
	}
}

// An identity that was erased goes on under another id: the same for everybody, and another one after the next erasure.
func TestErasedIdentityGoesOnUnderAnotherID(t *testing.T) {
	t.Parallel()
	keys, erasures := newStore(), newStore()
	here, there := open(t, keys, erasures), open(t, keys, erasures)
	known := map[string]bool{}
	first := ""
	for era := range 4 {
		id := prospect(t, here, vault.KindPhone, "+12125550100")
		if known[id] {
			t.Fatalf("era %d: %s was known before", era, id)
		}
		known[id] = true
		if first == "" {
			first = id
		}
		for name, v := range map[string]*vault.Vault{"there": there, "later": open(t, keys, erasures)} {
			if got := prospect(t, v, vault.KindPhone, "+1 212 555 0100"); got != id {
				t.Errorf("era %d, %s: %s, want %s", era, name, got, id)
			}
			if got, err := v.Current(t.Context(), "acme", first); err != nil || got != id {
				t.Errorf("era %d, %s: %s goes on as %s (%v), want %s", era, name, first, got, err, id)
			}
		}
		if got, err := here.Current(t.Context(), "zeta", first); err != nil || got != first {
			t.Errorf("in another org %s goes on as %s (%v)", first, got, err)
		}
		sealed := seal(t, there, "acme", id, "e1", "x")
		if err := here.Erase(t.Context(), "acme", id); err != nil {
			t.Fatal(err)
		}
		if !there.Erased("acme", id) || there.Erased("zeta", id) {
			t.Errorf("era %d: erased in acme %v, in zeta %v", era, there.Erased("acme", id), there.Erased("zeta", id))
		}
		if _, err := there.Open(t.Context(), "acme", id, "e1", sealed); !errors.Is(err, vault.ErrErased) {
			t.Errorf("era %d: %v", era, err)
		}
	}
}

func prospect(tb testing.TB, v *vault.Vault, kind, text string) string {
	tb.Helper()
	id, err := v.ProspectID(tb.Context(), "acme", kind, text)
	if err != nil {
		tb.Fatal(err)
	}
	return id
}

// A crash between the mark and the key's destruction is mended by erasing again.
func TestErasureIsCompleted(t *testing.T) {
	t.Parallel()
	keys, erasures := newStore(), newStore()
	v := open(t, keys, erasures)
	const ann = "p_00000000000000000000000000"
	sealed := seal(t, v, "acme", ann, "e1", "x")
	keys.fail = errors.New("down")
	if err := v.Erase(t.Context(), "acme", ann); err == nil {
		t.Fatal("erased without the store")
	}
	keys.fail = nil
	v = open(t, keys, erasures) // it was killed, and begins again
	if _, err := v.Open(t.Context(), "acme", ann, "e1", sealed); !errors.Is(err, vault.ErrErased) {
		t.Errorf("after the mark: %v", err)
	}
	if err := v.Erase(t.Context(), "acme", ann); err != nil || len(keys.values) != 1 {
		t.Errorf("%v, %d values are left, want the check value alone", err, len(keys.values))
	}
}

func TestStoreErrorsComeOut(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	keys, erasures := newStore(), newStore()
	v := open(t, keys, erasures)
	sealed := seal(t, v, "acme", "org", "e1", "x")
	v = open(t, keys, erasures)
	keys.fail = down
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"ProspectID": func() error { _, err := v.ProspectID(ctx, "acme", vault.KindEmail, "kim@example.com"); return err },
		"Digest":     func() error { _, err := v.Digest(ctx, "acme", nil); return err },
		"Prepare":    func() error { return v.Prepare(ctx, "acme", []string{"org"}) },
		"Seal":       func() error { _, err := v.Seal(ctx, "acme", "org", "e2", nil); return err },
		"Open":       func() error { _, err := v.Open(ctx, "acme", "org", "e1", sealed); return err },
		"Erase":      func() error { return v.Erase(ctx, "acme", "org") },
	} {
		if err := call(); !errors.Is(err, down) {
			t.Errorf("%s: %v, want %v", name, err, down)
		}
	}
	keys.fail, erasures.fail = nil, down
	if err := v.Erase(ctx, "acme", "org"); !errors.Is(err, down) {
		t.Errorf("unannounced erasure: %v, want %v", err, down)
	}
}

func TestPrepareMakesEachKeyOnce(t *testing.T) {
	t.Parallel()
	keys, erasures := newStore(), newStore()
	v, w := open(t, keys, erasures), open(t, keys, erasures)
	owners := make([]string, 1000)
	for i := range owners {
		owners[i] = fmt.Sprintf("rep:%d", i/2)
	}
	var wg sync.WaitGroup
	for _, each := range []*vault.Vault{v, w, v, w} {
		wg.Go(func() {
			if err := each.Prepare(t.Context(), "acme", owners); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got, want := len(keys.values), 1+500; got != want { // and the check value
		t.Errorf("%d values stored, want %d", got, want)
	}
	for i, owner := range owners {
		id := fmt.Sprint(i)
		got, err := w.Open(t.Context(), "acme", owner, id, seal(t, v, "acme", owner, id, owner))
		if err != nil || string(got) != owner {
			t.Fatalf("%s: %q, %v", owner, got, err)
		}
	}
}

func TestStoreShowsNoSecret(t *testing.T) {
	t.Parallel()
	keys, erasures := newStore(), newStore()
	v := open(t, keys, erasures)
	if _, err := v.ProspectID(t.Context(), "acme", vault.KindEmail, "kim@example.com"); err != nil {
		t.Fatal(err)
	}
	seal(t, v, "acme", "rep:kim@example.com", "e1", "x")
	if err := v.Erase(t.Context(), "acme", "rep:kim@example.com"); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*store{keys, erasures} {
		for k, value := range s.values {
			if strings.Contains(k, "kim") || bytes.Contains(value, []byte("kim")) || bytes.Contains(value, []byte("milemarker")) {
				t.Errorf("%s = %q", k, value)
			}
		}
	}
}

func TestWrappedKeysCannotChangePlaces(t *testing.T) {
	t.Parallel()
	keys, erasures := newStore(), newStore()
	v := open(t, keys, erasures)
	for _, org := range []string{"acme", "zeta"} {
		if _, err := v.Digest(t.Context(), org, nil); err != nil {
			t.Fatal(err)
		}
	}
	keys.values["pepper.acme"] = keys.values["pepper.zeta"]
	if _, err := open(t, keys, erasures).Digest(t.Context(), "acme", nil); !errors.Is(err, vault.ErrTampered) {
		t.Errorf("swapped pepper: %v, want ErrTampered", err)
	}
}

func TestCancelledCaller(t *testing.T) {
	t.Parallel()
	v := open(t, newStore(), newStore())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.Seal(ctx, "acme", "org", "e1", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Seal: %v, want context.Canceled", err)
	}
	seal(t, v, "acme", "org", "e1", "") // the next caller is none the worse
}

func BenchmarkSeal(b *testing.B) {
	v := open(b, newStore(), newStore())
	private := bytes.Repeat([]byte("x"), 200)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Seal(b.Context(), "acme", "p_00000000000000000000000000", "e1", private); err != nil {
			b.Fatal(err)
		}
	}
}

var _ vault.Erasures = (*store)(nil)
