package goals

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// How far back an owner's own history is read.
const (
	historyDays  calendar.Day = 190 // enough for 120 working days
	amountsBack               = 2 * 365 * 24 * time.Hour
	amountsRead               = 200
	seasonMonths              = 36
)

// byDay is what was done, by day.
type byDay map[calendar.Day][]metric.Row

// seen is what was read of one owner's doings on one metric, on from <= day and until an instant.
type seen struct {
	from  calendar.Day
	until time.Time
	days  byDay
}

// where returns what an event must be to count for an owner's number.
func where(o events.Owner, d metric.Definition, currency string) map[projections.Dimension][]string {
	where := map[projections.Dimension][]string{}
	if types := d.Types(); len(types) > 0 {
		where[projections.ByType] = types
	}
	switch o.OwnerKind {
	case events.OwnerRep:
		where[projections.ByRep] = []string{o.Owner}
	case events.OwnerTeam:
		where[projections.ByTeam] = []string{o.Owner}
	}
	if currency != "" {
		where[projections.ByCurrency] = []string{currency}
	}
	return where
}

// done tells what the owner of a goal did until the instant of its standing.
func (s *sitting) done(ctx context.Context, st Standing) (pace.Done, error) {
	var d pace.Done
	from := min(st.Goal.StartsOn, st.Day-historyDays)
	days, err := s.read(ctx, st, from)
	if err != nil {
		return d, err
	}
	var own []metric.Row
	for _, on := range slices.Sorted(maps.Keys(days)) {
		if on < from || on > st.Day {
			continue
		}
		rows := s.counted(on, days[on])
		sum, of, happened, ok := metric.Parts(st.Metric, rows)
		if !ok {
			return d, errors.New("the sum of a day is out of range")
		}
		d.Days = append(d.Days, pace.Day{On: on, Sum: sum, Of: of, Happened: float64(happened)})
		if on >= st.Goal.StartsOn {
			own = append(own, rows...)
		}
	}
	var ok bool
	if d.Part, d.Of, _, ok = metric.Parts(st.Metric, own); !ok {
		return d, fmt.Errorf("%s: the sum is out of range", st.Metric.Name)
	}
	if v, has := metric.Evaluate(st.Metric, own); has {
		d.Actual = v.Number
	}
	if k := KindOf(st.Metric); k == pace.Amounts || k == pace.Average {
		d.Amounts, err = s.amounts(ctx, st)
	}
	return d, err
}

// counted returns what was done on a day as the org counted it then; see projections.OrgSettings.Outcome.
func (s *sitting) counted(on calendar.Day, rows []metric.Row) []metric.Row {
	if len(s.settings.Producing) == 0 {
		return rows
	}
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].Outcome = s.settings.Outcome(rows[i].Type, rows[i].Outcome, on)
	}
	return rows
}

// read returns what the owner of a goal did on `from` and later, until the instant of its standing. Rollups keep whole
// days, as they are known now; parts of days and earlier knowledge are read from the events.
func (s *sitting) read(ctx context.Context, st Standing, from calendar.Day) (byDay, error) {
	key := seenKey(st.Goal.Metric, st.Goal.Owner, st.Currency)
	if had, ok := s.seen[key]; ok && had.from <= from && had.until.Equal(st.At) {
		return had.days, nil
	}
	out, c := byDay{}, s.settings.Calendar()
	next := from
	if s.known.IsZero() {
		whole := st.Day + 1
		if st.At.Before(s.now) {
			whole = c.DayOf(st.At)
		}
		if had, ok := s.ahead[key]; ok && had.from <= from {
			out = had.days.before(whole)
		} else if from < whole {
			rows, err := s.Reader.Metrics(ctx, projections.MetricQuery{
				Org: s.org, Grain: calendar.Daily, From: from, To: whole, GroupBy: projections.TallyGroup(), Where: st.Behind.Where,
			})
			if err != nil {
				return nil, err
			}
			out.add(rows)
		}
		next = max(from, whole)
	}
	if q := s.tally(st, next.In(c.Location())); q.From.Before(q.Until) && next <= st.Day {
		rows, err := s.Reader.Tally(ctx, q)
		if err != nil {
			return nil, err
		}
		out.add(rows)
	}
	s.seen[key] = seen{from: from, until: st.At, days: out}
	return out, nil
}

