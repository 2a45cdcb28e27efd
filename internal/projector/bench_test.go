package projector

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
	"milemarker/internal/embedded/clickhouse/chtest"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
	"milemarker/internal/warehouse"
)

// benchEvents is the length of the stream that is folded once in each round.
const benchEvents = 200_000

// BenchmarkFold sets the projector (stream to queryable rollups of all grains) beside a plain consumer that fetches
// 5,000 messages, inserts them into one table and acknowledges, on the same stream, engine and run.
func BenchmarkFold(b *testing.B) {
	srv, err := natsd.Start(b.Context(), natsd.Config{StoreDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(srv.Stop)
	l, err := ledger.Open(b.Context(), ledger.Config{Options: srv.ClientOptions()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	fillLedger(b, l)
	b.Run("projector", func(b *testing.B) { measureFold(b, func() { foldAll(b, l) }) })
	b.Run("plain", func(b *testing.B) {
		nc, err := nats.Connect("", srv.ClientOptions()...)
		if err != nil {
			b.Fatal(err)
		}
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			b.Fatal(err)
		}
		measureFold(b, func() { consumePlainly(b, js) })
	})
}

func measureFold(b *testing.B, once func()) {
	b.Helper()
	for b.Loop() {
		once()
	}
	b.ReportMetric(float64(benchEvents*b.N)/b.Elapsed().Seconds(), "events/s")
}

// fillLedger appends calls of 20 orgs over the last 60 days, most of them of the last one, as a busy day leaves them.
func fillLedger(b *testing.B, l *ledger.Ledger) {
	b.Helper()
	const chunk = 1000
	last := time.Date(2024, 6, 28, 9, 0, 0, 0, time.UTC)
	for from := 0; from < benchEvents; from += chunk {
		evs := make([]events.Event, chunk)
		for i := range evs {
			n := from + i
			at := last.Add(time.Duration(n%28_800) * time.Second)
			if n%10 == 0 {
				at = at.AddDate(0, 0, -(n / 10 % 60))
			}
			evs[i] = event(fmt.Sprintf("org-%d", n%20), fmt.Sprintf("call-%d", n), events.TypeCallCompleted,
				fmt.Sprintf("rep-%d", n/20%10), at, fmt.Sprintf(
					`{"direction":"outbound","outcome":%q,"seconds":%d,"source":"web"}`,
					[]string{"conversation", "no_answer", "voicemail"}[n%3], n%900))
			evs[i].Prospect = fmt.Sprintf("p_%026d", n/3)
		}
		if _, err := l.Append(b.Context(), evs); err != nil {
			b.Fatal(err)
		}
	}
}

// followed is the ledger as the projector reads it.
type followed struct{ *ledger.Ledger }

func (f followed) Requested(ctx context.Context, _ func(context.Context, events.Frame) error) error {
	<-ctx.Done()
	return nil
}

func (f followed) Follow(partitions []int, from events.Position, maxBatch int, linger time.Duration) message.Subscriber {
	return f.Subscriber(ledger.SubscriberConfig{Partitions: partitions, From: from, MaxBatch: maxBatch, Linger: linger})
}

// foldAll folds the whole ledger into a fresh database.
func foldAll(b *testing.B, l *ledger.Ledger) {
	b.Helper()
	_, database := chtest.Database(b)
	w, err := warehouse.Open(b.Context(), warehouse.Config{Transport: chtest.Engine(b).Transport(), Database: database})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	last, err := l.Last(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	err = Run(ctx, Config{}, Deps{
		Source: followed{l}, Warehouse: w, Logger: slog.New(slog.DiscardHandler),
		Folded: func(p events.Position) {
			if p >= last {
				stop()
			}
		},
	})
	if err != nil {
		b.Fatal(err)
	}
}

// consumePlainly is the consumer that anybody would write first.
func consumePlainly(b *testing.B, js jetstream.JetStream) {
	b.Helper()
	ctx := b.Context()
	conn, _ := chtest.Database(b)
	err := conn.Exec(ctx, `CREATE TABLE calls (org LowCardinality(String), id String, type LowCardinality(String),
		time DateTime64(6, 'UTC'), rep LowCardinality(String), prospect String, outcome LowCardinality(String),
		seconds Int64, data String) ENGINE = MergeTree ORDER BY (org, time)`)
	if err != nil {
		b.Fatal(err)
	}
	consumer, err := js.CreateConsumer(ctx, "LEDGER", jetstream.ConsumerConfig{
		FilterSubject: "ledger.>", AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 10_000,
	})
	if err != nil {
		b.Fatal(err)
	}
	for read := 0; read < benchEvents; {
		read += consumeBatch(b, conn, consumer)
	}
}

func consumeBatch(b *testing.B, conn driver.Conn, consumer jetstream.Consumer) int {
	b.Helper()
	fetched, err := consumer.Fetch(5000)
	if err != nil {
		b.Fatal(err)
	}
	batch, err := conn.PrepareBatch(b.Context(), "INSERT INTO calls")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = batch.Close() }()
	var messages []jetstream.Msg
	for m := range fetched.Messages() {
		e, err := events.Decode(m.Data())
		if err != nil {
			b.Fatal(err)
		}
		f, err := events.Facts(e)
		if err != nil {
			b.Fatal(err)
		}
		if err := batch.Append(e.Org, e.ID, e.Type, e.Time, e.Rep, e.Prospect, f.Outcome, f.Seconds, string(e.Data)); err != nil {
			b.Fatal(err)
		}
		messages = append(messages, m)
	}
	if err := batch.Send(); err != nil {
		b.Fatal(err)
	}
	for _, m := range messages {
		if err := m.Ack(); err != nil {
			b.Fatal(err)
		}
	}
	return len(messages)
}
