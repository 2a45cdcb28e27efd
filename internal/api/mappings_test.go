package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/access"
	"milemarker/internal/mapping"
	"milemarker/internal/providers/plain"
)

func newMappings(tb testing.TB, now func() time.Time) *mapping.Store {
	tb.Helper()
	s, err := mapping.OpenStore(tb.Context(), &store{}, now)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

const won = `version: 1
events:
  - type: signup.completed
    when: body.stage == "won"
    id: "{deal}"
    time: { column: closed }
    rep: "{owner}"
    data: { signup: "{deal}", role: customer, amount: "{sum}", currency: EUR, person: { email: "{mail}", phone: "{phone}" } }
`

// tried is an answer of :try.
type tried struct {
	Use    string
	Events []struct {
		Line, Item    int
		Type, ID, Rep string
		Time          string
		TimeInferred  bool `json:"time_inferred"`
		Data          json.RawMessage
		Notes         []string
	}
	Faults []struct {
		Line, Item          int
		Where, Detail, Mend string
	}
	Cost int
}

func (h *house) try(body map[string]any) tried {
	h.tb.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		h.tb.Fatal(err)
	}
	a := h.do(http.MethodPost, "/v1/mappings:try", string(text))
	if a.status != http.StatusOK {
		h.tb.Fatalf("%d %s", a.status, a.body)
	}
	var out tried
	a.into(h.tb, &out)
	return out
}

func TestTryMappingOfDelivery(t *testing.T) {
	h := newHouse(t)
	got := h.try(map[string]any{
		"mapping": won, "region": "US", "zone": "America/New_York",
		"sample": map[string]any{"body": map[string]any{
			"stage": "won", "deal": "d1", "closed": "2024-03-01 10:00", "owner": "jo", "sum": "1,200.50", "mail": "a@example.com", "phone": "(202) 555-0143",
		}},
	})
	if got.Use != "deliveries" || len(got.Events) != 1 || len(got.Faults) != 0 || got.Cost == 0 {
		t.Fatalf("%+v", got)
	}
	e := got.Events[0]
	want := `{"amount":"1200.5","currency":"EUR","person":{"email":"a@example.com","phone":"+12025550143"},"role":"customer","signup":"d1"}`
	if diff := cmp.Diff(want, string(e.Data)); diff != "" {
		t.Error(diff)
	}
	if e.Line != 3 || e.Type != "signup.completed" || e.ID != "d1" || e.Rep != "jo" || e.Time != "2024-03-01T15:00:00Z" {
		t.Errorf("%+v", e)
	}

	got = h.try(map[string]any{"mapping": won, "sample": map[string]any{"text": "stage=won&deal=d2&closed=soon&sum=lots", "content_type": "application/x-www-form-urlencoded"}})
	if len(got.Events) != 1 || !got.Events[0].TimeInferred || len(got.Events[0].Notes) != 1 || !strings.Contains(string(got.Events[0].Data), "amount: lots") {
		t.Errorf("what cannot be read is left out and noted: %+v", got)
	}
	got = h.try(map[string]any{"mapping": won, "sample": map[string]any{"body": map[string]any{"deal": "d3"}}})
	if len(got.Faults) != 1 || got.Faults[0].Line != 4 || got.Faults[0].Where != "when" || !strings.Contains(got.Faults[0].Mend, ".?stage") {
		t.Errorf("%+v", got)
	}
	got = h.try(map[string]any{
		"mapping": map[string]any{"version": 1, "events": []any{map[string]any{"type": "call.completed", "id": "{id}", "data": map[string]any{"outcome": "shouted"}}}},
		"sample":  map[string]any{"body": map[string]any{"id": 7}},
	})
	if len(got.Faults) != 1 || got.Faults[0].Where != "call.completed/data/direction" {
		t.Errorf("a mapping given as an object: %+v", got)
	}
}

