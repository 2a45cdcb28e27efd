package held_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/held"
)

// monday is when the tests begin; times are hours from there.
func hour(h int) time.Time {
	return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).Add(time.Duration(h) * time.Hour)
}

// ledger is what stands, and the book that follows it.
type ledger struct {
	book   *held.Book
	last   events.Position
	events []events.Event
	silent bool // the book does not hear
}

func newLedger() *ledger { return &ledger{book: held.New(held.Config{})} }

func (l *ledger) add(e events.Event) {
	l.last++
	if l.events = append(l.events, e); !l.silent {
		l.book.Add(events.Record{Position: l.last, Event: e})
	}
}

// tell adds what somebody told of appointment a1 at an hour.
func (l *ledger) tell(id, typ string, at int, starts ...int) {
	p := map[string]any{"appointment": "a1"}
	if len(starts) > 0 {
		p["starts_at"], p["ends_at"] = hour(starts[0]), hour(starts[0]+1)
	}
	data, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	l.add(events.Event{
		ID: id, Org: "acme", Source: "/calendar", Type: "appointment." + typ, Time: hour(at), RecordedAt: hour(at), Rep: "ann",
		Prospect: "p_1", Data: data,
	})
}

func (l *ledger) void(id string) {
	l.add(events.Event{
		ID: "v-" + id, Org: "acme", Type: events.TypeEventVoided, Data: json.RawMessage(fmt.Sprintf(`{"event":%q}`, id)),
	})
}

// pass records what is due at an hour, which the book hears of.
func (l *ledger) pass(h int) {
	for round := 0; ; round++ {
		actions := l.book.Due(hour(h))
		if len(actions) == 0 {
			return
		}
		if round > 10 {
			panic("there is no end to it")
		}
		for _, a := range actions {
			d, violations := a.Draft.Check()
			if len(violations) > 0 {
				panic(fmt.Sprint(violations))
			}
			l.add(events.Event{
				ID: d.ID, Org: a.Org, Source: d.Source, Type: d.Type, Time: d.Time, RecordedAt: hour(h), Rep: d.Rep, Data: d.Data,
				Prospect: d.Subject,
			})
		}
	}
}

// stands says which appointments count as held by inference, and when.
func (l *ledger) stands() string {
	void := map[string]bool{}
	for _, e := range l.events {
		var p struct{ Event string }
		if e.Type == events.TypeEventVoided && json.Unmarshal(e.Data, &p) == nil {
			void[p.Event] = true
		}
	}
	var out []string
	for _, e := range l.events {
		if e.Source == held.Source && e.Type == events.TypeAppointmentHeld && !void[e.ID] {
			out = append(out, fmt.Sprintf("held at %v by %s", e.Time.Sub(hour(0)).Hours(), e.Rep))
		}
	}
	return strings.Join(out, ", ")
}

// What somebody takes back or amends by hand stays so, until the appointment is moved.
func TestInferenceTakenBackByHand(t *testing.T) {
	inferred := func(l *ledger) string {
		for _, e := range l.events {
			if e.Source == held.Source {
				return e.ID
			}
		}
		t.Fatal("nothing was inferred")
		return ""
	}
	l := newLedger()
	l.tell("s", "scheduled", 0, 10)
	l.pass(23)
	l.void(inferred(l))
	l.pass(99)
	if got := l.stands(); got != "" {
		t.Errorf("taken back: %s", got)
	}
	l.tell("m", "rescheduled", 100, 110)
	l.pass(200)
	if got := l.stands(); got != "held at 111 by ann" {
		t.Errorf("moved: %s", got)
	}

	l = newLedger()
	l.tell("s", "scheduled", 0, 10)
	l.pass(23)
	l.void(inferred(l))
	l.add(events.Event{
		ID: "amend-1", Org: "acme", Source: held.Source, RecordedBy: "k1", Type: events.TypeAppointmentHeld, Time: hour(11),
		RecordedAt: hour(24), Rep: "bob", Data: json.RawMessage(`{"appointment":"a1","inferred":true}`),
	})
	l.pass(99)
	if got := l.stands(); got != "held at 11 by bob" {
		t.Errorf("amended: %s", got)
	}
}

