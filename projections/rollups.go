package projections

import (
	"slices"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// bucketsPerStatement bounds the arrays of one statement, so that it fits into a request of a remote server.
const bucketsPerStatement = 2000

// Recompute returns the statements that bring the rollups of the touched days up to date: the days from the events,
// then weeks and months from the days, quarters and years from the months. upTo becomes the version of the rows and must
// not be lower than the position of any event folded so far.
//
// stale names further buckets by grain that may hold rows although no touched day lies in them, as after a change of
// the week's start; they are recomputed too, to zero if nothing belongs to them any more.
func Recompute(touched Touched, calendars Calendars, upTo events.Position, stale Stale) []Statement {
	var out []Statement
	days := slices.Concat(touched.buckets(calendar.Daily, calendars), stale.of(calendar.Daily))
	for chunk := range slices.Chunk(unique(days), bucketsPerStatement) {
		p := parameters(chunk)
		out = append(out, Statement{
			Name: "rollup days", SQL: text("rollup_days"), Fenced: true,
			Params: map[string]any{"orgs": p.orgs, "days": p.buckets, "version": uint64(upTo)},
		})
	}
	for _, part := range []calendar.Grain{calendar.Daily, calendar.Monthly} {
		var keys []bucketKey
		for _, grain := range calendar.Grains() {
			if p, ok := grain.Parts(); ok && p == part {
				keys = slices.Concat(keys, touched.buckets(grain, calendars), stale.of(grain))
			}
		}
		// A bucket has at most 31 parts.
		for chunk := range slices.Chunk(unique(keys), bucketsPerStatement/31) {
			out = append(out, parts(part, chunk, calendars, upTo))
		}
	}
	return out
}

// parts returns the statement that recomputes buckets, all of grains made of the same part, from these parts.
func parts(part calendar.Grain, keys []bucketKey, calendars Calendars, upTo events.Position) Statement {
	var children, parents []bucketKey
	for _, k := range keys {
		c := calendars.Of(k.org)
		if c.Bucket(k.grain, k.bucket) != k.bucket {
			continue // no bucket starts here any more: it is recomputed from nothing
		}
		for _, p := range c.Parts(k.grain, k.bucket) {
			children, parents = append(children, bucketKey{k.org, part, p}), append(parents, k)
		}
	}
	whole, child, parent := parameters(keys), parameters(children), parameters(parents)
	return Statement{
		Name: "rollup from " + string(part) + "s", SQL: text("rollup_parts"), Fenced: true,
		Params: map[string]any{
			"part": string(part), "version": uint64(upTo),
			"orgs": whole.orgs, "grains": whole.grains, "buckets": whole.buckets,
			"part_orgs": child.orgs, "part_buckets": child.buckets,
			"part_grains": parent.grains, "part_of": parent.buckets,
		},
	}
}

// Stale names buckets that stand in the rollups of orgs whose calendar changed, by org and grain.
type Stale map[string]map[calendar.Grain][]calendar.Day

func (s Stale) of(grain calendar.Grain) []bucketKey {
	var keys []bucketKey
	for org, grains := range s {
		for _, b := range grains[grain] {
			keys = append(keys, bucketKey{org, grain, b})
		}
	}
	return keys
}

func unique(keys []bucketKey) []bucketKey {
	slices.SortFunc(keys, compareKeys)
	return slices.Compact(keys)
}

// keyColumns are bucket keys as parallel arrays.
type keyColumns struct {
	orgs, grains []string
	buckets      []calendar.Day
}

func parameters(keys []bucketKey) keyColumns {
	var c keyColumns
	for _, k := range keys {
		c.orgs, c.grains, c.buckets = append(c.orgs, k.org), append(c.grains, string(k.grain)), append(c.buckets, k.bucket)
	}
	return c
}
