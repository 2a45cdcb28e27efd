package goals

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/projections"
)

// together is how many reps with goals on one number it takes until they are read by one question.
const together = 3

// readAhead reads what the reps behind many goals did by one question a metric, where whole days as they are known now
// will do; read finds it.
func (s *sitting) readAhead(ctx context.Context, all []projections.Goal, at time.Time) error {
	type number struct{ metric, currency string }
	day := s.dayOf(at)
	reps, from := map[number]map[string]bool{}, map[number]calendar.Day{}
	for _, g := range all {
		d, ok := metric.Find(g.Metric)
		if !ok || g.Owner.OwnerKind != events.OwnerRep {
			continue
		}
		n := number{metric: g.Metric}
		if d.ByCurrency() {
			n.currency = cmp.Or(g.Currency, s.settings.Currency)
		}
		if reps[n] == nil {
			reps[n], from[n] = map[string]bool{}, day-historyDays
		}
		reps[n][g.Owner.Owner] = true
		from[n] = min(from[n], g.StartsOn, g.On(day).EndsOn-historyDays)
	}
	for n, owners := range reps {
		if len(owners) < together {
			continue
		}
		d, _ := metric.Find(n.metric)
		q := projections.MetricQuery{
			Org: s.org, Grain: calendar.Daily, From: from[n], To: day + 1, Where: where(events.Owner{}, d, n.currency),
			GroupBy: append(projections.TallyGroup(), projections.ByRep),
		}
		q.Where[projections.ByRep] = slices.Sorted(maps.Keys(owners))
		rows, err := s.Reader.Metrics(ctx, q)
		if err != nil {
			return err
		}
		byRep := map[string][]projections.MetricRow{}
		for _, r := range rows {
			rep := r.Group[len(r.Group)-1]
			byRep[rep] = append(byRep[rep], r)
		}
		for rep := range owners {
			days := byDay{}
			days.add(byRep[rep])
			owner := events.Owner{OwnerKind: events.OwnerRep, Owner: rep}
			s.ahead[seenKey(n.metric, owner, n.currency)] = seen{from: from[n], days: days}
		}
	}
	return nil
}

// before returns what was done before a day.
func (d byDay) before(day calendar.Day) byDay {
	out := byDay{}
	for on, rows := range d {
		if on < day {
			out[on] = slices.Clone(rows)
		}
	}
	return out
}
