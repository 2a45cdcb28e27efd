package clickhouse_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	chdriver "github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"

	"milemarker/internal/embedded/clickhouse/chtest"
)

const (
	testUser     = "mm"
	testPassword = "a secret"
)

func id(i int) string { return "event-" + strconv.Itoa(i) }

// ways are the two in which the driver reaches the engine.
var ways = map[string]func(t *testing.T, database string) *driver.Options{
	"in process": func(t *testing.T, database string) *driver.Options {
		t.Helper()
		return chtest.Options(t, database)
	},
	"over a listener": func(t *testing.T, database string) *driver.Options {
		t.Helper()
		server := httptest.NewServer(chtest.Engine(t).Handler(testUser, testPassword))
		t.Cleanup(server.Close)
		return &driver.Options{
			Protocol: driver.HTTP,
			Addr:     []string{strings.TrimPrefix(server.URL, "http://")},
			Auth:     driver.Auth{Database: database, Username: testUser, Password: testPassword},
		}
	},
}

func TestDriver(t *testing.T) {
	for way, options := range ways {
		for _, method := range []driver.CompressionMethod{
			driver.CompressionNone, driver.CompressionLZ4, driver.CompressionZSTD,
			driver.CompressionGZIP, driver.CompressionDeflate, driver.CompressionBrotli,
		} {
			t.Run(fmt.Sprintf("%s, %s compression", way, method), func(t *testing.T) {
				_, database := chtest.Database(t)
				opt := options(t, database)
				opt.Compression = &driver.Compression{Method: method, Level: 3}
				testDriver(t, connect(t, opt), database)
			})
		}
		t.Run(way+", compressed by HTTP", func(t *testing.T) {
			_, database := chtest.Database(t)
			opt := options(t, database)
			opt.Compression = &driver.Compression{Method: driver.CompressionGZIP, Level: 3}
			opt.Settings = driver.Settings{"enable_http_compression": 1}
			testDriver(t, connect(t, opt), database)
		})
	}
}

