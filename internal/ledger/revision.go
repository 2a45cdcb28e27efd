package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/nats-io/nats.go/jetstream"
)

// Revision returns the value of a key and its revision, or fs.ErrNotExist. Revisions only rise.
func (b *Bucket) Revision(ctx context.Context, key string) (value []byte, revision uint64, err error) {
	ctx, cancel := b.ledger.link.bind(ctx)
	defer cancel()
	entry, err := b.kv.Get(ctx, key)
	if err != nil {
		return nil, 0, b.wrap(ctx, "get", key, err)
	}
	return entry.Value(), entry.Revision(), nil
}

// Replace stores the value of a key whose value has a revision, or returns fs.ErrExist when it has another one by now. After
// any other error it is unknown whether the value was stored.
func (b *Bucket) Replace(ctx context.Context, key string, value []byte, revision uint64) error {
	ctx, cancel := b.ledger.link.bind(ctx)
	defer cancel()
	_, err := b.kv.Update(ctx, key, value, revision)
	if err != nil && (wrongSequence(err) || errors.Is(err, jetstream.ErrKeyExists)) {
		return fmt.Errorf("replace %s/%s: %w", b.name, key, fs.ErrExist)
	}
	return b.wrap(ctx, "replace", key, err)
}
