package clickhouse_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	chdriver "github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"milemarker/internal/embedded/clickhouse/chtest"
)

// Nothing that a request does to its session is there for the next one, whichever
// connection of the pool that gets.
func TestRequestsLeaveNothingBehind(t *testing.T) {
	conn, database := chtest.Database(t)
	ctx := t.Context()
	mustExec(t, conn, "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a")
	leave := []func() error{
		func() error { return conn.Exec(ctx, "USE system") },
		func() error { return conn.Exec(ctx, "SET max_block_size = 4711") },
		func() error { return conn.Exec(ctx, "CREATE TEMPORARY TABLE left_behind (a Int8)") },
		func() error { return drain(settings(ctx, "max_block_size", 4711), conn, "SELECT 1") },
		func() error { return settingsThenError(ctx, conn) },
		func() error { return insertWithSettings(ctx, conn) },
	}
	for n, act := range leave {
		for range 6 { // more often than there are sessions
			if err := act(); err != nil {
				t.Fatalf("%d: %v", n, err)
			}
			var current string
			var blockSize, temporary uint64
			row := conn.QueryRow(ctx, `SELECT currentDatabase(), toUInt64(getSetting('max_block_size')),
				(SELECT count() FROM system.tables WHERE name = 'left_behind')`)
			if err := row.Scan(&current, &blockSize, &temporary); err != nil {
				t.Fatalf("%d: %v", n, err)
			}
			if current != database || blockSize == 4711 || temporary != 0 {
				t.Fatalf("%d left database %s, max_block_size %d, %d temporary tables", n, current, blockSize, temporary)
			}
		}
	}
}

func settings(ctx context.Context, name string, value any) context.Context {
	return driver.Context(ctx, driver.WithSettings(driver.Settings{name: value}))
}

func settingsThenError(ctx context.Context, conn chdriver.Conn) error {
	err := conn.Exec(settings(ctx, "max_block_size", 4711), "SELECT * FROM nosuch")
	if exceptionCode(err) != 60 {
		return fmt.Errorf("unknown table: %w", err)
	}
	return nil
}

func insertWithSettings(ctx context.Context, conn chdriver.Conn) error {
	return insert(settings(ctx, "max_block_size", 4711), conn, "INSERT INTO t", 1, func(int) []any { return []any{int8(1)} })
}

func TestUnknownDatabase(t *testing.T) {
	opt := chtest.Options(t, "nosuch")
	conn := connect(t, opt)
	if err := conn.Exec(t.Context(), "SELECT 1"); exceptionCode(err) != 81 {
		t.Errorf("got %v", err)
	}
}

// A cancelled request returns before the engine is done with it, and the engine
// is made to stop.
func TestCancel(t *testing.T) {
	conn, _ := chtest.Database(t)
	for name, query := range map[string]string{
		"select":        "SELECT sum(sleepEachRow(0.05)) FROM numbers(6000) SETTINGS max_block_size = 2",
		"insert select": "INSERT INTO FUNCTION null('a UInt64') SELECT sleepEachRow(0.05) FROM numbers(6000) SETTINGS max_block_size = 2",
	} {
		t.Run(name, func(t *testing.T) {
			for range 6 { // more often than there are sessions
				ctx, cancel := context.WithCancel(t.Context())
				failed := make(chan error, 1)
				go func() { failed <- conn.Exec(ctx, query) }()
				await(t, func() bool { return running(t, conn, "sleepEachRow") == 1 })
				cancel()
				if err := <-failed; !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
				await(t, func() bool { return running(t, conn, "sleepEachRow") == 0 })
			}
		})
	}
}

