package warehouse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/shopspring/decimal"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/projections"
)

// collect runs a question and reads each row of its answer.
func collect[T any](
	ctx context.Context, w *Warehouse, s projections.Select, read func(driver.Rows) (T, error),
) (out []T, err error) {
	rows, err := w.conn.Query(ctx, s.SQL, named(s.Params)...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		v, err := read(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Checkpoints returns how far the folds reach, by partition of the ledger; a partition never folded is absent.
func (w *Warehouse) Checkpoints(ctx context.Context) (map[int]events.Position, error) {
	out := map[int]events.Position{}
	_, err := collect(ctx, w, projections.CheckpointQuery{}.Select(), func(r driver.Rows) (struct{}, error) {
		var partition uint8
		var position uint64
		err := r.Scan(&partition, &position)
		out[int(partition)] = events.Position(position)
		return struct{}{}, err
	})
	return out, err
}

// Position returns up to where the read models reflect the ledger for one org; 0 before anything was folded.
func (w *Warehouse) Position(ctx context.Context, org string) (events.Position, error) {
	all, err := w.Checkpoints(ctx)
	return all[events.PartitionOf(org)], err
}

// Declarations returns what orgs declared, in the order of positions.
func (w *Warehouse) Declarations(ctx context.Context, q projections.DeclarationQuery) ([]events.Record, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (events.Record, error) {
		var position uint64
		var body string
		if err := r.Scan(&position, &body); err != nil {
			return events.Record{}, err
		}
		e, err := events.Decode([]byte(body))
		return events.Record{Position: events.Position(position), Event: e}, err
	})
}

// AllSettings returns the present settings of every org that chose some.
func (w *Warehouse) AllSettings(ctx context.Context) (map[string]projections.OrgSettings, error) {
	records, err := w.Declarations(ctx, projections.DeclarationQuery{Types: []string{events.TypeOrgConfigured}})
	if err != nil {
		return nil, err
	}
	byOrg := map[string][]events.Record{}
	for _, r := range records {
		byOrg[r.Event.Org] = append(byOrg[r.Event.Org], r)
	}
	out := make(map[string]projections.OrgSettings, len(byOrg))
	for org, records := range byOrg {
		if out[org], err = projections.FoldSettings(records); err != nil {
			return nil, err
		}
	}
	_, err = collect(ctx, w, projections.EpochQuery{}.Select(), func(r driver.Rows) (struct{}, error) {
		var org string
		var epoch uint64
		err := r.Scan(&org, &epoch)
		s, known := out[org]
		if !known { // all its settings were voided
			s = projections.DefaultOrgSettings()
		}
		s.Epoch = epoch
		out[org] = s
		return struct{}{}, err
	})
	return out, err
}

// Settings returns the present settings of one org.
func (w *Warehouse) Settings(ctx context.Context, org string) (projections.OrgSettings, error) {
	records, err := w.Declarations(ctx, projections.DeclarationQuery{Org: org, Types: []string{events.TypeOrgConfigured}})
	if err != nil {
		return projections.OrgSettings{}, err
	}
	return projections.FoldSettings(records)
}

// Goals returns the goal events of one org that stand, in the order of positions.
func (w *Warehouse) Goals(ctx context.Context, org string) ([]events.Record, error) {
	return w.Declarations(ctx, projections.DeclarationQuery{Org: org, Types: projections.GoalTypes()})
}

// Targets returns the types and days of the events with the given ids, as far as they are known.
func (w *Warehouse) Targets(ctx context.Context, q projections.TargetQuery) ([]projections.TargetRow, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (projections.TargetRow, error) {
		var t projections.TargetRow
		var day time.Time
		err := r.Scan(&t.Type, &day)
		t.Day = calendar.DayOf(day)
		return t, err
	})
}

// Extent returns where the events and rollups of an org lie.
func (w *Warehouse) Extent(ctx context.Context, org string) (projections.Extent, error) {
	x := projections.Extent{Buckets: map[calendar.Grain][]calendar.Day{}}
	q := projections.ExtentQuery{Org: org}
	_, err := collect(ctx, w, q.Times(), func(r driver.Rows) (struct{}, error) {
		var n uint64
		var first, last time.Time
		err := r.Scan(&n, &first, &last)
		if n > 0 {
			x.First, x.Last = first, last
		}
		return struct{}{}, err
	})
	if err != nil {
		return x, err
	}
	_, err = collect(ctx, w, q.Buckets(), func(r driver.Rows) (struct{}, error) {
		var grain string
		var bucket time.Time
		err := r.Scan(&grain, &bucket)
		if day := calendar.DayOf(bucket); grain == "" {
			x.Days = append(x.Days, day)
		} else {
			x.Buckets[calendar.Grain(grain)] = append(x.Buckets[calendar.Grain(grain)], day)
		}
		return struct{}{}, err
	})
	return x, err
}

// Metrics answers a question about the rollups.
func (w *Warehouse) Metrics(ctx context.Context, q projections.MetricQuery) ([]projections.MetricRow, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (projections.MetricRow, error) {
		row := projections.MetricRow{Group: make([]string, len(q.GroupBy))}
		var bucket time.Time
		var amount, recurring decimal.Decimal
		dest := make([]any, 0, len(q.GroupBy)+7)
		dest = append(dest, &bucket)
		for i := range row.Group {
			dest = append(dest, &row.Group[i])
		}
		dest = append(dest, &row.Count, &amount, &recurring, &row.Seconds, &row.Offered, &row.Taken)
		if err := r.Scan(dest...); err != nil {
			return row, err
		}
		row.Bucket = calendar.DayOf(bucket)
		var err1, err2 error
		row.Amount, err1 = exact(amount)
		row.Recurring, err2 = exact(recurring)
		return row, errors.Join(err1, err2)
	})
}

// exact turns a database decimal into ours; a sum beyond its range is an error, never a wrong number.
func exact(d decimal.Decimal) (events.Decimal, error) {
	units := d.Shift(4)
	if !units.IsInteger() || !units.BigInt().IsInt64() {
		return 0, fmt.Errorf("amount %s: beyond the range of a sum", d)
	}
	return events.Decimal(units.IntPart()), nil
}

// Events answers a question about events, newest first.
func (w *Warehouse) Events(ctx context.Context, q projections.EventQuery) ([]projections.EventRow, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (projections.EventRow, error) {
		var row projections.EventRow
		var position uint64
		var day time.Time
		var version uint16
		var data string
		e := &row.Event
		err := r.Scan(&position, &day, &e.ID, &e.Source, &e.Type, &e.Org, &e.Rep, &e.Team, &e.Prospect, &e.Aliases,
			&e.Time, &e.RecordedAt, &e.TimeInferred, &version, &data, &e.Sealed, &e.Digest,
			&e.RecordedBy, &e.Amends, &row.VoidedBy)
		row.Position, row.Day = events.Position(position), calendar.DayOf(day)
		e.DataVersion, e.Data = int(version), []byte(data)
		return row, err
	})
}
