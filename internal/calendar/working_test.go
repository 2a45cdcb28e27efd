package calendar

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func inBerlin(tb testing.TB, week Week) Working {
	tb.Helper()
	if err := week.Validate(); err != nil {
		tb.Fatal(err)
	}
	return mustNew(tb, Settings{Zone: "Europe/Berlin", WeekStart: time.Monday, FiscalYearStart: time.January}).Working(week)
}

func TestWorkingBetween(t *testing.T) {
	office := inBerlin(t, DefaultWeek())
	var nights Week // around the clock, so that clock changes fall into working hours
	for d := range nights {
		nights[d] = []Hours{{From: 0, To: 24 * time.Hour}}
	}
	always := inBerlin(t, nights)
	for _, c := range []struct {
		name     string
		working  Working
		from, to string // wall clock in Berlin
		want     time.Duration
	}{
		{"a day", office, "2024-03-27 00:00", "2024-03-28 00:00", 8 * time.Hour},
		{"a morning", office, "2024-03-27 07:30", "2024-03-27 12:00", 3 * time.Hour},
		{"within the hours", office, "2024-03-27 10:15", "2024-03-27 10:45", 30 * time.Minute},
		{"after hours", office, "2024-03-27 17:00", "2024-03-28 09:00", 0},
		{"a weekend", office, "2024-03-30 00:00", "2024-04-01 00:00", 0},
		{"a week with a clock change", office, "2024-03-25 00:00", "2024-04-01 00:00", 40 * time.Hour},
		{"backwards", office, "2024-03-28 00:00", "2024-03-27 00:00", -8 * time.Hour},
		{"nothing", office, "2024-03-27 12:00", "2024-03-27 12:00", 0},
		{"the day of 23 hours", always, "2024-03-31 00:00", "2024-04-01 00:00", 23 * time.Hour},
		{"the day of 25 hours", always, "2024-10-27 00:00", "2024-10-28 00:00", 25 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			from, to := wallClock(t, c.from), wallClock(t, c.to)
			if got := c.working.Between(from, to); got != c.want {
				t.Errorf("working time from %s to %s is %s, want %s", c.from, c.to, got, c.want)
			}
		})
	}
}

func wallClock(tb testing.TB, s string) time.Time {
	tb.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, location(tb, "Europe/Berlin"))
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

func TestWorkingHoursAtASkippedClock(t *testing.T) {
	var week Week
	week[time.Sunday] = []Hours{{From: 2*time.Hour + 30*time.Minute, To: 5 * time.Hour}}
	w := inBerlin(t, week)
	sunday := mustDay(t, "2024-03-31") // 02:00 to 03:00 is left out
	from, to, ok := w.Hours(sunday)
	if !ok || to.Sub(from) != 2*time.Hour {
		t.Errorf("worked from %s to %s, want the two hours that remain", from, to)
	}
}

func TestWorkingDays(t *testing.T) {
	w := inBerlin(t, DefaultWeek())
	for _, c := range []struct {
		from, to string
		want     int
	}{
		{"2024-03-25", "2024-04-01", 5},
		{"2024-03-30", "2024-04-01", 0},
		{"2024-01-01", "2025-01-01", 262},
		{"2024-03-25", "2024-03-25", 0},
		{"2024-03-26", "2024-03-25", 0},
	} {
		if got := w.Days(mustDay(t, c.from), mustDay(t, c.to)); got != c.want {
			t.Errorf("working days in [%s, %s): %d, want %d", c.from, c.to, got, c.want)
		}
	}
}

