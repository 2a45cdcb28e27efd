package clickhouse_test

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"

	"milemarker/internal/embedded/clickhouse/chtest"
)

// Every type that we keep comes back as it went in.
func TestTypesRoundTrip(t *testing.T) {
	day := time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC)
	at := time.Date(2026, 3, 29, 1, 59, 59, 123456000, time.UTC)
	something := "x"
	for kind, values := range map[string][]any{
		"String":                           {"", "ü \x00 \n ' \\", strings.Repeat("long", 10_000)},
		"LowCardinality(String)":           {"a", "b", "a", ""},
		"LowCardinality(Nullable(String))": {&something, (*string)(nil)},
		"FixedString(3)":                   {"abc"},
		"UInt8":                            {uint8(0), uint8(255)},
		"UInt64":                           {uint64(0), uint64(math.MaxUint64)},
		"Int64":                            {int64(math.MinInt64), int64(math.MaxInt64)},
		"Float64":                          {math.Inf(1), -0.1, math.MaxFloat64},
		"Bool":                             {true, false},
		"Date":                             {day, time.Unix(0, 0).UTC()},
		"DateTime('UTC')":                  {at.Truncate(time.Second)},
		"DateTime64(6, 'UTC')":             {at, day},
		"Decimal(18, 4)":                   {"12.5", "-99999999999999.9999"},
		"Decimal(38, 4)":                   {"0.0001", "-1234567890123456789012345678901234.5678"},
		"Array(String)":                    {[]string{}, []string{"a", "", "c"}},
		"Array(Date)":                      {[]time.Time{day, day.AddDate(0, 0, 1)}},
		"Array(Tuple(String, UInt64))":     {[][]any{{"a", uint64(1)}}},
		"Nullable(String)":                 {&something, (*string)(nil)},
		"Nullable(DateTime64(6, 'UTC'))":   {&at, (*time.Time)(nil)},
		"Map(String, UInt64)":              {map[string]uint64{}, map[string]uint64{"a": 1, "b": math.MaxUint64}},
		"Enum8('no' = 0, 'yes' = 1)":       {"no", "yes"},
		"Tuple(String, Int64)":             {[]any{"a", int64(-1)}},
		"UUID":                             {"61f0c404-5cb3-11e7-907b-a6006ad3dba0"},
	} {
		t.Run(kind, func(t *testing.T) {
			ctx := t.Context()
			conn, _ := chtest.Database(t)
			mustExec(t, conn, "CREATE TABLE t (n UInt64, v "+kind+") ENGINE = MergeTree ORDER BY n")
			err := insert(ctx, conn, "INSERT INTO t", len(values), func(n int) []any { return []any{uint64(n), values[n]} })
			if err != nil {
				t.Fatal(err)
			}
			rows, err := conn.Query(ctx, "SELECT "+readable(kind)+" FROM t ORDER BY n")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = rows.Close() }()
			for n, want := range values {
				if !rows.Next() {
					t.Fatalf("%d rows: %v", n, rows.Err())
				}
				got := scan(t, rows, want)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
			if rows.Next() || rows.Err() != nil {
				t.Errorf("more than was inserted, or %v", rows.Err())
			}
		})
	}
}

// readable makes text of what Go has no type for.
func readable(kind string) string {
	if strings.HasPrefix(kind, "Decimal") || kind == "UUID" {
		return "toString(v)"
	}
	return "v"
}

// scan reads the row's one value into the type of want.
func scan(t *testing.T, rows driver.Rows, want any) any {
	t.Helper()
	destination := reflect.New(reflect.TypeOf(want))
	if err := rows.Scan(destination.Interface()); err != nil {
		t.Fatal(err)
	}
	return destination.Elem().Interface()
}
