package projector

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/projections"
)

// machine drives a folder and its model through whatever can happen to a ledger. All runs share one ledger and one
// database, each with orgs of its own.
type machine struct {
	*bench
	orgs    []string
	start   int // of the run, in the ledger
	folded  int // frames that the read models reflect
	next    int // the frame that the folder reads next: before folded while it folds anew
	changed bool
	sent    map[string][]events.Event // by org
	serial  int
}

// TestFoldAgainstModel drives append, void, late events, second copies with the same or other content, changes of settings,
// restarts and folding anew from earlier checkpoints in any order, and holds every read against a recount after each step.
func TestFoldAgainstModel(t *testing.T) {
	steps(t, 4, 30)
	b := newBench(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		m := &machine{
			bench: b, orgs: []string{fmt.Sprintf("acme-%d", run), fmt.Sprintf("globex-%d", run)},
			start: len(b.ledger), folded: len(b.ledger), next: len(b.ledger), sent: map[string][]events.Event{},
		}
		b.restart()
		rt.Repeat(map[string]func(*rapid.T){
			"":          m.agree,
			"append":    m.appendSome,
			"void":      m.void,
			"link":      m.link,
			"again":     m.again,
			"configure": m.configure,
			"fold":      m.foldSome,
			"fold all":  func(*rapid.T) { m.foldUpTo(len(m.ledger)) },
			"crash":     m.crash,
			"fold anew": m.foldAnew,
		})
		m.foldUpTo(len(m.ledger))
		m.agree(rt)
	})
}

// steps bounds how many runs of how many steps rapid makes in this test.
func steps(t *testing.T, checks, steps int) {
	t.Helper()
	for name, value := range map[string]int{"rapid.checks": checks, "rapid.steps": steps} {
		f := flag.Lookup(name)
		before := f.Value.String()
		if before != f.DefValue {
			continue // chosen on the command line
		}
		if err := f.Value.Set(fmt.Sprint(value)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Value.Set(before) })
	}
}

func (m *machine) send(e events.Event) {
	m.sent[e.Org] = append(m.sent[e.Org], e)
	m.append(e)
}

// fresh is an event under a new id, at any time of 200 days.
func (m *machine) fresh(t *rapid.T, org, typ, data string) events.Event {
	m.serial++
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).
		Add(time.Duration(rapid.Int64Range(0, 200*24*3600).Draw(t, "second")) * time.Second)
	e := event(org, fmt.Sprintf("e%d", m.serial), typ, rapid.SampledFrom([]string{"ann", "bob", ""}).Draw(t, "rep"), at, data)
	e.Prospect = rapid.SampledFrom(append(people(), "", "")).Draw(t, "prospect")
	e.Digest = "of " + typ + data
	return e
}

func (m *machine) org(t *rapid.T) string { return rapid.SampledFrom(m.orgs).Draw(t, "org") }

func (m *machine) appendSome(t *rapid.T) {
	for range rapid.IntRange(1, 12).Draw(t, "events") {
		typ, data := events.TypeCallCompleted, fmt.Sprintf(`{"direction":"outbound","outcome":%q,"seconds":%d}`,
			rapid.SampledFrom([]string{"conversation", "busy"}).Draw(t, "outcome"), rapid.IntRange(0, 600).Draw(t, "seconds"))
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			typ = events.TypeSignupCompleted
			data = fmt.Sprintf(`{"signup":"s%d","role":"customer","amount":"%d.25","currency":"USD"}`, m.serial, rapid.IntRange(0, 999).Draw(t, "amount"))
		case 1:
			typ, data = events.TypeLeadCaptured, `{"source":"web"}`
		case 2:
			typ, data = events.TypeGoalClosed, `{"goal":"g","result":"reached"}`
		}
		m.send(m.fresh(t, m.org(t), typ, data))
	}
}

