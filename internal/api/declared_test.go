package api

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/projections"
)

// Declarations answers as the tables do; the settings that a test gave the org stand before all.
func (w *warehouse) Declarations(_ context.Context, q projections.DeclarationQuery) ([]events.Record, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []events.Record
	if slices.Contains(q.Types, events.TypeOrgConfigured) {
		data, err := json.Marshal(events.OrgConfigured{
			Zone: w.settings.Zone, WeekStart: strings.ToLower(w.settings.WeekStart.String()),
			FiscalYearStartMonth: int64(w.settings.FiscalYearStart), Currency: w.settings.Currency,
			Country: w.settings.Country, Teams: w.settings.Teams,
		})
		if err != nil {
			return nil, err
		}
		out = append(out, events.Record{Event: events.Event{
			ID: "settings", Type: events.TypeOrgConfigured, Org: q.Org, DataVersion: 1, Data: data,
		}})
	}
	for _, r := range w.rows {
		e := r.Event
		wanted := (q.Org == "" || e.Org == q.Org) && slices.Contains(q.Types, e.Type) && projections.KnownBy(e, q.Known)
		if wanted && !w.gone(e, q.Known) {
			out = append(out, r.Record)
		}
	}
	return out, w.err
}

// gone tells whether an event had been voided by an instant.
func (w *warehouse) gone(e events.Event, known time.Time) bool {
	void := w.voided[e.Org+" "+e.ID]
	if void == "" || known.IsZero() {
		return void != ""
	}
	return slices.ContainsFunc(w.rows, func(r projections.Row) bool {
		return r.Event.Org == e.Org && r.Event.ID == void && projections.KnownBy(r.Event, known)
	})
}

func (w *warehouse) Tally(_ context.Context, q projections.TallyQuery) ([]projections.MetricRow, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []projections.MetricRow
	for _, r := range w.tallied(q) {
		out = append(out, projections.MetricRow{
			Bucket: w.settings.Calendar().DayOf(r.Event.Time), Group: []string{r.Event.Type, r.Fact.Outcome}, Count: 1,
			Amount: r.Fact.Amount, Seconds: r.Fact.Seconds, Offered: bit(r.Fact.UpsellOffered), Taken: bit(r.Fact.UpsellTaken),
		})
	}
	return out, w.err
}

func (w *warehouse) Amounts(_ context.Context, q projections.AmountQuery) ([]events.Decimal, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rows := w.tallied(q.TallyQuery)
	slices.SortFunc(rows, func(a, b projections.Row) int { return b.Event.Time.Compare(a.Event.Time) })
	var out []events.Decimal
	for _, r := range rows[:min(len(rows), q.Limit)] {
		amount := r.Fact.Amount
		if q.Lengths {
			amount = events.Decimal(r.Fact.Seconds) * events.Scale
		}
		out = append(out, amount)
	}
	return out, w.err
}

// tallied returns the events that a question takes into account.
func (w *warehouse) tallied(q projections.TallyQuery) []projections.Row {
	var out []projections.Row
	for _, r := range w.rows {
		e := r.Event
		inTeam := q.Team == "" || e.Team == q.Team || e.Team == "" && slices.Contains(q.Reps, e.Rep)
		if !e.Time.Before(q.From) && e.Time.Before(q.Until) && inTeam && w.matches(r, q.Org, q.Where) &&
			projections.KnownBy(e, q.Known) && !w.gone(e, q.Known) {
			out = append(out, r)
		}
	}
	return out
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// recorded makes an event that was told later than it happened.
func (h *house) recorded(id, typ string, at, told time.Time, rep, data string) {
	h.tb.Helper()
	h.warehouse.mu.Lock()
	defer h.warehouse.mu.Unlock()
	if err := h.warehouse.add(events.Event{
		ID: id, Source: "/test", Type: typ, Org: "acme", Rep: rep, Time: at, RecordedAt: told, DataVersion: 1,
		Data: json.RawMessage(data),
	}); err != nil {
		h.tb.Fatal(err)
	}
}

// LastOf answers as the ledger does.
func (w *warehouse) LastOf(_ context.Context, org string, types ...string) (last events.Position, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.rows {
		if r.Event.Org == org && slices.Contains(types, r.Event.Type) {
			last = r.Position
		}
	}
	return last, w.err
}

// fold makes the org's settings what its events say.
func (h *house) fold() {
	h.tb.Helper()
	records, err := h.warehouse.Declarations(h.tb.Context(), projections.DeclarationQuery{Org: "acme", Types: []string{events.TypeOrgConfigured}})
	if err != nil {
		h.tb.Fatal(err)
	}
	h.warehouse.mu.Lock()
	defer h.warehouse.mu.Unlock()
	if h.warehouse.settings, err = projections.FoldSettings(records); err != nil {
		h.tb.Fatal(err)
	}
}
