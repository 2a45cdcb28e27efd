package plan

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

	"milemarker/internal/calendar"
	"milemarker/internal/rates"
)

// TestScripts plays the scripts in testdata. Their lines:
//
//	want N a month|in all|signups by DAY from DAY
//	stage NAME, N minutes each
//	stage NAME, N % of those, N days later, N minutes each
//	sale of N at once and N a month, N % leave
//	expenses N a month, N come in anyway
//	team N % join, grow N %, stop N %, customer N, recruit N
//	rank NAME: own N, sponsored N, team N, volume N, pays N
//	hours N a week
//	ramp N weeks
//	expect ...
//
// A DAY is a date after its weekday, so that whoever reads the script can see the week; both must agree. "near" allows
// 3 %.
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
			s := script{in: Input{Time: Time{Hours: officeHours, PerWeek: 40}, Seed: 1}, calendar: plainCalendar(t)}
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

// officeHours are eight hours from Monday to Friday.
func officeHours(d calendar.Day) time.Duration {
	if wd := d.Weekday(); wd == time.Saturday || wd == time.Sunday {
		return 0
	}
	return 8 * time.Hour
}

func plainCalendar(tb testing.TB) calendar.Calendar {
	tb.Helper()
	c, err := calendar.New(calendar.DefaultSettings())
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

type script struct {
	in       Input
	calendar calendar.Calendar
	plan     *Plan // of in; nil when in changed
}

const (
	num  = `(-?[\d.]+)`
	date = `([A-Z][a-z]+day \d{4}-\d\d-\d\d)`
)

// command is one form of a line.
type command struct {
	form *regexp.Regexp
	do   func(s *script, a []string) error
}

func commands() []command {
	form := func(f string, do func(*script, []string) error) command {
		return command{regexp.MustCompile("^" + f + "$"), do}
	}
	return []command{
		form("want "+num+" (a month|in all|signups) by "+date+" from "+date, (*script).want),
		form(`stage (\w+), `+num+" minutes each", func(s *script, a []string) error {
			s.in.Stages = []Stage{{Name: a[0], Minutes: n(a[1])}}
			return nil
		}),
		form(`stage (\w+), `+num+" % of those, "+num+" days later, "+num+" minutes each", func(s *script, a []string) error {
			s.in.Stages = append(s.in.Stages, Stage{Name: a[0], Rate: rates.Exactly(n(a[1]) / 100), Delay: int(n(a[2])), Minutes: n(a[3])})
			return nil
		}),
		form("sale of "+num+" at once and "+num+" a month, "+num+" % leave", func(s *script, a []string) error {
			s.in.Sale = Sale{AtOnce: n(a[0]), Monthly: n(a[1]), Churn: n(a[2]) / 100}
			return nil
		}),
		form("expenses "+num+" a month, "+num+" come in anyway", func(s *script, a []string) error {
			s.in.Money = Money{Expenses: n(a[0]), Already: n(a[1])}
			return nil
		}),
		form("team "+num+" % join, grow "+num+" %, stop "+num+" %, customer "+num+", recruit "+num, (*script).team),
		form(`rank (\w+): own `+num+", sponsored "+num+", team "+num+", volume "+num+", pays "+num, func(s *script, a []string) error {
			s.in.Team.Ranks = append(s.in.Team.Ranks, Rank{a[0], n(a[1]), n(a[2]), n(a[3]), n(a[4]), n(a[5])})
			return nil
		}),
		form("hours "+num+" a week", func(s *script, a []string) error {
			s.in.Time.PerWeek = n(a[0])
			return nil
		}),
		form("ramp "+num+" weeks", func(s *script, a []string) error {
			s.in.Time.RampWeeks = int(n(a[0]))
			return nil
		}),
	}
}

func expectations() []command {
	form := func(f string, do func(*script, []string) error) command {
		return command{regexp.MustCompile("^expect " + f + "$"), do}
	}
	return []command{
		form("needed "+num, func(s *script, a []string) error { return same("needed", s.plan.Needed, n(a[0]), 1e-6) }),
		form(`rank (\w+)`, func(s *script, a []string) error { return equal("rank", s.plan.Rank, a[0]) }),
		form("last day "+date, func(s *script, a []string) error {
			d, err := day(a[0])
			return first(err, equal("last day", s.plan.LastDay, d))
		}),
		form(`(average|sure) (near )?`+num+` (\w+)(?:, `+num+" a day, "+num+" a week)?", (*script).stage),
		form(`(average|sure) `+num+` hours a week, (\w+)`, func(s *script, a []string) error {
			e := s.effort(a[0])
			return first(same("hours", math.Round(e.HoursPeak*10)/10, n(a[1]), 1e-9), equal("verdict", string(e.Verdict), a[2]))
		}),
		form(`(average|sure) (feasible|tight|not_feasible)`, func(s *script, a []string) error {
			return equal("verdict", string(s.effort(a[0]).Verdict), a[1])
		}),
		form(`(average|sure) succeeds in `+num+" of 100", func(s *script, a []string) error {
			return same("chance", 100*s.effort(a[0]).Chance, n(a[1]), 1.5)
		}),
		form(`choice (\w+): (never|near `+num+` calls)`, (*script).choice),
		form(`month (\d{4}-\d\d-\d\d) `+num+` (\w+) on average`, func(s *script, a []string) error {
			for _, p := range s.plan.Parts(s.plan.Average, s.calendar, calendar.Monthly) {
				if p.From.String() == a[0] {
					return same(a[2], float64(p.Counts[s.index(a[2])]), n(a[1]), 0.5)
				}
			}
			return fmt.Errorf("there is no month from %s", a[0])
		}),
		form(`lever (\w+) (near )?`+num, (*script).lever),
		form(`lever date `+date+`( or later)?`, (*script).leverDate),
		form(`"(.*)"`, func(s *script, a []string) error { return equal("sentence", s.plan.Words, a[0]) }),
	}
}

func (s *script) play(line string) error {
	for _, c := range commands() {
		if m := c.form.FindStringSubmatch(line); m != nil {
			s.plan = nil
			return c.do(s, m[1:])
		}
	}
	for _, c := range expectations() {
		if m := c.form.FindStringSubmatch(line); m != nil {
			if s.plan == nil {
				p, err := Make(s.in)
				if err != nil {
					return err
				}
				s.plan = &p
			}
			return c.do(s, m[1:])
		}
	}
	return fmt.Errorf("cannot be read")
}

func (s *script) want(a []string) error {
	by, err1 := day(a[2])
	from, err2 := day(a[3])
	kinds := map[string]Kind{"a month": Monthly, "in all": Total, "signups": Result}
	s.in.Wish = Wish{Kind: kinds[a[1]], Amount: n(a[0]), From: from, By: by, Chance: 0.8}
	return first(err1, err2)
}

func (s *script) team(a []string) error {
	t := &Team{Recruits: n(a[0]) / 100, Growth: n(a[1]) / 100, Churn: n(a[2]) / 100, PerCustomer: n(a[3]), PerRecruit: n(a[4])}
	if s.in.Team != nil {
		t.Ranks = s.in.Team.Ranks
	}
	s.in.Team = t
	return nil
}

func (s *script) effort(which string) Effort {
	if which == "average" {
		return s.plan.Average
	}
	return s.plan.Sure
}

func (s *script) index(stage string) int {
	for i, x := range s.in.Stages {
		if x.Name == stage {
			return i
		}
	}
	return -1
}

func (s *script) stage(a []string) error {
	i := s.index(a[3])
	e := s.effort(a[0])
	if i < 0 || i >= len(e.Stages) {
		return fmt.Errorf("there is no stage %s", a[3])
	}
	got, tolerance := e.Stages[i], 0.0
	if a[1] != "" {
		tolerance = max(0.5, 0.03*n(a[2]))
	}
	if err := same(a[3], float64(got.Count), n(a[2]), tolerance); err != nil || a[4] == "" {
		return err
	}
	return first(same("a day", got.PerDay, n(a[4]), 0.0501), same("a week", got.PerWeek, n(a[5]), 0.0501))
}

func (s *script) choice(a []string) error {
	for _, c := range s.plan.Choices {
		if c.Rank == a[0] || c.Rank == "" && a[0] == "alone" {
			if a[1] == "never" {
				return equal("never", math.IsInf(c.Units, 1), true)
			}
			return same(a[0], c.Units, n(a[2]), 0.03*n(a[2]))
		}
	}
	return fmt.Errorf("there is no choice %s", a[0])
}

func (s *script) lever(a []string) error {
	tolerance := 1e-9
	if a[1] != "" {
		tolerance = 0.03 * n(a[2])
	}
	for _, l := range s.plan.Levers {
		if l.Name == a[0] {
			return same(a[0], l.To, n(a[2]), tolerance)
		}
	}
	return fmt.Errorf("there is none: %+v", s.plan.Levers)
}

func (s *script) leverDate(a []string) error {
	want, err := day(a[0])
	for _, l := range s.plan.Levers {
		if l.Name == LeverDate && a[1] != "" {
			return equal("late enough", l.Date >= want, true)
		} else if l.Name == LeverDate {
			return first(err, equal("date", l.Date.String(), want.String()))
		}
	}
	return fmt.Errorf("there is none: %+v", s.plan.Levers)
}

// day reads a date after its weekday.
func day(text string) (calendar.Day, error) {
	weekday, rest, _ := strings.Cut(text, " ")
	d, err := calendar.ParseDay(rest)
	if err == nil && d.Weekday().String() != weekday {
		return d, fmt.Errorf("%s is a %s", rest, d.Weekday())
	}
	return d, err
}

func n(text string) float64 {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return x
}

func same(what string, got, want, tolerance float64) error {
	if math.IsNaN(want) || !(math.Abs(got-want) <= tolerance) {
		return fmt.Errorf("%s is %v, want %v", what, got, want)
	}
	return nil
}

func equal[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s is %v, want %v", what, got, want)
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
