package projector

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"milemarker/events"
	"milemarker/projections"
)

// People tells what the links say about who is one person.
type People interface {
	// Standings returns what is known of some ids; those of which nothing is known are absent.
	Standings(ctx context.Context, q projections.StandingQuery) (map[string]projections.Standing, error)
	// Bonds returns the bonds of some ids, those that are no more among them.
	Bonds(ctx context.Context, q projections.BondQuery) ([]projections.Bond, error)
	// LinkedBy returns the ids that the links of some events name.
	LinkedBy(ctx context.Context, q projections.LinkedByQuery) ([]string, error)
}

// regroup works out anew whom the ids stand for that the rows link, or whose links they take back. Links and voids are
// written by then: so nothing depends on what came first, and a repetition gives the same.
func (f *folder) regroup(ctx context.Context, rows []projections.Row, upTo events.Position) error {
	touched, err := f.linked(ctx, rows)
	if err != nil {
		return err
	}
	for _, org := range slices.Sorted(maps.Keys(touched)) {
		persons, err := f.persons(ctx, org, slices.Sorted(maps.Keys(touched[org])))
		if err != nil {
			return fmt.Errorf("persons: %w", err)
		}
		if err := f.run(ctx, projections.InsertPersons(org, persons, upTo)); err != nil {
			return err
		}
	}
	return nil
}

// idSet is a set of prospect ids.
type idSet map[string]struct{}

// linked returns the ids that the rows' links name, and those of the events that the rows void, by org.
func (f *folder) linked(ctx context.Context, rows []projections.Row) (map[string]idSet, error) {
	touched, voided := map[string]idSet{}, map[string][]string{}
	touch := func(org string, ids ...string) {
		if touched[org] == nil {
			touched[org] = idSet{}
		}
		for _, id := range ids {
			touched[org][id] = struct{}{}
		}
	}
	for _, r := range rows {
		links, err := projections.LinksOf(r.Event)
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			if l.Kind != projections.LinkErased {
				touch(r.Event.Org, l.A, l.B)
			}
		}
		if t, ok, err := projections.TargetOf(r.Event); err != nil {
			return nil, err
		} else if ok {
			voided[t.Org] = append(voided[t.Org], t.ID)
		}
	}
	for org, targets := range voided {
		for some := range slices.Chunk(targets, projections.IDsPerQuestion()) {
			ids, err := f.deps.Warehouse.LinkedBy(ctx, projections.LinkedByQuery{Org: org, Events: some})
			if err != nil {
				return nil, fmt.Errorf("voided links: %w", err)
			}
			if len(ids) > 0 {
				touch(org, ids...)
			}
		}
	}
	return touched, nil
}

// persons goes out from the touched ids along every bond that ever was, as far as their persons may have changed, and
// tells whom the ids on the way stand for.
//
// Beyond an id that joined nobody before and joins nobody now, nothing has changed: so the phone of a large office does
// not bring all its callers along.
func (f *folder) persons(ctx context.Context, org string, touched []string) ([]projections.Person, error) {
	area := map[string]projections.Standing{}
	var bonds []projections.Bond
	for next := touched; len(next) > 0; {
		var through []string
		for some := range slices.Chunk(next, projections.IDsPerQuestion()) {
			known, err := f.deps.Warehouse.Standings(ctx, projections.StandingQuery{Org: org, IDs: some})
			if err != nil {
				return nil, err
			}
			for _, id := range some {
				s := known[id]
				area[id] = s
				if s.Apart() == projections.ApartNot || s.Was == projections.ApartNot {
					through = append(through, id)
				}
			}
		}
		beyond := idSet{}
		for some := range slices.Chunk(through, projections.IDsPerQuestion()) {
			found, err := f.deps.Warehouse.Bonds(ctx, projections.BondQuery{Org: org, IDs: some})
			if err != nil {
				return nil, err
			}
			for _, b := range found {
				if _, been := area[b.B]; !been {
					beyond[b.B] = struct{}{}
				}
			}
			bonds = append(bonds, found...)
		}
		next = slices.Sorted(maps.Keys(beyond))
	}
	return projections.Persons(area, bonds), nil
}
