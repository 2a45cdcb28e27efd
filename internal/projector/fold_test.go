package projector

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/embedded/clickhouse/chtest"
	"milemarker/internal/warehouse"
	"milemarker/projections"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// bench is a folder on a fresh database, fed with frames by hand.
type bench struct {
	tb        testing.TB
	conn      driver.Conn
	database  string
	warehouse *warehouse.Warehouse
	folder    *folder
	ledger    []events.Frame // all that was ever appended
}

func newBench(tb testing.TB) *bench {
	tb.Helper()
	conn, database := chtest.Database(tb)
	w, err := warehouse.Open(tb.Context(), warehouse.Config{Transport: chtest.Engine(tb).Transport(), Database: database})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = w.Close() })
	b := &bench{tb: tb, conn: conn, database: database, warehouse: w}
	b.restart()
	return b
}

// restart begins anew with what the warehouse remembers, as after a crash.
func (b *bench) restart() {
	b.tb.Helper()
	b.folder = &folder{
		cfg:  Config{}.withDefaults(),
		deps: Deps{Source: noSource{}, Warehouse: b.warehouse, Logger: slog.New(slog.DiscardHandler)},
	}
	if err := b.folder.load(b.tb.Context()); err != nil {
		b.tb.Fatal(err)
	}
}

type noSource struct{ Source }

func (noSource) Quarantine(context.Context, events.Frame, string) error { return nil }

// append puts events at the end of the ledger.
func (b *bench) append(evs ...events.Event) {
	b.tb.Helper()
	for _, e := range evs {
		body, err := events.Encode(e)
		if err != nil {
			b.tb.Fatal(err)
		}
		b.ledger = append(b.ledger, events.Frame{
			Position: events.Position(len(b.ledger) + 1), Subject: events.Subject(e.Org, e.Type), Body: body,
		})
	}
}

// fold folds the ledger from one position up to another.
func (b *bench) fold(from, to int) {
	b.tb.Helper()
	if err := b.folder.fold(b.tb.Context(), events.EncodeBatch(b.ledger[from:to])); err != nil {
		b.tb.Fatal(err)
	}
}

