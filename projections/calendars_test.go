package projections

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// declared makes records of one org, one a position, recorded at the ends of the days given.
func declared(tb testing.TB, told ...[3]string) []events.Record {
	tb.Helper()
	var out []events.Record
	for i, d := range told {
		at, err := time.Parse(time.DateOnly, d[1])
		if err != nil {
			tb.Fatal(err)
		}
		at = at.Add(18 * time.Hour)
		out = append(out, events.Record{Position: events.Position(i + 1), Event: events.Event{
			ID: d[0] + d[1], Type: d[0], Org: "acme", Rep: "kim", Time: at, RecordedAt: at, DataVersion: 1, Data: json.RawMessage(d[2]),
		}})
	}
	return out
}

func schedules(tb testing.TB, told ...[3]string) Schedules {
	tb.Helper()
	settings := DefaultOrgSettings()
	settings.Teams = map[string]string{"kim": "north"}
	s, err := FoldSchedules(settings, declared(tb, told...))
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func date(tb testing.TB, s string) calendar.Day {
	tb.Helper()
	d, err := calendar.ParseDay(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// off lists which of some days were set apart for kim.
func off(tb testing.TB, s Schedules, days ...string) map[string]bool {
	tb.Helper()
	out := map[string]bool{}
	chain := Chain(events.Owner{OwnerKind: events.OwnerRep, Owner: "kim"}, map[string]string{"kim": "north"})
	for _, day := range days {
		_, out[day] = s.Apart(chain, date(tb, day))
	}
	return out
}

func TestDaysOffUntilTheDayIsClosed(t *testing.T) {
	days := []string{"2024-03-04", "2024-03-05", "2024-03-12", "2024-03-20"}
	for name, c := range map[string]struct {
		told []([3]string)
		want []bool
	}{
		"told in time, and a week late at most": {
			[][3]string{{"dayoff.set", "2024-03-12", `{"dayoff":"d","starts_on":"2024-03-04","ends_on":"2024-03-20","owner_kind":"rep","owner":"kim"}`}},
			[]bool{false, true, true, true},
		},
		"of the team": {
			[][3]string{{"dayoff.set", "2024-03-01", `{"dayoff":"d","starts_on":"2024-03-05","owner_kind":"team","owner":"north"}`}},
			[]bool{false, true, false, false},
		},
		"of somebody else": {
			[][3]string{{"dayoff.set", "2024-03-01", `{"dayoff":"d","starts_on":"2024-03-05","owner_kind":"rep","owner":"lee"}`}},
			[]bool{false, false, false, false},
		},
		"closed by a review in the evening": {
			[][3]string{
				{"review.completed", "2024-03-05", `{"rhythm":"evening","day":"2024-03-05"}`},
				{"dayoff.set", "2024-03-06", `{"dayoff":"d","starts_on":"2024-03-04","ends_on":"2024-03-12","owner_kind":"rep","owner":"kim"}`},
			},
			[]bool{true, false, true, false},
		},
		"withdrawn, as far as days are open": {
			[][3]string{
				{"dayoff.set", "2024-03-01", `{"dayoff":"d","starts_on":"2024-03-04","ends_on":"2024-03-20"}`},
				{"dayoff.withdrawn", "2024-03-12", `{"dayoff":"d"}`},
			},
			[]bool{true, false, false, false},
		},
		"open for longer by choice": {
			[][3]string{
				{"calendar.configured", "2024-03-01", `{"effective_on":"2024-01-01","closes_after_days":30}`},
				{"dayoff.set", "2024-03-30", `{"dayoff":"d","starts_on":"2024-03-04","ends_on":"2024-03-05"}`},
			},
			[]bool{true, true, false, false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := map[string]bool{}
			for i, day := range days {
				want[day] = c.want[i]
			}
			if diff := cmp.Diff(want, off(t, schedules(t, c.told...), days...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCalendarsLeaveClosedDays(t *testing.T) {
	org := []events.Owner{{OwnerKind: events.OwnerOrg}}
	holidays := func(s Schedules, day string) string {
		t.Helper()
		if h := s.On(org, date(t, day)).Holidays; h != nil {
			return (*h)[0]
		}
		return ""
	}
	s := schedules(t,
		[3]string{"calendar.configured", "2024-03-01", `{"effective_on":"2023-01-01","holidays":["DE"]}`}, // the first may reach back
		[3]string{"calendar.configured", "2024-03-12", `{"effective_on":"2024-01-01","holidays":["US"]}`},
		[3]string{"calendar.configured", "2024-03-13", `{"effective_on":"2024-05-01","holidays":["CH"]}`},
		[3]string{"calendar.configured", "2024-03-14", `{"effective_on":"2024-04-01","holidays":["FR"]}`}, // the last word
	)
	for day, want := range map[string]string{
		"2022-12-31": "", "2023-06-01": "DE", "2024-03-04": "DE", "2024-03-05": "US", "2024-03-31": "US", "2024-04-01": "FR", "2024-06-01": "FR",
	} {
		if got := holidays(s, day); got != want {
			t.Errorf("on %s %q, want %q", day, got, want)
		}
	}
}

// A fold is what its records say, in the order of their positions; what cannot be read is named and left out.
func TestSchedulesNameWhatTheyCannotRead(t *testing.T) {
	records := declared(t,
		[3]string{"dayoff.set", "2024-03-01", `{"dayoff":"d","starts_on":"someday"}`},
		[3]string{"dayoff.set", "2024-03-01", `{"dayoff":"e","starts_on":"2024-03-05","hours":[{"from":"12:00","to":"09:00"}]}`},
		[3]string{"dayoff.set", "2024-03-01", `{"dayoff":"f","starts_on":"2000-03-05","ends_on":"2100-01-01"}`},
		[3]string{"dayoff.set", "2024-03-01", `{"dayoff":"g","starts_on":"2024-03-05"}`},
	)
	s, err := FoldSchedules(DefaultOrgSettings(), records)
	if err == nil {
		t.Error("want an error")
	}
	if diff := cmp.Diff(map[string]bool{"2024-03-05": true, "2024-03-06": false}, off(t, s, "2024-03-05", "2024-03-06")); diff != "" {
		t.Error(diff)
	}
}
