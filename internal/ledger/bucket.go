package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Bucket keeps what is state and not history: small values under keys, the latest only. Keys consist of letters,
// digits and - _ = / with dots between words. Errors wrap fs.ErrNotExist and fs.ErrExist where they apply.
type Bucket struct {
	ledger *Ledger
	name   string
	kv     jetstream.KeyValue
	stream jetstream.Stream
}

// bucketConfig is that of a JetStream key-value bucket with a history of one, except that messages may be deleted
// one by one: Delete overwrites the value on the disk.
func bucketConfig(name string, cfg Config) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              "KV_" + name,
		Subjects:          []string{"$KV." + name + ".>"},
		Storage:           jetstream.FileStorage,
		Retention:         jetstream.LimitsPolicy,
		Discard:           jetstream.DiscardNew,
		AllowRollup:       true,
		AllowDirect:       cfg.Replicas == 1, // of several copies only the leader's is never behind
		MaxMsgsPerSubject: 1,
		MaxConsumers:      -1,
		MaxMsgs:           -1,
		MaxBytes:          -1,
		MaxMsgSize:        -1,
		Replicas:          cfg.Replicas,
		Duplicates:        sideWindow,

		AllowAtomicPublish: true,
	}
}

var (
	bucketName = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)
	bucketKey  = regexp.MustCompile(`^[a-zA-Z0-9_=/-]+(\.[a-zA-Z0-9_=/-]+)*$`)
)

// Bucket opens a bucket, and creates it when there is none. It returns a *DriftError when it is set up otherwise, such
// as with a limit that would drop values.
func (l *Ledger) Bucket(ctx context.Context, name string) (*Bucket, error) {
	if !bucketName.MatchString(name) {
		return nil, fmt.Errorf("bucket %q: name must consist of letters, digits, - and _", name)
	}
	want := bucketConfig(name, l.cfg)
	if err := l.letBatches(ctx, want.Name); err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	stream, err := l.ensure(ctx, want)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	kv, err := l.js.KeyValue(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	return &Bucket{ledger: l, name: name, kv: kv, stream: stream}, nil
}

// letBatches allows atomic batches on a bucket that was made before there were any. What else is wrong with it is found
// by ensure.
func (l *Ledger) letBatches(ctx context.Context, stream string) error {
	ctx, cancel := context.WithTimeout(ctx, ensureTimeout)
	defer cancel()
	found, err := l.js.Stream(ctx, stream)
	if err != nil || found.CachedInfo().Config.AllowAtomicPublish {
		return nil // there is none yet, or ensure tells
	}
	cfg := found.CachedInfo().Config
	cfg.AllowAtomicPublish = true
	_, err = l.js.UpdateStream(ctx, cfg)
	return err
}

// Get returns the value of a key, or fs.ErrNotExist.
func (b *Bucket) Get(ctx context.Context, key string) ([]byte, error) {
	ctx, cancel := b.ledger.link.bind(ctx)
	defer cancel()
	entry, err := b.kv.Get(ctx, key)
	if err != nil {
		return nil, b.wrap(ctx, "get", key, err)
	}
	return entry.Value(), nil
}

// Create stores the value of a key that has none, or returns fs.ErrExist.
func (b *Bucket) Create(ctx context.Context, key string, value []byte) error {
	ctx, cancel := b.ledger.link.bind(ctx)
	defer cancel()
	_, err := b.kv.Create(ctx, key, value)
	return b.wrap(ctx, "create", key, err)
}

// Put stores the value of a key, whether it has one or not.
func (b *Bucket) Put(ctx context.Context, key string, value []byte) error {
	ctx, cancel := b.ledger.link.bind(ctx)
	defer cancel()
	_, err := b.kv.Put(ctx, key, value)
	return b.wrap(ctx, "put", key, err)
}

// Delete destroys the value of a key: it is overwritten on the disk of the server that holds the bucket. (Values that
// Put replaced, and replicas' journals, are only freed.) To delete a key that is not there is no error.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	ctx, cancel := b.ledger.link.bind(ctx)
	defer cancel()
	for tried := uint64(0); ; {
		entry, err := b.kv.Get(ctx, key)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			return nil
		}
		if err != nil {
			return b.wrap(ctx, "delete", key, err)
		}
		err = b.stream.SecureDeleteMsg(ctx, entry.Revision())
		if errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) && entry.Revision() != tried {
			tried = entry.Revision() // somebody has replaced or deleted it meanwhile
			continue
		}
		if err != nil {
			return b.wrap(ctx, "delete", key, err)
		}
		return b.wrap(ctx, "delete", key, b.kv.Purge(ctx, key)) // tells the watchers
	}
}

// Keys returns all keys that have a value, in no particular order.
func (b *Bucket) Keys(ctx context.Context) ([]string, error) {
	ctx, cancel := b.ledger.link.bind(ctx)
	defer cancel()
	keys, err := b.kv.Keys(ctx)
	if errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, nil
	}
	return keys, b.wrap(ctx, "list", "*", err)
}

// Watch calls fn for every key and value, then for every change, one at a time; a nil value says that the key was
// deleted. It returns when fn has seen all that stood at the time of the call, and goes on in the background until ctx
// ends, through lost connections and restarts of the server. fn must not block for long.
func (b *Bucket) Watch(ctx context.Context, fn func(key string, value []byte)) error {
	ready, ended := make(chan struct{}), make(chan struct{})
	read := cursor{
		nc: b.ledger.nc, js: b.ledger.js, log: b.ledger.log, stream: "KV_" + b.name,
		prefetch: 500, ack: jetstream.AckNonePolicy, caughtUp: func() { close(ready) },
	}
	prefix := "$KV." + b.name + "."
	go func() {
		defer close(ended)
		read.run(ctx, func(m stored) bool {
			key, value := strings.TrimPrefix(m.msg.Subject(), prefix), m.msg.Data()
			if m.msg.Headers().Get("KV-Operation") != "" { // a marker: deleted or purged
				value = nil
			} else if value == nil {
				value = []byte{}
			}
			fn(key, value)
			return true
		})
	}()
	select {
	case <-ready:
		return nil
	case <-ended:
		return b.wrap(ctx, "watch", "*", cmp.Or(context.Cause(ctx), ErrClosed))
	}
}

// wrap names the operation and translates the errors that callers act upon.
func (b *Bucket) wrap(ctx context.Context, operation, key string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrKeyNotFound):
		err = fs.ErrNotExist
	case errors.Is(err, jetstream.ErrKeyExists):
		err = fs.ErrExist
	}
	return fmt.Errorf("%s %s/%s: %w", operation, b.name, key, reason(ctx, err))
}
