package pace

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// TestScripts plays the scripts in testdata. Their lines:
//
//	load [strictly] at least|at most N NOUN from DAY to DAY [in ZONE]
//	marker DAY N
//	at DAY HH:MM with N
//	expect N expected | margin N | ratio N | status S | left N in N days[, N a day, N a week] | "SENTENCE"
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
			s := script{working: working(t, "UTC")}
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
	return c.Working(calendar.DefaultWeek())
}

type script struct {
	goal    Goal
	working calendar.Working
	pace    Pace
}

const (
	day    = `([A-Z][a-z]+day \d{4}-\d\d-\d\d)`
	number = `(-?[\d.]+)`
)

var (
	loadLine   = regexp.MustCompile(`^load (strictly )?(at least|at most) ` + number + ` (.+) from ` + day + ` to ` + day + `(?: in (\S+))?$`)
	markerLine = regexp.MustCompile(`^marker ` + day + ` ` + number + `$`)
	atLine     = regexp.MustCompile(`^at ` + day + ` (\d\d:\d\d) with ` + number + `$`)
	leftLine   = regexp.MustCompile(`^expect left ` + number + ` in (\d+) days?(?:, ` + number + ` a day, ` + number + ` a week)?$`)
)

func (s *script) play(line string) error {
	if m := loadLine.FindStringSubmatch(line); m != nil {
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
	return s.expect(line)
}

func (s *script) load(m []string) (err error) {
	s.goal = Goal{
		Direction: Direction(strings.ReplaceAll(m[2], " ", "_")), Rule: Luck, Noun: m[4],
		Counts: !strings.HasPrefix(m[4], "USD"),
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
	actual, err := events.ParseDecimal(m[3])
	s.pace = Check(s.goal, actual, now, s.working)
	return err
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
