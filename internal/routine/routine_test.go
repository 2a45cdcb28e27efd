package routine

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/calendar"
)

var update = flag.Bool("update", false, "write the golden files anew")

func working(tb testing.TB) calendar.Working {
	tb.Helper()
	c, err := calendar.New(calendar.Settings{Zone: "Europe/Berlin", WeekStart: time.Monday, FiscalYearStart: time.January})
	if err != nil {
		tb.Fatal(err)
	}
	return c.Working(calendar.DefaultWeek())
}

func at(tb testing.TB, s string) time.Time {
	tb.Helper()
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func day(tb testing.TB, s string) calendar.Day {
	tb.Helper()
	d, err := calendar.ParseDay(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// book folds lines of type, time and payload, all of rep ann.
func book(tb testing.TB, lines ...[3]string) Book {
	tb.Helper()
	var records []events.Record
	for i, l := range lines {
		records = append(records, events.Record{Position: events.Position(i + 1), Event: events.Event{
			ID: fmt.Sprint("e", i), Org: "acme", Rep: "ann", Type: l[0], Time: at(tb, l[1]), Data: json.RawMessage(l[2]), DataVersion: 1,
		}})
	}
	b, err := Fold(working(tb).Calendar(), records)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// The week of Monday, 9 March 2026 in Berlin. Friday 13 is its last working day; its review is in time until the end of
// Monday 16, 17:00 in Berlin, 16:00 in UTC.
func TestStatesOfAWeek(t *testing.T) {
	w := working(t)
	before := [3]string{"review.completed", "2026-03-06T15:00:00Z", `{"rhythm":"weekly","day":"2026-03-06"}`}
	for _, c := range []struct {
		now   string
		lines [][3]string
		from  string
		state State
	}{
		{"2026-03-12T12:00:00Z", nil, "2026-03-02", Done},
		{"2026-03-13T07:59:00Z", nil, "2026-03-02", Done},
		{"2026-03-13T08:00:00Z", nil, "2026-03-09", Open},
		{"2026-03-16T15:59:59Z", nil, "2026-03-09", Open},
		{"2026-03-16T16:00:00Z", nil, "2026-03-09", Overdue},
		{"2026-03-20T07:59:00Z", nil, "2026-03-09", Overdue},
		{"2026-03-20T08:00:00Z", nil, "2026-03-16", Open},
		{"2026-03-18T08:00:00Z", [][3]string{{"review.completed", "2026-03-17T08:00:00Z", `{"rhythm":"weekly","day":"2026-03-15"}`}}, "2026-03-09", Done},
		{"2026-03-18T08:00:00Z", [][3]string{{"review.skipped", "2026-03-17T08:00:00Z", `{"rhythm":"weekly","day":"2026-03-15","reason":"ill"}`}}, "2026-03-09", Skipped},
		{"2026-03-18T08:00:00Z", [][3]string{
			{"review.skipped", "2026-03-17T08:00:00Z", `{"rhythm":"weekly","day":"2026-03-15","reason":"ill"}`},
			{"review.completed", "2026-03-17T09:00:00Z", `{"rhythm":"weekly","day":"2026-03-12"}`},
		}, "2026-03-09", Done},
		{"2026-03-18T08:00:00Z", [][3]string{{"review.completed", "2026-03-17T08:00:00Z", `{"rhythm":"monthly","day":"2026-03-15"}`}}, "2026-03-09", Overdue},
	} {
		b := book(t, append([][3]string{before}, c.lines...)...)
		d, ok := b.Current(OfRep("ann"), Weekly, w, at(t, c.now))
		if !ok || d.From.String() != c.from || d.State != c.state {
			t.Errorf("%s with %v: %s %s, want %s %s", c.now, c.lines, d.From, d.State, c.from, c.state)
		}
	}
}

func TestWhenReviewsAreDue(t *testing.T) {
	w := working(t)
	for _, c := range []struct {
		rhythm               Rhythm
		day, opens, overdue  string
		reviewedFrom, upThru string
	}{
		{Morning, "2026-03-30", "2026-03-30T07:00:00Z", "2026-03-30T09:00:00Z", "2026-03-30", "2026-03-30"},
		{Evening, "2026-03-27", "2026-03-27T16:00:00Z", "2026-03-30T07:00:00Z", "2026-03-27", "2026-03-27"},
		{Weekly, "2026-03-24", "2026-03-27T08:00:00Z", "2026-03-30T15:00:00Z", "2026-03-23", "2026-03-29"},
		{Monthly, "2026-02-10", "2026-02-27T08:00:00Z", "2026-03-04T16:00:00Z", "2026-02-01", "2026-02-28"},
		{Quarterly, "2026-02-10", "2026-03-31T07:00:00Z", "2026-04-07T15:00:00Z", "2026-01-01", "2026-03-31"},
		{Yearly, "2026-02-10", "2026-12-31T08:00:00Z", "2027-01-14T16:00:00Z", "2026-01-01", "2026-12-31"},
	} {
		d := book(t).At(OfRep("ann"), c.rhythm, day(t, c.day), w, at(t, "2026-01-05T08:00:00Z"))
		got := []string{d.Opens.Format(time.RFC3339), d.OverdueAt.Format(time.RFC3339), d.From.String(), d.To.String(), string(d.State)}
		if diff := cmp.Diff([]string{c.opens, c.overdue, c.reviewedFrom, c.upThru, "to_come"}, got); diff != "" {
			t.Errorf("%s: %s", c.rhythm, diff)
		}
	}
}

// Held in the first and fourth week of March, skipped in the second.
func TestHistory(t *testing.T) {
	b := book(
		t,
		[3]string{"review.completed", "2026-03-06T15:00:00Z", `{"rhythm":"weekly","day":"2026-03-08"}`},
		[3]string{"review.skipped", "2026-03-13T15:00:00Z", `{"rhythm":"weekly","day":"2026-03-15","reason":"fair"}`},
		[3]string{"review.completed", "2026-03-27T15:00:00Z", `{"rhythm":"weekly","day":"2026-03-29"}`},
	)
	var got []string
	for _, d := range b.History(OfRep("ann"), Weekly, working(t), at(t, "2026-04-03T15:00:00Z"), 10) {
		got = append(got, d.From.String()+" "+string(d.State))
	}
	want := []string{"2026-03-30 open", "2026-03-23 done", "2026-03-16 missed", "2026-03-09 skipped", "2026-03-02 done"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := b.History(OfRep("ann"), Weekly, working(t), at(t, "2026-04-03T15:00:00Z"), 2); len(got) != 2 {
		t.Errorf("%d, want 2", len(got))
	}
	if got := b.History(OfRep("bob"), Weekly, working(t), at(t, "2026-04-03T15:00:00Z"), 2); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func full(t *testing.T) Agenda {
	t.Helper()
	b := book(
		t,
		[3]string{"partner.linked", "2026-01-02T09:00:00Z", `{"partner":"bo","shares":["goals","promises"]}`},
		[3]string{"priority.set", "2026-01-02T09:00:00Z", `{"owner_kind":"rep","owner":"ann","starts_on":"2026-01-01","ends_on":"2026-03-31","priorities":[{"priority":"p1","text":"Twelve new clients"},{"priority":"p2"}]}`},
		[3]string{"hassle.raised", "2026-02-20T09:00:00Z", `{"hassle":"h1","text":"The list has *old* numbers"}`},
		[3]string{"hassle.raised", "2026-02-21T09:00:00Z", `{"hassle":"h2","text":"No car"}`},
		[3]string{"hassle.resolved", "2026-03-02T09:00:00Z", `{"hassle":"h2"}`},
		[3]string{"review.completed", "2026-02-27T15:00:00Z", `{"rhythm":"weekly","day":"2026-03-01","promises":[{"promise":"v0","text":"Mend the form"}]}`},
		[3]string{"review.completed", "2026-03-06T15:00:00Z", `{"rhythm":"weekly","day":"2026-03-08","partner":"bo","promises":[{"promise":"v1","text":"50 calls on Tuesday","due_on":"2026-03-10"},{"promise":"v2","text":"Ask <b>Kim</b> | for two names"}]}`},
		[3]string{"review.commented", "2026-03-09T07:30:00Z", `{"by":"bo","text":"Start with the hard one."}`},
		[3]string{"review.completed", "2026-03-12T15:00:00Z", `{"rhythm":"evening","day":"2026-03-12","kept":[{"promise":"v1","done":true},{"promise":"v0","done":false}]}`},
	)
	due, _ := b.Current(OfRep("ann"), Weekly, working(t), at(t, "2026-03-13T12:00:00Z"))
	return Fill(b, OfRep("ann"), due, []Goal{{
		ID: "g", Title: "Calls in March", Status: "at_risk", Sentence: "80 calls against 95 expected by Friday noon.", Meaning: "The house by the lake.",
	}}, []Number{{Title: "Calls", Value: "42", Before: "50"}, {Title: "Sign-up amount", Value: "1200.00", Before: "0", Unit: "EUR"}})
}

func TestAgenda(t *testing.T) {
	a := full(t)
	var promises []string
	for _, p := range a.Promises {
		promises = append(promises, p.ID+unsaid(p.Done))
	}
	if diff := cmp.Diff([]string{"v2, not told yet", "v1, done"}, promises); diff != "" {
		t.Error(diff)
	}
	if a.Partner != "bo" || len(a.Hassles) != 1 || len(a.Priorities) != 2 || len(a.Comments) != 1 || a.State != Open {
		t.Errorf("%+v", a)
	}
	html, err := a.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"weekly.md": a.Markdown(), "weekly.html": html} {
		path := "testdata/" + name
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if strings.Contains(html, "<b>Kim") {
		t.Error("what somebody wrote became markup")
	}
}

func TestTitles(t *testing.T) {
	for want, s := range map[string]Span{
		"Friday, 13 March 2026":              {day(t, "2026-03-13"), day(t, "2026-03-13")},
		"9 to 15 March 2026":                 {day(t, "2026-03-09"), day(t, "2026-03-15")},
		"30 March to 5 April 2026":           {day(t, "2026-03-30"), day(t, "2026-04-05")},
		"28 December 2026 to 3 January 2027": {day(t, "2026-12-28"), day(t, "2027-01-03")},
	} {
		if got := s.Words(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Whatever the moment, the current review is one that may be held, it is not missed, and the history begins with it.
func TestCurrentProperties(t *testing.T) {
	w := working(t)
	rapid.Check(t, func(r *rapid.T) {
		rhythm := rapid.SampledFrom(Rhythms()).Draw(r, "rhythm")
		now := at(t, "2026-01-01T00:00:00Z").Add(time.Duration(rapid.IntRange(0, 365*24*60).Draw(r, "minute")) * time.Minute)
		b := book(t, [3]string{"review.completed", "2025-06-06T15:00:00Z", fmt.Sprintf(`{"rhythm":%q,"day":"2025-06-06"}`, rhythm)})
		d, ok := b.Current(OfRep("ann"), rhythm, w, now)
		if !ok || d.Opens.After(now) || d.State == Missed || d.State == ToCome || (d.State == Overdue) != !now.Before(d.OverdueAt) && d.State != Done {
			r.Fatalf("%s at %s: %+v", rhythm, now, d)
		}
		if h := b.History(OfRep("ann"), rhythm, w, now, 3); len(h) == 0 || h[0].From != d.From {
			r.Fatalf("%s at %s: %+v, but the history is %+v", rhythm, now, d, h)
		}
	})
}
