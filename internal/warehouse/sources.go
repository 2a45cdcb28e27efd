package warehouse

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/projections"
)

// Orgs returns the orgs that have declared anything, sorted.
func (w *Warehouse) Orgs(ctx context.Context) ([]string, error) {
	return collect(ctx, w, projections.OrgsQuery{}.Select(), func(r driver.Rows) (org string, err error) {
		err = r.Scan(&org)
		return org, err
	})
}

// Sources returns on which days what sources were heard of.
func (w *Warehouse) Sources(ctx context.Context, q projections.SourceQuery) ([]projections.SourceDay, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (s projections.SourceDay, err error) {
		var day time.Time
		err = r.Scan(&s.Kind, &s.Name, &day, &s.N, &s.Last)
		s.Day = calendar.DayOf(day)
		return s, err
	})
}

// Appointments returns the events of appointments, in the order of their positions, with no more than id, type, rep, time
// and payload.
func (w *Warehouse) Appointments(ctx context.Context, q projections.AppointmentQuery) ([]events.Event, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (events.Event, error) {
		e := events.Event{Org: q.Org, DataVersion: 1}
		var data string
		err := r.Scan(&e.ID, &e.Type, &e.Rep, &e.Time, &data)
		e.Data = []byte(data)
		return e, err
	})
}
