package audit_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"milemarker/internal/audit"
)

func TestCheckpointsAreBoundToTheirKey(t *testing.T) {
	key, other := newKey(t), newKey(t)
	c := audit.Checkpoint{Position: 1204, Time: clock()}
	for i := range c.Heads {
		c.Heads[i] = audit.Head{Size: int64(i * 70), Root: tlog.RecordHash([]byte{byte(i)})}
	}
	signed, err := c.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes\n%s", len(signed), signed)
	if got := open(t, signed, key); got != c {
		t.Errorf("%+v, want %+v", got, c)
	}
	verifier, err := other.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := audit.Open(signed, verifier); !errors.Is(err, audit.ErrCheckpoint) {
		t.Errorf("with another key: %v", err)
	}
	own, err := key.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	for i := range signed { // not one byte can be another
		forged := bytes.Clone(signed)
		forged[i] ^= 1
		if got, err := audit.Open(forged, own); err == nil && got != c {
			t.Errorf("byte %d: %+v", i, got)
		}
	}
}

func TestKeyIsMadeOnceAndCanBeGiven(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.key")
	made, err := audit.LoadOrCreateKey(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	again, err := audit.LoadOrCreateKey(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	given, err := audit.ParseKey(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if again.Public != made.Public || given.Public != made.Public {
		t.Errorf("public keys %s, %s, %s", made.Public, again.Public, given.Public)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v: %v", info.Mode(), err)
	}
	for _, bad := range []string{"", "PRIVATE+KEY+x", "milemarker+1+abc", string(text[:len(text)-9])} {
		if _, err := audit.ParseKey(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func FuzzOpen(f *testing.F) {
	key, err := audit.LoadOrCreateKey(filepath.Join(f.TempDir(), "audit.key"), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	verifier, err := key.Verifier()
	if err != nil {
		f.Fatal(err)
	}
	signed, err := audit.Checkpoint{Time: clock()}.Sign(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add([]byte("milemarker/ledger/v1\nposition 1\n\n— milemarker AAAA\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := audit.Open(b, verifier); err == nil && (c.Position != 0 || c.Events() != 0) {
			t.Errorf("forged: %q", b)
		}
	})
}
