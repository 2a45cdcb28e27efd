package clickhouse_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"milemarker/internal/embedded/clickhouse"
)

func TestLibraryMissing(t *testing.T) {
	explicit := filepath.Join(t.TempDir(), "libchdb.so")
	_, err := clickhouse.Open(t.Context(), clickhouse.Config{Path: t.TempDir(), Library: explicit})
	var missing *clickhouse.LibraryMissingError
	if !errors.As(err, &missing) || len(missing.Searched) != 1 || missing.Searched[0] != explicit {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{explicit, "make engine", "MILEMARKER_ENGINE_LIB"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}

func TestLibraryIsFoundUpward(t *testing.T) {
	found, err := clickhouse.Library("")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := clickhouse.Library(found); got != found || err != nil {
		t.Errorf("Library(%q) = %q, %v", found, got, err)
	}
}

func TestConfigIsValidated(t *testing.T) {
	_, err := clickhouse.Open(t.Context(), clickhouse.Config{Connections: -1, MaxMemory: 1})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"path", "connections", "max memory"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}
