package connections

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrUnknown is returned for a connection that the org has not, or has no more.
var ErrUnknown = errors.New("no such connection")

// Bucket keeps connections under their ids.
type Bucket interface {
	Create(ctx context.Context, key string, value []byte) error
	Put(ctx context.Context, key string, value []byte) error
	// Watch calls fn for what is there and returns, then goes on for every change until ctx ends.
	Watch(ctx context.Context, fn func(key string, value []byte)) error
}

// Wrapper encrypts secrets under the master key, each bound to its name.
type Wrapper interface {
	Wrap(name string, secret []byte) ([]byte, error)
	Unwrap(name string, wrapped []byte) ([]byte, error)
}

// Connections are those of all orgs. It is safe for concurrent use.
type Connections struct {
	bucket Bucket
	keys   Wrapper
	now    func() time.Time

	writing sync.Mutex // one change at a time in this process
	mu      sync.RWMutex
	byID    map[string]Connection
}

// Open reads the connections and watches them until ctx ends.
func Open(ctx context.Context, bucket Bucket, keys Wrapper, now func() time.Time) (*Connections, error) {
	c := &Connections{bucket: bucket, keys: keys, now: now, byID: map[string]Connection{}}
	if err := bucket.Watch(ctx, c.changed); err != nil {
		return nil, fmt.Errorf("connections: %w", err)
	}
	return c, nil
}

func (c *Connections) changed(id string, value []byte) {
	one, ok := c.open(id, value)
	c.mu.Lock()
	defer c.mu.Unlock()
	if ok {
		c.byID[id] = one
	} else {
		delete(c.byID, id)
	}
}

// Get returns a connection by its id, a deleted one included. What it holds is shared and must not be changed.
func (c *Connections) Get(id string) (Connection, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	one, ok := c.byID[id]
	return one, ok
}

// Of is Get for an org: ErrUnknown for what is not its own, and for what is deleted.
func (c *Connections) Of(org, id string) (Connection, error) {
	one, ok := c.Get(id)
	if !ok || one.Org != org || one.State == Deleted {
		return Connection{}, ErrUnknown
	}
	return one, nil
}

