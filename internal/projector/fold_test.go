package projector

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

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
	warehouse *warehouse.Warehouse
	folder    *folder
	ledger    []events.Frame // all that was ever appended
}

func newBench(tb testing.TB) *bench {
	tb.Helper()
	_, database := chtest.Database(tb)
	w, err := warehouse.Open(tb.Context(), warehouse.Config{Transport: chtest.Engine(tb).Transport(), Database: database})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = w.Close() })
	b := &bench{tb: tb, warehouse: w}
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

// model recounts everything from the ledger, the slow and obvious way.
func (b *bench) model(org string, grain calendar.Grain) map[string]string {
	first, voided := map[string]events.Event{}, map[string]bool{}
	var order []string
	for _, f := range b.ledger {
		e, err := events.Decode(f.Body)
		if err != nil || e.Org != org {
			continue
		}
		if _, again := first[e.ID]; !again {
			first[e.ID] = e
			order = append(order, e.ID)
		}
		if e.Type == events.TypeEventVoided {
			v, _ := events.DecodeData[events.EventVoided](e)
			voided[v.Event] = true
		}
	}
	var configured []events.Record
	for _, id := range order {
		if e := first[id]; e.Type == events.TypeOrgConfigured && !voided[id] {
			configured = append(configured, events.Record{Event: e})
		}
	}
	settings, _ := projections.FoldSettings(configured)
	cal := settings.Calendar()
	type sum struct {
		n       uint64
		amount  events.Decimal
		seconds int64
	}
	sums := map[string]sum{}
	for id, e := range first {
		if voided[id] {
			continue
		}
		fact, _ := events.Facts(e)
		team := e.Team
		if team == "" {
			team = settings.Teams[e.Rep]
		}
		key := cal.Bucket(grain, cal.DayOf(e.Time)).String() + " " + e.Type + " " + e.Rep + " " + team
		s := sums[key]
		sums[key] = sum{s.n + 1, s.amount + fact.Amount, s.seconds + fact.Seconds}
	}
	out := map[string]string{}
	for k, s := range sums {
		out[k] = fmt.Sprint(s.n, " ", s.amount, " ", s.seconds)
	}
	return out
}

func (b *bench) check(orgs ...string) {
	b.tb.Helper()
	for _, org := range orgs {
		for _, grain := range calendar.Grains() {
			if diff := cmp.Diff(b.model(org, grain), b.sums(org, grain)); diff != "" {
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

// TestFoldAgainstModel folds a random ledger (late events, second copies, voids before and after their events, changes of
// zone, week, fiscal year and teams) in random batches, some of them twice and some after a restart, and compares all
// rollups with a recount.
func TestFoldAgainstModel(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			b := newBench(t)
			orgs := []string{"acme", "globex"}
			for i := range 300 {
				b.append(randomEvent(r, orgs[r.IntN(2)], i))
			}
			for folded := 0; folded < len(b.ledger); {
				upTo := min(folded+1+r.IntN(80), len(b.ledger))
				b.fold(folded, upTo)
				switch r.IntN(5) {
				case 0: // the acknowledgement was lost: the batch comes again, longer
					b.restart()
					b.fold(folded, min(upTo+5, len(b.ledger)))
				case 1: // the checkpoint was lost too
					clear(b.folder.checkpoint)
					b.fold(max(0, folded-30), upTo)
				}
				folded = upTo
			}
			b.check(orgs...)
		})
	}
}

func randomEvent(r *rand.Rand, org string, i int) events.Event {
	rep := []string{"ann", "bob", ""}[r.IntN(3)]
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(int64(200 * 24 * time.Hour)))).Truncate(time.Microsecond)
	id := fmt.Sprintf("%s-%d", org, i)
	switch r.IntN(36) {
	case 0, 1, 2: // void something that stands, will stand, or never will
		return event(org, id, events.TypeEventVoided, "", at, fmt.Sprintf(`{"event":"%s-%d","reason":"wrong"}`, org, r.IntN(450)))
	case 3:
		zone := []string{"America/New_York", "Asia/Kolkata", "UTC", "Pacific/Auckland"}[r.IntN(4)]
		week := []string{"monday", "sunday", "saturday"}[r.IntN(3)]
		return event(org, id, events.TypeOrgConfigured, "", at, fmt.Sprintf(
			`{"zone":%q,"week_start":%q,"fiscal_year_start_month":%d,"teams":{"ann":"team %d"}}`, zone, week, 1+r.IntN(12), r.IntN(2)))
	case 4, 5, 6, 7, 8:
		return event(org, id, events.TypeSignupCompleted, rep, at, fmt.Sprintf(
			`{"signup":"s%d","role":"customer","amount":"%d.%02d","currency":"USD"}`, i, r.IntN(2000), r.IntN(100)))
	default:
		return event(org, id, events.TypeCallCompleted, rep, at, fmt.Sprintf(
			`{"direction":"outbound","outcome":"conversation","seconds":%d}`, r.IntN(600)))
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
