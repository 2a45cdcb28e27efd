package vault_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"milemarker/internal/vault"
)

func TestParseMasterKey(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{0xfb, 0xff}, 16) // has both of the letters that differ between the alphabets
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		got, err := vault.ParseMasterKey(" " + e.EncodeToString(key) + "\n")
		if err != nil || !bytes.Equal(got, key) {
			t.Errorf("%s: %x, %v", e.EncodeToString(key), got, err)
		}
	}
	for _, bad := range []string{"", "secret", base64.StdEncoding.EncodeToString(key[:31]), base64.StdEncoding.EncodeToString(append(key, 0))} {
		if got, err := vault.ParseMasterKey(bad); err == nil {
			t.Errorf("%q was taken as %x", bad, got)
		}
	}
}

func TestLoadOrCreateMasterKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "master.key")
	keys := make([][]byte, 16)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], err = vault.LoadOrCreateMasterKey(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i, key := range keys {
		if len(key) != 32 || !bytes.Equal(key, keys[0]) {
			t.Errorf("key %d differs", i)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file: %v, %v", info.Mode(), err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.LoadOrCreateMasterKey(path); err == nil {
		t.Error("a file that others may read was taken")
	}
	if err := os.WriteFile(filepath.Join(dir, "bad.key"), []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{filepath.Join(dir, "bad.key"), filepath.Join(dir, "missing", "master.key")} {
		if _, err := vault.LoadOrCreateMasterKey(bad); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
