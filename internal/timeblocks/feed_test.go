package timeblocks

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"

	"milemarker/internal/calendar"
)

// feed is the calendar file of blocks, as of an instant.
func feed(tb testing.TB, bs []Block, now string) string {
	tb.Helper()
	at := instant(tb, now)
	return Feed("Ann; calls, and more", Occurrences(bs, berlin(tb), at.Add(-FeedFrom), at.Add(FeedTo)))
}

func TestFeed(t *testing.T) {
	bs := blocks(t, [3]string{"timeblock.planned", "2026-03-01T08:00:00Z", weekdays})
	text := feed(t, bs, "2026-03-24T08:00:00Z")
	c, err := ics.ParseCalendar(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	es := c.Events()
	first, err := es[0].GetStartAt()
	if err != nil || !first.Equal(instant(t, "2026-03-23T08:00:00Z")) || len(es) != 106 {
		t.Errorf("%d events, the first at %v, %v", len(es), first, err)
	}
	seen := map[string]bool{}
	for _, e := range es {
		if seen[e.Id()] || e.GetProperty(ics.ComponentPropertySummary).Value != "calls" {
			t.Errorf("%s: twice, or without a name", e.Id())
		}
		seen[e.Id()] = true
	}
	if feed(t, bs, "2026-03-24T11:00:00Z") != text {
		t.Error("nothing was said anew, and the file is another")
	}
}

// What RFC 5545 asks of a file: lines of 75 octets at most that end in CRLF and break no character, the properties that
// each component must have once, and instants in UTC.
func TestFeedIsValid(t *testing.T) {
	long := strings.Replace(weekdays, `"calls"`, `"Rückrufe; Äpfel, Öl \\ und `+strings.Repeat("ü", 60)+`"`, 1)
	text := feed(t, blocks(t, [3]string{"timeblock.planned", "2026-03-01T08:00:00Z", long}), "2026-03-24T08:00:00Z")
	if !strings.HasSuffix(text, "\r\n") || strings.Count(text, "\n") != strings.Count(text, "\r\n") {
		t.Error("a line does not end in CRLF")
	}
	if !strings.Contains(text, "\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n") {
		t.Error("how often to ask anew is not said as RFC 7986 wants it")
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
	}
	whole := strings.ReplaceAll(text, "\r\n ", "")
	for _, once := range []string{"BEGIN:VCALENDAR", "END:VCALENDAR", "VERSION:2.0", "PRODID:", "METHOD:PUBLISH"} {
		if strings.Count(whole, "\r\n"+once)+strings.Count(whole[:len(once)], once) != 1 {
			t.Errorf("%s is there not once", once)
		}
	}
	stamp := `\d{8}T\d{6}Z`
	for i, event := range strings.Split(whole, "BEGIN:VEVENT\r\n")[1:] {
		for _, want := range []string{"UID:.+", "DTSTAMP:" + stamp, "LAST-MODIFIED:" + stamp, "SEQUENCE:\\d+", "DTSTART:" + stamp, "DTEND:" + stamp} {
			if n := len(regexp.MustCompile("(?m)^"+want+"\r$").FindAllString(event, -1)); n != 1 {
				t.Fatalf("event %d has %d of %s:\n%s", i, n, want, event)
			}
		}
		if !strings.Contains(event, `SUMMARY:Rückrufe\; Äpfel\, Öl \\ und ü`) {
			t.Fatalf("the name is not escaped:\n%s", event)
		}
	}
}

// entry is what a calendar program keeps of an event.
func entry(tb testing.TB, text, uid string) string {
	tb.Helper()
	for event := range strings.SplitSeq(text, "BEGIN:VEVENT") {
		if strings.Contains(event, "UID:"+uid+"@milemarker\r\n") {
			var found []string
			for _, name := range []string{"DTSTART", "DTEND", "SEQUENCE", "DTSTAMP"} {
				value := regexp.MustCompile(name + ":(.*)\r")
				found = append(found, value.FindStringSubmatch(event)[1])
			}
			return strings.Join(found, " ")
		}
	}
	return "none"
}

// An event keeps its UID while it is moved, moved again, skipped and planned anew, and its sequence grows.
func TestFeedKeepsWhoIsWho(t *testing.T) {
	said := [][3]string{{"timeblock.planned", "2026-03-01T08:00:00Z", weekdays}}
	for _, c := range []struct {
		typ, at, data string
		monday        string // of 23 March, as the calendar has it
		wednesday     string
	}{
		{"", "", "", "20260323T080000Z 20260323T100000Z 0 20260301T080000Z", "20260325T080000Z 20260325T100000Z 0 20260301T080000Z"},
		{"timeblock.moved", "2026-03-10T08:00:00Z", `{"timeblock":"b","day":"2026-03-23","starts_at":"2026-03-24T13:00:00Z","ends_at":"2026-03-24T15:00:00Z"}`, "20260324T130000Z 20260324T150000Z 1 20260310T080000Z", "20260325T080000Z 20260325T100000Z 0 20260301T080000Z"},
		{"timeblock.moved", "2026-03-11T08:00:00Z", `{"timeblock":"b","day":"2026-03-23","starts_at":"2026-03-24T14:00:00Z","ends_at":"2026-03-24T15:00:00Z"}`, "20260324T140000Z 20260324T150000Z 2 20260311T080000Z", "20260325T080000Z 20260325T100000Z 0 20260301T080000Z"},
		{"timeblock.planned", "2026-03-12T08:00:00Z", strings.ReplaceAll(weekdays, "T09", "T08"), "20260324T140000Z 20260324T150000Z 3 20260312T080000Z", "20260325T070000Z 20260325T100000Z 1 20260312T080000Z"},
		{"timeblock.skipped", "2026-03-13T08:00:00Z", `{"timeblock":"b","day":"2026-03-23"}`, "none", "20260325T070000Z 20260325T100000Z 1 20260312T080000Z"},
	} {
		if c.typ != "" {
			said = append(said, [3]string{c.typ, c.at, c.data})
		}
		text := feed(t, blocks(t, said...), "2026-03-20T08:00:00Z")
		got := []string{entry(t, text, "b.20260323"), entry(t, text, "b.20260325")}
		if diff := cmp.Diff([]string{c.monday, c.wednesday}, got); diff != "" {
			t.Errorf("after %s of %s (-want +got):\n%s", c.typ, c.at, diff)
		}
	}
}

// Monday's block takes place on Tuesday, Wednesday's on its day, two hours later; a move of a day without a block, or back
// after a skip, is taken as it is said.
func TestMoved(t *testing.T) {
	moved := func(day, from, to string) [3]string {
		return [3]string{"timeblock.moved", "2026-03-10T08:00:00Z", fmt.Sprintf(`{"timeblock":"b","day":%q,"starts_at":%q,"ends_at":%q}`, day, from, to)}
	}
	skipped := [3]string{"timeblock.skipped", "2026-03-10T08:00:00Z", `{"timeblock":"b","day":"2026-03-25"}`}
	bs := blocks(
		t, [3]string{"timeblock.planned", "2026-03-01T08:00:00Z", weekdays},
		moved("2026-03-23", "2026-03-24T09:00:00+01:00", "2026-03-24T10:00:00+01:00"),
		moved("2026-03-26", "2026-03-27T09:00:00+01:00", "2026-03-27T10:00:00+01:00"), // a Thursday: nothing is planned
		skipped, moved("2026-03-25", "2026-03-25T11:00:00+01:00", "2026-03-25T13:00:00+01:00"),
	)
	week := func(from, to string) []string {
		return starts(Occurrences(bs, berlin(t), instant(t, from+"T00:00:00Z"), instant(t, to+"T00:00:00Z")))
	}
	if diff := cmp.Diff([]string{"03-24T08:00/1h0m0s", "03-25T10:00/2h0m0s", "03-30T07:00/2h0m0s"}, week("2026-03-22", "2026-03-31")); diff != "" {
		t.Error(diff)
	}
	if got := week("2026-03-23", "2026-03-24"); len(got) != 0 {
		t.Errorf("what was moved away is still there: %q", got)
	}
	if got := week("2026-03-24", "2026-03-25"); len(got) != 1 {
		t.Errorf("what was moved in from outside is not there: %q", got)
	}
}

// Rows that end, by count and by day, the last day included; the night on which the clocks go forward has no 02:30, that on
// which they go back has two.
func TestEndsAndClocks(t *testing.T) {
	for _, c := range []struct {
		name, starts, ends, rule string
		want                     []string
	}{
		{"three times", "2026-03-23T09:00:00+01:00", "2026-03-23T10:00:00+01:00", "FREQ=DAILY;COUNT=3", []string{"03-23T08:00/1h0m0s", "03-24T08:00/1h0m0s", "03-25T08:00/1h0m0s"}},
		{"until a day", "2026-03-23T09:00:00+01:00", "2026-03-23T10:00:00+01:00", "FREQ=DAILY;UNTIL=20260324", []string{"03-23T08:00/1h0m0s", "03-24T08:00/1h0m0s"}},
		{"until an instant", "2026-03-23T09:00:00+01:00", "2026-03-23T10:00:00+01:00", "FREQ=DAILY;UNTIL=20260324T075959Z", []string{"03-23T08:00/1h0m0s"}},
		{"the clocks go forward", "2026-03-28T02:30:00+01:00", "2026-03-28T03:00:00+01:00", "FREQ=DAILY;COUNT=3", []string{"03-28T01:30/30m0s", "03-29T01:30/30m0s", "03-30T00:30/30m0s"}},
		{"the clocks go back", "2026-10-24T02:30:00+02:00", "2026-10-24T04:00:00+02:00", "FREQ=DAILY;COUNT=3", []string{"10-24T00:30/1h30m0s", "10-25T00:30/2h30m0s", "10-26T01:30/1h30m0s"}},
		{"the last Friday", "2026-03-27T09:00:00+01:00", "2026-03-27T10:00:00+01:00", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", []string{"03-27T08:00/1h0m0s", "04-24T07:00/1h0m0s"}},
		{"every other week", "2026-03-23T09:00:00+01:00", "2026-03-23T10:00:00+01:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;COUNT=2", []string{"03-23T08:00/1h0m0s", "04-06T07:00/1h0m0s"}},
		{"through midnight", "2026-03-23T23:00:00+01:00", "2026-03-24T01:00:00+01:00", "FREQ=DAILY;COUNT=2", []string{"03-23T22:00/2h0m0s", "03-24T22:00/2h0m0s"}},
	} {
		b := Block{ID: "b", Rule: c.rule, Starts: instant(t, c.starts), Ends: instant(t, c.ends)}
		got := starts(Occurrences([]Block{b}, berlin(t), b.Starts.AddDate(0, 0, -7), b.Starts.AddDate(0, 2, 0)))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if CheckRule("FREQ=DAILY;COUNT=3;UNTIL=20260324") == nil {
		t.Error("a rule with two ends is taken")
	}
}

func TestWithoutDaysOff(t *testing.T) {
	bs := blocks(t, [3]string{"timeblock.planned", "2026-03-01T08:00:00Z", weekdays})
	all := Occurrences(bs, berlin(t), instant(t, "2026-03-22T00:00:00Z"), instant(t, "2026-03-29T00:00:00Z"))
	left := Without(all, func(rep string, day calendar.Day) bool { return rep == "ann" && day.Weekday() == time.Monday })
	if diff := cmp.Diff([]string{"03-25T08:00/2h0m0s"}, starts(left)); diff != "" || len(all) != 2 {
		t.Error(diff)
	}
}