func TestHeld(t *testing.T) {
	for name, c := range map[string]struct {
		tell func(*ledger)
		want string
	}{
		"its time has passed":    {func(l *ledger) { l.tell("s", "scheduled", 0, 10); l.pass(23) }, "held at 11 by ann"},
		"the grace has not":      {func(l *ledger) { l.tell("s", "scheduled", 0, 10); l.pass(22) }, ""},
		"cancelled":              {func(l *ledger) { l.tell("s", "scheduled", 0, 10); l.tell("c", "cancelled", 5); l.pass(99) }, ""},
		"not come":               {func(l *ledger) { l.tell("s", "scheduled", 0, 10); l.tell("n", "no_show", 12); l.pass(99) }, ""},
		"somebody said so":       {func(l *ledger) { l.tell("s", "scheduled", 0, 10); l.tell("h", "held", 12); l.pass(99) }, ""},
		"somebody says so later": {func(l *ledger) { l.tell("s", "scheduled", 0, 10); l.pass(30); l.tell("h", "held", 40); l.pass(41) }, ""},
		"no-show told later":     {func(l *ledger) { l.tell("s", "scheduled", 0, 10); l.pass(30); l.tell("n", "no_show", 40); l.pass(41) }, ""},
		"and that was wrong": {func(l *ledger) {
			l.tell("s", "scheduled", 0, 10)
			l.pass(30)
			l.tell("n", "no_show", 40)
			l.pass(41)
			l.void("n")
			l.pass(42)
		}, "held at 11 by ann"},
		"moved":             {func(l *ledger) { l.tell("s", "scheduled", 0, 10); l.tell("m", "rescheduled", 5, 50); l.pass(30) }, ""},
		"moved, and passed": {func(l *ledger) { l.tell("s", "scheduled", 0, 10); l.tell("m", "rescheduled", 5, 50); l.pass(63) }, "held at 51 by ann"},
		"moved twice": {func(l *ledger) {
			l.tell("m2", "rescheduled", 6, 60)
			l.tell("m1", "rescheduled", 5, 50)
			l.tell("s", "scheduled", 9, 10)
			l.pass(99)
		}, "held at 61 by ann"},
		"moved afterwards": {func(l *ledger) {
			l.tell("s", "scheduled", 0, 10)
			l.pass(30)
			l.tell("m", "rescheduled", 31, 50)
			l.pass(32)
		}, ""},
		"moved after a miss": {func(l *ledger) {
			l.tell("s", "scheduled", 0, 10)
			l.tell("n", "no_show", 12)
			l.tell("m", "rescheduled", 13, 50)
			l.pass(99)
		}, "held at 51 by ann"},
		"not scheduled at all": {func(l *ledger) {
			l.tell("s", "scheduled", 0, 10)
			l.pass(30)
			l.void("s")
			l.pass(31)
		}, ""},
		"history": {func(l *ledger) { l.tell("s", "scheduled", 500, 10); l.pass(600) }, ""},
		"void before its event": {func(l *ledger) {
			l.void("c")
			l.tell("s", "scheduled", 0, 10)
			l.tell("c", "cancelled", 5)
			l.pass(30)
		}, "held at 11 by ann"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger()
			c.tell(l)
			if got := l.stands(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// In whatever order it is told, and whenever it is looked at meanwhile, what stands in the end is the same, and a new
// book over the same ledger has nothing to add.
func TestOrderMakesNoDifference(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		type telling struct {
			id, typ string
			at      int
			starts  []int
		}
		var all []telling
		for i := range rapid.IntRange(1, 7).Draw(rt, "events") {
			typ := rapid.SampledFrom([]string{"scheduled", "scheduled", "rescheduled", "held", "no_show", "cancelled", "void"}).Draw(rt, "type")
			one := telling{fmt.Sprint("e", i), typ, rapid.IntRange(0, 9).Draw(rt, "at"), nil}
			if typ == "void" {
				one.id = fmt.Sprint("e", rapid.IntRange(0, 6).Draw(rt, "of"))
			} else if strings.HasSuffix(typ, "scheduled") {
				one.starts = []int{rapid.IntRange(10, 14).Draw(rt, "starts")}
			}
			all = append(all, one)
		}
		tell := func(l *ledger, one telling) {
			if one.typ == "void" {
				l.void(one.id)
			} else {
				l.tell(one.id, one.typ, one.at*100+len(one.id), one.starts...)
			}
		}
		// Times tell apart: equal ones would be told apart by position, which depends on the order.
		for i := range all {
			all[i].at = all[i].at*10 + i
			if len(all[i].starts) > 0 {
				all[i].starts[0] += 20_000
			}
		}
		plain := newLedger()
		for _, one := range all {
			tell(plain, one)
		}
		plain.pass(99_999)
		seed := rapid.Uint64().Draw(rt, "order")
		random := rand.New(rand.NewPCG(seed, 0))
		shuffled := newLedger()
		for _, i := range random.Perm(len(all)) {
			tell(shuffled, all[i])
			if random.IntN(2) == 0 {
				shuffled.pass(20_000 + random.IntN(50))
			}
		}
		shuffled.pass(99_999)
		if diff := cmp.Diff(plain.stands(), shuffled.stands()); diff != "" {
			rt.Fatalf("(-in order +shuffled) %s", diff)
		}
		again := held.New(held.Config{})
		for i, e := range shuffled.events {
			again.Add(events.Record{Position: events.Position(i + 1), Event: e})
		}
		if actions := again.Due(hour(99_999)); len(actions) > 0 {
			rt.Fatalf("a new book adds %+v", actions)
		}
	})
}

func TestNextAndAgain(t *testing.T) {
	l := newLedger()
	if !l.book.Next().IsZero() {
		t.Errorf("next of an empty book: %v", l.book.Next())
	}
	l.tell("s", "scheduled", 0, 10)
	l.pass(1)
	if got := l.book.Next(); !got.Equal(hour(23)) {
		t.Errorf("next = %v, want the end of the grace", got)
	}
	actions := l.book.Due(hour(23))
	if len(actions) != 1 || len(l.book.Due(hour(24))) != 0 {
		t.Fatalf("%d actions, want 1, once", len(actions))
	}
	l.book.Again(actions[0], hour(25))
	if next := l.book.Due(hour(24)); len(next) != 0 {
		t.Errorf("again too early: %+v", next)
	}
	if next := l.book.Due(hour(25)); len(next) != 1 || next[0].Draft.ID != actions[0].Draft.ID {
		t.Errorf("again: %+v", next)
	}
}