func connect(t *testing.T, opt *driver.Options) chdriver.Conn {
	t.Helper()
	conn, err := driver.Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// testDriver walks through what the warehouse does with a connection.
func testDriver(t *testing.T, conn chdriver.Conn, database string) {
	t.Helper()
	ctx := t.Context()
	mustExec(t, conn, "CREATE TABLE t (org LowCardinality(String), n UInt64, v UInt64) ENGINE = ReplacingMergeTree(v) ORDER BY (org, n)")
	if err := conn.Ping(ctx); err != nil {
		t.Fatal(err)
	}

	const rows = 5000
	for version := range uint64(2) {
		err := insert(ctx, conn, "INSERT INTO t (org, n, v)", rows, func(n int) []any { return []any{"acme", uint64(n), version} })
		if err != nil {
			t.Fatal(err)
		}
	}
	mustExec(t, conn, "INSERT INTO t VALUES ('other', ?, ?)", 1, 2)
	mustExec(t, conn, "INSERT INTO t VALUES ({org:String}, 2, 2)", driver.Named("org", "it's \\ \t another"))

	var got []any
	var count, sum uint64
	var current, org string
	if err := conn.QueryRow(ctx, "SELECT count(), sum(v), currentDatabase() FROM t FINAL WHERE org = 'acme'").Scan(&count, &sum, &current); err != nil {
		t.Fatal(err)
	}
	got = append(got, count, sum, current)
	if err := conn.QueryRow(ctx, "SELECT org FROM t WHERE org = {org:String}", driver.Named("org", "it's \\ \t another")).Scan(&org); err != nil {
		t.Fatal(err)
	}
	got = append(got, org)
	withSettings := driver.Context(ctx, driver.WithSettings(driver.Settings{"final": 1}), driver.WithParameters(driver.Parameters{"org": "acme"}))
	if err := conn.QueryRow(withSettings, "SELECT count() FROM t WHERE org = {org:String}").Scan(&count); err != nil {
		t.Fatal(err)
	}
	got = append(got, count)
	want := []any{uint64(rows), uint64(rows), database, "it's \\ \t another", uint64(rows)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	// The row of one query asked about in another.
	result, err := conn.Query(ctx, "SELECT n FROM t FINAL WHERE org = 'acme' ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = result.Close() }()
	next := uint64(0)
	for result.Next() {
		var n uint64
		if err := result.Scan(&n); err != nil || n != next {
			t.Fatalf("row %d: %d, %v", next, n, err)
		}
		if n%1000 == 0 {
			if err := conn.QueryRow(ctx, "SELECT {n:UInt64}", driver.Named("n", n)).Scan(&n); err != nil || n != next {
				t.Fatalf("inner query %d: %d, %v", next, n, err)
			}
		}
		next++
	}
	if err := result.Err(); err != nil || next != rows {
		t.Errorf("%d rows, %v", next, err)
	}

	for query, code := range map[string]int32{
		"SELECT * FROM nosuch": 60,
		"SELEC 1":              62,
		"SELECT 1; SELECT 2":   62,
		"SELECT throwIf(number = 3) FROM numbers(10)": 395,
		"SELECT {missing:String}":                     456,
		"INSERT INTO nosuch SELECT 1":                 60,
		"INSERT INTO t VALUES ('a', 'b', 'c')":        6,
	} {
		if got := exceptionCode(drain(ctx, conn, query)); got != code {
			t.Errorf("%s: code %d, want %d", query, got, code)
		}
	}
	if err := insert(ctx, conn, "INSERT INTO nosuch", 1, func(int) []any { return nil }); exceptionCode(err) != 60 {
		t.Errorf("batch into no table: %v", err)
	}
	if err := drain(driver.Context(ctx, driver.WithSettings(driver.Settings{"nosuch": 1})), conn, "SELECT 1"); exceptionCode(err) != 115 {
		t.Errorf("unknown setting: %v", err)
	}
}

// An error after blocks of the result have been read still comes with its code.
func TestErrorInTheMiddle(t *testing.T) {
	for way, options := range ways {
		for _, method := range []driver.CompressionMethod{driver.CompressionNone, driver.CompressionLZ4} {
			t.Run(fmt.Sprintf("%s, %s compression", way, method), func(t *testing.T) {
				opt := options(t, "default")
				opt.Compression = &driver.Compression{Method: method}
				err := drain(t.Context(), connect(t, opt), "SELECT throwIf(number = 3000000) FROM numbers(4000000) SETTINGS max_threads = 1")
				if code := exceptionCode(err); code != 395 {
					t.Errorf("code %d of %v", code, err)
				}
			})
		}
	}
}

func TestLargeParameter(t *testing.T) {
	conn, _ := chtest.Database(t)
	ids := make([]string, 20_000)
	for i := range ids {
		ids[i] = id(i)
	}
	var count, distinct uint64
	row := conn.QueryRow(t.Context(), "SELECT length({ids:Array(String)}), uniqExact(arrayJoin({ids:Array(String)}))", driver.Named("ids", ids))
	if err := row.Scan(&count, &distinct); err != nil || count != 20_000 || distinct != 20_000 {
		t.Errorf("%d ids, %d distinct, %v", count, distinct, err)
	}
}

func TestLargeBatchAndAggregation(t *testing.T) {
	conn, _ := chtest.Database(t)
	ctx := t.Context()
	mustExec(t, conn, strings.Replace(benchTable, "MergeTree", "ReplacingMergeTree", 1))
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	const rows = 200_000
	for range 2 {
		err := insert(ctx, conn, "INSERT INTO events", rows, func(i int) []any {
			return []any{"acme", at, id(i), "call.completed", "rep-1", at, uint32(i), "12.50", []string{"a"}}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var count, seconds uint64
	var amount string
	row := conn.QueryRow(ctx, "SELECT count(), sum(seconds), toString(sum(amount)) FROM events FINAL GROUP BY org")
	if err := row.Scan(&count, &seconds, &amount); err != nil {
		t.Fatal(err)
	}
	if count != rows || seconds != rows*(rows-1)/2 || amount != "2500000" {
		t.Errorf("%d rows, %d seconds, amount %s", count, seconds, amount)
	}
}

func mustExec(t *testing.T, conn chdriver.Conn, query string, args ...any) {
	t.Helper()
	if err := conn.Exec(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// insert sends a batch of n rows.
func insert(ctx context.Context, conn chdriver.Conn, query string, n int, row func(i int) []any) error {
	batch, err := conn.PrepareBatch(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = batch.Close() }()
	for i := range n {
		if err := batch.Append(row(i)...); err != nil {
			return err
		}
	}
	return batch.Send()
}

// drain runs a query and reads its result away.
func drain(ctx context.Context, conn chdriver.Conn, query string) error {
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return err
	}
	for rows.Next() {
		continue
	}
	return errors.Join(rows.Err(), rows.Close())
}

// exceptionCode is the code of a ClickHouse exception, 0 of any other error.
func exceptionCode(err error) int32 {
	if e, ok := errors.AsType[*driver.Exception](err); ok {
		return e.Code
	}
	return 0
}
