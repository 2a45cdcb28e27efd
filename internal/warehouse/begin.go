package warehouse

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/projections"
)

// Begin enters a new generation, unless one of this program's version is being built already that will do: one in which the
// wanted read model is folded from the first message on, or all are. It returns the one that is being built, or a
// projections.RebuildRefusedError when another one is in the way, or there is nothing from which the others could be copied.
func (w *Warehouse) Begin(ctx context.Context, model projections.ReadModel) (projections.Generation, error) {
	all, err := w.Generations(ctx)
	if err != nil {
		return projections.Generation{}, err
	}
	for _, g := range all {
		switch {
		case g.State != projections.Building || g.Version != projections.Version:
		case g.Projection == model || g.Projection == projections.AllReadModels:
			return g, nil
		default:
			return g, projections.RebuildRefusedError{
				Why: fmt.Sprintf("The read model %s is being rebuilt, and nothing else until that has ended.", g.Projection),
			}
		}
	}
	serving, serves := projections.ServingOf(all)
	if model != projections.AllReadModels && (!serves || serving.Version != projections.Version) {
		return serving, projections.RebuildRefusedError{
			Why: "The read models are of another version of the program: only all of them can be rebuilt.",
		}
	}
	g := projections.Generation{
		Number: all[len(all)-1].Number + 1, Version: projections.Version, State: projections.Building, Projection: model,
	}
	return g, w.enter(ctx, g)
}

// CopyStatements returns what copies into one generation, from another, all that is not folded there from the first message
// on; see projections.CopyOthers.
func (w *Warehouse) CopyStatements(into, from projections.Generation) []projections.Statement {
	return projections.CopyOthers(into.Projection, w.databaseOf(from))
}

// Copied enters that all of that is there, and from which position on everything is to be folded into a generation.
func (w *Warehouse) Copied(ctx context.Context, g projections.Generation, onward events.Position) error {
	g.Onward = onward
	return w.enter(ctx, g)
}

// EventDays hands the days to add on which orgs have events, org by org.
func (w *Warehouse) EventDays(ctx context.Context, add func(org string, day calendar.Day)) error {
	return w.each(ctx, projections.EventDaysQuery{}.Select(), func(r driver.Rows) error {
		var org string
		var day time.Time
		err := r.Scan(&org, &day)
		add(org, calendar.DayOf(day))
		return err
	})
}
