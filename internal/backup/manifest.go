package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Format is the version of the layout of a backup. Restore reads no other.
const Format = 1

const manifestFile = "manifest.json"

// Manifest says what is in a backup.
type Manifest struct {
	Format   int       `json:"format"`
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended"`
	Position uint64    `json:"position"` // of the last event in it
	Files    []File    `json:"files"`
}

// File is one file of a backup: a stream of the ledger's server, or a file of the data folder.
type File struct {
	Name   string          `json:"name"` // slash-separated, below the backup's folder
	Size   int64           `json:"size"` // bytes
	SHA256 string          `json:"sha256"`
	Stream string          `json:"stream,omitempty"` // whose copy it is
	Shape  json.RawMessage `json:"shape,omitempty"`  // what the server must know to make the stream again
}

// Bytes returns the size of everything.
func (m Manifest) Bytes() (sum int64) {
	for _, f := range m.Files {
		sum += f.Size
	}
	return sum
}

// Check reads the manifest of a backup and every file that it names. It returns an error unless all are there as they
// were written.
func Check(folder string) (Manifest, error) {
	m, err := read(folder)
	if err != nil {
		return Manifest{}, fmt.Errorf("backup %s: %w", folder, err)
	}
	for _, f := range m.Files {
		if err := f.check(folder); err != nil {
			return Manifest{}, fmt.Errorf("backup %s: %s: %w", folder, f.Name, err)
		}
	}
	return m, nil
}

func read(folder string) (m Manifest, err error) {
	text, err := os.ReadFile(filepath.Join(folder, manifestFile))
	if errors.Is(err, os.ErrNotExist) {
		return m, errors.New("no manifest: it is no backup, or one that was cut short")
	} else if err != nil {
		return m, err
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&m); err != nil {
		return m, fmt.Errorf("manifest: %w", err)
	}
	if m.Format != Format {
		return m, fmt.Errorf("format %d, want %d", m.Format, Format)
	}
	for _, f := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return m, fmt.Errorf("manifest: %q lies elsewhere", f.Name)
		}
	}
	return m, nil
}

func (f File) check(folder string) error {
	in, err := os.Open(filepath.Join(folder, filepath.FromSlash(f.Name)))
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	hash := sha256.New()
	if _, err := io.Copy(hash, in); err != nil {
		return err
	}
	if sum := hex.EncodeToString(hash.Sum(nil)); sum != f.SHA256 {
		return fmt.Errorf("damaged: SHA-256 is %s, the manifest says %s", sum, f.SHA256)
	}
	return nil
}
