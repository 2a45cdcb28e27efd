package ingest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/ingest"
)

// Many callers send overlapping events, singly and in batches: every id is appended once, and everybody who was told
// something was told the truth.
func TestManyCallers(t *testing.T) {
	t.Parallel()
	const callers, each, ids = 64, 12, 300
	h := open(t, ingest.Config{Timeout: 5 * time.Minute}) // however slow the machine
	key := h.key(t, "acme", access.ScopeIngest)
	body := func(id int) string {
		return call(fmt.Sprint("c", id), fmt.Sprintf(`,"note":"note %d","person":{"phone":"+1212555%04d"}`, id, id%50))
	}
	var mu sync.Mutex
	told := map[events.Outcome]int{}
	positions := map[string]events.Position{}
	hear := func(r events.Receipt) {
		mu.Lock()
		defer mu.Unlock()
		told[r.Outcome]++
		if p, ok := positions[r.ID]; ok && p != r.Position {
			t.Errorf("%s is told to be at %d and at %d", r.ID, p, r.Position)
		}
		positions[r.ID] = r.Position
	}
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(c)))
			for range each {
				if random.IntN(3) > 0 {
					a := h.post(t, key, one, body(random.IntN(ids)))
					if a.status != http.StatusAccepted && a.status != http.StatusOK {
						t.Errorf("%d %s", a.status, a.body)
						continue
					}
					var r events.Receipt
					a.json(t, &r)
					hear(r)
					continue
				}
				items := make([]string, 1+random.IntN(40))
				for i := range items {
					items[i] = body(random.IntN(ids))
				}
				a := h.post(t, key, batch, "["+strings.Join(items, ",")+"]")
				if a.status != http.StatusAccepted {
					t.Errorf("%d %s", a.status, a.body)
					continue
				}
				var answer batchAnswer
				a.json(t, &answer)
				for _, r := range answer.Results {
					hear(r)
				}
			}
		})
	}
	wg.Wait()
	if log := h.log.String(); log != "" {
		t.Error(log)
	}
	frames := h.frames(t)
	if told[events.Appended] != len(frames) || len(frames) != len(positions) || told[events.Conflict]+told[events.Rejected] > 0 {
		t.Errorf("told %v, %d ids, %d events in the ledger", told, len(positions), len(frames))
	}
	for _, f := range frames {
		e, err := events.Decode(f.Body)
		must(t, err)
		if positions[e.ID] != f.Position {
			t.Errorf("%s is at %d, told %d", e.ID, f.Position, positions[e.ID])
		}
	}
}
