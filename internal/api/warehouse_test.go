package api

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"milemarker/events"
	"milemarker/projections"
)

// warehouse answers the role's questions from memory, and is its recorder: what is recorded is known at once.
type warehouse struct {
	mu       sync.Mutex
	settings projections.OrgSettings
	rows     []projections.Row // of all orgs
	voided   map[string]string // org and id of an event -> id of the void
	lag      events.Position   // how far the position stays behind
	asked    []projections.MetricQuery
	err      error
	recorded map[string]known
	copies   []projections.Copy // of all orgs, newest first
}

type known struct {
	canonical string
	position  events.Position
}

func (w *warehouse) add(e events.Event) error {
	fact, err := events.Facts(e)
	if err != nil {
		return err
	}
	row := projections.Row{Record: events.Record{Position: events.Position(len(w.rows) + 1), Event: e}, Fact: fact}
	row.Day = w.settings.Calendar().DayOf(e.Time)
	if row.Team = e.Team; row.Team == "" {
		row.Team = w.settings.Teams[e.Rep]
	}
	w.rows = append(w.rows, row)
	return nil
}

func (w *warehouse) dimension(r projections.Row, d projections.Dimension) string {
	switch d {
	case projections.ByType:
		return r.Event.Type
	case projections.ByOutcome:
		return r.Fact.Outcome
	case projections.ByRep:
		return r.Event.Rep
	case projections.ByTeam:
		return r.Team
	case projections.BySource:
		return r.Fact.Source
	case projections.ByCampaign:
		return r.Fact.Campaign
	case projections.ByProduct:
		return r.Fact.Product
	default:
		return r.Fact.Currency
	}
}

func (w *warehouse) matches(r projections.Row, org string, where map[projections.Dimension][]string) bool {
	for d, values := range where {
		if !slices.Contains(values, w.dimension(r, d)) {
			return false
		}
	}
	return r.Event.Org == org
}

func (w *warehouse) Metrics(_ context.Context, q projections.MetricQuery) ([]projections.MetricRow, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, q)
	cal := w.settings.Calendar()
	groups := map[string]*projections.MetricRow{}
	var order []string
	for _, r := range w.rows {
		b := cal.Bucket(q.Grain, r.Day)
		if b < q.From || b >= q.To || !w.matches(r, q.Org, q.Where) || w.voided[q.Org+" "+r.Event.ID] != "" {
			continue
		}
		var group []string
		for _, d := range q.GroupBy {
			group = append(group, w.dimension(r, d))
		}
		key := b.String() + "\x00" + strings.Join(group, "\x00")
		m := groups[key]
		if m == nil {
			m = &projections.MetricRow{Bucket: b, Group: group}
			groups[key] = m
			order = append(order, key)
		}
		m.Count++
		m.Amount += r.Fact.Amount
		m.Seconds += r.Fact.Seconds
		m.Offered += bit(r.Fact.UpsellOffered)
		m.Taken += bit(r.Fact.UpsellTaken)
	}
	slices.Sort(order)
	var out []projections.MetricRow
	for _, key := range order {
		out = append(out, *groups[key])
	}
	return out, w.err
}

func (w *warehouse) Events(_ context.Context, q projections.EventQuery) ([]projections.EventRow, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []projections.EventRow
	for _, r := range w.rows {
		voidedBy := w.voided[q.Org+" "+r.Event.ID]
		wanted := w.matches(r, q.Org, q.Where) && (q.Voided || voidedBy == "") &&
			(len(q.IDs) == 0 || slices.Contains(q.IDs, r.Event.ID)) && (q.Prospect == "" || q.Prospect == r.Event.Prospect) &&
			about(r.Event, q.Prospects) &&
			(q.From == 0 || r.Day >= q.From) && (q.To == 0 || r.Day < q.To)
		if wanted && (q.After == nil || newer(*q.After, *place(projections.EventRow{Record: r.Record}))) {
			out = append(out, projections.EventRow{Record: r.Record, Day: r.Day, VoidedBy: voidedBy})
		}
	}
	slices.SortFunc(out, func(x, y projections.EventRow) int {
		if newer(*place(x), *place(y)) {
			return -1
		}
		return 1
	})
	return out[:min(len(out), q.Limit)], w.err
}

// newer tells whether a comes before b in the order of answers.
func newer(a, b projections.Cursor) bool {
	if c := a.Time.Compare(b.Time); c != 0 {
		return c > 0
	}
	return a.Position > b.Position
}

func (w *warehouse) Settings(context.Context, string) (projections.OrgSettings, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.settings, w.err
}

func (w *warehouse) Position(context.Context, string) (events.Position, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return events.Position(len(w.rows)) - w.lag, w.err
}

func (w *warehouse) Record(_ context.Context, org string, drafts []events.Draft) ([]events.Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []events.Receipt
	for _, d := range drafts {
		d, violations := d.Check()
		before, seen := w.recorded[org+" "+d.ID]
		r := events.Receipt{ID: d.ID, Position: before.position}
		switch {
		case len(violations) > 0:
			r = events.Receipt{ID: d.ID, Outcome: events.Rejected, Violations: violations}
		case seen && before.canonical == string(d.Canonical()):
			r.Outcome = events.Duplicate
		case seen:
			r.Outcome = events.Conflict
		default:
			public, _, _ := d.Split()
			err := w.add(events.Event{
				ID: d.ID, Source: d.Source, Type: d.Type, Org: org, Rep: d.Rep, DataVersion: 1, Data: public,
				Time: time.Date(2024, 3, 13, 11, 0, 0, 0, time.UTC), RecordedAt: time.Date(2024, 3, 13, 11, 0, 0, 0, time.UTC), Digest: string(d.Canonical()),
				RecordedBy: d.RecordedBy, Amends: d.Amends,
			})
			if err != nil {
				return nil, err
			}
			r.Outcome, r.Position = events.Appended, events.Position(len(w.rows))
			w.recorded[org+" "+d.ID] = known{string(d.Canonical()), r.Position}
		}
		out = append(out, r)
	}
	return out, w.err
}

func (w *warehouse) RecordTogether(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error) {
	for _, d := range drafts {
		if _, violations := d.Check(); len(violations) > 0 {
			return []events.Receipt{{ID: d.ID, Outcome: events.Rejected, Violations: violations}}, nil
		}
	}
	receipts, err := w.Record(ctx, org, drafts)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range drafts {
		e := events.Event{Type: d.Type, Org: org, Data: d.Data}
		if target, ok, _ := projections.TargetOf(e); ok {
			w.voided[org+" "+target.ID] = d.ID
		}
	}
	return receipts, err
}

func (w *warehouse) Digest(_ context.Context, _ string, d events.Draft) (string, error) {
	d, _ = d.Check()
	return string(d.Canonical()), w.err
}

func (w *warehouse) Duplicates(_ context.Context, q projections.DuplicateQuery) ([]projections.Copy, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []projections.Copy
	for _, c := range w.copies {
		if c.Event.Org == q.Org && (len(q.IDs) == 0 || slices.Contains(q.IDs, c.Event.ID)) &&
			(q.Verdict == "" || c.Verdict == q.Verdict) && (q.Before == 0 || c.Position < q.Before) {
			out = append(out, c)
		}
	}
	return out[:min(len(out), q.Limit)], w.err
}

func (w *warehouse) Corrections(_ context.Context, q projections.CorrectionQuery) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, r := range w.rows {
		target, _, _ := projections.TargetOf(r.Event)
		if r.Event.Org == q.Org && (r.Event.Amends == q.ID || target.ID == q.ID) {
			out = append(out, r.Event.ID)
		}
	}
	return out, w.err
}
