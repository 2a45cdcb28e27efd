package assembly

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"milemarker/events"
	"milemarker/projections"
)

// planted are differences, one in each read model, in the database {db}.
func planted() map[projections.ReadModel]string {
	return map[projections.ReadModel]string{
		projections.ModelRollups: "INSERT INTO {db}.rollups_v1 SELECT * REPLACE (count + 1 AS count) FROM {db}.rollups_v1 FINAL" +
			" WHERE grain = 'year' AND type = 'call.completed' LIMIT 1",
		projections.ModelEvents:       "INSERT INTO {db}.events_v1 SELECT * REPLACE ('nobody' AS rep) FROM {db}.events_v1 FINAL WHERE id = 'e3'",
		projections.ModelVoids:        "INSERT INTO {db}.voids_v1 SELECT * REPLACE ('e1' AS target) FROM {db}.voids_v1 FINAL LIMIT 1",
		projections.ModelDuplicates:   "INSERT INTO {db}.duplicates_v1 SELECT * REPLACE (position + 1 AS position) FROM {db}.duplicates_v1 FINAL",
		projections.ModelJourneys:     "INSERT INTO {db}.journey_steps_v1 SELECT * REPLACE ('lead' AS stage) FROM {db}.journey_steps_v1 FINAL LIMIT 3",
		projections.ModelPeople:       "INSERT INTO {db}.persons_v1 SELECT * REPLACE ('p_9' AS person) FROM {db}.persons_v1 FINAL LIMIT 1",
		projections.ModelDeclarations: "INSERT INTO {db}.declarations_v1 SELECT * REPLACE ('other' AS id) FROM {db}.declarations_v1 FINAL",
		projections.ModelQuarantine:   "INSERT INTO {db}.quarantine_v1 SELECT 1, 'nothing', 'planted', 'nothing'",
	}
}

// everything records something for each read model, and returns the highest position.
func (h *house) everything() events.Position {
	h.t.Helper()
	h.append(300)
	at := time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
	linked := events.Event{
		ID: "l1", Source: "/test", Org: "acme", Type: events.TypeProspectLinked, Time: at, RecordedAt: at, DataVersion: 1,
		Digest: "00", Data: []byte(`{"prospects":["p_1","p_2"]}`),
	}
	again := events.Event{
		ID: "e3", Source: "/test", Org: "acme", Type: events.TypeLeadQualified, Time: at, RecordedAt: at, DataVersion: 1,
		Digest: "01", Data: []byte(`{}`),
	}
	var last events.Position
	for _, e := range []events.Event{linked, again} {
		body, err := events.Encode(e)
		if err != nil {
			h.t.Fatal(err)
		}
		last = h.publish(events.Subject(e.Org, e.Type), body)
	}
	return max(last, h.publish(events.Subject("acme", events.TypeLeadQualified), []byte("no json")))
}

// publish puts a message into the ledger as it is.
func (h *house) publish(subject string, body []byte) events.Position {
	h.t.Helper()
	ack, err := h.js.PublishMsg(h.t.Context(), &nats.Msg{Subject: subject, Data: body})
	if err != nil {
		h.t.Fatal(err)
	}
	return events.Position(ack.Sequence)
}

// different recounts the generation that serves, and returns how many rows differ.
func (h *house) different() projections.Verification {
	h.t.Helper()
	g, _ := projections.ServingOf(h.generations())
	report, err := generations{h.warehouse, h.ledger, time.Now}.Verify(h.t.Context(), g)
	if err != nil {
		h.t.Fatal(err)
	}
	return report
}

// plant writes a difference into the generation that serves.
func (h *house) plant(model projections.ReadModel) {
	h.t.Helper()
	db := h.database
	if n := h.serving(); n > 0 {
		db = fmt.Sprintf("%s_g%d", db, n)
	}
	if err := h.conn.Exec(h.t.Context(), strings.ReplaceAll(planted()[model], "{db}", db)); err != nil {
		h.t.Fatalf("%s: %v", model, err)
	}
	if report := h.different(); report.Differences == 0 {
		h.t.Fatalf("%s: what was planted makes no difference", model)
	}
}

// begin begins a rebuild and returns the number of the generation.
func (h *house) begin(model projections.ReadModel) int {
	h.t.Helper()
	g, err := h.warehouse.Begin(h.t.Context(), model)
	if err != nil {
		h.t.Fatal(err)
	}
	return g.Number
}

// ended waits until a generation is built no more, and returns what has become of it.
func (h *house) ended(number int) (g projections.Generation) {
	h.t.Helper()
	h.until(fmt.Sprintf("generation %d is built", number), func() bool {
		g = h.generations()[number]
		return g.State != projections.Building
	})
	return g
}

