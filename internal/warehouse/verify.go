package warehouse

import (
	"context"
	"errors"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"milemarker/events"
	"milemarker/projections"
)

// each runs a question and hands each row of its answer to read, so that an answer of any length takes little memory.
func (w *Warehouse) each(ctx context.Context, s projections.Select, read func(driver.Rows) error) (err error) {
	rows, err := w.conn.Query(ctx, s.SQL, named(s.Params)...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// RollupDigests hands every row of the rollups to add.
func (w *Warehouse) RollupDigests(ctx context.Context, add func(projections.RollupDigest)) error {
	return w.each(ctx, projections.RollupQuery{}.Digests(), func(r driver.Rows) error {
		var version uint64
		var d projections.RollupDigest
		if err := r.Scan(&version, &d.Key, &d.Sums); err != nil {
			return err
		}
		d.AsOf = events.Position(version)
		add(d)
		return nil
	})
}

// RollupTexts returns key and sums of the rows whose keys have the given hashes, by hash.
func (w *Warehouse) RollupTexts(ctx context.Context, keys []uint64) (map[uint64][2]string, error) {
	out := map[uint64][2]string{}
	err := w.each(ctx, projections.RollupQuery{Keys: keys}.Texts(), func(r driver.Rows) error {
		var h uint64
		var text [2]string
		if err := r.Scan(&h, &text[0], &text[1]); err != nil {
			return err
		}
		out[h] = text
		return nil
	})
	return out, err
}

// CheckSums returns what stands in each group of a read model.
func (w *Warehouse) CheckSums(ctx context.Context, q projections.CheckQuery) ([]projections.GroupSum, error) {
	var out []projections.GroupSum
	err := w.each(with(ctx, q), q.Sums(), func(r driver.Rows) error {
		var s projections.GroupSum
		if err := r.Scan(&s.Org, &s.Name, &s.Rows, &s.Sum); err != nil {
			return err
		}
		out = append(out, s)
		return nil
	})
	return out, err
}

// CheckRows hands the rows of the query's groups to add: the group, key and text.
func (w *Warehouse) CheckRows(
	ctx context.Context, q projections.CheckQuery, add func(g projections.Group, key, text string),
) error {
	return w.each(with(ctx, q), q.Rows(), func(r driver.Rows) error {
		var g projections.Group
		var key, text string
		if err := r.Scan(&g.Org, &g.Name, &key, &text); err != nil {
			return err
		}
		add(g, key, text)
		return nil
	})
}

// with gives a question its settings.
func with(ctx context.Context, q projections.CheckQuery) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings(q.Settings())))
}
