package pace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/holidays"
)

func (s *script) share(m []string) (err error) {
	s.goal = Goal{Direction: Direction(strings.ReplaceAll(m[1], " ", "_")), Rule: Luck, Kind: Share, Noun: m[3]}
	percent, err := events.ParseDecimal(m[2])
	if err != nil {
		return err
	}
	s.goal.Target = percent / 100
	if s.goal.From, err = readDay(m[4]); err != nil {
		return err
	}
	s.goal.To, err = readDay(m[5])
	return err
}

func (s *script) set(m []string) (err error) {
	if _, err := readDay(m[1]); err != nil {
		return err
	}
	s.goal.Begins, err = time.ParseInLocation("Monday 2006-01-02 15:04", m[1]+" "+m[2], s.working.Calendar().Location())
	return err
}

func (s *script) hours(m []string) error {
	var spans []calendar.Hours
	for span := range strings.FieldsSeq(m[3]) {
		from, to, _ := strings.Cut(span, "-")
		a, errA := time.Parse("15:04", from)
		b, errB := time.Parse("15:04", strings.Replace(to, "24:00", "00:00", 1))
		if errA != nil || errB != nil {
			return fmt.Errorf("hours %q", span)
		}
		h := calendar.Hours{From: time.Duration(a.Hour()*60+a.Minute()) * time.Minute, To: time.Duration(b.Hour()*60+b.Minute()) * time.Minute}
		if h.To == 0 {
			h.To = 24 * time.Hour
		}
		spans = append(spans, h)
	}
	week := []time.Weekday{1, 2, 3, 4, 5, 6, 0}
	name := func(n string) int {
		return slices.IndexFunc(week, func(d time.Weekday) bool { return d.String() == n })
	}
	first, last := name(m[1]), name(m[1])
	if m[2] != "" {
		last = name(m[2])
	}
	if first < 0 || last < first {
		return fmt.Errorf("no such weekdays")
	}
	if s.schedule.week[week[first]] != nil && first == 0 { // a script that begins with Monday tells the whole week
		s.schedule.week = calendar.Week{}
	}
	for _, d := range week[first : last+1] {
		s.schedule.week[d] = spans
	}
	return s.schedule.week.Validate()
}

func (s *script) region(m []string) error {
	var ok bool
	if s.schedule.holidays, ok = holidays.Find(m[1]); !ok {
		return fmt.Errorf("no holidays of %s", m[1])
	}
	return nil
}

func (s *script) off(m []string) error {
	from, err := readDay(m[1])
	if err != nil {
		return err
	}
	to := from
	if m[2] != "" {
		if to, err = readDay(m[2]); err != nil {
			return err
		}
	}
	for d := from; d <= to; d++ {
		s.schedule.off[d] = true
	}
	return nil
}

func (s *script) revised(m []string) error {
	on, err := readDay(m[1])
	if err != nil {
		return err
	}
	value, err := events.ParseDecimal(m[2])
	s.revisions = append(s.revisions, Marker{On: on, Value: value})
	return err
}

// history fills the weeks before the goal with the same numbers again and again, one for each day from Monday on.
func (s *script) history(m []string) error {
	weeks, err := strconv.Atoi(m[2])
	if err != nil {
		return err
	}
	monday := s.goal.From - calendar.Day((s.goal.From.Weekday()+6)%7) - calendar.Day(7*weeks)
	for week := range weeks {
		for i, n := range strings.Fields(m[1]) {
			count, err := strconv.Atoi(n)
			if err != nil {
				return err
			}
			s.done.Days = append(s.done.Days, Day{
				On: monday + calendar.Day(7*week+i), Sum: events.Decimal(count) * events.Scale, Happened: float64(count),
			})
		}
	}
	return nil
}

func (s *script) did(m []string) error {
	sum, err := events.ParseDecimal(m[1])
	if err != nil {
		return err
	}
	on, err := readDay(m[2])
	s.done.Days = append(s.done.Days, Day{On: on, Sum: sum, Happened: sum.Float64()})
	return err
}
