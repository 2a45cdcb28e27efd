// Package vault keeps what must not stand in the ledger: the keys that make persons recognisable and readable.
//
// Three layers of secrets, each wrapped by the one above:
//
//   - the master key, 32 random bytes held by the operator and never stored beside what it protects;
//   - a pepper an org, made once and for ever: prospect ids and digests are keyed by it;
//   - a data key an owner (a prospect, a rep, the org itself): private fields are sealed under it.
//
// Erasing a person destroys that person's data key. What was sealed under it can never be read again, wherever copies
// of it lie. The prospect ids of the person end with it: the same identity, told later, gives another id, with a key of
// its own, so that nothing new is ever joined to what was erased.
//
// All encryption is XChaCha20-Poly1305: its 192-bit nonces may be drawn at random for ever under one key. Associated
// data binds every ciphertext to its place, so that nothing can be moved from one event, owner or org to another.
//
// The package must import none of ours and speak to no engine: keys live in two small stores handed to Open.
package vault

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"

	"github.com/maypok86/otter/v2"
	aead "github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// Keys holds wrapped keys. A Get that follows a successful Create or Delete, by whomever, sees its effect.
type Keys interface {
	// Get returns a value, or an error that is fs.ErrNotExist.
	Get(ctx context.Context, key string) ([]byte, error)
	// Create stores a value under a key that does not exist yet, or returns an error that is fs.ErrExist.
	Create(ctx context.Context, key string, value []byte) error
	// CreateAll is Create for many keys, which differ, at the price of few. It tells for each whether the value was stored:
	// if not, the key existed.
	CreateAll(ctx context.Context, keys []string, values [][]byte) ([]bool, error)
	// Delete destroys a value and its history. A key that does not exist is no error.
	Delete(ctx context.Context, key string) error
}

// Erasures tells every process that shares the keys which of them were destroyed, so that none goes on with a copy.
type Erasures interface {
	Put(ctx context.Context, key string, value []byte) error
	// Watch calls fn for what is there and returns, then goes on calling it for every change until ctx ends.
	Watch(ctx context.Context, fn func(key string, value []byte)) error
}

// Errors that callers tell apart.
var (
	// ErrWrongMasterKey is returned by Open when the stored keys were wrapped under another master key.
	ErrWrongMasterKey = errors.New("the master key is not the one this data was written with")
	// ErrErased is returned by Vault.Open when the data key was destroyed, and by Vault.Seal for a prospect who was erased.
	// It is fs.ErrNotExist, so that a consumer can tell it without importing this package.
	ErrErased error = erasedError{}
	// ErrTampered is returned when a ciphertext was altered, or stands where it was not written.
	ErrTampered = errors.New("ciphertext does not authenticate")
)

type erasedError struct{}

func (erasedError) Error() string { return "erased" }

func (erasedError) Is(target error) bool { return target == fs.ErrNotExist }

// Config says how a vault behaves. The zero value serves.
type Config struct {
	Region    string // ISO 3166-1 region of phone numbers without a country code; "" refuses such numbers
	CacheSize int    // unwrapped data keys held in memory, 0 = 100,000 (some 30 MB)
}

const (
	checkKey   = "check"
	checkText  = "milemarker"
	maxPeppers = 10_000
)

// Vault hashes, seals and opens. It is safe for concurrent use.
type Vault struct {
	keys     Keys
	erasures Erasures
	region   string
	master   *aead.XChaCha20Poly1305

	peppers *otter.Cache[string, pepper]
	// Two caches because they are filled differently: sealing makes a missing key, opening must not.
	sealing, opening *otter.Cache[keyName, dataKey]

	erased erased
}

// Open returns a vault over the stores after proving that master is the key they were written with (else
// ErrWrongMasterKey). It watches for erasures by other processes until ctx ends.
func Open(ctx context.Context, keys Keys, erasures Erasures, master []byte, cfg Config) (*Vault, error) {
	if len(master) != masterKeySize {
		return nil, fmt.Errorf("master key of %d bytes, want %d", len(master), masterKeySize)
	}
	m, err := aead.NewXChaCha20Poly1305(master)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	size := cfg.CacheSize
	if size == 0 {
		size = 100_000
	}
	v := &Vault{keys: keys, erasures: erasures, region: cfg.Region, master: m}
	if v.peppers, err = otter.New(&otter.Options[string, pepper]{MaximumSize: maxPeppers}); err != nil {
		return nil, fmt.Errorf("pepper cache: %w", err)
	}
	for _, cache := range []**otter.Cache[keyName, dataKey]{&v.sealing, &v.opening} {
		if *cache, err = otter.New(&otter.Options[keyName, dataKey]{MaximumSize: size}); err != nil {
			return nil, fmt.Errorf("data key cache: %w", err)
		}
	}
	if err := v.check(ctx); err != nil {
		return nil, err
	}
	err = erasures.Watch(ctx, func(key string, _ []byte) {
		v.erased.add(keyName(key))
		v.forget(keyName(key))
	})
	if err != nil {
		return nil, fmt.Errorf("watch erasures: %w", err)
	}
	return v, nil
}

// check compares the master key with the check value, which the first vault over a store writes.
func (v *Vault) check(ctx context.Context) error {
	text, err := v.unwrapOrCreate(ctx, checkKey, func() []byte { return []byte(checkText) })
	switch {
	case errors.Is(err, ErrTampered):
		return ErrWrongMasterKey
	case err != nil:
		return fmt.Errorf("check master key: %w", err)
	case subtle.ConstantTimeCompare(text, []byte(checkText)) == 0:
		return ErrWrongMasterKey
	}
	return nil
}

// unwrapOrCreate returns the secret stored under key, wrapping and storing a fresh one when there is none. Of several
// that create at the same time the first wins, and all return its secret.
func (v *Vault) unwrapOrCreate(ctx context.Context, key string, fresh func() []byte) ([]byte, error) {
	secret, err := v.unwrap(ctx, key)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	secret = fresh()
	wrapped, err := v.master.Encrypt(secret, []byte(key))
	if err != nil {
		return nil, fmt.Errorf("wrap: %w", err)
	}
	err = v.keys.Create(ctx, key, wrapped)
	if errors.Is(err, fs.ErrExist) {
		return v.unwrap(ctx, key)
	}
	if err != nil {
		return nil, err
	}
	return secret, nil
}

// unwrap returns the secret stored under key, or an error that is fs.ErrNotExist. The key's name is the associated
// data: a wrapped secret cannot pass for another.
func (v *Vault) unwrap(ctx context.Context, key string) ([]byte, error) {
	wrapped, err := v.keys.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	secret, err := v.master.Decrypt(wrapped, []byte(key))
	if err != nil {
		return nil, fmt.Errorf("unwrap %s: %w", key, ErrTampered)
	}
	return secret, nil
}
