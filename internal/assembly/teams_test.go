package assembly

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"milemarker/events"
)

// Many reps are given a team at the same time, one after the other without waiting, and some at once with other settings:
// each has its team, and who is taken out of one leaves the others in theirs.
func TestEachRepKeepsItsTeam(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var running sync.WaitGroup
	var mu sync.Mutex
	last := events.Position(0)
	put := func(path, body string) {
		running.Go(func() {
			var answer struct{ Position events.Position }
			one := *d // the position of the last write is that of a single caller
			one.ask(http.MethodPut, path, body, http.StatusOK, &answer)
			mu.Lock()
			defer mu.Unlock()
			last = max(last, answer.Position)
		})
	}
	for i := range 8 {
		put(fmt.Sprintf("/v1/reps/u%d", i), `{"team":"T"}`)
	}
	put("/v1/org", `{"team_changes":{"v":"U"},"currency":"EUR"}`)
	running.Wait()
	d.ask(http.MethodPut, "/v1/reps/u3", `{"team":""}`, http.StatusOK, nil)
	var org struct {
		Settings struct{ Teams map[string]string }
	}
	d.last = max(d.last, last)
	d.ask(http.MethodGet, d.since("/v1/org"), "", http.StatusOK, &org)
	want := map[string]string{"v": "U"}
	for i := range 8 {
		if i != 3 {
			want[fmt.Sprint("u", i)] = "T"
		}
	}
	if fmt.Sprint(org.Settings.Teams) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", org.Settings.Teams, want)
	}
}