func TestTryMappingOfRows(t *testing.T) {
	h := newHouse(t)
	document := `version: 1
source: /imports/x
events:
  - type: proposal.sent
    id: "p-{id}"
    time: { column: day, layout: 2006-01-02, zone: UTC }
    data: { proposal: "{id}", amount: { expr: money(row.sum) }, currency: EUR, product: "{gone}" }
`
	got := h.try(map[string]any{"mapping": document, "sample": map[string]any{"csv": "id,day,sum\n1,2024-01-02,\"1,000.50\"\n2,never,1\n"}})
	if got.Use != "rows" || len(got.Events) != 1 || got.Events[0].ID != "p-1" || got.Events[0].Time != "2024-01-02T12:00:00Z" {
		t.Errorf("%+v", got)
	}
	if len(got.Faults) != 2 || got.Faults[0].Where != "row.gone" || got.Faults[1].Where != "time" || got.Faults[1].Item != 1 {
		t.Errorf("%+v", got.Faults)
	}
}

func TestTryMappingRefusals(t *testing.T) {
	h := newHouse(t)
	for body, pointers := range map[string][]string{
		`{"mapping":"version: 1\nevents: [{type: x}]","sample":{"body":{}}}`:    {"/mapping", "/mapping"},
		`{"mapping":"","sample":{"body":{}}}`:                                   {"/mapping"},
		`{"mapping":7,"sample":{"body":{}}}`:                                    {"/mapping"},
		`{"sample":{"body":{}}}`:                                                {"/mapping"},
		`{"name":"none","sample":{"body":{}}}`:                                  {"/name"},
		`{"name":"none","mapping":"x","sample":{"body":{}}}`:                    {"/name"},
		`{"mapping":"version: 1","sample":{}}`:                                  {"/sample"},
		`{"mapping":"version: 1","sample":{"body":{},"csv":"x"},"zone":"Mars"}`: {"/sample", "/zone"},
		`{"mapping":"version: 1","sample":{"text":7}}`:                          {""},
		`{"mapping":"version: 1","sample":{"body":{}},"more":1}`:                {"/more"},
	} {
		h.refused(http.MethodPost, "/v1/mappings:try", body, http.StatusUnprocessableEntity, pointers...)
	}
	if a := h.do(http.MethodPost, "/v1/mappings:try", "x", "Content-Type", "text/html"); a.status != http.StatusUnsupportedMediaType {
		t.Errorf("%d %s", a.status, a.body)
	}
	hostile := "version: 1\nevents:\n  - {type: lead.captured, id: {expr: 'lists.range(1000).all(a, lists.range(1000).all(b, true)) ? \"a\" : \"b\"'}}\n"
	got := h.try(map[string]any{"mapping": hostile, "sample": map[string]any{"body": map[string]any{}}})
	if len(got.Faults) != 1 || !strings.Contains(got.Faults[0].Detail, "too many steps") {
		t.Errorf("%+v", got)
	}
}

