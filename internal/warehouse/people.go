package warehouse

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"milemarker/events"
	"milemarker/projections"
)

// Standings returns what is known of some ids; those of which nothing is known are absent.
func (w *Warehouse) Standings(
	ctx context.Context, q projections.StandingQuery,
) (map[string]projections.Standing, error) {
	out := make(map[string]projections.Standing, len(q.IDs))
	err := w.each(ctx, q.Select(), func(r driver.Rows) error {
		var id string
		var beside uint64
		var shared, was uint8
		err := r.Scan(&id, &beside, &shared, &was)
		out[id] = projections.Standing{Beside: int(beside), Shared: shared > 0, Was: int(was)}
		return err
	})
	return out, err
}

// Bonds returns the bonds of some ids, those that are no more among them.
func (w *Warehouse) Bonds(ctx context.Context, q projections.BondQuery) ([]projections.Bond, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (projections.Bond, error) {
		var b projections.Bond
		var seen, told, parted uint8
		err := r.Scan(&b.A, &b.B, &seen, &told, &parted)
		b.Seen, b.Told, b.Parted = seen > 0, told > 0, parted > 0
		return b, err
	})
}

// LinkedBy returns the ids that the links of some events name.
func (w *Warehouse) LinkedBy(ctx context.Context, q projections.LinkedByQuery) ([]string, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (string, error) {
		var id string
		return id, r.Scan(&id)
	})
}

// Persons returns all ids of the persons whom some ids stand for. An id that is absent stands for itself.
func (w *Warehouse) Persons(ctx context.Context, q projections.PersonQuery) ([]projections.Person, error) {
	return collect(ctx, w, q.Select(), readPerson)
}

// Apart returns ids of an org that join nobody.
func (w *Warehouse) Apart(ctx context.Context, q projections.ApartQuery) ([]projections.Person, error) {
	return collect(ctx, w, q.Select(), readPerson)
}

func readPerson(r driver.Rows) (projections.Person, error) {
	var p projections.Person
	var apart uint8
	err := r.Scan(&p.Prospect, &p.Person, &apart)
	p.Apart = int(apart)
	return p, err
}

// Links returns the links that stand and name one of some ids, newest first.
func (w *Warehouse) Links(ctx context.Context, q projections.LinkQuery) ([]projections.LinkRow, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (projections.LinkRow, error) {
		var l projections.LinkRow
		var kind string
		err := r.Scan(&l.A, &l.B, &kind, &l.Event, &l.Position)
		l.Kind = projections.LinkKind(kind)
		return l, err
	})
}

// Journey returns the stages that a person reached, in the order of time.
func (w *Warehouse) Journey(ctx context.Context, q projections.JourneyQuery) ([]projections.JourneyRow, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (projections.JourneyRow, error) {
		var j projections.JourneyRow
		return j, r.Scan(&j.Stage, &j.At, &j.Event, &j.Rep, &j.Source)
	})
}

// Erased returns the event that first erased each of some ids; those that were not erased are absent.
func (w *Warehouse) Erased(ctx context.Context, q projections.ErasedQuery) (map[string]string, error) {
	out := map[string]string{}
	err := w.each(ctx, q.Select(), func(r driver.Rows) error {
		var id, event string
		var position uint64
		err := r.Scan(&id, &event, &position)
		out[id] = event
		return err
	})
	return out, err
}

// PersonRows hands whom every id stands for to add.
func (w *Warehouse) PersonRows(ctx context.Context, add func(projections.PersonRow)) error {
	return w.each(ctx, projections.PersonRowsQuery{}.Select(), func(r driver.Rows) error {
		var row projections.PersonRow
		var apart uint8
		var version uint64
		if err := r.Scan(&row.Org, &row.Prospect, &row.Person.Person, &apart, &version); err != nil {
			return err
		}
		row.Apart, row.AsOf = int(apart), events.Position(version)
		add(row)
		return nil
	})
}
