package projector

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/projections"
)

// TestKnownForgetsNothing adds ids in any order, some twice.
func TestKnownForgetsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, seen := &known{}, map[uint64]bool{}
		// Few tables and marks, so that they collide and wrap around.
		hash := rapid.Custom(func(t *rapid.T) uint64 {
			return rapid.Uint64Range(0, 1).Draw(t, "table")<<63 | uint64(rapid.OneOf(
				rapid.Uint32Max(60), rapid.Uint32Min(1<<32-60), rapid.Uint32()).Draw(t, "mark"))
		})
		for _, h := range rapid.SliceOfN(hash, 0, 400).Draw(t, "hashes") {
			if seen[h] && !k.add(h) {
				t.Fatalf("%x was added before", h)
			}
			k.add(h)
			seen[h] = true
		}
		for h := range seen {
			if !k.add(h) {
				t.Fatalf("%x is forgotten", h)
			}
		}
	})
}

// TestKnownTellsStrangers counts the ids that are taken for known ones.
func TestKnownTellsStrangers(t *testing.T) {
	k := &known{}
	const n = 300_000
	for i := range n {
		k.add(k.hashOf("acme", fmt.Sprint("known-", i)))
	}
	strangers := 0
	for i := range n {
		if k.add(k.hashOf("acme", fmt.Sprint("stranger-", i))) {
			strangers++
		}
	}
	if strangers > 2 || k.len() < 2*n-4 {
		t.Errorf("%d of %d strangers are taken for known ids, %d kept", strangers, n, k.len())
	}
}

// TestKnownHashesAsTheWarehouseDoes holds the hash here against the one that is loaded at the start.
func TestKnownHashesAsTheWarehouseDoes(t *testing.T) {
	b := newBench(t)
	at := time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)
	ids := []string{"a", "imports/7", "ünï-cødé", "a much longer id, with spaces and all that, of more than thirty-two bytes"}
	for _, id := range ids {
		b.append(event("acme", id, events.TypeLeadQualified, "", at, `{}`))
	}
	b.fold(0, len(ids))
	b.restart()
	for _, id := range ids {
		if k := b.folder.known; !k.add(k.hashOf("acme", id)) {
			t.Errorf("%q was not loaded", id)
		}
	}
	if n := b.folder.known.len(); n != len(ids) {
		t.Errorf("%d ids were loaded, want %d", n, len(ids))
	}
}

// BenchmarkYearOfIDs tells what the ids of ten million events cost: in memory, at the start, and when one or many of them
// come again.
func BenchmarkYearOfIDs(b *testing.B) {
	const year = 10_000_000
	house := newBench(b)
	err := house.conn.Exec(b.Context(), fmt.Sprintf(`INSERT INTO %s.events_v1
		(org, id, position, type, kind, day, time, digest, version)
		SELECT concat('org-', toString(number %% 20)), concat('dialer/acme-4411/call-', toString(number)), number + 1,
			'call.completed', 'call', toDate('2024-01-01') + intDiv(number, 27398), toDateTime('2024-01-01', 'UTC'),
			lower(hex(sipHash128(number))), 1
		FROM numbers(%d) SETTINGS max_partitions_per_insert_block = 0`, house.database, year))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			before := heap()
			house.restart()
			b.ReportMetric(float64(heap()-before)/year, "B/id")
		}
	})
	k := house.folder.known
	b.Run("batch of 20,000 strangers", func(b *testing.B) {
		n := 0
		for b.Loop() {
			for range 20_000 {
				k.add(k.hashOf("org-3", fmt.Sprint("stranger/", n)))
				n++
			}
		}
	})
	for _, again := range []int{1, 100, 20_000} {
		b.Run(fmt.Sprint("lookup of ", again), func(b *testing.B) {
			ids := make([]string, again)
			for i := range ids {
				ids[i] = fmt.Sprint("dialer/acme-4411/call-", 3+20*i)
			}
			for b.Loop() {
				found, err := house.warehouse.Firsts(b.Context(), projections.FirstQuery{Org: "org-3", IDs: ids})
				if err != nil || len(found) != again {
					b.Fatalf("%d found: %v", len(found), err)
				}
			}
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
