package importer

import (
	"errors"
	"fmt"
	"io"
)

// maxTable bounds a joined table, in rows: it is held in memory.
const maxTable = 100_000

// tableSpec says where a joined table stands and how a row finds its own in it.
type tableSpec struct {
	line int
	file string // beside the CSV file, or absolute
	key  string // the table's column that names a row
	on   string // the CSV file's column that holds the key
}

// joined is a table read into memory.
type joined struct {
	on      string
	columns map[string]int
	rows    map[string][]string
}

// get returns the column of the table's row that belongs to r, "" where there is none.
func (t joined) get(r row, column string) string {
	fields, ok := t.rows[r.get(t.on)]
	if !ok {
		return ""
	}
	return fields[t.columns[column]]
}

// readTable reads a joined table. Two rows with one key are refused: the join would depend on their order.
func readTable(r io.Reader, s shape, spec tableSpec) (joined, error) {
	s.header, s.columns = true, nil
	in, err := readRows(r, s)
	if err != nil {
		return joined{}, err
	}
	if err := in.names.check(spec.key); err != nil {
		return joined{}, err
	}
	t := joined{on: spec.on, columns: in.names.columns, rows: map[string][]string{}}
	for {
		row, err := in.next()
		if errors.Is(err, io.EOF) {
			return t, nil
		} else if err != nil {
			return joined{}, err
		}
		key := row.get(spec.key)
		if _, again := t.rows[key]; again {
			return joined{}, fmt.Errorf("line %d: a second row for %q", row.line, key)
		}
		if len(t.rows) == maxTable {
			return joined{}, fmt.Errorf("more than %d rows", maxTable)
		}
		t.rows[key] = row.fields
	}
}