func seenKey(metric string, o events.Owner, currency string) string {
	return fmt.Sprint(metric, "\x00", o, "\x00", currency)
}

// tally asks for the events behind a standing's metric from an instant until that of the standing.
func (s *sitting) tally(st Standing, from time.Time) projections.TallyQuery {
	q := projections.TallyQuery{
		Org: s.org, From: from, Until: st.At, Known: s.known, Zone: s.settings.Zone, Where: maps.Clone(st.Behind.Where),
	}
	if team := q.Where[projections.ByTeam]; len(team) == 1 {
		q.Team, q.Reps = team[0], s.settings.RepsOf(team[0])
		delete(q.Where, projections.ByTeam)
	}
	return q
}

// amounts reads single amounts of late, in the unit of the metric.
func (s *sitting) amounts(ctx context.Context, st Standing) ([]events.Decimal, error) {
	q := projections.AmountQuery{TallyQuery: s.tally(st, st.At.Add(-amountsBack)), Limit: amountsRead}
	part := st.Metric.Numerator[0]
	if len(part.Types) > 0 {
		q.Where[projections.ByType] = part.Types
	}
	if len(part.Outcomes) > 0 {
		q.Where[projections.ByOutcome] = part.Outcomes
	}
	q.Lengths = part.Measure == metric.Duration
	amounts, err := s.Reader.Amounts(ctx, q)
	if st.Metric.Unit == metric.Minutes {
		for i := range amounts {
			amounts[i] /= 60
		}
	}
	return amounts, err
}

// months reads what the owner of a goal did in the whole calendar months before its start, from the first in which
// anything was done.
func (s *sitting) months(ctx context.Context, st Standing) ([]pace.Month, error) {
	end := pace.FirstOfMonth(min(st.Goal.StartsOn, st.Day))
	y, m, _ := end.Time().Date()
	first := calendar.Date(y, m-seasonMonths, 1)
	c := s.settings.Calendar()
	days := byDay{}
	if s.known.IsZero() {
		rows, err := s.Reader.Metrics(ctx, projections.MetricQuery{
			Org: s.org, Grain: calendar.Monthly, From: first, To: end, GroupBy: projections.TallyGroup(), Where: st.Behind.Where,
		})
		if err != nil {
			return nil, err
		}
		days.add(rows)
	} else {
		q := s.tally(st, first.In(c.Location()))
		q.Until = earlier(q.Until, end.In(c.Location()))
		rows, err := s.Reader.Tally(ctx, q)
		if err != nil {
			return nil, err
		}
		days.add(rows)
	}
	var out []pace.Month
	for month := first; month < end; month = c.Next(calendar.Monthly, month) {
		var rows []metric.Row
		for day, r := range days {
			if pace.FirstOfMonth(day) == month {
				rows = append(rows, r...)
			}
		}
		sum, _, happened, ok := metric.Parts(st.Metric, rows)
		if !ok {
			return nil, errors.New("the sum of a month is out of range")
		}
		if happened > 0 || len(out) > 0 {
			out = append(out, pace.Month{First: month, Sum: sum})
		}
	}
	return out, nil
}

func (d byDay) add(rows []projections.MetricRow) {
	group := projections.TallyGroup()
	typ, outcome := slices.Index(group, projections.ByType), slices.Index(group, projections.ByOutcome)
	for _, r := range rows {
		d[r.Bucket] = append(d[r.Bucket], metric.Row{
			Type: r.Group[typ], Outcome: r.Group[outcome], Count: r.Count, Amount: r.Amount, Seconds: r.Seconds,
			Offered: r.Offered, Taken: r.Taken,
		})
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