func TestDeadline(t *testing.T) {
	conn, _ := chtest.Database(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := conn.Exec(ctx, "SELECT sum(sleepEachRow(0.05)) FROM numbers(6000) SETTINGS max_block_size = 2")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// An abandoned result gives its session back.
func TestAbandonedResult(t *testing.T) {
	conn, _ := chtest.Database(t)
	for range 8 {
		ctx, cancel := context.WithCancel(t.Context())
		rows, err := conn.Query(ctx, "SELECT number FROM numbers(1000000000)")
		if err != nil {
			t.Fatal(err)
		}
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		cancel()
		_ = rows.Close()
	}
	await(t, func() bool { return running(t, conn, "numbers(1000000000)") == 0 })
}

// running counts the statements under way that contain the text.
func running(t *testing.T, conn chdriver.Conn, text string) uint64 {
	t.Helper()
	var n uint64
	row := conn.QueryRow(t.Context(), "SELECT count() FROM system.processes WHERE position(query, {text:String}) > 0 AND query NOT LIKE '%system.processes%'",
		driver.Named("text", text))
	if err := row.Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// await polls what the engine gives no notice of.
func await(t *testing.T, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatal("did not come about in 30 s")
		}
	}
}

// Readers, more than there are sessions, go on while an INSERT holds one open and
// its rows do not come.
func TestReadersBesideAnInsert(t *testing.T) {
	engine := chtest.Engine(t)
	conn, database := chtest.Database(t)
	mustExec(t, conn, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")

	rows, write := io.Pipe()
	inserted := make(chan string, 1)
	go func() {
		inserted <- post(t, engine.Transport(), "database="+database+"&query="+escape("INSERT INTO t FORMAT CSV"), rows)
	}()
	if _, err := io.WriteString(write, "1\n2\n"); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return running(t, conn, "INSERT INTO t") == 1 })
	var readers sync.WaitGroup
	for range 16 {
		readers.Go(func() {
			for range 25 {
				var n uint64
				if err := conn.QueryRow(t.Context(), "SELECT count() FROM t").Scan(&n); err != nil || n != 0 {
					t.Errorf("%d rows, %v", n, err)
				}
			}
		})
	}
	readers.Wait()
	_, _ = io.WriteString(write, "3\n")
	_ = write.Close()
	if answer := <-inserted; answer != "" {
		t.Fatal(answer)
	}
	var n uint64
	if err := conn.QueryRow(t.Context(), "SELECT sum(a) FROM t").Scan(&n); err != nil || n != 6 {
		t.Errorf("sum %d, %v", n, err)
	}
}

// An INSERT whose rows break off stores nothing.
func TestInsertBreaksOff(t *testing.T) {
	conn, database := chtest.Database(t)
	mustExec(t, conn, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
	rows, write := io.Pipe()
	go func() {
		_, _ = io.WriteString(write, "1\n2\n")
		_ = write.CloseWithError(errors.New("the line went dead"))
	}()
	answer := post(t, chtest.Engine(t).Transport(), "database="+database+"&query="+escape("INSERT INTO t FORMAT CSV"), rows)
	if !strings.Contains(answer, "the line went dead") {
		t.Errorf("answer %q", answer)
	}
	answer = post(t, chtest.Engine(t).Transport(), "database="+database+"&query="+escape("INSERT INTO t FORMAT CSV"), strings.NewReader("1\nx\n"))
	if !strings.Contains(answer, "Code: 117.") {
		t.Errorf("answer %q", answer)
	}
	var n uint64
	if err := conn.QueryRow(t.Context(), "SELECT count() FROM t").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// A retried INSERT with the same token counts once, where the table asks for it.
func TestInsertDeduplication(t *testing.T) {
	conn, _ := chtest.Database(t)
	mustExec(t, conn, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100")
	for _, token := range []string{"one", "one", "two"} {
		ctx := settings(t.Context(), "insert_deduplication_token", token)
		if err := insert(ctx, conn, "INSERT INTO t", 1, func(int) []any { return []any{uint64(1)} }); err != nil {
			t.Fatal(err)
		}
	}
	var n uint64
	if err := conn.QueryRow(t.Context(), "SELECT count() FROM t").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestSettingsOfTheEngine(t *testing.T) {
	conn, _ := chtest.Database(t)
	var fsync string
	row := conn.QueryRow(t.Context(), "SELECT arrayStringConcat(groupArray(concat(name, '=', value)), ' ') FROM (SELECT name, value FROM system.merge_tree_settings WHERE name LIKE 'fsync_%' AND value != '0' ORDER BY name)")
	if err := row.Scan(&fsync); err != nil || fsync != "fsync_after_insert=1 fsync_part_directory=1" {
		t.Errorf("%q, %v", fsync, err)
	}
}
