package clickhouse_test

import (
	"errors"
	"testing"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"milemarker/internal/embedded/clickhouse/chtest"
)

const benchTable = `CREATE TABLE events (
	org LowCardinality(String), day Date, id String, kind LowCardinality(String), rep String,
	time DateTime64(6, 'UTC'), seconds UInt32, amount Decimal(18, 4), tags Array(String)
) ENGINE = MergeTree ORDER BY (org, day, id)`

// BenchmarkInsert writes batches of 20,000 rows of nine columns, Append included.
func BenchmarkInsert(b *testing.B) {
	const rows = 20_000
	conn, _ := chtest.Database(b)
	if err := conn.Exec(b.Context(), benchTable); err != nil {
		b.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for b.Loop() {
		err := insert(b.Context(), conn, "INSERT INTO events", rows, func(i int) []any {
			return []any{"acme", at, id(i), "call.completed", "rep-1", at, uint32(i), "12.50", []string{"a", "b"}}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkPointQuery reads one row by its key from 200,000.
func BenchmarkPointQuery(b *testing.B) {
	conn, _ := chtest.Database(b)
	if err := conn.Exec(b.Context(), benchTable); err != nil {
		b.Fatal(err)
	}
	fill := `INSERT INTO events (org, day, id, kind) SELECT 'acme', '2026-03-02', toString(number), 'call.completed' FROM numbers(200000)`
	if err := conn.Exec(b.Context(), fill); err != nil {
		b.Fatal(err)
	}
	query := func(b *testing.B) {
		b.Helper()
		var kind string
		if err := conn.QueryRow(b.Context(), "SELECT kind FROM events WHERE org = 'acme' AND day = '2026-03-02' AND id = '4711'").Scan(&kind); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			query(b)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.SetParallelism(4)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				query(b)
			}
		})
	})
}

// BenchmarkRead reads a million rows of two columns, streamed.
func BenchmarkRead(b *testing.B) {
	const rows = 1_000_000
	conn, _ := chtest.Database(b)
	for b.Loop() {
		result, err := conn.Query(b.Context(), "SELECT number, toString(number) AS text FROM numbers({n:UInt64})", driver.Named("n", rows))
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for result.Next() {
			n++
		}
		if err := errors.Join(result.Err(), result.Close()); err != nil || n != rows {
			b.Fatalf("%d rows, %v", n, err)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
