package projections

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// CalendarTypes returns the types of events that working time is folded from: an evening's review closes its day.
func CalendarTypes() []string {
	return []string{
		events.TypeCalendarConfigured, events.TypeDayoffSet, events.TypeDayoffWithdrawn, events.TypeReviewCompleted,
	}
}

// DefaultClosesAfter is how many days after its end a day is closed, unless an owner has said otherwise.
const DefaultClosesAfter = 7

// Schedules are the working hours, holidays and days off that an org, its teams and reps declared.
type Schedules struct {
	owners map[events.Owner]*schedule
}

// CalendarTerms are what an owner said of working time, from a day on. What is nil is as with the team, then the org.
type CalendarTerms struct {
	From        calendar.Day // EffectiveOn, or the first day that was open still
	Hours       *calendar.Week
	Holidays    *[]string // ISO 3166 codes
	ClosesAfter *int      // days
	Position    events.Position
}

// Dayoff is a span of days that differ from their weekdays, as it was set. Of its days some may have been closed then.
type Dayoff struct {
	ID        string
	Owner     events.Owner
	From, To  calendar.Day // both inclusive
	Hours     []calendar.Hours
	Withdrawn bool
	Position  events.Position
}

// schedule is what one owner declared.
type schedule struct {
	terms   []CalendarTerms // by From, then position
	days    map[calendar.Day]setApart
	dayoffs []Dayoff
	closed  map[calendar.Day]bool // by an evening's review
}

// setApart is one day that differs.
type setApart struct {
	dayoff string
	hours  []calendar.Hours
}

// FoldSchedules folds the events of CalendarTypes of one org, in the order of their positions. settings say which day an
// instant is, and which team a rep belongs to. The error names the records that could not be read: the schedules are
// right without them.
//
// A day can be changed until it is closed: some days after its end (see CalendarConfigured), or by the rep's own evening
// review. What is recorded later leaves it as it was.
func FoldSchedules(settings OrgSettings, records []events.Record) (Schedules, error) {
	s := Schedules{owners: map[events.Owner]*schedule{}}
	var unread []error
	for _, r := range records {
		today := settings.Calendar().DayOf(r.Event.RecordedAt)
		var err error
		switch r.Event.Type {
		case events.TypeCalendarConfigured:
			err = s.configure(r, today, settings.Teams)
		case events.TypeDayoffSet:
			err = s.setApart(r, today, settings.Teams)
		case events.TypeDayoffWithdrawn:
			err = s.withdraw(r, today, settings.Teams)
		case events.TypeReviewCompleted:
			err = s.review(r)
		}
		if err != nil {
			unread = append(unread, fmt.Errorf("calendar event %s at position %d: %w", r.Event.ID, r.Position, err))
		}
	}
	return s, errors.Join(unread...)
}

// Chain returns the owners whose calendars hold for an owner, the nearest first: a rep, its team, the org.
func Chain(o events.Owner, teams map[string]string) []events.Owner {
	org := events.Owner{OwnerKind: events.OwnerOrg}
	switch o.OwnerKind {
	case events.OwnerRep:
		if team := teams[o.Owner]; team != "" {
			return []events.Owner{o, {OwnerKind: events.OwnerTeam, Owner: team}, org}
		}
		return []events.Owner{o, org}
	case events.OwnerTeam:
		return []events.Owner{o, org}
	default:
		return []events.Owner{org}
	}
}

// Terms returns what an owner said of working time, by the days from which it holds.
func (s Schedules) Terms(o events.Owner) []CalendarTerms {
	if own := s.owners[o]; own != nil {
		return slices.Clone(own.terms)
	}
	return nil
}

// Dayoffs returns the spans of days that an owner set apart, in the order in which they were recorded.
func (s Schedules) Dayoffs(o events.Owner) []Dayoff {
	if own := s.owners[o]; own != nil {
		return slices.Clone(own.dayoffs)
	}
	return nil
}

// Apart returns the hours of a day that was set apart by the nearest owner of the chain that did so; ok is false for a
// day like any other.
func (s Schedules) Apart(chain []events.Owner, day calendar.Day) (hours []calendar.Hours, ok bool) {
	for _, o := range chain {
		if own := s.owners[o]; own != nil {
			if d, ok := own.days[day]; ok {
				return d.hours, true
			}
		}
	}
	return nil, false
}

// On returns the terms that hold on a day, each from the nearest owner of the chain that says something about it.
func (s Schedules) On(chain []events.Owner, day calendar.Day) CalendarTerms {
	var t CalendarTerms
	for _, o := range chain {
		own := s.owners[o]
		if own == nil {
			continue
		}
		i, _ := slices.BinarySearchFunc(own.terms, day+1, func(t CalendarTerms, d calendar.Day) int { return cmp.Compare(t.From, d) })
		if i == 0 {
			continue
		}
		said := own.terms[i-1]
		t.Hours = cmp.Or(t.Hours, said.Hours)
		t.Holidays = cmp.Or(t.Holidays, said.Holidays)
		t.ClosesAfter = cmp.Or(t.ClosesAfter, said.ClosesAfter)
	}
	return t
}

// Closed tells whether nothing can be changed about a day any more on the day `today`.
func (s Schedules) Closed(chain []events.Owner, day, today calendar.Day) bool {
	after := DefaultClosesAfter
	if t := s.On(chain, today); t.ClosesAfter != nil {
		after = *t.ClosesAfter
	}
	if today > day+calendar.Day(after) {
		return true
	}
	own := s.owners[chain[0]]
	return own != nil && own.closed[day]
}

