package verify_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"milemarker/events"
	"milemarker/internal/verify"
	"milemarker/projections"
)

// TestCleanLedger verifies a random ledger: nothing differs, in one pass and in several.
func TestCleanLedger(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := rand.New(rand.NewPCG(7, 7))
	for n := range 3 {
		h.append(random(t, r, 300*n, 300, false)...)
		h.folded()
	}
	one, several := h.verify(verify.Config{}), h.verify(verify.Config{IDs: 200})
	for _, report := range []projections.Verification{one, several} {
		if report.Differences != 0 {
			t.Errorf("%d differences: %+v", report.Differences, report.Named)
		}
		if report.Position != 900 || report.Events == 0 || report.Voids == 0 || report.Duplicates == 0 ||
			report.Conflicts == 0 || report.Quarantined == 0 {
			t.Errorf("report = %+v, want something of everything as of 900", report)
		}
	}
	if one.Rows != several.Rows || one.Events != several.Events || one.Duplicates != several.Duplicates {
		t.Errorf("one pass says %+v, several say %+v", one, several)
	}
}

// TestPlanted plants a difference into each table in turn and wants it found, named, and nothing else with it.
func TestPlanted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := rand.New(rand.NewPCG(3, 3))
	h.append(random(t, r, 0, 400, false)...)
	h.folded()
	if report := h.verify(verify.Config{}); report.Differences != 0 {
		t.Fatalf("before anything is planted: %+v", report.Named)
	}
	for _, c := range []struct{ table, plant, heal string }{
		{"events", "ALTER TABLE events_v1 UPDATE seconds = seconds + 1 WHERE id = 'acme-17' OR id = 'globex-17'", "ALTER TABLE events_v1 UPDATE seconds = seconds - 1 WHERE id = 'acme-17' OR id = 'globex-17'"},
		{"events", "INSERT INTO events_v1 (org, id, position, type, kind, day, time) VALUES ('acme', 'invented', 5, 'call.completed', 'call', '2024-02-01', '2024-02-01 10:00:00')", "ALTER TABLE events_v1 DELETE WHERE id = 'invented'"},
		{"duplicates", "INSERT INTO duplicates_v1 (org, id, position, first) VALUES ('acme', 'x', 9, 3)", "ALTER TABLE duplicates_v1 DELETE WHERE id = 'x'"},
		{"voids", "INSERT INTO voids_v1 (org, target, id, position) VALUES ('acme', 'nobody', 'x', 9)", "ALTER TABLE voids_v1 DELETE WHERE id = 'x'"},
		{"rollups", "INSERT INTO rollups_v1 SELECT * REPLACE (amount + 1 AS amount, version + 1 AS version) FROM rollups_v1 FINAL WHERE grain = 'quarter' AND count > 0 ORDER BY org, bucket, type LIMIT 1", "ALTER TABLE rollups_v1 DELETE WHERE version = (SELECT max(version) FROM rollups_v1)"},
		{"rollups", "INSERT INTO rollups_v1 (org, grain, bucket, type, count) VALUES ('acme', 'year', '1999-01-01', 'call.completed', 1)", "ALTER TABLE rollups_v1 DELETE WHERE bucket = '1999-01-01'"},
		{"journey_steps", "INSERT INTO journey_steps_v1 (org, prospect, stage, time, id, position) SELECT org, prospect, stage, '2030-01-01 00:00:00', 'x', 9 FROM journey_steps_v1 WHERE org = 'acme' AND stage = 'attempt' AND id NOT IN (SELECT target FROM voids_v1) ORDER BY prospect LIMIT 1", "ALTER TABLE journey_steps_v1 DELETE WHERE id = 'x'"},
		{"links", "INSERT INTO links_v1 (org, a, b, id, kind, position) VALUES ('acme', 'p_1', 'p_2', 'x', 'seen', 9)", "ALTER TABLE links_v1 DELETE WHERE id = 'x'"},
		{"persons", "INSERT INTO persons_v1 SELECT * REPLACE ('p_x' AS person, version + 1 AS version) FROM persons_v1 FINAL WHERE org = 'acme' ORDER BY prospect LIMIT 1", "ALTER TABLE persons_v1 DELETE WHERE person = 'p_x'"},
		{"persons", "INSERT INTO persons_v1 (org, prospect, person, version) VALUES ('acme', 'p_nobody', 'p_nobody', 1)", "ALTER TABLE persons_v1 DELETE WHERE prospect = 'p_nobody'"},
		{"declarations", "ALTER TABLE declarations_v1 UPDATE body = concat(body, ' ') WHERE position = (SELECT min(position) FROM declarations_v1)", "ALTER TABLE declarations_v1 UPDATE body = trimRight(body) WHERE 1"},
		{"quarantine", "INSERT INTO quarantine_v1 (position, subject) VALUES (9, 'x')", "ALTER TABLE quarantine_v1 DELETE WHERE subject = 'x'"},
	} {
		h.exec(c.plant)
		report := h.verify(verify.Config{})
		if report.Differences != 1 || len(report.Named) != 1 || report.Named[0].Table != c.table {
			t.Errorf("%s\nfound %d: %+v, want one in %s", c.plant, report.Differences, report.Named, c.table)
		}
		h.exec(c.heal)
	}
	// What is in quarantine although it can be read by now is no difference, as long as the ledger holds it.
	subject, body := h.message(1)
	h.exec("INSERT INTO quarantine_v1 (position, subject, body) VALUES (1, '" + subject + "', '" + body + "')")
	if report := h.verify(verify.Config{}); report.Differences != 0 {
		t.Errorf("a message that can be read by now: %+v", report.Named)
	}
	// An earlier step that nobody took shows in the steps and in the journey that begins with it.
	h.exec("INSERT INTO journey_steps_v1 (org, prospect, stage, time, id, position) VALUES ('acme', 'p_1', 'lead', '2001-01-01 00:00:00', 'x', 9)")
	var tables []string
	for _, d := range h.verify(verify.Config{}).Named {
		tables = append(tables, d.Table)
	}
	slices.Sort(tables)
	if tables = slices.Compact(tables); !slices.Equal(tables, []string{"journey_steps", "journeys"}) {
		t.Errorf("an invented first step shows in %q", tables)
	}
}

func (h *house) message(at events.Position) (subject, body string) {
	h.t.Helper()
	f, _, err := h.ledger.Get(h.t.Context(), at)
	if err != nil {
		h.t.Fatal(err)
	}
	return f.Subject, string(f.Body)
}

func (h *house) exec(sql string) {
	h.t.Helper()
	if strings.HasPrefix(sql, "ALTER") {
		sql += " SETTINGS mutations_sync = 2"
	}
	if err := h.database.Exec(h.t.Context(), sql); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
}

// TestWhileLive verifies again and again while events keep coming, settings included.
func TestWhileLive(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := rand.New(rand.NewPCG(11, 1))
	h.append(random(t, r, 0, 300, false)...)
	h.folded()
	appended := make(chan struct{})
	go func() {
		defer close(appended)
		for n := range 15 {
			h.append(random(t, r, 300+100*n, 100, true)...)
		}
	}()
	var last events.Position
	for live := true; live; {
		select {
		case <-appended:
			live = false
		default:
		}
		report := h.verify(verify.Config{})
		if report.Differences != 0 {
			t.Fatalf("as of %d: %d differences: %+v", report.Position, report.Differences, report.Named)
		}
		last = report.Position
	}
	t.Logf("last verified at %d", last)
}
