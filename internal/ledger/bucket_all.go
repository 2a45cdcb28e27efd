package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// singlesAtOnce bounds the values that are created one by one at the same time: each waits for the disk, and the server
// commits those that wait together.
const singlesAtOnce = 256

// CreateAll stores the values of keys that have none, and tells for each whether it did: false says that the key had a
// value already, which stays. Keys must differ. What it did is durable when it returns; after an error some of it may be.
//
// Up to 1,000 values cost one synced write.
func (b *Bucket) CreateAll(ctx context.Context, keys []string, values [][]byte) ([]bool, error) {
	created := make([]bool, 0, len(keys))
	for len(keys) > 0 {
		n := min(len(keys), maxBatch)
		some, err := b.createSome(ctx, keys[:n], values[:n])
		if err != nil {
			return nil, fmt.Errorf("create %d in %s: %w", n, b.name, reason(ctx, err))
		}
		created, keys, values = append(created, some...), keys[n:], values[n:]
	}
	return created, nil
}

// createSome creates values in one atomic batch. When that is refused, it leaves out the keys that have a value and tries
// once more; what is refused then, such as a key whose value was deleted, is created one by one.
func (b *Bucket) createSome(ctx context.Context, keys []string, values [][]byte) ([]bool, error) {
	created := make([]bool, len(keys))
	missing := make([]int, len(keys))
	for i := range missing {
		missing[i] = i
	}
	for len(missing) > 1 {
		refused, err := b.createTogether(ctx, keys, values, missing)
		if err != nil {
			return nil, err
		}
		if !refused {
			for _, i := range missing {
				created[i] = true
			}
			return created, nil
		}
		before := len(missing)
		if missing, err = b.without(ctx, keys, missing); err != nil {
			return nil, err
		}
		if len(missing) == before {
			break
		}
	}
	var g errgroup.Group
	g.SetLimit(singlesAtOnce)
	for _, i := range missing {
		g.Go(func() error {
			err := b.Create(ctx, keys[i], values[i])
			created[i] = err == nil
			if errors.Is(err, fs.ErrExist) {
				return nil
			}
			return err
		})
	}
	return created, g.Wait()
}

// without returns those of the keys, by their places, that have no value.
func (b *Bucket) without(ctx context.Context, keys []string, places []int) ([]int, error) {
	absent := make([]bool, len(places))
	var g errgroup.Group
	g.SetLimit(singlesAtOnce)
	for n, i := range places {
		g.Go(func() error {
			_, err := b.Get(ctx, keys[i])
			absent[n] = errors.Is(err, fs.ErrNotExist)
			if absent[n] {
				return nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var out []int
	for n, i := range places {
		if absent[n] {
			out = append(out, i)
		}
	}
	return out, nil
}

// createTogether writes an atomic batch of which every message expects to be the first of its key.
func (b *Bucket) createTogether(ctx context.Context, keys []string, values [][]byte, places []int) (refused bool, err error) {
	ctx, cancel := b.ledger.link.bind(ctx)
	defer cancel()
	group := make([]*entry, len(places))
	for n, i := range places {
		if !bucketKey.MatchString(keys[i]) {
			return false, fmt.Errorf("key %q: %w", keys[i], jetstream.ErrInvalidKey)
		}
		group[n] = &entry{msg: &nats.Msg{
			Subject: "$KV." + b.name + "." + keys[i],
			Header:  nats.Header{jetstream.ExpectedLastSubjSeqHeader: []string{"0"}},
			Data:    values[i],
		}}
	}
	_, err = b.ledger.sendBatch(ctx, group)
	if _, refused := errors.AsType[*jetstream.APIError](err); refused {
		return true, nil
	}
	return false, err
}
