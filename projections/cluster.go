package projections

import (
	"fmt"
	"regexp"
	"strings"
)

// Cluster says over which ClickHouse servers the read models are spread. The zero value is one server alone.
//
// All rows of an org lie on one shard. So what is asked or recomputed of an org sees all of its rows, FINAL and argMin mean
// what they mean on one server, and the subqueries of a statement may be answered by each shard for itself; see Settings.
// Tables whose rows belong to no org are few rows long and stand whole on every server.
type Cluster struct {
	Name     string // as in the servers' remote_servers; "" for one server
	Shards   int
	Replicas int // of each shard
}

// Settings are what statements and questions need in a cluster, by name. An insert is answered when it stands on every
// replica of its shard: whichever answers the next question has seen it. While a replica is away folding waits, and
// questions are answered.
func (c Cluster) Settings() map[string]any {
	if c.Name == "" {
		return nil
	}
	return map[string]any{
		"distributed_foreground_insert":      1,
		"distributed_product_mode":           "local",
		"optimize_skip_unused_shards":        1,
		"insert_quorum":                      c.Replicas,
		"parallel_distributed_insert_select": 0,
	}
}

// Quorum returns on how many servers a statement must have taken effect before it is answered; 0 leaves that to Settings.
func (c Cluster) Quorum(s Statement) int {
	m := written.FindStringSubmatch(s.SQL)
	if c.Name == "" || m == nil || !everywhere(m[1]) {
		return 0
	}
	return c.Shards * c.Replicas
}

// onCluster is the clause that has every server of the cluster run a statement, "" for one server.
func (c Cluster) onCluster() string {
	if c.Name == "" {
		return ""
	}
	return " ON CLUSTER '" + c.Name + "'"
}

// everywhere tells which tables stand whole on every server: those whose rows belong to no org.
func everywhere(table string) bool {
	switch table {
	case "claims_v1", "checkpoints_v1", "quarantine_v1", "generations_v1":
		return true
	default:
		return false
	}
}

// local is the name of the table of one shard under which a distributed table's rows lie.
func local(table string) string { return table + "_local" }

var (
	written = regexp.MustCompile(`^INSERT INTO (\w+)`)
	created = regexp.MustCompile(`(?ms)^CREATE (TABLE|VIEW|MATERIALIZED VIEW) IF NOT EXISTS (\w+)( TO \w+)?(.*)`)
	engine  = regexp.MustCompile(`(?m)^ENGINE = (\w*)MergeTree(?:\((.*)\))?$`)
	changed = regexp.MustCompile(`(?ms)^ALTER TABLE (\w+)(.*)`)
	named   = regexp.MustCompile(`\b(events_v1|arrivals_v1)\b`)
)

// Spread turns one statement of DDL, written for one server, into those that do the same in a cluster.
//
//	CREATE TABLE           of each shard, replicated, under the name <table>_local, and a Distributed table over them; or
//	                       one replicated table on all servers, see everywhere
//	CREATE VIEW            on every server, over the distributed tables
//	MATERIALIZED VIEW      on every server, from one table of the shard to another
//	ALTER TABLE            both tables, or the one
func (c Cluster) Spread(s Statement, database string) []Statement {
	if c.Name == "" {
		return []Statement{s}
	}
	if m := changed.FindStringSubmatchIndex(s.SQL); m != nil {
		table, head, rest := s.SQL[m[2]:m[3]], s.SQL[:m[0]], s.SQL[m[4]:m[5]]
		alter := func(name string) Statement {
			return Statement{Name: s.Name, SQL: head + "ALTER TABLE " + name + c.onCluster() + rest}
		}
		if everywhere(table) {
			return []Statement{alter(table)}
		}
		return []Statement{alter(local(table)), alter(table)}
	}
	m := created.FindStringSubmatchIndex(s.SQL)
	if m == nil {
		panic("projections: no DDL: " + s.Name) // a mistake of this package
	}
	what, table, rest := s.SQL[m[2]:m[3]], s.SQL[m[4]:m[5]], s.SQL[m[8]:m[9]]
	create := func(name, to, rest string) Statement {
		return Statement{Name: s.Name, SQL: s.SQL[:m[0]] + "CREATE " + what + " IF NOT EXISTS " + name + c.onCluster() + to + rest}
	}
	switch {
	case what == "VIEW":
		return []Statement{create(table, "", rest)}
	case what == "MATERIALIZED VIEW":
		return []Statement{create(table, named.ReplaceAllString(s.SQL[m[6]:m[7]], "${1}_local"), named.ReplaceAllString(rest, "${1}_local"))}
	case everywhere(table):
		return []Statement{create(table, "", replicated(rest, "/clickhouse/tables/{database}/{table}", "{shard}-{replica}"))}
	}
	over := fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s%s AS %s\nENGINE = Distributed('%s', '%s', '%s', xxHash64(org))\n",
		table, c.onCluster(), local(table), c.Name, database, local(table))
	return []Statement{
		create(local(table), "", replicated(rest, "/clickhouse/tables/{database}/{table}/{shard}", "{replica}")),
		{Name: s.Name + " of all shards", SQL: over},
	}
}

// replicated gives a table of the MergeTree family its replicated engine. A table that stores nothing stays as it is.
func replicated(ddl, path, replica string) string {
	return engine.ReplaceAllStringFunc(ddl, func(clause string) string {
		m := engine.FindStringSubmatch(clause)
		args := []string{"'" + path + "'", "'" + replica + "'"}
		if m[2] != "" {
			args = append(args, m[2])
		}
		return "ENGINE = Replicated" + m[1] + "MergeTree(" + strings.Join(args, ", ") + ")"
	})
}

// Tables returns the statements that create the read models of a database in the cluster; see the function Tables.
func (c Cluster) Tables(database string) []Statement {
	var out []Statement
	for _, s := range Tables() {
		out = append(out, c.Spread(s, database)...)
	}
	return out
}

// Drops returns the statements that remove the read models from a database that is to stay.
func (c Cluster) Drops() []Statement {
	var out []Statement
	for _, t := range TableNames() {
		names := []string{t}
		if c.Name != "" {
			names = append(names, local(t)) // there is none of a view
		}
		for _, name := range names {
			out = append(out, Statement{Name: "drop " + name, SQL: "DROP TABLE IF EXISTS " + name + c.onCluster() + " SYNC"})
		}
	}
	return out
}

// CreateDatabase returns the statement that creates a database where it is missing.
func (c Cluster) CreateDatabase(name string) string {
	return "CREATE DATABASE IF NOT EXISTS " + name + c.onCluster() + " ENGINE = Atomic"
}

// DropDatabase returns the statement that removes one.
func (c Cluster) DropDatabase(name string) string {
	return "DROP DATABASE IF EXISTS " + name + c.onCluster() + " SYNC"
}

// ClusterQuery asks how many shards a cluster has, and how many replicas the largest of them.
type ClusterQuery struct{ Name string }

// Select returns the statement that answers q: shards and replicas; 0 when there is no such cluster.
func (q ClusterQuery) Select() Select {
	return Select{
		SQL:    "SELECT max(shard_num), max(replica_num) FROM system.clusters WHERE cluster = {cluster:String}",
		Params: map[string]any{"cluster": q.Name},
	}
}
