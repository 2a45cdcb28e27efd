package clickhouse_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	chdriver "github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"milemarker/internal/embedded/clickhouse"
)

const batchRows = 1000

// with runs what needs an engine of its own.
func with(ctx context.Context, cfg clickhouse.Config, do func(conn chdriver.Conn) error) error {
	engine, err := clickhouse.Open(ctx, cfg)
	if err != nil {
		return err
	}
	conn, err := driver.Open(&driver.Options{
		Protocol:      driver.HTTP,
		TransportFunc: func(*http.Transport) (http.RoundTripper, error) { return engine.Transport(), nil },
	})
	if err == nil {
		err = do(conn)
	}
	err = errors.Join(err, engine.Close(), engine.Close()) // twice does no harm
	if late := conn.Exec(ctx, "SELECT 1"); !errors.Is(late, clickhouse.ErrClosed) {
		err = errors.Join(err, fmt.Errorf("request to a closed engine: %w", late))
	}
	return err
}

func holdFolder(ctx context.Context, say func(...any), folders []string) error {
	return with(ctx, clickhouse.Config{Path: folders[0]}, func(chdriver.Conn) error {
		say("open")
		select {} // until killed
	})
}

func TestFolderInUse(t *testing.T) {
	folder := t.TempDir()
	lines, kill := startChild(t, "hold", folder)
	if !lines.Scan() {
		t.Fatal("the child did not open the engine")
	}
	_, err := clickhouse.Open(t.Context(), clickhouse.Config{Path: folder})
	if !errors.Is(err, clickhouse.ErrDataFolderInUse) || !strings.Contains(err.Error(), folder) {
		t.Errorf("Open of a held folder: %v", err)
	}
	kill()
	if got := runChild(t, "reopen", folder, t.TempDir()); got != "1\n0\n1\n" {
		t.Errorf("after the holder was killed: %q", got)
	}
}

func closeAndReopen(ctx context.Context, say func(...any), folders []string) error {
	count := func(conn chdriver.Conn) error {
		var n uint64
		err := conn.QueryRow(ctx, "SELECT count() FROM system.tables WHERE name = 'kept'").Scan(&n)
		say(n)
		return err
	}
	create := func(conn chdriver.Conn) error {
		err := conn.Exec(ctx, "CREATE TABLE kept (a Int8) ENGINE = MergeTree ORDER BY a")
		return errors.Join(err, count(conn))
	}
	return errors.Join(
		with(ctx, clickhouse.Config{Path: folders[0]}, create),
		with(ctx, clickhouse.Config{Path: folders[1]}, count),
		with(ctx, clickhouse.Config{Path: folders[0]}, count),
	)
}

func openTwoFolders(ctx context.Context, say func(...any), folders []string) error {
	return with(ctx, clickhouse.Config{Path: folders[0]}, func(conn chdriver.Conn) error {
		_, err := clickhouse.Open(ctx, clickhouse.Config{Path: folders[1]})
		say(errors.Is(err, clickhouse.ErrAnotherEngine))
		_, err = clickhouse.Open(ctx, clickhouse.Config{Path: folders[0]})
		say(errors.Is(err, clickhouse.ErrDataFolderInUse))
		return conn.Exec(ctx, "SELECT 1")
	})
}

func TestOneEngineAProcess(t *testing.T) {
	if got, want := runChild(t, "refuse", t.TempDir(), t.TempDir()), "true\ntrue\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func exceedMemory(ctx context.Context, say func(...any), folders []string) error {
	return with(ctx, clickhouse.Config{Path: folders[0], MaxMemory: 256 << 20}, func(conn chdriver.Conn) error {
		say(exceptionCode(conn.Exec(ctx, "SELECT groupArray(number) FROM numbers(1000000000)")))
		return conn.Exec(ctx, "SELECT 1")
	})
}

func TestMemoryIsBounded(t *testing.T) {
	if got := runChild(t, "exceed", t.TempDir()); got != "241\n" {
		t.Errorf("code %s", got)
	}
}

func recoverNilDereference(ctx context.Context, say func(...any), folders []string) error {
	var pointer *struct{ field int }
	dereference := func() (recovered any) {
		defer func() { recovered = recover() }()
		return pointer.field
	}
	return with(ctx, clickhouse.Config{Path: folders[0]}, func(conn chdriver.Conn) error {
		say(dereference())
		for range 20 { // sessions come and go meanwhile
			if err := conn.Exec(ctx, "SELECT 1"); err != nil {
				return err
			}
		}
		say(dereference())
		return nil
	})
}

func TestNilDereferenceIsStillAPanic(t *testing.T) {
	got := runChild(t, "recover", t.TempDir())
	if strings.Count(got, "nil pointer dereference") != 2 {
		t.Errorf("recovered %q", got)
	}
}

func insertForEver(ctx context.Context, say func(...any), folders []string) error {
	return with(ctx, clickhouse.Config{Path: folders[0]}, func(conn chdriver.Conn) error {
		if err := conn.Exec(ctx, "CREATE DATABASE d ENGINE = Atomic"); err != nil {
			return err
		}
		if err := conn.Exec(ctx, "CREATE TABLE d.t (batch UInt64, row UInt64) ENGINE = MergeTree ORDER BY (batch, row)"); err != nil {
			return err
		}
		for n := uint64(1); ; n++ {
			err := insert(ctx, conn, "INSERT INTO d.t", batchRows, func(i int) []any { return []any{n, uint64(i)} })
			if err != nil {
				return err
			}
			say(n)
		}
	})
}

func countBatches(ctx context.Context, say func(...any), folders []string) error {
	return with(ctx, clickhouse.Config{Path: folders[0]}, func(conn chdriver.Conn) error {
		var batches, last uint64
		var whole bool
		err := conn.QueryRow(ctx, "SELECT count(), max(batch), min(rows) = 1000 AND max(rows) = 1000 FROM (SELECT batch, uniqExact(row) AS rows FROM d.t GROUP BY batch)").
			Scan(&batches, &last, &whole)
		if batches != last || !whole {
			err = errors.Join(err, fmt.Errorf("%d batches of which the last is %d, all whole: %t", batches, last, whole))
		}
		say(batches)
		return err
	})
}

func TestKilledInTheMiddleOfInserts(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "engine")
	lines, kill := startChild(t, "insert", folder)
	acknowledged := 0
	for acknowledged < 25 && lines.Scan() {
		acknowledged++
	}
	kill()
	if acknowledged != 25 {
		t.Fatalf("the child ended after %d batches", acknowledged)
	}
	for lines.Scan() { // what it had still managed to say
		acknowledged++
	}
	var found int
	if _, err := fmt.Sscan(runChild(t, "count", folder), &found); err != nil {
		t.Fatal(err)
	}
	// One more batch may have been stored, its acknowledgement on the way.
	if found != acknowledged && found != acknowledged+1 {
		t.Errorf("%d batches acknowledged, %d found", acknowledged, found)
	}
}
