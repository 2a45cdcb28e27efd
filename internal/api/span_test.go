package api

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/calendar"
)

func working(tb testing.TB, s calendar.Settings) calendar.Working {
	tb.Helper()
	c, err := calendar.New(s)
	if err != nil {
		tb.Fatal(err)
	}
	return c.Working(calendar.DefaultWeek())
}

func TestCounterpart(t *testing.T) {
	w := working(t, calendar.DefaultSettings())
	for _, c := range []struct {
		name, way string
		grain     calendar.Grain
		from, to  string // inclusive
		today     string
		want      string // "" for none
	}{
		{"a leap day", withLastYear, calendar.Daily, "2024-02-29", "2024-02-29", "2024-12-31", "2023-02-28..2023-02-28"},
		{"the day before it", withLastYear, calendar.Daily, "2024-02-28", "2024-02-28", "2024-12-31", "2023-02-28..2023-02-28"},
		{"a leap February", withLastYear, calendar.Monthly, "2024-02-01", "2024-02-29", "2024-12-31", "2023-02-01..2023-02-28"},
		{"the February after", withLastYear, calendar.Monthly, "2025-02-01", "2025-02-28", "2025-12-31", "2024-02-01..2024-02-29"},
		{"a week", withLastYear, calendar.Weekly, "2024-03-04", "2024-03-10", "2024-12-31", "2023-03-06..2023-03-12"},
		{"a week as a total", withPrevious, total, "2024-03-04", "2024-03-10", "2024-12-31", "2024-02-26..2024-03-03"},
		{"a quarter", withPrevious, calendar.Quarterly, "2024-04-01", "2024-06-30", "2024-12-31", "2024-01-01..2024-03-31"},
		{"a year", withPrevious, calendar.Yearly, "2024-01-01", "2024-12-31", "2025-12-31", "2023-01-01..2023-12-31"},
		{"ten days", withPrevious, total, "2024-03-04", "2024-03-13", "2024-12-31", "2024-02-23..2024-03-03"},
		{"not begun", withPrevious, calendar.Monthly, "2024-03-01", "2024-03-31", "2024-02-29", ""},
		{"its first day", withPrevious, calendar.Monthly, "2024-03-01", "2024-03-31", "2024-03-01", "2024-02-01..2024-02-01"},
		{"its last day", withPrevious, calendar.Monthly, "2024-03-01", "2024-03-31", "2024-03-31", "2024-02-01..2024-02-29"},
		{"after its first weekend", withPrevious, calendar.Monthly, "2024-03-01", "2024-03-31", "2024-03-03", "2024-02-01..2024-02-01"},
		{"a month that begins on a weekend", withPrevious, calendar.Monthly, "2024-06-01", "2024-06-30", "2024-06-02", "2024-05-01..2024-05-02"},
		{"cut at its end, long ago", withPrevious, calendar.Monthly, "2024-03-01", "2024-03-08", "2024-12-31", "2024-02-01..2024-02-08"},
		{"cut at its start", withPrevious, calendar.Monthly, "2024-03-11", "2024-03-31", "2024-12-31", "2024-02-19..2024-03-10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := counterpart(w, c.way, c.grain, span{day(t, c.from), day(t, c.to) + 1}, day(t, c.today))
			got := ""
			if !s.empty() {
				got = s.from.String() + ".." + (s.to - 1).String()
			}
			if got != c.want {
				t.Errorf("%s..%s is compared with %q, want %q", c.from, c.to, got, c.want)
			}
		})
	}
}

// What is compared with lies wholly before, and has as many working days as have passed, unless it has fewer in all.
func TestCounterpartProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := working(t, calendar.Settings{
			Zone: "Europe/Berlin", WeekStart: time.Weekday(rapid.IntRange(0, 6).Draw(rt, "week start")),
			FiscalYearStart: time.Month(rapid.IntRange(1, 12).Draw(rt, "fiscal year start")),
		})
		from := calendar.Date(2024, 1, rapid.IntRange(1, 400).Draw(rt, "from"))
		all := span{from, from + calendar.Day(rapid.IntRange(1, 400).Draw(rt, "days"))}
		today := all.from + calendar.Day(rapid.IntRange(-5, 405).Draw(rt, "today"))
		g := rapid.SampledFrom(append(calendar.Grains(), total)).Draw(rt, "grain")
		at := all.from
		for _, b := range buckets(w.Calendar(), g, all) {
			if b.from != at || b.empty() {
				rt.Fatalf("bucket %v, want one from %s", b, at)
			}
			at = b.to
			for _, way := range []string{withPrevious, withLastYear} {
				other := counterpart(w, way, g, b, today)
				if b.from > today != other.empty() {
					rt.Fatalf("%v on %s is compared with %v", b, today, other)
				}
				if way == withPrevious && other.to > b.from {
					rt.Fatalf("%v is compared with %v, which is not over before", b, other)
				}
				passed := span{b.from, min(b.to, today+1)}
				if got, most := w.Days(other.from, other.to), w.Days(passed.from, passed.to); b.holds(today) && today < b.to-1 && got > most && most > 0 {
					rt.Fatalf("%d working days of %v against %d of %v", most, passed, got, other)
				}
			}
		}
		if at != all.to {
			rt.Fatalf("the buckets of %v end on %s", all, at)
		}
	})
}

func TestRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	web := &mounted{patterns: make(chan string, 1)}
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, Config{}, Deps{Web: web, Notices: Notices{Feed: silent{}}}) }()
	if p := <-web.patterns; p != "/" {
		t.Errorf("mounted at %q", p)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	broken := errors.New("address in use")
	if err := Run(t.Context(), Config{}, Deps{Web: &mounted{patterns: make(chan string, 1), err: broken}, Notices: Notices{Feed: silent{}}}); !errors.Is(err, broken) {
		t.Errorf("ended with %v, want %v", err, broken)
	}
	for _, cfg := range []Config{{MaxRows: -1}, {MaxWait: time.Minute, Timeout: time.Second}} {
		if err := Run(t.Context(), cfg, Deps{}); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
}

// mounted is a listener that tells where it was asked to serve.
type mounted struct {
	patterns chan string
	err      error
}

func (m *mounted) Serve(ctx context.Context, _ http.Handler, patterns ...string) error {
	for _, p := range patterns {
		m.patterns <- p
	}
	if m.err != nil {
		return m.err
	}
	<-ctx.Done()
	return ctx.Err()
}

// silent is a ledger in which nothing happens.
type silent struct{}

func (silent) Last(context.Context) (events.Position, error) { return 0, nil }

func (silent) Follow(ctx context.Context, _ events.Position, _ func(events.Frame) bool) { <-ctx.Done() }