// sums reads the count and amount of every bucket, type and rep of an org at one grain.
func (b *bench) sums(org string, grain calendar.Grain) map[string]string {
	b.tb.Helper()
	rows, err := b.warehouse.Metrics(b.tb.Context(), projections.MetricQuery{
		Org: org, Grain: grain, From: calendar.Date(1971, 1, 1), To: calendar.Date(2149, 1, 1),
		GroupBy: []projections.Dimension{projections.ByType, projections.ByRep, projections.ByTeam},
	})
	if err != nil {
		b.tb.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range rows {
		out[r.Bucket.String()+" "+strings.Join(r.Group, " ")] = fmt.Sprint(r.Count, " ", r.Amount, " ", r.Seconds)
	}
	return out
}

// list names all events, newest first.
func (b *bench) list(org string) []string {
	b.tb.Helper()
	rows, err := b.warehouse.Events(b.tb.Context(), projections.EventQuery{Org: org, Voided: true, Limit: 10_000})
	if err != nil {
		b.tb.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		out = append(out, listed(r.Record, r.Day, r.VoidedBy))
	}
	return out
}

// copies names all second copies, newest first.
func (b *bench) copies(org string) []string {
	b.tb.Helper()
	rows, err := b.warehouse.Duplicates(b.tb.Context(), projections.DuplicateQuery{Org: org, Limit: 10_000})
	if err != nil {
		b.tb.Fatal(err)
	}
	var out []string
	for _, c := range rows {
		out = append(out, fmt.Sprint(c.Position, " ", c.Event.ID, " after ", c.First, " ", c.Verdict, " ", string(c.Event.Data)))
	}
	return out
}

// journeys names the first event that brought each prospect to each stage.
func (b *bench) journeys(org string) map[string]string {
	b.tb.Helper()
	rows, err := b.conn.Query(b.tb.Context(),
		"SELECT concat(prospect, ' ', stage), event_id FROM "+b.database+".journeys_v1 WHERE org = '"+org+"'")
	if err != nil {
		b.tb.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]string{}
	for rows.Next() {
		var key, id string
		if err := rows.Scan(&key, &id); err != nil {
			b.tb.Fatal(err)
		}
		out[key] = id
	}
	if err := rows.Err(); err != nil {
		b.tb.Fatal(err)
	}
	return out
}

func (b *bench) check(orgs ...string) {
	b.tb.Helper()
	for _, org := range orgs {
		for _, grain := range calendar.Grains() {
			if diff := cmp.Diff(modelOf(b.ledger, org).sums(grain), b.sums(org, grain)); diff != "" {
				b.tb.Fatalf("%s by %s (-want +got):\n%s", org, grain, diff)
			}
		}
	}
}

func event(org, id, typ, rep string, at time.Time, data string) events.Event {
	return events.Event{
		ID: id, Source: "/test", Type: typ, Org: org, Rep: rep, Time: at.UTC(), RecordedAt: at.UTC(),
		DataVersion: 1, Data: []byte(data), Digest: "00",
	}
}

// TestSecondCopyCountsOnce appends the same event again, as a provider does after a year.
func TestSecondCopyCountsOnce(t *testing.T) {
	b := newBench(t)
	e := event("acme", "c1", events.TypeCallCompleted, "ann", time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC),
		`{"direction":"outbound","outcome":"conversation","seconds":60}`)
	b.append(e)
	b.fold(0, 1)
	e.RecordedAt = e.RecordedAt.AddDate(1, 0, 0)
	b.append(e)
	b.fold(1, 2)
	b.check("acme")
	rows, err := b.warehouse.Events(t.Context(), projections.EventQuery{Org: "acme", Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 || rows[0].Position != 1 {
		t.Errorf("events = %+v, want only the first copy", rows)
	}
}

// TestUnreadableIsSetAside mixes messages that cannot be read into a batch.
func TestUnreadableIsSetAside(t *testing.T) {
	b := newBench(t)
	at := time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)
	b.append(event("acme", "c1", events.TypeCallCompleted, "ann", at, `{"direction":"outbound","outcome":"busy","seconds":0}`))
	b.ledger = append(b.ledger,
		events.Frame{Position: 2, Subject: "ledger.00.acme.call.completed", Body: []byte("no json")},
		events.Frame{Position: 3, Subject: "ledger.00.other.call.completed", Body: b.ledger[0].Body})
	b.append(event("acme", "c2", events.TypeCallCompleted, "ann", at, `{"direction":"outbound","outcome":"busy","seconds":0}`))
	b.fold(0, 4)
	b.restart()
	b.ledger = slices.Delete(b.ledger, 1, 3)
	b.check("acme")
	if got := slices.Collect(maps.Values(b.folder.checkpoint)); slices.Min(got) != 4 {
		t.Errorf("checkpoints = %v, want all at 4", got)
	}
}

// TestVoidedShowsItsVoid opens a voided event.
func TestVoidedShowsItsVoid(t *testing.T) {
	b := newBench(t)
	at := time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)
	b.append(
		event("acme", "c1", events.TypeCallCompleted, "ann", at, `{"direction":"outbound","outcome":"busy","seconds":0}`),
		event("acme", "v1", events.TypeEventVoided, "", at, `{"event":"c1","reason":"test"}`))
	b.fold(0, 2)
	ask := func(q projections.EventQuery) []projections.EventRow {
		t.Helper()
		rows, err := b.warehouse.Events(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	if rows := ask(projections.EventQuery{Org: "acme", IDs: []string{"c1"}, Limit: 10}); len(rows) != 0 {
		t.Errorf("voided event shows: %+v", rows)
	}
	rows := ask(projections.EventQuery{Org: "acme", IDs: []string{"c1"}, Voided: true, Limit: 10})
	if len(rows) != 1 || rows[0].VoidedBy != "v1" {
		t.Errorf("events with voided = %+v, want c1 voided by v1", rows)
	}
}
