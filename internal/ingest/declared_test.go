package ingest_test

import (
	"net/http"
	"strings"
	"testing"

	"milemarker/internal/access"
	"milemarker/internal/ingest"
)

// TestDeclaredTypes holds raw events to what the endpoints hold them to, one by one in a batch too.
func TestDeclaredTypes(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{})
	key := h.key(t, "acme", access.ScopeAdmin)
	event := func(id, typ, data string) string {
		return `{"specversion":"1.0","id":"` + id + `","source":"/crm","type":"` + typ + `","data":` + data + `}`
	}
	revised := event("r", "goal.revised", `{"goal":"g","effective_on":"2024-04-01","target":"5"}`)
	if a := h.post(t, key, one, revised); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "POST /v1/goals/{id}:revise") {
		t.Errorf("%d %s", a.status, a.body)
	}
	const goal = `{"goal":"g","metric":"calls","target":"42","starts_on":"2024-03-01","ends_on":"2024-03-31"}`
	a := h.post(t, key, "application/cloudevents-batch+json", "["+revised+","+event("g", "goal.set", goal)+","+
		event("h", "goal.set", strings.Replace(goal, `"calls"`, `"cals"`, 1))+"]")
	if a.status != http.StatusMultiStatus || strings.Count(a.body, `"appended"`) != 1 || !strings.Contains(a.body, `"/2/data/metric"`) ||
		!strings.Contains(a.body, `"/0/type"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
}
