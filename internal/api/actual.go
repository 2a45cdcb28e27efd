package api

import (
	"fmt"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/projections"
)

// goalFilter returns what an event must be to count for a goal.
func goalFilter(g projections.Goal, d metric.Definition, currency string) map[projections.Dimension][]string {
	where := map[projections.Dimension][]string{}
	if types := d.Types(); len(types) > 0 {
		where[projections.ByType] = types
	}
	switch g.Owner.OwnerKind {
	case events.OwnerRep:
		where[projections.ByRep] = []string{g.Owner.Owner}
	case events.OwnerTeam:
		where[projections.ByTeam] = []string{g.Owner.Owner}
	}
	if currency != "" {
		where[projections.ByCurrency] = []string{currency}
	}
	return where
}

// actualQuery asks for a number over some days up to a moment of the last of them.
type actualQuery struct {
	metric   metric.Definition
	currency string
	where    map[projections.Dimension][]string
	days     span
	moment   time.Time
}

// actual adds up what was done. A last day that was not over at the moment is counted event by event, unless the moment is
// now: rollups keep whole days.
func (s *server) actual(a ask, q actualQuery) (events.Decimal, error) {
	if q.days.empty() {
		return 0, nil
	}
	var rows []metric.Row
	last := q.days.to - 1
	if a.cutShort(q.moment, q.days) {
		part, err := s.upTo(a, q, last)
		if err != nil {
			return 0, err
		}
		rows = part
		q.days.to = last
	}
	if !q.days.empty() {
		t, err := s.sum(a.ctx(), a.calendar, sumQuery{
			org: a.caller.Org, spans: []span{q.days}, where: q.where, money: q.currency != "",
		})
		if err != nil {
			return 0, err
		}
		for _, r := range t.spans[q.days][""] {
			rows = append(rows, r...)
		}
	}
	v, ok := metric.Evaluate(q.metric, rows)
	if !ok {
		return 0, fmt.Errorf("goal on %s: the sum is out of range", q.metric.Name)
	}
	return v.Number, nil
}

// cutShort tells whether the last of some days was not over at a moment, which is not now.
func (a ask) cutShort(moment time.Time, days span) bool {
	return !days.empty() && moment.Before(a.now) && moment.Before(days.to.In(a.calendar.Location()))
}

// upTo reads the events of a day up to the moment, that instant not included.
func (s *server) upTo(a ask, q actualQuery, day calendar.Day) ([]metric.Row, error) {
	var rows []metric.Row
	ask := projections.EventQuery{
		Org: a.caller.Org, From: day, To: day + 1, Where: q.where, Limit: s.cfg.MaxPage,
		// Newest first: this is the place right before the moment.
		After: &projections.Cursor{Time: q.moment},
	}
	for {
		batch, err := s.deps.Warehouse.Events(a.ctx(), ask)
		if err != nil {
			return nil, err
		}
		for _, r := range batch {
			f, err := events.Facts(r.Event)
			if err != nil {
				continue // was never summed either
			}
			rows = append(rows, metric.Row{
				Type: r.Event.Type, Outcome: f.Outcome, Count: 1, Amount: f.Amount, Seconds: f.Seconds,
				Offered: bit(f.UpsellOffered), Taken: bit(f.UpsellTaken),
			})
		}
		if len(batch) < ask.Limit {
			return rows, nil
		}
		ask.After = place(batch[len(batch)-1])
	}
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