func (s Schedules) of(o events.Owner) *schedule {
	o.OwnerKind = cmp.Or(o.OwnerKind, events.OwnerOrg)
	if s.owners[o] == nil {
		s.owners[o] = &schedule{days: map[calendar.Day]setApart{}, closed: map[calendar.Day]bool{}}
	}
	return s.owners[o]
}

func (s Schedules) configure(r events.Record, today calendar.Day, teams map[string]string) error {
	c, err := events.DecodeData[events.CalendarConfigured](r.Event)
	if err != nil {
		return err
	}
	t := CalendarTerms{Position: r.Position}
	if t.From, err = calendar.ParseDay(string(c.EffectiveOn)); err != nil {
		return err
	}
	if c.Hours != nil {
		week, err := weekOf(c.Hours)
		if err != nil {
			return err
		}
		t.Hours = &week
	}
	if c.Holidays != nil {
		t.Holidays = &c.Holidays
	}
	if c.ClosesAfterDays != nil {
		days := int(*c.ClosesAfterDays)
		t.ClosesAfter = &days
	}
	c.OwnerKind = cmp.Or(c.OwnerKind, events.OwnerOrg)
	own, chain := s.of(c.Owner), Chain(c.Owner, teams)
	for len(own.terms) > 0 && t.From < today && s.Closed(chain, t.From, today) {
		t.From++
	}
	// What was said to begin later is replaced too: the last word holds from its day on.
	own.terms = slices.DeleteFunc(own.terms, func(o CalendarTerms) bool { return o.From >= t.From })
	own.terms = append(own.terms, t)
	return nil
}

func (s Schedules) setApart(r events.Record, today calendar.Day, teams map[string]string) error {
	d, err := events.DecodeData[events.DayoffSet](r.Event)
	if err != nil {
		return err
	}
	d.OwnerKind = cmp.Or(d.OwnerKind, events.OwnerOrg)
	off := Dayoff{ID: d.Dayoff, Owner: d.Owner, Position: r.Position}
	if off.From, err = calendar.ParseDay(string(d.StartsOn)); err != nil {
		return err
	}
	if off.To, err = calendar.ParseDay(string(cmp.Or(d.EndsOn, d.StartsOn))); err != nil {
		return err
	}
	if off.Hours, err = hoursOf(d.Hours); err != nil {
		return err
	}
	if off.To-off.From > maxDayoff {
		return fmt.Errorf("day off of %d days: want at most %d", off.To-off.From+1, maxDayoff+1)
	}
	own, chain := s.of(d.Owner), Chain(d.Owner, teams)
	own.dayoffs = append(own.dayoffs, off)
	for day := off.From; day <= off.To; day++ {
		if !s.Closed(chain, day, today) {
			own.days[day] = setApart{off.ID, off.Hours}
		}
	}
	return nil
}

// maxDayoff bounds how many days one event sets apart: ten years.
const maxDayoff calendar.Day = 3660

func (s Schedules) withdraw(r events.Record, today calendar.Day, teams map[string]string) error {
	w, err := events.DecodeData[events.DayoffWithdrawn](r.Event)
	if err != nil {
		return err
	}
	for owner, own := range s.owners {
		chain := Chain(owner, teams)
		for i, off := range own.dayoffs {
			if off.ID != w.Dayoff {
				continue
			}
			own.dayoffs[i].Withdrawn = true
			for day := off.From; day <= off.To; day++ {
				if own.days[day].dayoff == off.ID && !s.Closed(chain, day, today) {
					delete(own.days, day)
				}
			}
		}
	}
	return nil
}

func (s Schedules) review(r events.Record) error {
	c, err := events.DecodeData[events.ReviewCompleted](r.Event)
	if err != nil || c.Rhythm != "evening" || r.Event.Rep == "" {
		return err
	}
	day, err := calendar.ParseDay(string(c.Day))
	if err == nil {
		s.of(events.Owner{OwnerKind: events.OwnerRep, Owner: r.Event.Rep}).closed[day] = true
	}
	return err
}

func weekOf(hours []events.WeekdayHours) (week calendar.Week, err error) {
	for _, h := range hours {
		d, ok := weekday(h.Weekday)
		if !ok {
			return week, fmt.Errorf("no weekday: %q", h.Weekday)
		}
		span, err := hoursOf([]events.ClockSpan{h.ClockSpan})
		if err != nil {
			return week, err
		}
		week[d] = append(week[d], span...)
	}
	return week, week.Validate()
}

func hoursOf(spans []events.ClockSpan) ([]calendar.Hours, error) {
	var out []calendar.Hours
	for _, s := range spans {
		from, err := clock(s.From)
		if err != nil {
			return nil, err
		}
		to, err := clock(s.To)
		if err != nil {
			return nil, err
		}
		if to == 0 {
			to = 24 * time.Hour
		}
		out = append(out, calendar.Hours{From: from, To: to})
	}
	return out, calendar.CheckHours(out)
}

// clock reads a time of day such as 09:30.
func clock(s string) (time.Duration, error) {
	t, err := time.Parse("15:04", strings.TrimSpace(s))
	if err != nil {
		return 0, fmt.Errorf("time of day %q: want one such as 09:30", s)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}
