package vault

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const masterKeySize = 32

// ParseMasterKey reads a master key as it is written in a file or an environment variable: 32 bytes in base64
// (standard or URL alphabet, padded or not).
func ParseMasterKey(text string) ([]byte, error) {
	raw := bytes.TrimRight(bytes.TrimSpace([]byte(text)), "=")
	for i, c := range raw {
		switch c {
		case '-':
			raw[i] = '+'
		case '_':
			raw[i] = '/'
		}
	}
	key := make([]byte, base64.RawStdEncoding.DecodedLen(len(raw)))
	n, err := base64.RawStdEncoding.Decode(key, raw)
	if err != nil || n != masterKeySize {
		return nil, errors.New("a master key is 32 bytes in base64, such as openssl rand -base64 32 prints")
	}
	return key[:n], nil
}

// LoadOrCreateMasterKey returns the master key kept at path, making one (mode 0600, on disk before the call returns)
// when there is none. It refuses a file that others may read. Of several that create at the same time the first wins.
func LoadOrCreateMasterKey(path string) ([]byte, error) {
	key, err := loadMasterKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	fresh := make([]byte, masterKeySize)
	_, _ = rand.Read(fresh) // never fails
	if err := publish(path, []byte(base64.StdEncoding.EncodeToString(fresh)+"\n")); err != nil {
		return nil, fmt.Errorf("create master key: %w", err)
	}
	return loadMasterKey(path)
}

func loadMasterKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("master key %s has mode %04o: others may read it, make it 0600", path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	key, err := ParseMasterKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("master key %s: %w", path, err)
	}
	return key, nil
}

// publish makes path appear with content whole and durable, unless it exists already: then it stays as it is.
func publish(path string, content []byte) error {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".master-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // it has its name by now, or nobody needs it
	_, err = tmp.Write(content)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
