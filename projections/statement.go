package projections

import (
	"embed"
	"path"
	"reflect"
)

// Statement is one idempotent step of a fold: either an insert of columns or a statement with parameters.
type Statement struct {
	Name    string         // what it does, for logs and failure hooks
	SQL     string         // "INSERT INTO table (columns)" when Columns is set, else a whole statement
	Columns []any          // one slice a column: []string, []uint8, []uint16, []uint64, []int64, []bool, []time.Time, [][]string, []events.Decimal
	Fenced  bool           // it fails unless it is run under the newest claim of its partitions; see Claim.Fence
	Params  map[string]any // named parameters: string, uint64, []string, []calendar.Day, []int64
}

// Empty tells whether s is an insert of no rows.
func (s Statement) Empty() bool {
	return len(s.Columns) > 0 && s.rows() == 0
}

// rows returns how many rows an insert of columns has.
func (s Statement) rows() int { return reflect.ValueOf(s.Columns[0]).Len() }

//go:embed sql/*.sql
var sqlFiles embed.FS

// text returns an embedded statement by its file name without the ending.
func text(name string) string {
	b, err := sqlFiles.ReadFile(path.Join("sql", name+".sql"))
	if err != nil {
		panic(err) // a name that is not in this folder: a mistake of this package
	}
	return string(b)
}

// Tables returns the statements that create the read models where they are missing, in the order of their needs.
func Tables() []Statement {
	names := []string{
		"create_events", "extend_events", "create_claims", "create_arrivals", "create_admissions", "create_duplicates", "create_voids", "create_rollups", "create_journey_steps",
		"create_links", "create_persons", "create_journeys",
		"create_declarations", "create_epochs", "create_checkpoints", "create_quarantine",
	}
	tables := make([]Statement, len(names))
	for i, name := range names {
		tables[i] = Statement{Name: name, SQL: text(name)}
	}
	return tables
}
