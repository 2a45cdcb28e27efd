package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// keyName is what signatures are made in the name of.
const keyName = "milemarker"

// publicKeyFile holds the public key beside the checkpoints, to be shown to whoever wants to check one.
const publicKeyFile = "audit.pub"

// Key signs checkpoints.
type Key struct {
	note.Signer
	Public string // what others check signatures with
}

// ParseKey reads a private key as note.GenerateKey writes it.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	signer, err := note.NewSigner(text)
	if err != nil {
		return Key{}, fmt.Errorf("audit key: %w", err)
	}
	// PRIVATE+KEY+<name>+<hash>+<base64 of the algorithm's byte and the seed>: NewSigner has found it sound.
	fields := strings.SplitN(text, "+", 5)
	seed, err := base64.StdEncoding.DecodeString(fields[len(fields)-1])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return Key{}, errors.New("audit key: not an Ed25519 key")
	}
	public, ok := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return Key{}, errors.New("audit key: not an Ed25519 key")
	}
	verifier, err := note.NewEd25519VerifierKey(signer.Name(), public)
	if err != nil {
		return Key{}, fmt.Errorf("audit key: %w", err)
	}
	return Key{signer, verifier}, nil
}

// Verifier returns what checks the key's own signatures.
func (k Key) Verifier() (note.Verifier, error) { return ParsePublic(k.Public) }

// ParsePublic reads a public key.
func ParsePublic(text string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("public audit key: %w", err)
	}
	return v, nil
}

// LoadOrCreateKey reads the key in a file, and makes one there when there is none: readable for its owner alone. The
// public key lies beside it in audit.pub.
func LoadOrCreateKey(path string, random io.Reader) (Key, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		var private string
		if private, _, err = note.GenerateKey(random, keyName); err == nil {
			text = []byte(private + "\n")
			err = writeDurably(path, text, 0o600)
		}
	}
	if err != nil {
		return Key{}, fmt.Errorf("audit key: %w", err)
	}
	key, err := ParseKey(string(text))
	if err != nil {
		return Key{}, err
	}
	return key, writeDurably(filepath.Join(filepath.Dir(path), publicKeyFile), []byte(key.Public+"\n"), 0o644)
}

// writeDurably replaces a file: it has the old content or the new, whatever happens.
func writeDurably(path string, content []byte, mode fs.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