// void takes back what stands, what was taken back, what is a void, and what comes later or never.
func (m *machine) void(t *rapid.T) {
	org := m.org(t)
	target := fmt.Sprintf("e%d", rapid.IntRange(1, m.serial+10).Draw(t, "target"))
	m.send(m.fresh(t, org, events.TypeEventVoided, fmt.Sprintf(`{"event":%q,"reason":"wrong"}`, target)))
}

// again sends an id for the second time: the same, or with another time, type or target.
func (m *machine) again(t *rapid.T) {
	org := m.org(t)
	if len(m.sent[org]) == 0 {
		return
	}
	e := rapid.SampledFrom(m.sent[org]).Draw(t, "original")
	e.RecordedAt = e.RecordedAt.AddDate(1, 0, 0)
	if rapid.Bool().Draw(t, "other content") {
		other := m.fresh(t, org, events.TypeLeadQualified, `{}`)
		other.Type, other.Data = e.Type, e.Data
		switch rapid.IntRange(0, 2).Draw(t, "what") {
		case 0:
			other.Type, other.Data = events.TypeLeadQualified, []byte(`{}`)
		case 1:
			other.Type, other.Data = events.TypeEventVoided, fmt.Appendf(nil, `{"event":"e%d","reason":"late"}`, rapid.IntRange(1, m.serial).Draw(t, "target"))
		}
		other.ID, other.Digest, e = e.ID, "other", other
	}
	m.append(e)
}

func (m *machine) configure(t *rapid.T) {
	zone := rapid.SampledFrom([]string{"America/New_York", "Asia/Kolkata", "UTC", "Pacific/Auckland"}).Draw(t, "zone")
	week := rapid.SampledFrom([]string{"monday", "sunday", "saturday"}).Draw(t, "week")
	m.send(m.fresh(t, m.org(t), events.TypeOrgConfigured, fmt.Sprintf(
		`{"zone":%q,"week_start":%q,"fiscal_year_start_month":%d,"teams":{"ann":"team %d"}}`,
		zone, week, rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(0, 1).Draw(t, "team"))))
}

func (m *machine) foldUpTo(to int) {
	if to > m.next {
		m.fold(m.next, to)
		m.next, m.folded, m.changed = to, max(m.folded, to), true
	}
}

func (m *machine) foldSome(t *rapid.T) {
	m.foldUpTo(m.next + rapid.IntRange(0, len(m.ledger)-m.next).Draw(t, "frames"))
}

// crash begins anew with what is durable, and gets the last frames once more, as after an acknowledgement that was lost.
func (m *machine) crash(t *rapid.T) {
	m.restart()
	m.next = max(m.start, m.next-rapid.IntRange(0, 5).Draw(t, "frames again"))
}

// foldAnew begins at an earlier checkpoint, as after a backup of the checkpoints was restored.
func (m *machine) foldAnew(t *rapid.T) {
	m.restart()
	m.next = rapid.IntRange(m.start, m.next).Draw(t, "from")
	for p := range m.folder.checkpoint {
		m.folder.checkpoint[p] = events.Position(m.next)
	}
}

// agree holds every read of both orgs against the model.
func (m *machine) agree(t *rapid.T) {
	if !m.changed {
		return
	}
	m.changed = false
	for _, org := range m.orgs {
		want := modelOf(m.ledger[m.start:m.folded], org)
		for _, grain := range calendar.Grains() {
			same(t, org+" by "+string(grain), want.sums(grain), m.sums(org, grain))
		}
		same(t, org+" events", want.list(), m.list(org))
		same(t, org+" second copies", want.copies, m.copies(org))
		same(t, org+" journeys", want.journeys(), m.journeys(org))
		settings, err := m.warehouse.Settings(m.tb.Context(), org)
		if err != nil {
			t.Fatal(err)
		}
		same(t, org+" settings", want.settings, settings)
		goals, err := m.warehouse.Goals(m.tb.Context(), org)
		if err != nil {
			t.Fatal(err)
		}
		same(t, org+" goals", want.standing(projections.GoalTypes()...), goals)
	}
}

func same(t *rapid.T, what string, want, got any) {
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}
