package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"milemarker/internal/mapping"
)

// input is an opened file with its mapping.
type input struct {
	mapping *mapping.Mapping
	rows    *rows
	file    *os.File
	size    int64  // bytes
	run     string // hash of everything that decides what is sent, and where to
}

// open reads mapping and tables, looks through the whole file once and stands before its first row.
func open(cfg Config) (in *input, err error) {
	text, err := os.ReadFile(cfg.Mapping)
	if err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	document, err := mapping.Parse(text, mapping.Rows)
	if err != nil {
		return nil, fmt.Errorf("mapping %s:\n%w", cfg.Mapping, err)
	}
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%s\n%d\n%s\n", cfg.Server, len(text), text) // a hash never fails

	file, err := os.Open(cfg.CSV)
	if err != nil {
		return nil, fmt.Errorf("CSV file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = file.Close() // only read
		}
	}()
	size, err := survey(file, sum)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.CSV, err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	rows, err := readRows(file, document.CSV())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.CSV, err)
	}
	rows.names.tables, err = openTables(document, filepath.Dir(cfg.CSV), sum)
	if err != nil {
		return nil, err
	}
	if err := bind(document, rows.names); err != nil {
		return nil, fmt.Errorf("mapping %s does not fit %s:\n%w", cfg.Mapping, cfg.CSV, err)
	}
	return &input{document, rows, file, size, hex.EncodeToString(sum.Sum(nil))}, nil
}

// openTables reads the joined tables, which stand beside the CSV file, and adds them to the hash.
func openTables(m *mapping.Mapping, folder string, sum io.Writer) (map[string]joined, error) {
	tables := map[string]joined{}
	for _, name := range slices.Sorted(maps.Keys(m.Tables())) {
		spec := m.Tables()[name]
		path := spec.File
		if !filepath.IsAbs(path) {
			path = filepath.Join(folder, path)
		}
		t, err := openTable(path, m.CSV(), spec, sum)
		if err != nil {
			return nil, fmt.Errorf("table %s: %s: %w", name, path, err)
		}
		tables[name] = t
	}
	return tables, nil
}

func openTable(path string, s mapping.CSV, spec mapping.Table, sum io.Writer) (joined, error) {
	f, err := os.Open(path)
	if err != nil {
		return joined{}, err
	}
	defer func() { _ = f.Close() }() // only read
	if _, err := survey(f, sum); err != nil {
		return joined{}, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return joined{}, err
	}
	return readTable(f, s, spec)
}
