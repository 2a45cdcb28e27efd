package warehouse

import (
	"context"
	"fmt"
	"maps"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"milemarker/projections"
)

// join finds out how a cluster is made, and sets the connections up for it. No name is one server alone.
func (w *Warehouse) join(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	q := projections.ClusterQuery{Name: name}.Select()
	var shards, replicas uint32
	err := outside(w.options, func(conn driver.Conn) error {
		return conn.QueryRow(ctx, q.SQL, named(q.Params)...).Scan(&shards, &replicas)
	})
	if err != nil {
		return fmt.Errorf("cluster %s: %w", name, err)
	}
	if shards == 0 {
		return fmt.Errorf("cluster %s: the server knows none of that name: see its remote_servers", name)
	}
	w.cluster = projections.Cluster{Name: name, Shards: int(shards), Replicas: int(replicas)}
	maps.Copy(w.options.Settings, w.cluster.Settings())
	return nil
}

// quorum has a statement answered only when it has taken effect on every server that it must have reached.
func (w *Warehouse) quorum(ctx context.Context, s projections.Statement) context.Context {
	n := w.cluster.Quorum(s)
	if n == 0 {
		return ctx
	}
	return clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"insert_quorum": n}))
}
