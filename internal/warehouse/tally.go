package warehouse

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/shopspring/decimal"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/projections"
)

// Tally answers a question about events by day, summed up by projections.TallyGroup. The bucket of a row is its day in
// the zone that the question names.
func (w *Warehouse) Tally(ctx context.Context, q projections.TallyQuery) ([]projections.MetricRow, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (projections.MetricRow, error) {
		row := projections.MetricRow{Group: make([]string, 2)}
		var day time.Time
		var amount decimal.Decimal
		err := r.Scan(&day, &row.Group[0], &row.Group[1], &row.Count, &amount, &row.Seconds, &row.Offered, &row.Taken)
		if err != nil {
			return row, err
		}
		row.Bucket = calendar.DayOf(day)
		row.Amount, err = exact(amount)
		return row, err
	})
}

// Amounts returns the amounts of single events, the newest first.
func (w *Warehouse) Amounts(ctx context.Context, q projections.AmountQuery) ([]events.Decimal, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (events.Decimal, error) {
		var amount decimal.Decimal
		if err := r.Scan(&amount); err != nil {
			return 0, err
		}
		return exact(amount)
	})
}
