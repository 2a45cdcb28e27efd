package calendar

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// zones change their clocks in every way there is: not at all, by an hour at night, at midnight (forward and back),
// by half an hour, by a whole day.
func zones() []string {
	return []string{
		"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/Havana", "Asia/Amman", "Asia/Beirut",
		"Asia/Kathmandu", "Asia/Pyongyang", "Atlantic/Azores", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo",
		"Asia/Tehran", "America/Santiago", "Pacific/Chatham",
	}
}

func location(tb testing.TB, name string) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return loc
}

func TestDayBeginsWithItsFirstInstant(t *testing.T) {
	for _, zone := range zones() {
		loc := location(t, zone)
		for d := Date(1985, 1, 1); d < Date(2040, 1, 1); d++ {
			start := d.In(loc)
			if got := DayOf(start); got < d {
				t.Fatalf("%s: %s begins at %s, which still is %s", zone, d, start, got)
			}
			if got := DayOf(start.Add(-1)); got >= d {
				t.Fatalf("%s: %s begins at %s, but the instant before already is %s", zone, d, start, got)
			}
			if next := (d + 1).In(loc); next.Before(start) {
				t.Fatalf("%s: %s begins at %s, after the day that follows it", zone, d, start)
			}
		}
	}
}

func TestDayInAroundClockChanges(t *testing.T) {
	for _, c := range []struct{ name, zone, day, want string }{
		{"plain", "Europe/Berlin", "2024-03-31", "2024-03-30T23:00:00Z"},
		{"midnight skipped", "America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"},
		{"midnight skipped by a quarter of an hour", "Asia/Kathmandu", "1986-01-01", "1985-12-31T18:30:00Z"},
		{"midnight twice, west", "America/Havana", "2023-11-05", "2023-11-05T04:00:00Z"},
		{"midnight twice, east", "Asia/Amman", "2021-10-29", "2021-10-28T21:00:00Z"},
		{"put back at midnight", "Asia/Beirut", "2023-10-29", "2023-10-28T22:00:00Z"},
		{"a day left out", "Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"},
		{"the day after it", "Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := mustDay(t, c.day).In(location(t, c.zone)).UTC().Format(time.RFC3339); got != c.want {
				t.Errorf("%s begins at %s in %s, want %s", c.day, got, c.zone, c.want)
			}
		})
	}
}

func TestDayTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Day(rapid.Int32Range(-200_000, 200_000).Draw(t, "day"))
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var back Day
		if err := json.Unmarshal(text, &back); err != nil || back != d {
			t.Fatalf("%s reads back as %v, %v", text, back, err)
		}
		if DayOf(d.Time()) != d {
			t.Fatalf("%s: DayOf(Time()) is %s", d, DayOf(d.Time()))
		}
	})
}

func TestParseDayRefuses(t *testing.T) {
	for _, s := range []string{"", "2017-13-01", "2017-02-29", "2017-1-1", "31.12.2017", "2017-12-31T00:00:00Z"} {
		if d, err := ParseDay(s); err == nil {
			t.Errorf("ParseDay(%q) = %s, want an error", s, d)
		}
	}
}

func mustDay(tb testing.TB, s string) Day {
	tb.Helper()
	d, err := ParseDay(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}
