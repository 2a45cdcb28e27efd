package warehouse

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/shopspring/decimal"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/projections"
)

// Steps tells when people first came to the stages of their journeys, one person after the other. A conversation is an
// attempt too. Somebody may come to a stage several times: under each id by which he is known.
func (w *Warehouse) Steps(ctx context.Context, q projections.ForesightQuery) ([]projections.Step, error) {
	if !q.Known.IsZero() {
		return w.knownSteps(ctx, q)
	}
	persons, leads := map[uint64]uint64{}, map[uint64]bool{}
	if _, err := collect(ctx, w, q.Linked(), func(r driver.Rows) (_ struct{}, err error) {
		var prospect, person uint64
		err = r.Scan(&prospect, &person)
		persons[prospect], leads[person] = person, true
		return struct{}{}, err
	}); err != nil {
		return nil, err
	}
	var linked []projections.Step
	names := names{}
	steps, err := collect(ctx, w, q.Steps(), func(r driver.Rows) (projections.Step, error) {
		var row projections.Step
		var at int64
		err := r.Scan(&row.Person, &row.Stage, &at, &row.Rep, &row.Team)
		row.At = time.UnixMicro(at).UTC()
		row.Stage, row.Rep, row.Team = names.one(row.Stage), names.one(row.Rep), names.one(row.Team)
		if person, ok := persons[row.Person]; ok || leads[row.Person] {
			if ok {
				row.Person = person
			}
			linked = append(linked, row)
		}
		return row, err
	})
	if err != nil || len(linked) == 0 {
		return steps, err
	}
	steps = slices.DeleteFunc(steps, func(s projections.Step) bool { return leads[s.Person] })
	slices.SortStableFunc(linked, func(a, b projections.Step) int { return cmp.Compare(a.Person, b.Person) })
	return append(steps, linked...), nil
}

// knownSteps is Steps by what was known at a time.
func (w *Warehouse) knownSteps(ctx context.Context, q projections.ForesightQuery) (steps []projections.Step, err error) {
	names := names{}
	_, err = collect(ctx, w, q.KnownSteps(), func(r driver.Rows) (_ struct{}, err error) {
		var row projections.Step
		var typ, outcome string
		var talked uint8
		var at int64
		err = r.Scan(&row.Person, &typ, &talked, &at, &row.Rep, &row.Team)
		if talked != 0 {
			outcome = "conversation"
		}
		row.Stage, row.At = projections.Stage(typ, outcome), time.UnixMicro(at).UTC()
		row.Rep, row.Team = names.one(row.Rep), names.one(row.Team)
		steps = append(steps, row)
		if row.Stage == "conversation" {
			row.Stage = "attempt"
			steps = append(steps, row)
		}
		return struct{}{}, err
	})
	return steps, err
}

// names keeps one copy of each of few strings that come again and again.
type names map[string]string

func (n names) one(s string) string {
	if had, ok := n[s]; ok {
		return had
	}
	n[s] = s
	return s
}

// Counts tells what happened by day, rep and team.
func (w *Warehouse) Counts(ctx context.Context, q projections.ForesightQuery) ([]projections.DayCount, error) {
	names := names{}
	return collect(ctx, w, q.Counts(), func(r driver.Rows) (projections.DayCount, error) {
		var row projections.DayCount
		var day time.Time
		err := r.Scan(&day, &row.Type, &row.Outcome, &row.Rep, &row.Team, &row.N)
		row.Day = calendar.DayOf(day)
		for _, s := range []*string{&row.Type, &row.Outcome, &row.Rep, &row.Team} {
			*s = names.one(*s)
		}
		return row, err
	})
}

// Contracts tells of sign-ups and what became of them, the oldest first.
func (w *Warehouse) Contracts(ctx context.Context, q projections.ForesightQuery) ([]projections.Contract, error) {
	names := names{}
	return collect(ctx, w, q.Contracts(), func(r driver.Rows) (projections.Contract, error) {
		var row projections.Contract
		var at, ended int64
		var amount, annual decimal.Decimal
		if err := r.Scan(&at, &ended, &row.Rep, &row.Team, &row.Currency, &amount, &annual); err != nil {
			return row, err
		}
		row.At = time.UnixMicro(at).UTC()
		if ended != 0 {
			row.Ended = time.UnixMicro(ended).UTC()
		}
		for _, s := range []*string{&row.Rep, &row.Team, &row.Currency} {
			*s = names.one(*s)
		}
		var err1, err2 error
		row.Amount, err1 = exact(amount)
		row.Annual, err2 = exact(annual)
		return row, errors.Join(err1, err2)
	})
}

// Active returns the orgs that did anything that forecasts follow from.
func (w *Warehouse) Active(ctx context.Context, q projections.ActiveQuery) ([]string, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (org string, err error) { return org, r.Scan(&org) })
}

// Issued returns forecasts that were issued, the oldest first.
func (w *Warehouse) Issued(ctx context.Context, q projections.IssuedQuery) ([]events.ForecastIssued, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (events.ForecastIssued, error) {
		e := events.Event{Type: events.TypeForecastIssued}
		var version uint16
		var data string
		if err := r.Scan(&e.ID, &version, &data); err != nil {
			return events.ForecastIssued{}, err
		}
		e.DataVersion, e.Data = int(version), []byte(data)
		return events.DecodeData[events.ForecastIssued](e)
	})
}
