package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/internal/embedded/clickhouse"
	"milemarker/internal/embedded/natsd"
)

// plainEvents is how many events the plain consumer has to bring over.
const plainEvents = 50_000

// consumePlainly is what one writes first: fetch 500 messages, insert them, acknowledge them. It runs in a process of its
// own, on the same engines with the same settings, and says how many rows and how many ids it has when all is done.
func consumePlainly(ctx context.Context) (err error) {
	data := os.Getenv(envData)
	queue, err := natsd.Start(ctx, natsd.Config{StoreDir: filepath.Join(data, "nats")})
	if err != nil {
		return err
	}
	defer queue.Stop()
	engine, err := clickhouse.Open(ctx, clickhouse.Config{Path: filepath.Join(data, "clickhouse")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	conn, err := clickhousego.Open(&clickhousego.Options{
		Protocol: clickhousego.HTTP, Addr: []string{"127.0.0.1:8123"},
		TransportFunc: func(*http.Transport) (http.RoundTripper, error) { return engine.Transport(), nil },
	})
	if err != nil {
		return err
	}
	if err := conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS plain (id String) ENGINE = MergeTree ORDER BY id"); err != nil {
		return err
	}
	nc, err := nats.Connect("", queue.ClientOptions()...)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	consumer, err := plainStream(ctx, js)
	if err != nil {
		return err
	}
	fmt.Println("ready: to consume")
	for {
		if err := consumeOnce(ctx, consumer, conn); err != nil {
			return err
		}
		info, err := consumer.Info(ctx)
		if err != nil {
			return err
		}
		if info.NumPending == 0 && info.NumAckPending == 0 {
			break
		}
	}
	var rows, ids uint64
	if err := conn.QueryRow(ctx, "SELECT count(), uniqExact(id) FROM plain").Scan(&rows, &ids); err != nil {
		return err
	}
	fmt.Println("ready:", rows, ids)
	return nil
}

// plainStream fills the stream, where that is not done yet, and returns its consumer.
func plainStream(ctx context.Context, js jetstream.JetStream) (jetstream.Consumer, error) {
	stream, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: "PLAIN", Subjects: []string{"plain"}})
	if err != nil {
		return nil, err
	}
	info, err := stream.Info(ctx)
	if err != nil {
		return nil, err
	}
	for n := info.State.Msgs; n < plainEvents; n++ {
		if _, err := js.PublishAsync("plain", fmt.Append(nil, "event-", n)); err != nil {
			return nil, err
		}
		if n%1000 == 999 {
			<-js.PublishAsyncComplete()
		}
	}
	<-js.PublishAsyncComplete()
	return stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: "plain", AckPolicy: jetstream.AckExplicitPolicy, AckWait: 2 * time.Second,
	})
}

func consumeOnce(ctx context.Context, consumer jetstream.Consumer, conn driver.Conn) error {
	fetched, err := consumer.Fetch(500, jetstream.FetchMaxWait(500*time.Millisecond))
	if err != nil {
		return err
	}
	rows, err := conn.PrepareBatch(ctx, "INSERT INTO plain (id)")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Send has told
	var messages []jetstream.Msg
	for m := range fetched.Messages() {
		messages = append(messages, m)
		if err := rows.Append(string(m.Data())); err != nil {
			return err
		}
	}
	if len(messages) == 0 {
		return nil
	}
	if err := rows.Send(); err != nil {
		return err
	}
	for _, m := range messages {
		if err := m.Ack(); err != nil {
			return err
		}
	}
	return nil
}

// killPlain kills the plain consumer at any moment, as killAnywhere kills ours, and counts what it made of it.
func killPlain(t *testing.T, times int) result {
	t.Helper()
	data := t.TempDir()
	start := func() *process {
		t.Helper()
		p := run(t, "plain", envData+"="+data)
		if p.await(t) == "" {
			t.Fatalf("the plain consumer does not start:\n%s", p.logs)
		}
		return p
	}
	killed := 0
	for range times {
		p := start()
		select {
		case <-time.After(time.Duration(rand.IntN(300)) * time.Millisecond): // any moment is as good as another
			p.kill()
			killed++
		case <-p.ended:
		}
	}
	p := start()
	var rows, ids int
	if _, err := fmt.Sscan(p.await(t), &rows, &ids); err != nil {
		t.Fatalf("the plain consumer does not end: %v\n%s", err, p.logs)
	}
	return result{
		fault: "plain consumer, kill -9 at random", times: killed,
		acknowledged: plainEvents, counted: rows, lost: plainEvents - ids, doubled: rows - ids,
	}
}

// TestPlainConsumer shows what the matrix is about: a consumer that inserts and then acknowledges counts twice.
func TestPlainConsumer(t *testing.T) {
	if !full {
		return // it shows something about others, and takes its time
	}
	show(t, []result{killPlain(t, 0), killPlain(t, 20)})
}
