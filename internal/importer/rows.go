package importer

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"milemarker/internal/mapping"
)

// maxRecord bounds one CSV record, in bytes: an unclosed quote would otherwise read the rest of the file into memory.
const maxRecord = 1 << 20

// row is one CSV record.
type row struct {
	line   int // where it begins in the file, from 1
	fields []string
	names  *names
}

// Get returns a column's text, or the text of a joined column (table.column); "" where there is none.
func (r row) Get(ref string) string {
	if i, ok := r.names.columns[ref]; ok {
		return r.fields[i]
	}
	name, column, _ := strings.Cut(ref, ".")
	if t, ok := r.names.tables[name]; ok {
		return t.get(r, column)
	}
	return ""
}

// names finds columns by name: the file's own and those of joined tables.
type names struct {
	header  []string
	columns map[string]int
	doubled map[string]bool // names that two columns carry
	tables  map[string]joined
}

func newNames(header []string) *names {
	n := &names{header: header, columns: map[string]int{}, doubled: map[string]bool{}}
	for i, name := range header {
		name = strings.TrimSpace(name)
		if _, again := n.columns[name]; again {
			n.doubled[name] = true
			continue
		}
		n.columns[name] = i
	}
	return n
}

// check tells whether ref can be read.
func (n *names) check(ref string) error {
	if n.doubled[ref] {
		return fmt.Errorf("two columns are named %q", ref)
	}
	if _, ok := n.columns[ref]; ok {
		return nil
	}
	table, column, _ := strings.Cut(ref, ".")
	if t, ok := n.tables[table]; ok {
		if _, ok := t.columns[column]; ok {
			return nil
		}
		return fmt.Errorf("table %s has no column %q; it has: %s", table, column, sorted(t.columns))
	}
	return fmt.Errorf("there is no column %q; the file has: %s", ref, sorted(n.columns))
}

func sorted[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}

// rowError is a record that cannot be read; the ones after it can.
type rowError struct {
	row    row // what there is of it
	reason string
}

func (e *rowError) Error() string { return fmt.Sprintf("line %d: %s", e.row.line, e.reason) }

// rows reads records one by one.
type rows struct {
	names *names
	csv   *csv.Reader
	fuse  *fuse
	line  int // where the last record began
}

// readRows begins to read a CSV file: a byte order mark is passed over, then the header is taken.
func readRows(r io.Reader, s mapping.CSV) (*rows, error) {
	f := &fuse{r: r}
	buffered := bufio.NewReader(f)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = buffered.Discard(3) // they were just peeked at
	}
	c := csv.NewReader(buffered)
	c.Comma, c.FieldsPerRecord = s.Delimiter, -1
	out := &rows{csv: c, fuse: f}
	if !s.Header {
		out.names = newNames(s.Columns)
		return out, nil
	}
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: a header line is needed")
	} else if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	out.names = newNames(header)
	return out, nil
}

// next returns the next record; io.EOF after the last, *rowError for one that cannot be read.
func (rs *rows) next() (row, error) {
	rs.fuse.reset()
	fields, err := rs.csv.Read()
	r := row{fields: fields, names: rs.names}
	var bad *csv.ParseError
	switch {
	case errors.Is(err, errLongRecord):
		return row{}, fmt.Errorf("a record after line %d is longer than %d bytes: is a quote left open?", rs.line, maxRecord)
	case errors.As(err, &bad):
		r.line, rs.line = bad.StartLine, bad.StartLine
		return row{}, &rowError{r, "not CSV: " + bad.Err.Error()}
	case err != nil:
		return row{}, err
	}
	r.line, _ = rs.csv.FieldPos(0)
	rs.line = r.line
	if got, want := len(fields), len(rs.names.header); got != want {
		return row{}, &rowError{r, fmt.Sprintf("%d fields where the header has %d", got, want)}
	}
	return r, nil
}

// offset tells how far the file is read, in bytes.
func (rs *rows) offset() int64 { return rs.csv.InputOffset() }

var errLongRecord = errors.New("record too long")

// fuse is a reader that stops when one record takes too much of it.
type fuse struct {
	r    io.Reader
	used int
}

func (f *fuse) reset() { f.used = 0 }

func (f *fuse) Read(p []byte) (int, error) {
	if f.used > maxRecord {
		return 0, errLongRecord
	}
	n, err := f.r.Read(p)
	f.used += n
	return n, err
}

// survey reads a file once from end to end: its size in bytes, and whether it is UTF-8. It writes all of it to w.
func survey(in io.Reader, w io.Writer) (size int64, err error) {
	buf := make([]byte, 64<<10)
	line, kept := 1, 0 // kept: bytes of a character that the end of the buffer cut in two
	for {
		n, readErr := in.Read(buf[kept:])
		if _, err := w.Write(buf[kept : kept+n]); err != nil {
			return 0, err
		}
		size += int64(n)
		text := buf[:kept+n]
		for len(text) > 0 && (utf8.FullRune(text) || readErr != nil) {
			r, width := utf8.DecodeRune(text)
			if r == utf8.RuneError && width == 1 || r == 0 {
				return 0, fmt.Errorf("line %d is not UTF-8: save the file as UTF-8 (not Windows-1252 or UTF-16)", line)
			}
			if r == '\n' {
				line++
			}
			text = text[width:]
		}
		kept = copy(buf, text)
		if errors.Is(readErr, io.EOF) {
			return size, nil
		} else if readErr != nil {
			return 0, readErr
		}
	}
}
