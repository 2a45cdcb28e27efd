package timeblocks

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/calendar"
)

func berlin(tb testing.TB) calendar.Calendar {
	tb.Helper()
	c, err := calendar.New(calendar.Settings{Zone: "Europe/Berlin", WeekStart: time.Monday, FiscalYearStart: time.January})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func instant(tb testing.TB, s string) time.Time {
	tb.Helper()
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// told makes events of lines of type, time and payload.
func told(tb testing.TB, lines ...[3]string) []events.Event {
	tb.Helper()
	var out []events.Event
	for i, l := range lines {
		out = append(out, events.Event{
			ID: fmt.Sprint("e", i), Org: "acme", Rep: "ann", Type: l[0], Time: instant(tb, l[1]), Data: json.RawMessage(l[2]), DataVersion: 1,
		})
	}
	return out
}

func blocks(tb testing.TB, lines ...[3]string) []Block {
	tb.Helper()
	var records []events.Record
	for i, e := range told(tb, lines...) {
		records = append(records, events.Record{Position: events.Position(i + 1), Event: e})
	}
	out, err := Fold(records)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

const weekdays = `{"timeblock":"b","category":"income_producing","starts_at":"2026-03-23T09:00:00+01:00","ends_at":"2026-03-23T11:00:00+01:00","rrule":"FREQ=WEEKLY;BYDAY=MO,WE","activity":"calls"}`

func starts(os []Occurrence) []string {
	var out []string
	for _, o := range os {
		out = append(out, o.From.Format("01-02T15:04")+"/"+o.Length().String())
	}
	return out
}

// A block at nine stays at nine when the clocks go forward on 29 March; one day is skipped; from 3 April on it is at ten.
func TestOccurrences(t *testing.T) {
	bs := blocks(
		t,
		[3]string{"timeblock.planned", "2026-03-01T08:00:00Z", weekdays},
		[3]string{"timeblock.skipped", "2026-03-20T08:00:00Z", `{"timeblock":"b","day":"2026-03-25"}`},
		[3]string{"timeblock.planned", "2026-04-03T08:00:00Z", strings.ReplaceAll(strings.ReplaceAll(weekdays, "T09", "T10"), "T11", "T12")},
	)
	got := starts(Occurrences(bs, berlin(t), instant(t, "2026-03-22T00:00:00Z"), instant(t, "2026-04-09T00:00:00Z")))
	want := []string{
		"03-23T08:00/2h0m0s", "03-30T07:00/2h0m0s", "04-01T07:00/2h0m0s", "04-06T08:00/2h0m0s", "04-08T08:00/2h0m0s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := Standing(bs); len(s) != 1 || !s[0].Starts.Equal(instant(t, "2026-03-23T09:00:00Z")) {
		t.Errorf("%+v", s)
	}
	// What overlaps the beginning is there; what ends with it is not.
	if got := starts(Occurrences(bs, berlin(t), instant(t, "2026-03-23T09:00:00Z"), instant(t, "2026-03-23T10:00:00Z"))); len(got) != 1 {
		t.Errorf("%q", got)
	}
	if got := starts(Occurrences(bs, berlin(t), instant(t, "2026-03-23T10:00:00Z"), instant(t, "2026-03-23T11:00:00Z"))); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

func TestRules(t *testing.T) {
	for _, rule := range []string{"", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=WEEKLY;UNTIL=20261231T000000Z"} {
		if err := CheckRule(rule); err != nil {
			t.Error(err)
		}
	}
	for _, rule := range []string{"FREQ=SECONDLY", "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=9,10", "FREQ=WEEKLY;BYDAY=XX", "often"} {
		if CheckRule(rule) == nil {
			t.Errorf("%s is taken", rule)
		}
	}
	_, err := Fold([]events.Record{{Position: 7, Event: told(t, [3]string{"timeblock.planned", "2026-03-01T08:00:00Z", strings.Replace(weekdays, "WEEKLY", "HOURLY", 1)})[0]}})
	if err == nil || !strings.Contains(err.Error(), "position 7") {
		t.Error(err)
	}
}

// A morning: 60 minutes of admin from 9 to 10, two calls of 10 minutes within 10 to 11, which was also logged as an hour
// of calls, and an appointment that was scheduled for 11 to 11:45 and held.
func TestTimeIsCountedOnce(t *testing.T) {
	day := told(
		t,
		[3]string{"time.logged", "2026-03-23T10:00:00Z", `{"category":"admin","minutes":60}`},
		[3]string{"call.completed", "2026-03-23T10:15:00Z", `{"direction":"outbound","outcome":"conversation","seconds":600}`},
		[3]string{"call.completed", "2026-03-23T10:30:00Z", `{"direction":"outbound","outcome":"no_answer","seconds":600}`},
		[3]string{"time.logged", "2026-03-23T11:00:00Z", `{"category":"income_producing","minutes":60,"activity":"calls"}`},
		[3]string{"appointment.held", "2026-03-23T12:30:00Z", `{"appointment":"a"}`},
	)
	slots := Slots(Appointments(told(t, [3]string{"appointment.scheduled", "2026-03-20T12:00:00Z", `{"appointment":"a","starts_at":"2026-03-23T11:00:00Z","ends_at":"2026-03-23T11:45:00Z"}`})))
	acts := Acts(day, slots)
	whole := Span{instant(t, "2026-03-23T00:00:00Z"), instant(t, "2026-03-24T00:00:00Z")}
	s := Spend(acts, whole)
	if s.Total != 165*time.Minute || s.Income != 105*time.Minute || s.ByCategory["admin"] != time.Hour || s.N != 5 || *s.Share != 105.0/165 {
		t.Errorf("%+v", s)
	}
	if s := Spend(acts, Span{instant(t, "2026-03-23T11:15:00Z"), instant(t, "2026-03-23T11:30:00Z")}); s.Total != 15*time.Minute || s.N != 1 {
		t.Errorf("%+v", s)
	}
	if s := Spend(nil, whole); s.Share != nil {
		t.Errorf("a share of nothing: %+v", s)
	}
	// The block for calls from 9 to 11 in Berlin, 8 to 10 in UTC, was spent on admin; one from 10 to 11 was kept whole.
	at := func(from, to, activity string) Occurrence {
		return Occurrence{Category: "income_producing", Activity: activity, Span: Span{instant(t, "2026-03-23T"+from+":00Z"), instant(t, "2026-03-23T"+to+":00Z")}}
	}
	f := Keep([]Occurrence{at("09:00", "10:00", "calls"), at("10:00", "11:00", "calls"), at("10:45", "11:30", "")}, acts)
	if f.Planned != 165*time.Minute || f.Kept != 105*time.Minute || !f.Blocks[0].Missed() || f.Blocks[1].Spent != time.Hour {
		t.Errorf("%+v", f)
	}
}

// Friday noon: the next five working days are Monday to Friday. Two blocks a week of three places each; four appointments
// are made inside them, one of which was cancelled, one belongs to another rep and one is the fourth of its block.
func TestFill(t *testing.T) {
	w := berlin(t).Working(calendar.DefaultWeek())
	bs := blocks(t, [3]string{"timeblock.planned", "2026-03-01T08:00:00Z", `{"timeblock":"b","category":"income_producing","starts_at":"2026-03-02T13:00:00Z","ends_at":"2026-03-02T16:00:00Z","rrule":"FREQ=WEEKLY;BYDAY=MO,WE","activity":"appointments","capacity":3}`})
	made := func(id, starts string) [3]string {
		return [3]string{"appointment.scheduled", "2026-03-19T08:00:00Z", `{"appointment":"` + id + `","starts_at":"` + starts + `"}`}
	}
	es := told(
		t,
		made("1", "2026-03-23T13:00:00Z"), made("2", "2026-03-23T14:00:00Z"), made("3", "2026-03-23T15:00:00Z"),
		made("4", "2026-03-23T15:30:00Z"), made("5", "2026-03-25T13:00:00Z"), made("6", "2026-03-25T14:00:00Z"),
		made("7", "2026-03-24T14:00:00Z"), made("8", "2026-03-30T13:00:00Z"),
		[3]string{"appointment.cancelled", "2026-03-20T08:00:00Z", `{"appointment":"5"}`},
		[3]string{"appointment.rescheduled", "2026-03-20T08:00:00Z", `{"appointment":"1","starts_at":"2026-03-26T14:00:00Z"}`},
	)
	f := Fill(bs, Appointments(es), w, instant(t, "2026-03-20T11:00:00Z"))
	// Monday: 2, 3 and 4 fill its three places; Wednesday: 6.
	if f.Capacity != 6 || f.Made != 4 || len(f.Days) != 5 || f.Days[0].String() != "2026-03-23" || f.Days[4].String() != "2026-03-27" {
		t.Errorf("%+v", f)
	}
	for i := range es {
		es[i].Rep = "bob"
	}
	if f := Fill(bs, Appointments(es), w, instant(t, "2026-03-20T11:00:00Z")); f.Made != 0 {
		t.Errorf("another rep's: %+v", f)
	}
}

// The total is at most the window and at most the sum of all lengths; it does not depend on the order; an act told twice
// changes nothing.
func TestSpendProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 3, 23, 8, 0, 0, 0, time.UTC)
		var acts []Act
		var sum time.Duration
		for range rapid.IntRange(0, 12).Draw(t, "acts") {
			from := start.Add(time.Duration(rapid.IntRange(-60, 600).Draw(t, "from")) * time.Minute)
			length := time.Duration(rapid.IntRange(1, 120).Draw(t, "length")) * time.Minute
			sum += length
			acts = append(acts, Act{Category: rapid.SampledFrom(Categories()).Draw(t, "category"), Span: Span{from, from.Add(length)}})
		}
		window := Span{start, start.Add(8 * time.Hour)}
		s := Spend(acts, window)
		var byCategory time.Duration
		for _, d := range s.ByCategory {
			byCategory += d
		}
		if s.Total > sum || s.Total > window.Length() || byCategory != s.Total || s.Income > s.Total {
			t.Fatalf("%+v of %v", s, sum)
		}
		twice := Spend(append(append([]Act{}, rapid.Permutation(acts).Draw(t, "order")...), acts...), window)
		if twice.Total != s.Total || twice.Income != s.Income {
			t.Fatalf("told twice %+v, once %+v", twice, s)
		}
	})
}

func FuzzRule(f *testing.F) {
	f.Add("FREQ=WEEKLY;BYDAY=MO,WE")
	f.Add("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3")
	f.Fuzz(func(t *testing.T, rule string) {
		if CheckRule(rule) != nil || len(rule) > 200 {
			return
		}
		b := Block{ID: "b", Rule: rule, Starts: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Ends: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
		from, to := b.Starts, b.Starts.AddDate(0, 1, 0)
		for _, o := range Occurrences([]Block{b}, berlin(t), from, to) {
			if !o.To.After(from) || !o.From.Before(to) {
				t.Errorf("%s: %+v", rule, o)
			}
		}
	})
}
