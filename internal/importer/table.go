package importer

import (
	"errors"
	"fmt"
	"io"

	"milemarker/internal/mapping"
)

// maxTable bounds a joined table, in rows: it is held in memory.
const maxTable = 100_000

// joined is a table read into memory.
type joined struct {
	on      string
	columns map[string]int
	rows    map[string][]string
}

// get returns the column of the table's row that belongs to r, "" where there is none.
func (t joined) get(r row, column string) string {
	fields, ok := t.rows[r.Get(t.on)]
	if !ok {
		return ""
	}
	return fields[t.columns[column]]
}

// readTable reads a joined table. Two rows with one key are refused: the join would depend on their order.
func readTable(r io.Reader, s mapping.CSV, spec mapping.Table) (joined, error) {
	s.Header, s.Columns = true, nil
	in, err := readRows(r, s)
	if err != nil {
		return joined{}, err
	}
	if err := in.names.check(spec.Key); err != nil {
		return joined{}, err
	}
	t := joined{on: spec.On, columns: in.names.columns, rows: map[string][]string{}}
	for {
		row, err := in.next()
		if errors.Is(err, io.EOF) {
			return t, nil
		} else if err != nil {
			return joined{}, err
		}
		key := row.Get(spec.Key)
		if _, again := t.rows[key]; again {
			return joined{}, fmt.Errorf("line %d: a second row for %q", row.line, key)
		}
		if len(t.rows) == maxTable {
			return joined{}, fmt.Errorf("more than %d rows", maxTable)
		}
		t.rows[key] = row.fields
	}
}
