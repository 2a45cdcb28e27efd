package importer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"milemarker/internal/mapping"
)

// rejects writes the rejected file: line number, reason, then the columns as they came. The file comes into being with
// its first row. What a cut-off run wrote behind its last confirmed row is taken back first.
type rejects struct {
	path   string
	header []string
	shape  mapping.CSV
	file   *os.File
	csv    *csv.Writer
	size   int64 // bytes of it that count
}

// openRejects goes on at size bytes; 0 removes what an earlier run left.
func openRejects(path string, size int64, header []string, s mapping.CSV) (*rejects, error) {
	w := &rejects{path: path, header: header, shape: s, size: size}
	if size == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("rejected file: %w", err)
		}
		return w, nil
	}
	if err := w.open(); err != nil {
		return nil, fmt.Errorf("rejected file: %w", err)
	}
	return w, nil
}

func (w *rejects) open() error {
	f, err := os.OpenFile(w.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	w.file, w.csv = f, csv.NewWriter(f)
	w.csv.Comma = w.shape.Delimiter
	if err := f.Truncate(w.size); err != nil {
		return err
	}
	_, err = f.Seek(w.size, io.SeekStart)
	return err
}

// add writes one row.
func (w *rejects) add(r row, reason string) error {
	if w.file == nil {
		if err := w.open(); err != nil {
			return fmt.Errorf("rejected file: %w", err)
		}
		if err := w.csv.Write(append([]string{"line", "reason"}, w.header...)); err != nil {
			return fmt.Errorf("rejected file: %w", err)
		}
	}
	if err := w.csv.Write(append([]string{strconv.Itoa(r.line), reason}, r.fields...)); err != nil {
		return fmt.Errorf("rejected file: %w", err)
	}
	return nil
}

// flush hands everything to the operating system and returns the file's length in bytes.
func (w *rejects) flush() (int64, error) {
	if w.file == nil {
		return w.size, nil
	}
	w.csv.Flush()
	if err := w.csv.Error(); err != nil {
		return 0, fmt.Errorf("rejected file: %w", err)
	}
	size, err := w.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, fmt.Errorf("rejected file: %w", err)
	}
	w.size = size
	return size, nil
}

func (w *rejects) close() error {
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}
