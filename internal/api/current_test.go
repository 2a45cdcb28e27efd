package api

import (
	"net/http"
	"strings"
	"testing"
)

// Who declares something and sets a goal right after is answered by what was declared, or told to wait: never by what was
// before.
func TestAGoalLeansOnWhatWasDeclared(t *testing.T) {
	h := newHouse(t)
	if a := h.do(http.MethodPut, "/v1/org", `{"zone":"Pacific/Auckland"}`); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	const goal = `{"metric":"calls","target":42,"ends_on":"2024-03-31"}`
	const priorities = `{"priorities":[{"priority":"a"}]}`
	h.warehouse.lag = 1 // the projection is behind by one event, which is that of the zone
	for path, body := range map[string]string{
		"POST /v1/goals": goal, "PUT /v1/priorities": priorities, "PUT /v1/org": `{"week_start":"sunday"}`, "PUT /v1/calendars/org": `{"holidays":[]}`,
	} {
		method, path, _ := strings.Cut(path, " ")
		if a := h.do(method, path, body); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
			t.Errorf("%s while behind: %d %s", path, a.status, a.body)
		}
	}
	h.warehouse.lag = 0
	if a := h.do(http.MethodPost, "/v1/goals", goal); a.status != http.StatusCreated {
		t.Errorf("%d %s", a.status, a.body)
	}
	h.happened("c", "call.completed", h.now, "kim", `{"outcome":"busy","direction":"outbound"}`)
	h.warehouse.lag = 1 // behind by a call, which no goal leans on
	if a := h.do(http.MethodPut, "/v1/priorities", priorities); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
}
