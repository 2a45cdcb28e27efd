package warehouse

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/shopspring/decimal"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/projections"
)

// Run executes one statement; its effect is durable when Run returns nil. After an error the effect is unknown, and the
// statement may be run again; projections.ErrClaimed says that it had none, and will not have.
func (w *Warehouse) Run(ctx context.Context, s projections.Statement) error {
	ctx = w.quorum(ctx, s)
	if len(s.Columns) > 0 {
		return fenced(w.insert(ctx, s))
	}
	return fenced(w.conn.Exec(ctx, s.SQL, named(s.Params)...))
}

func (w *Warehouse) insert(ctx context.Context, s projections.Statement) error {
	batch, err := w.conn.PrepareBatch(ctx, s.SQL)
	if err != nil {
		return err
	}
	defer func() { _ = batch.Close() }() // nothing is left to lose: Send has told whether the rows are in
	for i, column := range s.Columns {
		if err := batch.Column(i).Append(native(column)); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return batch.Send()
}

// native turns a column into what the driver takes.
func native(column any) any {
	values, ok := column.([]events.Decimal)
	if !ok {
		return column
	}
	out := make([]decimal.Decimal, len(values))
	for i, v := range values {
		out[i] = decimal.New(int64(v), -4)
	}
	return out
}

// named turns parameters into the driver's arguments: server-side parameters, never text pasted into SQL.
func named(params map[string]any) []any {
	args := make([]any, 0, len(params))
	for name, v := range params {
		if days, ok := v.([]calendar.Day); ok {
			dates := make([]string, len(days))
			for i, d := range days {
				dates[i] = d.String()
			}
			v = dates
		}
		args = append(args, clickhouse.Named(name, v))
	}
	return args
}