// TestRebuildOneMends plants a difference in each read model in turn, and has only that one rebuilt.
func TestRebuildOneMends(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.folded(h.everything())
	before := h.numbers(h.warehouse)
	for _, model := range projections.ReadModels() {
		h.plant(model)
		number := h.begin(model)
		if g := h.ended(number); g.State != projections.Serving {
			t.Fatalf("%s: %+v", model, g)
		}
		h.until("readers have changed over", func() bool { return h.warehouse.ServingNumber() == number })
		if report := h.different(); report.Differences != 0 {
			t.Errorf("%s: differences afterwards: %+v", model, report)
		}
		if diff := cmp.Diff(before, h.numbers(h.warehouse)); diff != "" {
			t.Errorf("%s: %s", model, diff)
		}
	}
	// A second copy of what was folded before the rebuilds is still known for one.
	again := h.publish(events.Subject("acme", events.TypeLeadQualified), []byte(`{"specversion":"1.0","id":"e5","source":"/test",`+
		`"type":"lead.qualified","org":"acme","time":"2024-02-01T00:00:00Z","recordedat":"2024-02-01T00:00:00Z","dataversion":1,`+
		`"digest":"02","data":{}}`))
	h.folded(again)
	if report := h.different(); report.Differences != 0 {
		t.Errorf("after another copy: %+v", report)
	}
	if diff := cmp.Diff(before, h.numbers(h.warehouse)); diff != "" {
		t.Error(diff)
	}
}

// TestRebuildOneRefused plants a difference in one read model and rebuilds another: it is not used, and says what to do.
func TestRebuildOneRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.folded(h.everything())
	h.plant(projections.ModelRollups)
	g := h.ended(h.begin(projections.ModelJourneys))
	if g.State != projections.Dropped || !strings.HasPrefix(g.Note, "only the read model journeys was folded anew") ||
		!strings.Contains(g.Note, "rebuild all of them") || !strings.Contains(g.Note, "1 differences") {
		t.Errorf("%+v", g)
	}
	if n := h.serving(); n != 0 {
		t.Errorf("generation %d serves", n)
	}
	if g := h.ended(h.begin(projections.AllReadModels)); g.State != projections.Serving || h.different().Differences != 0 {
		t.Errorf("all rebuilt: %+v, %+v", g, h.different())
	}
}

// TestRebuildOneMeanwhile rebuilds the events while more come in, the settings change, the projector is restarted in the
// middle, and readers go on asking.
func TestRebuildOneMeanwhile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.folded(h.append(1000))
	stopReading := make(chan struct{})
	var readers sync.WaitGroup
	readers.Go(func() { h.readOn(h.warehouse, stopReading) })
	h.begin(projections.ModelEvents)
	h.append(600) // the zone changes
	h.stop()      // wherever it is
	h.append(300)
	h.project()
	var last events.Position
	h.until("the new one serves", func() bool {
		last = h.append(20)
		return h.warehouse.ServingNumber() == 1
	})
	h.folded(last)
	close(stopReading)
	readers.Wait()
	if report := h.different(); report.Differences != 0 || report.Events < 1900 {
		t.Errorf("after the rebuild: %+v", report)
	}
}

// TestRebuildOneGoesOn kills a projector while it copies, and another one while it folds the one read model: each time the
// next one goes on from what is durable.
func TestRebuildOneGoesOn(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	var all []int
	for p := range events.Partitions {
		all = append(all, p)
	}
	first := f.start(all...)
	f.record(3000) // three batches
	f.caughtUp()
	reached := first.pauseAt("copy voids_v1")
	f.begin(projections.ModelJourneys)
	f.comesTo(reached)
	first.kill()
	if g := f.generations()[1]; g.Copied() {
		t.Fatalf("killed while copying, and yet %+v", g)
	}
	second := f.start(all...)
	f.comesTo(second.pauseAt("insert checkpoints")) // of the first batch: nothing else is folded at this time
	second.resume()
	f.comesTo(second.pauseAt("insert journey steps"))
	second.kill()
	g := f.generations()[1]
	half, err := f.warehouse.Generation(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = half.Close() }()
	if at, err := half.Checkpoints(t.Context()); err != nil || at[0] == 0 || at[0] >= g.Onward {
		t.Fatalf("killed at %d of %d, %v", at[0], g.Onward, err)
	}
	f.record(100)
	f.start(all...)
	f.record(100)
	if g := f.ended(1); g.State != projections.Serving {
		t.Fatalf("%+v", g)
	}
	f.until("readers have changed over", func() bool { return f.warehouse.ServingNumber() == 1 })
	f.record(100)
	f.exact()
}

// comesTo waits until a process stands still where it was told to.
func (f *fleet) comesTo(reached <-chan struct{}) {
	f.t.Helper()
	select {
	case <-reached:
	case <-time.After(6 * time.Minute):
		f.t.Fatal("a process never comes to where it is to stop")
	}
}
