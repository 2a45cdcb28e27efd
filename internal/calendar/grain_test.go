package calendar

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func mustNew(tb testing.TB, s Settings) Calendar {
	tb.Helper()
	c, err := New(s)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// anyCalendar draws settings at random.
func anyCalendar(t *rapid.T) Calendar {
	c, err := New(Settings{
		Zone:            rapid.SampledFrom(zones()).Draw(t, "zone"),
		WeekStart:       time.Weekday(rapid.IntRange(0, 6).Draw(t, "week start")),
		FiscalYearStart: time.Month(rapid.IntRange(1, 12).Draw(t, "fiscal year start")),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func anyDay(t *rapid.T) Day { return Day(rapid.Int32Range(0, 65_000).Draw(t, "day")) }

func TestEveryDayLiesInOneBucket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, d := anyCalendar(t), anyDay(t)
		for _, g := range Grains() {
			b := c.Bucket(g, d)
			next := c.Next(g, b)
			if d < b || d >= next {
				t.Fatalf("%s of %s is [%s, %s)", g, d, b, next)
			}
			if c.Bucket(g, b) != b || c.Bucket(g, next) != next || c.Bucket(g, next-1) != b {
				t.Fatalf("%s [%s, %s): its ends lie in other buckets", g, b, next)
			}
			if c.Previous(g, next) != b {
				t.Fatalf("%s before %s is %s, want %s", g, next, c.Previous(g, next), b)
			}
		}
	})
}

func TestPartsCoverTheirBucket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, d := anyCalendar(t), anyDay(t)
		for _, g := range Grains() {
			b := c.Bucket(g, d)
			part, ok := g.Parts()
			if !ok {
				if diff := cmp.Diff([]Day{b}, c.Parts(g, b)); diff != "" {
					t.Fatal(diff)
				}
				continue
			}
			at := b
			for _, p := range c.Parts(g, b) {
				if p != at || c.Bucket(part, p) != p || c.Bucket(g, p) != b {
					t.Fatalf("%s %s: part %s, want one that starts on %s", g, b, p, at)
				}
				at = c.Next(part, p)
			}
			if at != c.Next(g, b) {
				t.Fatalf("%s %s: parts end on %s, want %s", g, b, at, c.Next(g, b))
			}
		}
	})
}

func TestBuckets(t *testing.T) {
	january := DefaultSettings()
	sunday := Settings{Zone: "America/New_York", WeekStart: time.Sunday, FiscalYearStart: time.January}
	april := Settings{Zone: "Europe/Berlin", WeekStart: time.Monday, FiscalYearStart: time.April}
	november := Settings{Zone: "Europe/Berlin", WeekStart: time.Saturday, FiscalYearStart: time.November}
	for _, c := range []struct {
		name     string
		settings Settings
		grain    Grain
		day      string
		from, to string // first day of the bucket, first day of the next
	}{
		{"Monday week from a Sunday", january, Weekly, "2017-12-31", "2017-12-25", "2018-01-01"},
		{"Sunday week from a Sunday", sunday, Weekly, "2017-12-31", "2017-12-31", "2018-01-07"},
		{"Saturday week from a Friday", november, Weekly, "2024-03-01", "2024-02-24", "2024-03-02"},
		{"leap February", january, Monthly, "2024-02-29", "2024-02-01", "2024-03-01"},
		{"quarter of a calendar year", january, Quarterly, "2017-12-31", "2017-10-01", "2018-01-01"},
		{"quarter of an April year", april, Quarterly, "2018-01-01", "2018-01-01", "2018-04-01"},
		{"quarter over New Year", november, Quarterly, "2018-01-31", "2017-11-01", "2018-02-01"},
		{"April year, before it", april, Yearly, "2018-03-31", "2017-04-01", "2018-04-01"},
		{"April year, its first day", april, Yearly, "2018-04-01", "2018-04-01", "2019-04-01"},
		{"November year in October", november, Yearly, "2018-10-31", "2017-11-01", "2018-11-01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cal := mustNew(t, c.settings)
			from := cal.Bucket(c.grain, mustDay(t, c.day))
			if got := [2]string{from.String(), cal.Next(c.grain, from).String()}; got != [2]string{c.from, c.to} {
				t.Errorf("%s of %s is %v, want [%s %s]", c.grain, c.day, got, c.from, c.to)
			}
		})
	}
}

func TestYearIsTwelveMonths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCalendar(t)
		year := c.Bucket(Yearly, anyDay(t))
		if months := c.Parts(Yearly, year); len(months) != 12 {
			t.Fatalf("year %s has months %v", year, months)
		}
	})
}

func TestEventBelongsToTheLocalDay(t *testing.T) {
	c := mustNew(t, Settings{Zone: "Europe/Berlin", WeekStart: time.Monday, FiscalYearStart: time.January})
	for instant, want := range map[string]string{
		"2024-03-30T22:59:59.999999Z": "2024-03-30",
		"2024-03-30T23:00:00Z":        "2024-03-31", // the day of 23 hours
		"2024-03-31T21:59:59.999999Z": "2024-03-31",
		"2024-03-31T22:00:00Z":        "2024-04-01",
		"2024-10-26T22:00:00Z":        "2024-10-27", // the day of 25 hours
		"2024-10-27T22:59:59.999999Z": "2024-10-27",
		"2024-10-27T23:00:00Z":        "2024-10-28",
	} {
		at, err := time.Parse(time.RFC3339, instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.DayOf(at).String(); got != want {
			t.Errorf("%s belongs to %s, want %s", instant, got, want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for name, change := range map[string]func(*Settings){
		"no zone":       func(s *Settings) { s.Zone = "" },
		"unknown zone":  func(s *Settings) { s.Zone = "Europe/Atlantis" },
		"local zone":    func(s *Settings) { s.Zone = "Local" },
		"path as zone":  func(s *Settings) { s.Zone = "../etc/passwd" },
		"eighth day":    func(s *Settings) { s.WeekStart = 7 },
		"month nought":  func(s *Settings) { s.FiscalYearStart = 0 },
		"month 13":      func(s *Settings) { s.FiscalYearStart = 13 },
		"day before it": func(s *Settings) { s.WeekStart = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			s := DefaultSettings()
			change(&s)
			if _, err := New(s); err == nil {
				t.Errorf("New(%+v): want an error", s)
			}
		})
	}
}

func TestParseGrain(t *testing.T) {
	for _, g := range Grains() {
		if got, err := ParseGrain(string(g)); err != nil || got != g {
			t.Errorf("ParseGrain(%q) = %q, %v", g, got, err)
		}
	}
	if _, err := ParseGrain("decade"); err == nil {
		t.Error("decade: want an error")
	}
}
