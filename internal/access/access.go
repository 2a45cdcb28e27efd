// Package access says who is calling: API keys with scopes, each bound to one org, and browser sessions begun by a
// one-time login link.
//
// Secrets are 260 random bits and only their SHA-256 is stored. A slow password hash would buy nothing: it protects
// secrets that can be guessed, and would cost milliseconds on every call.
//
// Everything needed to answer is held in memory and kept current by watching the stores, so a revocation acts at once
// in every process. What cannot be read counts as absent: the package fails closed.
//
// The package must import none of ours and speak to no engine: state lives in two small stores handed to Open.
package access

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Scope is something that a key allows.
type Scope string

// The scopes of a key.
const (
	ScopeIngest Scope = "ingest" // record events
	ScopeRead   Scope = "read"   // ask questions
	ScopePeople Scope = "people" // see who people are: names, numbers, addresses, notes
	ScopeAdmin  Scope = "admin"  // all of them, and manage keys
)

// Valid tells whether s is one of the scopes.
func (s Scope) Valid() bool {
	return s == ScopeIngest || s == ScopeRead || s == ScopePeople || s == ScopeAdmin
}

// Caller is who made a call.
type Caller struct {
	KeyID  string
	Org    string
	Name   string // what the key was called when it was added
	Scopes []Scope
	// Operator marks the first key, which also makes, lists and revokes keys of other orgs. It reads no org but its own.
	Operator bool
}

// May tells whether the caller's key allows s.
func (c Caller) May(s Scope) bool {
	return slices.Contains(c.Scopes, s) || slices.Contains(c.Scopes, ScopeAdmin)
}

// Errors that callers tell apart.
var (
	// ErrUnauthenticated is returned for credentials that are missing, unknown, revoked, expired or used up. It does
	// not say which.
	ErrUnauthenticated = errors.New("not authenticated")
	// ErrUnknownKey is returned when a key id names no key, or none that is still good.
	ErrUnknownKey = errors.New("no such key")
	// ErrOperatorKey is returned for the revocation of the operator's key, without which nobody could make keys again.
	ErrOperatorKey = errors.New("the operator's key cannot be revoked")
)

// KeyStore keeps the keys. They are revoked but never deleted: the ledger goes on naming them.
type KeyStore interface {
	Create(ctx context.Context, key string, value []byte) error
	Put(ctx context.Context, key string, value []byte) error
	// Watch calls fn for what is there and returns, then goes on calling it, in order, for every change until ctx
	// ends. A nil value means deleted.
	Watch(ctx context.Context, fn func(key string, value []byte)) error
}

// LoginStore keeps login links and sessions.
type LoginStore interface {
	// Create stores a value under a key that does not exist yet, or returns an error that is fs.ErrExist.
	Create(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error
	// Watch is as in KeyStore.
	Watch(ctx context.Context, fn func(key string, value []byte)) error
}

// Access answers who is calling. It is safe for concurrent use.
type Access struct {
	keyStore   KeyStore
	loginStore LoginStore
	now        func() time.Time

	mu     sync.RWMutex
	keys   map[string]keyRecord   // by key id
	logins map[string]loginRecord // by the name in the store
}

// Open returns an Access that knows all that is stored. It watches the stores until ctx ends.
func Open(ctx context.Context, keys KeyStore, logins LoginStore, now func() time.Time) (*Access, error) {
	a := &Access{
		keyStore:   keys,
		loginStore: logins,
		now:        now,
		keys:       map[string]keyRecord{},
		logins:     map[string]loginRecord{},
	}
	if err := keys.Watch(ctx, a.keyChanged); err != nil {
		return nil, fmt.Errorf("watch keys: %w", err)
	}
	if err := logins.Watch(ctx, a.loginChanged); err != nil {
		return nil, fmt.Errorf("watch logins: %w", err)
	}
	return a, nil
}

// Authenticate returns the caller that an API key belongs to, or ErrUnauthenticated. A call takes the same steps
// whether the key's id exists or not.
func (a *Access) Authenticate(_ context.Context, token string) (Caller, error) {
	id, hash, ok := parseToken(keyPrefix, token)
	if !ok {
		return Caller{}, ErrUnauthenticated
	}
	a.mu.RLock()
	key, known := a.keys[id]
	a.mu.RUnlock()
	same := subtle.ConstantTimeCompare(key.Hash[:], hash[:]) == 1
	if !same || !known || !key.Revoked.IsZero() {
		return Caller{}, ErrUnauthenticated
	}
	return key.caller(), nil
}

// keyChanged takes in one change of the key store. Revocation is final: a change that was made before it and arrives
// after it does not bring the key back.
func (a *Access) keyChanged(name string, value []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var key keyRecord
	if value == nil || json.Unmarshal(value, &key) != nil || key.ID != name {
		delete(a.keys, name)
		return
	}
	if old := a.keys[name]; !old.Revoked.IsZero() {
		key.Revoked = old.Revoked
	}
	a.keys[name] = key
}

// loginChanged takes in one change of the login store, in the same spirit.
func (a *Access) loginChanged(name string, value []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var login loginRecord
	if value == nil || json.Unmarshal(value, &login) != nil || login.name() != name {
		delete(a.logins, name)
		return
	}
	login.ended = a.logins[name].ended
	a.logins[name] = login
}
