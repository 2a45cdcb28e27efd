package vault

import (
	"context"
	"fmt"
	"slices"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/errgroup"
)

// maxReads bounds the data keys that one call reads at the same time.
const maxReads = 64

// Prepare makes the data keys that some owners lack, all in one write, so that the Seals that follow need not wait for
// the disk one after another.
func (v *Vault) Prepare(ctx context.Context, org string, owners []string) error {
	names := make([]keyName, 0, len(owners))
	for _, owner := range owners {
		if name := nameOf(org, owner); !v.erased.has(name) {
			names = append(names, name)
		}
	}
	_, err := v.sealing.BulkGet(ctx, names, otter.BulkLoaderFunc[keyName, dataKey](v.loadOrCreate))
	if err != nil {
		return fmt.Errorf("data keys: %w", err)
	}
	return nil
}

// loadOrCreate returns the data keys of owners, making those that are missing.
//
// Those who are not in memory are newcomers, as a rule: so keys are made for all of them first. Where one stands already,
// it is read.
func (v *Vault) loadOrCreate(ctx context.Context, names []keyName) (map[keyName]dataKey, error) {
	slices.Sort(names)
	secrets, wrapped, keys := make([][]byte, len(names)), make([][]byte, len(names)), make([]string, len(names))
	for i, name := range names {
		keys[i], secrets[i] = string(name), randomKey()
		var err error
		if wrapped[i], err = v.master.Encrypt(secrets[i], []byte(name)); err != nil {
			return nil, fmt.Errorf("wrap: %w", err)
		}
	}
	created, err := v.keys.CreateAll(ctx, keys, wrapped)
	if err != nil {
		return nil, err
	}
	g, reading := errgroup.WithContext(ctx)
	g.SetLimit(maxReads)
	for i, key := range keys {
		if created[i] {
			continue
		}
		g.Go(func() (err error) {
			secrets[i], err = v.unwrap(reading, key)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	out := make(map[keyName]dataKey, len(names))
	for i, name := range names {
		if out[name], err = newDataKey(secrets[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
