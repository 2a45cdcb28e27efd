package projector

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/projections"
)

// maxDays is how many days of orgs are summed up between two looks whether to stop.
const maxDays = 20_000

// errAlone is returned for a message that is to be folded on request before all read models are folded.
var errAlone = errors.New("one read model is still being rebuilt by itself")

// alone tells whether only one read model is folded still.
func (f *folder) alone() bool {
	return f.deps.Model != projections.AllReadModels && f.from() < f.deps.Onward
}

// split parts frames into those of which one read model only is folded, and those behind them.
func (f *folder) split(frames []events.Frame) (alone, together []events.Frame) {
	if f.deps.Model == projections.AllReadModels {
		return nil, frames
	}
	i := slices.IndexFunc(frames, func(frame events.Frame) bool { return frame.Position >= f.deps.Onward })
	if i < 0 {
		return frames, nil
	}
	return frames[:i], frames[i:]
}

// foldAlone applies frames to one read model, and leaves the others as they are: they were copied.
func (f *folder) foldAlone(ctx context.Context, frames []events.Frame) error {
	if len(frames) == 0 {
		return nil
	}
	upTo := frames[len(frames)-1].Position
	rows, unreadable := f.read(frames)
	rows, copies, err := f.sift(ctx, rows)
	if err != nil {
		return err
	}
	switch f.deps.Model {
	case projections.ModelQuarantine:
		err = f.quarantine(ctx, unreadable)
	case projections.ModelDuplicates:
		err = f.setAside(ctx, copies)
	case projections.ModelRollups: // summed up before the first frame
	default:
		err = f.applyAlone(ctx, rows, upTo)
	}
	if err != nil {
		return err
	}
	return f.reach(ctx, upTo)
}

// applyAlone brings the one read model up to the rows. Settings are those of the copied declarations, so nothing is moved.
func (f *folder) applyAlone(ctx context.Context, rows []projections.Row, upTo events.Position) error {
	if len(rows) == 0 {
		return nil
	}
	var s projections.Statement
	var err error
	switch f.deps.Model {
	case projections.ModelEvents:
		f.place(rows)
		s = projections.InsertEvents(rows)
	case projections.ModelVoids:
		s, err = projections.InsertVoids(rows)
	case projections.ModelJourneys:
		s = projections.InsertJourneySteps(rows)
	case projections.ModelDeclarations:
		s, err = projections.InsertDeclarations(rows)
	case projections.ModelPeople:
		if s, err = projections.InsertLinks(rows); err == nil {
			err = f.run(ctx, s)
		}
		if err != nil {
			return err
		}
		return f.regroup(ctx, rows, upTo)
	default:
		err = fmt.Errorf("nothing folds the read model %q alone", f.deps.Model)
	}
	if err != nil {
		return err
	}
	return f.run(ctx, s)
}

// place gives rows their days and teams.
func (f *folder) place(rows []projections.Row) {
	for i := range rows {
		org := rows[i].Event.Org
		rows[i].Place(f.settings[org], f.calendars.Of(org))
	}
}

// sumUp recomputes the rollups of all days of the owned partitions' orgs from the events that were copied: no message need
// be read again for them.
func (f *folder) sumUp(ctx context.Context) error {
	all := projections.Touched{}
	err := f.deps.Warehouse.EventDays(ctx, func(org string, day calendar.Day) {
		if _, owned := f.checkpoint[events.PartitionOf(org)]; owned {
			all.Add(org, day)
		}
	})
	if err != nil {
		return fmt.Errorf("days of events: %w", err)
	}
	upTo := f.deps.Onward - 1
	for len(all) > 0 {
		some, days := projections.Touched{}, 0
		for _, org := range slices.Sorted(maps.Keys(all)) {
			if days > 0 && days+len(all[org]) > maxDays {
				break
			}
			some[org], days = all[org], days+len(all[org])
			delete(all, org)
		}
		if err := f.run(ctx, projections.Recompute(some, f.calendars, upTo, nil)...); err != nil {
			return err
		}
	}
	return f.reach(ctx, upTo)
}