// List returns the connections of an org that are not deleted, the oldest first.
func (c *Connections) List(org string) []Connection {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []Connection
	for _, one := range c.byID {
		if one.Org == org && one.State != Deleted {
			out = append(out, one)
		}
	}
	slices.SortFunc(out, func(a, b Connection) int {
		if n := a.Created.Compare(b.Created); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// Add keeps a new connection and returns it with its id. The base is the public address to which /hooks/<id> is added.
// A secret is live from now on; "" means that there is none yet, and that nothing is let in until there is.
func (c *Connections) Add(ctx context.Context, base string, one Connection, secret string) (Connection, error) {
	one.ID = "c_" + random(16)
	one.URL = strings.TrimSuffix(base, "/") + "/hooks/" + one.ID
	one.State, one.Created = Active, c.now().UTC()
	one.Settings = maps.Clone(one.Settings)
	if secret != "" {
		one.rotate(c.secret(secret), 0)
	}
	value, err := c.seal(one)
	if err != nil {
		return one, fmt.Errorf("add connection: %w", err)
	}
	if err := c.bucket.Create(ctx, one.ID, value); err != nil {
		return one, fmt.Errorf("add connection: %w", err)
	}
	c.changed(one.ID, value)
	return one, nil
}

// NewSecret returns a secret of 32 random bytes, in letters and digits that fit into a URL. They also read as base64.
func NewSecret() string { return random(32) }

// Rotate makes a secret the newest; those before stay good for the overlap.
func (c *Connections) Rotate(ctx context.Context, org, id, secret string, overlap time.Duration) (Connection, error) {
	return c.edit(ctx, org, id, func(one *Connection) { one.rotate(c.secret(secret), overlap) })
}

// Change alters what does not concern secrets or the state: name, region, zone, settings, token.
func (c *Connections) Change(ctx context.Context, org, id string, fn func(*Connection)) (Connection, error) {
	return c.edit(ctx, org, id, func(one *Connection) {
		was := *one
		one.Settings = maps.Clone(one.Settings)
		fn(one)
		one.ID, one.Org, one.Provider, one.URL, one.State, one.Secrets = was.ID, was.Org, was.Provider, was.URL, was.State, was.Secrets
	})
}

// Pause has deliveries wait for translation.
func (c *Connections) Pause(ctx context.Context, org, id string) (Connection, error) {
	return c.edit(ctx, org, id, func(one *Connection) {
		if one.State != Paused {
			one.State, one.PausedAt = Paused, c.now().UTC()
		}
	})
}

// Resume has deliveries translated again. It says since when they were waiting, zero if they were not.
func (c *Connections) Resume(ctx context.Context, org, id string) (one Connection, since time.Time, err error) {
	one, err = c.edit(ctx, org, id, func(one *Connection) {
		since = one.PausedAt
		one.State, one.PausedAt = Active, time.Time{}
	})
	return one, since, err
}

// Delete ends a connection for ever. What was delivered stays as long as deliveries do.
func (c *Connections) Delete(ctx context.Context, org, id string) error {
	_, err := c.edit(ctx, org, id, func(one *Connection) {
		one.State, one.DeletedAt = Deleted, c.now().UTC()
		one.Secrets, one.Token = nil, ""
	})
	return err
}

func (c *Connections) edit(ctx context.Context, org, id string, fn func(*Connection)) (Connection, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	one, err := c.Of(org, id)
	if err != nil {
		return one, err
	}
	fn(&one)
	value, err := c.seal(one)
	if err != nil {
		return one, fmt.Errorf("change connection: %w", err)
	}
	if err := c.bucket.Put(ctx, id, value); err != nil {
		return one, fmt.Errorf("change connection: %w", err)
	}
	c.changed(id, value)
	return one, nil
}

func (c *Connections) secret(value string) Secret {
	return Secret{ID: random(5), Value: value, Created: c.now().UTC()}
}

// record is a connection as it is stored: what is secret is wrapped.
type record struct {
	Connection

	Secrets []wrapped `json:",omitempty"`
	Token   []byte    `json:",omitempty"`
}

type wrapped struct {
	Secret

	Value []byte
}

// seal and open use the connection's id, and the secret's, as names.
func (c *Connections) seal(one Connection) ([]byte, error) {
	r := record{Connection: one}
	for _, s := range one.Secrets {
		value, err := c.keys.Wrap(secretName(one.ID, s.ID), []byte(s.Value))
		if err != nil {
			return nil, err
		}
		r.Secrets = append(r.Secrets, wrapped{Secret: Secret{ID: s.ID, Created: s.Created, Ends: s.Ends}, Value: value})
	}
	if one.Token != "" {
		var err error
		if r.Token, err = c.keys.Wrap(tokenName(one.ID), []byte(one.Token)); err != nil {
			return nil, err
		}
	}
	r.Connection.Secrets, r.Connection.Token = nil, ""
	return json.Marshal(r)
}

func (c *Connections) open(id string, value []byte) (Connection, bool) {
	var r record
	if value == nil || json.Unmarshal(value, &r) != nil || r.ID != id {
		return Connection{}, false
	}
	one := r.Connection
	for _, w := range r.Secrets {
		if value, err := c.keys.Unwrap(secretName(id, w.ID), w.Value); err == nil {
			w.Secret.Value = string(value)
		}
		one.Secrets = append(one.Secrets, w.Secret)
	}
	if len(r.Token) > 0 {
		if token, err := c.keys.Unwrap(tokenName(id), r.Token); err == nil {
			one.Token = string(token)
		}
	}
	return one, true
}

func secretName(connection, secret string) string {
	return "connection." + connection + ".secret." + secret
}
func tokenName(connection string) string { return "connection." + connection + ".token" }

func random(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}
