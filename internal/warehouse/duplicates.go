package warehouse

import (
	"context"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"milemarker/events"
	"milemarker/projections"
)

// idsPerQuestion bounds the ids of one question, so that it fits into a request of a remote server.
const idsPerQuestion = 2000

// Known calls add with a hash of the id of every event that was folded of the given partitions' orgs up to a position, in
// any order. The hash is XXH64 of events.MessageID.
func (w *Warehouse) Known(ctx context.Context, partitions []int, upTo events.Position, add func(hash uint64)) error {
	orgs, err := collect(ctx, w, projections.OrgQuery{}.Select(), func(r driver.Rows) (string, error) {
		var org string
		return org, r.Scan(&org)
	})
	if err != nil {
		return err
	}
	orgs = slices.DeleteFunc(orgs, func(org string) bool { return !slices.Contains(partitions, events.PartitionOf(org)) })
	for some := range slices.Chunk(orgs, idsPerQuestion) {
		_, err := collect(ctx, w, projections.KnownQuery{Orgs: some, UpTo: upTo}.Select(), func(r driver.Rows) (struct{}, error) {
			var hashes []uint64
			err := r.Scan(&hashes)
			for _, h := range hashes {
				add(h)
			}
			return struct{}{}, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Firsts returns the events that count under the given ids, as far as they were folded, by id.
func (w *Warehouse) Firsts(ctx context.Context, q projections.FirstQuery) (map[string]projections.First, error) {
	out := map[string]projections.First{}
	for some := range slices.Chunk(q.IDs, idsPerQuestion) {
		part := projections.FirstQuery{Org: q.Org, IDs: some}
		_, err := collect(ctx, w, part.Select(), func(r driver.Rows) (struct{}, error) {
			var id, digest string
			var position uint64
			err := r.Scan(&id, &position, &digest)
			out[id] = projections.First{Position: events.Position(position), Digest: digest}
			return struct{}{}, err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Duplicates returns the second copies of events, newest first.
func (w *Warehouse) Duplicates(ctx context.Context, q projections.DuplicateQuery) ([]projections.Copy, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (projections.Copy, error) {
		var first, position uint64
		var verdict, body string
		if err := r.Scan(&first, &verdict, &position, &body); err != nil {
			return projections.Copy{}, err
		}
		e, err := events.Decode([]byte(body))
		return projections.Copy{
			Record: events.Record{Position: events.Position(position), Event: e},
			First:  events.Position(first), Verdict: events.Outcome(verdict),
		}, err
	})
}

// Corrections returns the ids of the events that void an event or stand in its place.
func (w *Warehouse) Corrections(ctx context.Context, q projections.CorrectionQuery) ([]string, error) {
	return collect(ctx, w, q.Select(), func(r driver.Rows) (string, error) {
		var id string
		return id, r.Scan(&id)
	})
}
