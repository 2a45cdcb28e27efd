// Package chtest gives tests the real ClickHouse engine: one for the whole test
// process, opened when the first test asks for it, and a database of its own
// for every test. It is imported by tests only.
//
// A package that uses it needs
//
//	func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }
package chtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	chdriver "github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"milemarker/internal/embedded/clickhouse"
)

// process is the engine of the test process. It cannot be but global: tests know
// nothing of each other, and a process holds one engine.
var process struct { //nolint:gochecknoglobals // see above
	sync.Mutex

	folder string // empty outside of Main
	engine *clickhouse.Engine
}

// Main runs the tests, then closes the engine and removes its data. The result
// is for os.Exit.
func Main(m *testing.M) int {
	folder, err := os.MkdirTemp("", "milemarker-clickhouse-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "chtest:", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	process.Lock()
	process.folder = folder
	process.Unlock()
	defer func() {
		process.Lock()
		defer process.Unlock()
		if process.engine != nil {
			_ = process.engine.Close()
		}
	}()
	return m.Run()
}

// Engine returns the engine of the test process.
func Engine(tb testing.TB) *clickhouse.Engine {
	tb.Helper()
	process.Lock()
	defer process.Unlock()
	if process.folder == "" {
		tb.Fatal("chtest: the package needs func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }")
	}
	if process.engine == nil {
		engine, err := clickhouse.Open(context.Background(), clickhouse.Config{Path: process.folder})
		if err != nil {
			tb.Fatalf("chtest: %v", err)
		}
		process.engine = engine
	}
	return process.engine
}

// Options returns what opens a connection to the engine, on the given database.
func Options(tb testing.TB, database string) *driver.Options {
	tb.Helper()
	engine := Engine(tb)
	return &driver.Options{
		Protocol: driver.HTTP,
		Addr:     []string{"embedded"},
		Auth:     driver.Auth{Database: database},
		TransportFunc: func(*http.Transport) (http.RoundTripper, error) {
			return engine.Transport(), nil
		},
	}
}

// Database makes an empty database with engine Atomic, dropped when the test has
// ended, and returns its name and a connection to it.
func Database(tb testing.TB) (chdriver.Conn, string) {
	tb.Helper()
	name := "t_" + strings.ToLower(rand.Text())
	admin := connect(tb, "default")
	if err := admin.Exec(context.Background(), "CREATE DATABASE "+name+" ENGINE = Atomic"); err != nil {
		tb.Fatalf("chtest: %v", err)
	}
	tb.Cleanup(func() {
		if err := admin.Exec(context.Background(), "DROP DATABASE "+name+" SYNC"); err != nil {
			tb.Errorf("chtest: %v", err)
		}
	})
	return connect(tb, name), name
}

func connect(tb testing.TB, database string) chdriver.Conn {
	tb.Helper()
	conn, err := driver.Open(Options(tb, database))
	if err != nil {
		tb.Fatalf("chtest: %v", err)
	}
	tb.Cleanup(func() {
		if err := conn.Close(); err != nil {
			tb.Errorf("chtest: close: %v", err)
		}
	})
	return conn
}
