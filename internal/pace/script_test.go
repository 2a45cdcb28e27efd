package pace

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/holidays"
)

// TestScripts plays the scripts in testdata. Their lines:
//
//	load [strictly] at least|at most N NOUN from DAY to DAY [in ZONE]
//	load at least|at most N % as NOUN from DAY to DAY
//	set DAY HH:MM
//	hours WEEKDAY[-WEEKDAY] HH:MM-HH:MM [HH:MM-HH:MM]
//	holidays CODE
//	off DAY [to DAY]
//	marker DAY N
//	revised from DAY to N
//	history N N N N N for N weeks
//	done N on DAY
//	at DAY HH:MM with N [of N]
//	expect N expected | margin N | ratio N | status S | left N in N days[, N a day, N a week] | dispersion N |
//	    N days ahead|behind | N safe days | marker DAY reached|missed|to come | "SENTENCE"
//
// A DAY is a date after its weekday, so that whoever reads the script can see the week; both must agree.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = f.Close() }) // it was only read
			s := script{working: working(t, "UTC"), schedule: plain{week: calendar.DefaultWeek(), off: map[calendar.Day]bool{}}}
			lines := bufio.NewScanner(f)
			for n := 1; lines.Scan(); n++ {
				line := strings.TrimSpace(lines.Text())
				if line == "" || strings.HasPrefix(line, "#") {
					continue
				}
				if err := s.play(line); err != nil {
					t.Errorf("%s:%d: %s: %v", file, n, line, err)
				}
			}
		})
	}
}

