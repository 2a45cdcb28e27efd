package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Key is an API key as one may show it: without its secret.
type Key struct {
	ID      string    `json:"id"`
	Org     string    `json:"org"`
	Name    string    `json:"name"`
	Scopes  []Scope   `json:"scopes"`
	Created time.Time `json:"created"`
	Revoked time.Time `json:"revoked,omitzero"` // zero while the key is good
	// Operator is as in Caller. No key but the first has it.
	Operator bool `json:"operator,omitempty"`
}

// keyRecord is a key as it is stored, under its id.
type keyRecord struct {
	Key
	Hash tokenHash `json:"hash"`
}

func (k keyRecord) caller() Caller {
	return Caller{KeyID: k.ID, Org: k.Org, Name: k.Name, Scopes: k.Scopes, Operator: k.Operator}
}

// Add makes a key for an org and returns its token, which is not kept and cannot be shown again.
func (a *Access) Add(ctx context.Context, org, name string, scopes ...Scope) (string, Key, error) {
	token, record, err := a.newKey(org, name, scopes)
	if err != nil {
		return "", Key{}, err
	}
	if err := a.addKey(ctx, record); err != nil {
		return "", Key{}, err
	}
	return token, record.Key, nil
}

// List returns an org's keys in order of creation, revoked ones included. An org of "" stands for all orgs.
func (a *Access) List(_ context.Context, org string) []Key {
	a.mu.RLock()
	var keys []Key
	for _, record := range a.keys {
		if org == "" || record.Org == org {
			keys = append(keys, record.Key)
		}
	}
	a.mu.RUnlock()
	slices.SortFunc(keys, func(x, y Key) int {
		if c := x.Created.Compare(y.Created); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return keys
}

// Revoke ends an org's key and every session begun with it, or returns ErrUnknownKey. An org of "" stands for all orgs.
// Revoking twice is no error. The operator's key stays: ErrOperatorKey.
func (a *Access) Revoke(ctx context.Context, org, id string) error {
	a.mu.RLock()
	record, known := a.keys[id]
	a.mu.RUnlock()
	if !known || org != "" && record.Org != org {
		return ErrUnknownKey
	}
	if record.Operator {
		return ErrOperatorKey
	}
	if !record.Revoked.IsZero() {
		return nil
	}
	record.Revoked = a.now().UTC()
	value, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("revoke key: %w", err)
	}
	if err := a.keyStore.Put(ctx, id, value); err != nil {
		return fmt.Errorf("revoke key: %w", err)
	}
	a.keyChanged(id, value)
	return nil
}

// Bootstrap makes the first admin key, the operator's, when there is no key at all, for the org given, and writes its
// token to admin.key (mode 0600) in dataDir. It returns the file's path, or "" when there are keys already.
//
// The file is written before the key counts: a crash in between leaves a file whose key does not exist, and the next
// start overwrites it.
func (a *Access) Bootstrap(ctx context.Context, dataDir, org string) (string, error) {
	if len(a.List(ctx, "")) > 0 {
		return "", nil
	}
	token, record, err := a.newKey(org, "first admin", []Scope{ScopeAdmin})
	if err != nil {
		return "", err
	}
	record.Operator = true
	path := filepath.Join(dataDir, "admin.key")
	if err := writeSecret(path, token+"\n"); err != nil {
		return "", fmt.Errorf("write admin key: %w", err)
	}
	if err := a.addKey(ctx, record); err != nil {
		return "", err
	}
	return path, nil
}

func (a *Access) newKey(org, name string, scopes []Scope) (string, keyRecord, error) {
	if org == "" || name == "" || len(scopes) == 0 {
		return "", keyRecord{}, errors.New("a key needs an org, a name and at least one scope")
	}
	for _, s := range scopes {
		if !s.Valid() {
			return "", keyRecord{}, fmt.Errorf("scope %q is none of ingest, read, people, admin", s)
		}
	}
	id := newID()
	token, hash := newToken(keyPrefix, id)
	key := Key{ID: id, Org: org, Name: name, Scopes: slices.Clone(scopes), Created: a.now().UTC()}
	return token, keyRecord{Key: key, Hash: hash}, nil
}

func (a *Access) addKey(ctx context.Context, record keyRecord) error {
	value, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("add key: %w", err)
	}
	if err := a.keyStore.Create(ctx, record.ID, value); err != nil {
		return fmt.Errorf("add key: %w", err)
	}
	a.keyChanged(record.ID, value)
	return nil
}

// writeSecret replaces the file at path by one that only its owner can read, durably.
func writeSecret(path, content string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	return errors.Join(err, f.Sync(), f.Close())
}
