package warehouse

import (
	"context"
	"errors"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/shopspring/decimal"

	"milemarker/projections"
)

// Delays tells how long people took from one stage to another.
func (w *Warehouse) Delays(ctx context.Context, q projections.DelayQuery) ([]projections.DelayRow, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (projections.DelayRow, error) {
		var row projections.DelayRow
		var pair uint32
		var days int64
		var reached uint8
		var n uint64
		err := r.Scan(&pair, &row.Rep, &days, &reached, &n)
		row.Pair, row.Days, row.Reached, row.N = int(pair), int(days), reached != 0, float64(n)
		return row, err
	})
}

// NextSteps tells for whom a rep has a next step to take, the longest waiting first.
func (w *Warehouse) NextSteps(ctx context.Context, q projections.NextStepQuery) ([]projections.NextStep, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (projections.NextStep, error) {
		var s projections.NextStep
		var since int64
		err := r.Scan(&s.Prospect, &s.Kind, &since, &s.Event)
		s.Since = time.UnixMicro(since).UTC()
		return s, err
	})
}

// Touches tells what happened with some people on a day.
func (w *Warehouse) Touches(ctx context.Context, q projections.TouchQuery) ([]projections.Touch, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (projections.Touch, error) {
		var t projections.Touch
		var at int64
		err := r.Scan(&t.Prospect, &t.Type, &at)
		t.At = time.UnixMicro(at).UTC()
		return t, err
	})
}

// Sales returns single sign-ups that brought money, newest first.
func (w *Warehouse) Sales(ctx context.Context, q projections.SaleQuery) ([]projections.SaleRow, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (projections.SaleRow, error) {
		var row projections.SaleRow
		var amount, annual decimal.Decimal
		if err := r.Scan(&row.Rep, &amount, &annual); err != nil {
			return row, err
		}
		var err1, err2 error
		row.Amount, err1 = exact(amount)
		row.Annual, err2 = exact(annual)
		return row, errors.Join(err1, err2)
	})
}

// Agenda returns a rep's appointments that begin within a span, the earliest first.
func (w *Warehouse) Agenda(ctx context.Context, q projections.AgendaQuery) ([]projections.Meeting, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (projections.Meeting, error) {
		var a projections.Meeting
		var begins int64
		err := r.Scan(&a.ID, &a.Prospect, &begins, &a.Event)
		a.Begins = time.UnixMicro(begins).UTC()
		return a, err
	})
}