func working(tb testing.TB, zone string) calendar.Working {
	tb.Helper()
	w, err := workingIn(zone)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func workingIn(zone string) (calendar.Working, error) {
	settings := calendar.DefaultSettings()
	settings.Zone = zone
	c, err := calendar.New(settings)
	if err != nil {
		return calendar.Working{}, err
	}
	return c.Working(calendar.DefaultWeek()), nil
}

type script struct {
	goal      Goal
	working   calendar.Working
	schedule  plain
	pace      Pace
	done      Done
	revisions []Marker // targets from days on
}

// plain is a schedule as a script tells it.
type plain struct {
	week     calendar.Week
	holidays holidays.Region
	off      map[calendar.Day]bool
}

// On implements calendar.Schedule.
func (p plain) On(day calendar.Day) []calendar.Hours {
	if _, holiday := p.holidays.On(day); holiday || p.off[day] {
		return nil
	}
	return p.week.On(day)
}

const (
	day    = `([A-Z][a-z]+day \d{4}-\d\d-\d\d)`
	number = `(-?[\d.]+)`
)

var (
	loadLine   = regexp.MustCompile(`^load (strictly )?(at least|at most) ` + number + ` (.+) from ` + day + ` to ` + day + `(?: in (\S+))?$`)
	markerLine = regexp.MustCompile(`^marker ` + day + ` ` + number + `$`)
	atLine     = regexp.MustCompile(`^at ` + day + ` (\d\d:\d\d) with ` + number + `(?: of ` + number + `)?$`)
	shareLine  = regexp.MustCompile(`^load (at least|at most) ` + number + ` % as (.+) from ` + day + ` to ` + day + `$`)
	setLine    = regexp.MustCompile(`^set ` + day + ` (\d\d:\d\d)$`)
	hoursLine  = regexp.MustCompile(`^hours ([A-Z]\w+day)(?:-([A-Z]\w+day))?((?: \d\d:\d\d-\d\d:\d\d)+)$`)
	regionLine = regexp.MustCompile(`^holidays (\S+)$`)
	offLine    = regexp.MustCompile(`^off ` + day + `(?: to ` + day + `)?$`)
	revisedLn  = regexp.MustCompile(`^revised from ` + day + ` to ` + number + `$`)
	historyLn  = regexp.MustCompile(`^history ((?:\d+ )+)for (\d+) weeks$`)
	doneLine   = regexp.MustCompile(`^done ` + number + ` on ` + day + `$`)
	leftLine   = regexp.MustCompile(`^expect left ` + number + ` in (\d+) days?(?:, ` + number + ` a day, ` + number + ` a week)?$`)
)

func (s *script) play(line string) error {
	if m := loadLine.FindStringSubmatch(line); m != nil && !shareLine.MatchString(line) {
		return s.load(m)
	}
	if m := markerLine.FindStringSubmatch(line); m != nil {
		on, err := readDay(m[1])
		if err != nil {
			return err
		}
		value, err := events.ParseDecimal(m[2])
		s.goal.Markers = append(s.goal.Markers, Marker{On: on, Value: value})
		return err
	}
	if m := atLine.FindStringSubmatch(line); m != nil {
		return s.at(m)
	}
	if ok, err := s.arrange(line); ok {
		return err
	}
	return s.expect(line)
}

// arrange takes the lines that say by whose time and history a goal is judged.
func (s *script) arrange(line string) (ok bool, err error) {
	for _, kind := range []struct {
		line *regexp.Regexp
		take func(m []string) error
	}{
		{shareLine, s.share},
		{setLine, s.set},
		{hoursLine, s.hours},
		{regionLine, s.region},
		{offLine, s.off},
		{revisedLn, s.revised},
		{historyLn, s.history},
		{doneLine, s.did},
	} {
		if m := kind.line.FindStringSubmatch(line); m != nil {
			err := kind.take(m)
			s.working = s.working.Calendar().Working(s.schedule)
			return true, err
		}
	}
	return false, nil
}

func (s *script) load(m []string) (err error) {
	s.goal = Goal{
		Direction: Direction(strings.ReplaceAll(m[2], " ", "_")), Rule: Luck, Noun: m[4],
		Kind: Counts,
	}
	if strings.HasPrefix(m[4], "USD") {
		s.goal.Kind = Amounts
	}
	if m[1] != "" {
		s.goal.Rule = Strict
	}
	if s.goal.Target, err = events.ParseDecimal(m[3]); err != nil {
		return err
	}
	if s.goal.From, err = readDay(m[5]); err != nil {
		return err
	}
	if s.goal.To, err = readDay(m[6]); err != nil {
		return err
	}
	if m[7] != "" {
		s.working, err = workingIn(m[7])
	}
	return err
}

func (s *script) at(m []string) error {
	if err := s.goal.Validate(); err != nil {
		return err
	}
	if _, err := readDay(m[1]); err != nil {
		return err
	}
	now, err := time.ParseInLocation("Monday 2006-01-02 15:04", m[1]+" "+m[2], s.working.Calendar().Location())
	if err != nil {
		return err
	}
	g := s.goal
	for _, r := range s.revisions {
		if s.working.Calendar().DayOf(now.Add(-1)) >= r.On {
			g.Target = r.Value
		}
	}
	if s.done.Actual, err = events.ParseDecimal(m[3]); err != nil {
		return err
	}
	if g.Kind == Share {
		s.done.Part = s.done.Actual
		if s.done.Of, err = events.ParseDecimal(m[4]); err != nil {
			return err
		}
		if s.done.Actual = 0; s.done.Of != 0 {
			s.done.Actual = mulDiv(s.done.Part, events.Scale, int64(s.done.Of))
		}
	}
	s.pace = Check(g, s.done, now, s.working)
	return nil
}

func (s *script) expect(line string) error {
	got, want := "", strings.TrimPrefix(line, "expect ")
	word, _, _ := strings.Cut(want, " ")
	switch {
	case strings.HasSuffix(want, " expected"):
		got = fmt.Sprintf("%s expected", s.pace.Expected)
	case word == "margin":
		got = fmt.Sprintf("margin %s", s.pace.Margin)
	case word == "ratio" && s.pace.Ratio != nil:
		got = "ratio " + strconv.FormatFloat(*s.pace.Ratio, 'f', -1, 64)
	case word == "status":
		got = fmt.Sprintf("status %s", s.pace.Status)
	case word == "dispersion":
		got = "dispersion " + strconv.FormatFloat(math.Round(s.pace.Spread.Dispersion*100)/100, 'f', -1, 64)
	case strings.HasSuffix(want, " safe days"):
		got = fmt.Sprintf("%d safe days", *s.pace.SafeDays)
	case strings.HasSuffix(want, " days ahead"), strings.HasSuffix(want, " days behind"):
		got = strconv.FormatFloat(math.Round(math.Abs(s.pace.Ahead.Days)*100)/100, 'f', -1, 64) + " days ahead"
		if s.pace.Ahead.Days < 0 {
			got = strings.Replace(got, "ahead", "behind", 1)
		}
	case word == "marker":
		for _, m := range s.pace.Markers {
			if on := m.On.Weekday().String() + " " + m.On.String(); strings.Contains(want, on) {
				got = "marker " + on + " " + map[bool]string{true: "reached", false: "to come"}[m.Reached]
				if m.Over && !m.Reached {
					got = "marker " + on + " missed"
				}
			}
		}
	case leftLine.MatchString(line):
		l := s.pace.Left
		got = fmt.Sprintf("left %s in %d days", l.Total, l.Days)
		if l.Days > 0 {
			got += fmt.Sprintf(", %s a day, %s a week", l.Day, l.Week)
		}
		want = strings.Replace(want, " 1 day,", " 1 days,", 1)
	case strings.HasPrefix(want, `"`):
		got = strconv.Quote(s.pace.Sentence)
	default:
		return fmt.Errorf("no such line")
	}
	if got != want {
		return fmt.Errorf("got %s", got)
	}
	return nil
}

// readDay reads "Monday 2024-03-04" and refuses the wrong weekday.
func readDay(s string) (calendar.Day, error) {
	weekday, date, _ := strings.Cut(s, " ")
	d, err := calendar.ParseDay(date)
	if err == nil && d.Weekday().String() != weekday {
		return 0, fmt.Errorf("%s is a %s", date, d.Weekday())
	}
	return d, err
}