func TestStoredMappings(t *testing.T) {
	h := newHouse(t)
	reader := h.addKey("acme", access.ScopeRead)
	put := func(text string, headers ...string) answer {
		return h.do(http.MethodPut, "/v1/mappings/deals", text, headers...)
	}
	yaml := []string{"Content-Type", "application/yaml"}
	if a := put(won, yaml...); a.status != http.StatusCreated || a.header.Get("Location") != "/v1/mappings/deals?version=1" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := put(won, yaml...); a.status != http.StatusOK {
		t.Errorf("saved twice: %d %s", a.status, a.body)
	}
	object, _ := json.Marshal(map[string]string{"mapping": strings.Replace(won, "EUR", "USD", 1)})
	if a := put(string(object)); a.status != http.StatusCreated {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := put(won, append(yaml, "Authorization", "Bearer "+reader)...); a.status != http.StatusForbidden {
		t.Errorf("a reader saves: %d", a.status)
	}
	if a := put("version: 1\nevents: []\n", yaml...); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "line 2: events holds no rule") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := h.do(http.MethodPut, "/v1/mappings/Deals", won, yaml...); a.status != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", a.status, a.body)
	}

	var one mappingView
	h.get("/v1/mappings/deals", "Authorization", "Bearer "+reader).into(t, &one)
	if one.Version != 2 || len(one.Versions) != 2 || !strings.Contains(one.Mapping, "USD") || one.Use != "deliveries" {
		t.Errorf("%+v", one)
	}
	h.get("/v1/mappings/deals?version=1").into(t, &one)
	if one.Mapping != won {
		t.Errorf("%+v", one)
	}
	for _, path := range []string{"/v1/mappings/deals?version=3", "/v1/mappings/none"} {
		if a := h.do(http.MethodGet, path, ""); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if a := h.do(http.MethodGet, "/v1/mappings/deals", "", "Authorization", "Bearer "+h.addKey("other", access.ScopeAdmin)); a.status != http.StatusNotFound {
		t.Errorf("another org sees it: %d", a.status)
	}
	got := h.try(map[string]any{"name": "deals", "version": 1, "sample": map[string]any{"body": map[string]any{"stage": "won", "deal": "d", "closed": "2024-03-01", "sum": "1"}}})
	if len(got.Events) != 1 || len(got.Faults) != 0 {
		t.Errorf("what is not there is left out: %+v", got)
	}

	if a := h.do(http.MethodDelete, "/v1/mappings/deals", ""); a.status != http.StatusNoContent {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := h.do(http.MethodDelete, "/v1/mappings/deals", ""); a.status != http.StatusNotFound {
		t.Errorf("%d %s", a.status, a.body)
	}
	var list struct{ Mappings []mappingView }
	h.get("/v1/mappings").into(t, &list)
	if len(list.Mappings) != 0 {
		t.Errorf("%+v", list)
	}
	h.get("/v1/mappings/deals?version=2").into(t, &one)
	if one.Version != 2 || !one.Versions[2].Deleted {
		t.Errorf("versions stay: %+v", one)
	}
	if a := put(won, yaml...); a.status != http.StatusCreated || !strings.HasSuffix(a.header.Get("Location"), "version=4") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestConnectionWithMapping(t *testing.T) {
	about := plain.New().About()
	for document, want := range map[string]int{won: 0, "stored-later": 0, "": 0, "version: 1\nevents: []\nmore: 1": 2} {
		settings := map[string]string{"mapping": document}
		found := wantedConnection{Provider: "plain", Settings: settings}.faults(about, settings)
		if len(found) != want {
			t.Errorf("%q: %+v", document, found)
		}
		for _, f := range found {
			if *f.Pointer != "/settings/mapping" || !strings.HasPrefix(f.Detail, "line ") {
				t.Errorf("%+v", f)
			}
		}
	}
}

func TestConnectionNamesAStoredMapping(t *testing.T) {
	h := newHouse(t)
	const all, named = "/v1/connections", `{"provider":"form","name":"Web form","settings":{"mapping":"deals"}}`
	h.refused(http.MethodPost, all, named, http.StatusUnprocessableEntity, "/settings/mapping")
	yaml := []string{"Content-Type", "application/yaml"}
	h.do(http.MethodPut, "/v1/mappings/deals", won, yaml...)
	var one struct{ ID string }
	h.do(http.MethodPost, all, named).into(t, &one)
	h.refused(http.MethodPatch, all+"/"+one.ID, `{"settings":{"mapping":"ghost"}}`, http.StatusUnprocessableEntity, "/settings/mapping")
	if a := h.do(http.MethodDelete, "/v1/mappings/deals", ""); a.status != http.StatusConflict || !strings.Contains(a.body, one.ID+" (Web form)") {
		t.Errorf("in use: %d %s", a.status, a.body)
	}
	h.do(http.MethodDelete, all+"/"+one.ID, "")
	if a := h.do(http.MethodDelete, "/v1/mappings/deals", ""); a.status != http.StatusNoContent {
		t.Errorf("of use no more: %d %s", a.status, a.body)
	}
}
