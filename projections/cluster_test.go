package projections_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/projections"
)

var ddl = flag.Bool("ddl", false, "write testdata/cluster.sql anew")

// TestClusterDDL shows what is made of sql/ in a cluster: go test ./projections -run ClusterDDL -ddl.
func TestClusterDDL(t *testing.T) {
	c := projections.Cluster{Name: "company", Shards: 2, Replicas: 2}
	var b strings.Builder
	b.WriteString(c.CreateDatabase("milemarker") + ";\n\n")
	for _, s := range c.Tables("milemarker") {
		b.WriteString(strings.TrimSpace(s.SQL) + ";\n\n")
	}
	const golden = "testdata/cluster.sql"
	if *ddl {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// On one server everything is as it stands in sql/.
func TestNoCluster(t *testing.T) {
	if diff := cmp.Diff(projections.Tables(), projections.Cluster{}.Tables("milemarker")); diff != "" {
		t.Error(diff)
	}
	if s := (projections.Cluster{}).Settings(); len(s) != 0 {
		t.Errorf("settings %v", s)
	}
}

// What belongs to no org is to stand on every server before it is answered, all else on its shard.
func TestQuorum(t *testing.T) {
	c := projections.Cluster{Name: "company", Shards: 3, Replicas: 2}
	for _, test := range []struct {
		statement projections.Statement
		want      int
	}{
		{projections.InsertClaim(projections.Claim{}), 6},
		{projections.InsertCheckpoints(1), 6},
		{projections.InsertQuarantine(nil), 6},
		{projections.InsertEvents(nil), 0},
	} {
		if got := c.Quorum(test.statement); got != test.want {
			t.Errorf("%s: %d, want %d", test.statement.Name, got, test.want)
		}
	}
}