// Working time is additive, never negative forwards, never more than the time that passes, and nothing on a day off.
func TestWorkingTimeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCalendar(t)
		var week Week
		for d := range week {
			for last := 0; len(week[d]) < 3 && rapid.Bool().Draw(t, "more"); {
				from := rapid.IntRange(last, 24*60).Draw(t, "from")
				last = rapid.IntRange(from, 24*60).Draw(t, "to")
				week[d] = append(week[d], Hours{From: time.Duration(from) * time.Minute, To: time.Duration(last) * time.Minute})
			}
		}
		if err := week.Validate(); err != nil {
			t.Fatal(err)
		}
		w := c.Working(week)
		at := func(name string) time.Time {
			return time.Unix(rapid.Int64Range(1_500_000_000, 1_500_000_000+90*secondsPerDay).Draw(t, name), 0)
		}
		a, b, m := at("a"), at("b"), at("m")
		if w.Between(a, b) != w.Between(a, m)+w.Between(m, b) {
			t.Fatalf("W(a,b) = %s, W(a,m) + W(m,b) = %s", w.Between(a, b), w.Between(a, m)+w.Between(m, b))
		}
		if !b.Before(a) && (w.Between(a, b) < 0 || w.Between(a, b) > b.Sub(a)) {
			t.Fatalf("%s worked in %s", w.Between(a, b), b.Sub(a))
		}
		d := c.DayOf(a)
		worked := w.Between(d.In(c.Location()), (d + 1).In(c.Location()))
		if (worked > 0) != (w.Days(d, d+1) == 1) || worked != w.On(d) {
			t.Fatalf("%s: %s worked, working days %d, by the day %s", d, worked, w.Days(d, d+1), w.On(d))
		}
		if fast := w.Over(d-40, d+40); fast.Between(a, b) != w.Between(a, b) || fast.Days(d-50, d+3) != w.Days(d-50, d+3) {
			t.Fatalf("with a table %s, without %s", fast.Between(a, b), w.Between(a, b))
		}
		wanted := time.Duration(rapid.Int64Range(0, int64(30*time.Hour)).Draw(t, "wanted"))
		if at, ok := w.After(a, wanted); ok && w.Between(a, at) != wanted {
			t.Fatalf("%s after %s is %s, but W is %s", wanted, a, at, w.Between(a, at))
		}
	})
}

func TestSeveralSpansADay(t *testing.T) {
	week := Week{time.Monday: {{From: 9 * time.Hour, To: 12 * time.Hour}, {From: 13 * time.Hour, To: 18 * time.Hour}}}
	w := inBerlin(t, week)
	for at, want := range map[string]time.Duration{
		"2024-03-25 08:00": 0, "2024-03-25 12:30": 3 * time.Hour, "2024-03-25 14:00": 4 * time.Hour, "2024-03-26 00:00": 8 * time.Hour,
	} {
		if got := w.Between(wallClock(t, "2024-03-25 00:00"), wallClock(t, at)); got != want {
			t.Errorf("worked until %s: %s, want %s", at, got, want)
		}
	}
	if at, ok := w.After(wallClock(t, "2024-03-25 11:30"), time.Hour); !ok || !at.Equal(wallClock(t, "2024-03-25 13:30")) {
		t.Errorf("an hour of work after half past eleven is done at %s", at)
	}
	if at, ok := w.After(wallClock(t, "2024-03-25 17:30"), time.Hour); !ok || !at.Equal(wallClock(t, "2024-04-01 09:30")) {
		t.Errorf("an hour of work after half past five is done at %s", at)
	}
	if _, ok := inBerlin(t, Week{}).After(wallClock(t, "2024-03-25 17:30"), 1); ok {
		t.Error("who never works has worked")
	}
}

func TestWeekRefuses(t *testing.T) {
	for name, hours := range map[string][]Hours{
		"before midnight": {{From: -time.Hour, To: time.Hour}},
		"backwards":       {{From: 17 * time.Hour, To: 9 * time.Hour}},
		"beyond the day":  {{From: 9 * time.Hour, To: 25 * time.Hour}},
		"overlapping":     {{From: 9 * time.Hour, To: 13 * time.Hour}, {From: 12 * time.Hour, To: 17 * time.Hour}},
		"out of order":    {{From: 13 * time.Hour, To: 17 * time.Hour}, {From: 9 * time.Hour, To: 12 * time.Hour}},
	} {
		if err := (Week{time.Tuesday: hours}).Validate(); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}
