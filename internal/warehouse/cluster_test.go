package warehouse

import (
	"strings"
	"testing"

	"milemarker/internal/embedded/clickhouse/chtest"
	"milemarker/projections"
)

// The engine at hand is one server and knows no other: it can tell whether it understands what a cluster would be told.
func TestClusterDDLIsUnderstood(t *testing.T) {
	conn, _ := chtest.Database(t)
	c := projections.Cluster{Name: "company", Shards: 2, Replicas: 2}
	statements := append(c.Tables("milemarker"), c.Drops()...)
	statements = append(statements, c.Spread(projections.Statement{SQL: createGenerations}, "milemarker")...)
	statements = append(statements, c.Spread(projections.Statement{SQL: extendGenerations}, "milemarker")...)
	for _, sql := range []string{c.CreateDatabase("milemarker"), c.DropDatabase("milemarker"), projections.WriterQuery{Cluster: "company"}.Select().SQL} {
		statements = append(statements, projections.Statement{SQL: sql})
	}
	for _, s := range statements {
		if err := conn.Exec(t.Context(), "EXPLAIN AST "+s.SQL); err != nil {
			t.Errorf("%s: %v", s.SQL, err)
		}
	}
	if err := conn.Exec(t.Context(), "EXPLAIN AST CREATE TABLE x ON CLUSTERS y (a Int8)"); err == nil {
		t.Error("the engine understands anything")
	}
	for name, value := range c.Settings() {
		q := projections.Select{SQL: "SELECT count() FROM system.settings WHERE name = {name:String}", Params: map[string]any{"name": name}}
		var n uint64
		if err := conn.QueryRow(t.Context(), q.SQL, named(q.Params)...).Scan(&n); err != nil || n != 1 {
			t.Errorf("setting %s = %v: known %d times, %v", name, value, n, err)
		}
	}
}

func TestUnknownCluster(t *testing.T) {
	_, database := chtest.Database(t)
	_, err := Open(t.Context(), Config{Transport: chtest.Engine(t).Transport(), Database: database, Cluster: "nosuch"})
	if err == nil || !strings.Contains(err.Error(), "remote_servers") {
		t.Errorf("got %v", err)
	}
}
