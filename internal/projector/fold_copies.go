package projector

import (
	"context"
	"fmt"

	"milemarker/events"
	"milemarker/projections"
)

// loadKnown reads which ids were folded. Those of events behind the checkpoints come again.
func (f *folder) loadKnown(ctx context.Context) error {
	f.known = &known{}
	var upTo events.Position
	for _, p := range f.checkpoint {
		upTo = max(upTo, p)
	}
	err := f.deps.Warehouse.Known(ctx, f.cfg.Partitions, upTo, func(hash uint64) { f.known.add(hash) })
	if err != nil {
		return fmt.Errorf("known ids: %w", err)
	}
	return nil
}

// sift parts the rows into those that count, the first of their ids, and second copies.
//
// Every org is folded in the order of its positions, and only first copies are ever written as events. So whatever stands
// under an id at a lower position, in the warehouse or before it in this batch, is the first copy; the row itself may stand
// there too, from a fold that did not reach its checkpoint. The set of known ids only says which need be asked for.
func (f *folder) sift(ctx context.Context, rows []projections.Row) ([]projections.Row, []projections.Copy, error) {
	suspects := map[string][]string{} // ids by org
	for _, r := range rows {
		if org, id := r.Event.Org, r.Event.ID; f.known.add(f.known.hashOf(org, id)) {
			suspects[org] = append(suspects[org], id)
		}
	}
	if len(suspects) == 0 {
		return rows, nil, nil
	}
	firsts := map[projections.Target]projections.First{} // position 0: not seen yet
	for org, ids := range suspects {
		found, err := f.deps.Warehouse.Firsts(ctx, projections.FirstQuery{Org: org, IDs: ids})
		if err != nil {
			return nil, nil, fmt.Errorf("second copies: %w", err)
		}
		for _, id := range ids {
			firsts[projections.Target{Org: org, ID: id}] = found[id]
		}
	}
	count := make([]projections.Row, 0, len(rows))
	var copies []projections.Copy
	for _, r := range rows {
		key := projections.Target{Org: r.Event.Org, ID: r.Event.ID}
		first, suspect := firsts[key]
		if suspect && first.Position > 0 && first.Position < r.Position {
			copies = append(copies, projections.Copy{
				Record: r.Record, First: first.Position, Verdict: first.Judge(r.Event.Digest),
			})
			continue
		}
		if suspect {
			firsts[key] = projections.First{Position: r.Position, Digest: r.Event.Digest}
		}
		count = append(count, r)
	}
	return count, copies, nil
}

// setAside writes second copies where they can be looked at.
func (f *folder) setAside(ctx context.Context, copies []projections.Copy) error {
	if len(copies) == 0 {
		return nil
	}
	for _, c := range copies {
		if c.Verdict == events.Conflict {
			f.deps.Logger.WarnContext(ctx, "another event under a known id", "org", c.Event.Org, "id", c.Event.ID,
				"position", uint64(c.Position), "first", uint64(c.First))
		}
	}
	s, err := projections.InsertDuplicates(copies)
	if err != nil {
		return err
	}
	return f.run(ctx, s)
}
