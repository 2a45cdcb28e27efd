package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"milemarker/events"
	"milemarker/internal/access"
)

const aPlan = `{"income":"1000","by":"2024-09-30"}`

func TestPlanIsRefused(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		body     string
		pointers []string
	}{
		{`{}`, []string{"/income", "/by"}},
		{`{"income":1000,"result":5,"by":"2024-09-30"}`, []string{"/result"}},
		{`{"income":"much","by":7}`, []string{"/income", "/by"}},
		{`{"income":0,"by":"2024-09-30"}`, []string{"/income"}},
		{`{"result":0,"by":"2024-09-30"}`, []string{"/result"}},
		{`{"income":1000,"by":"2024-09-31"}`, []string{"/by"}},
		{`{"income":1000,"by":"2024-01-01"}`, []string{"/by"}},
		{`{"income":1000,"by":"2024-09-30","wage":1}`, []string{"/wage"}},
		{`{"result":10,"by":"2024-09-30","per":"month"}`, []string{"/per"}},
		{`{"income":1000,"by":"2024-09-30","per":"decade"}`, []string{"/per"}},
		{`{"income":1000,"by":"2024-09-30","stages":["dreams","calls","calls","show_rate"]}`, []string{"/stages/0", "/stages/2", "/stages/3"}},
		{`{"income":1000,"by":"2024-09-30","stages":[]}`, []string{"/stages"}},
		{`{"income":1000,"by":"2024-09-30","assumptions":{"luck":1,"rate_signups":2,"hours_per_week":0}}`, []string{"/assumptions/luck", "/assumptions/rate_signups", "/assumptions/hours_per_week"}},
		{`{"income":1000,"by":"2024-09-30","chance":1.5}`, []string{"/chance"}},
		{`{"income":1000,"by":"2024-09-30","season":[1,2]}`, []string{"/season"}},
		{`{"income":1000,"by":"2024-09-30","owner_kind":"rep"}`, []string{"/owner"}},
		{`{"income":1000,"by":"2044-09-30"}`, []string{"/by"}},
		{`{"income":1e15,"by":"2024-09-30"}`, []string{"/income"}},
		{`{"income":1e12,"by":"2024-09-30"}`, []string{"/income"}},
		{`{"result":1e12,"by":"2024-09-30"}`, []string{"/result"}},
		{`{"income":1000,"by":"2024-09-30","chance":0.999999}`, []string{"/chance"}},
		{`{"income":1000,"by":"2024-09-30","chance":1}`, []string{"/chance"}},
		{`{"income":1000,"by":"2024-09-30","stages":["calls"]}`, []string{"/stages"}},
		{`{"income":1000,"by":"2024-09-30","stages":["signups","calls"]}`, []string{"/stages"}},
		{`{"result":10,"by":"2024-09-30","ranks":[{"name":"silver","income":1000}]}`, []string{"/ranks"}},
		{`{"income":5000,"by":"2024-09-30","ranks":[{"name":"silver","income":1000},{"name":"gold","team_size":40}]}`, []string{"/ranks/1/income"}},
		{`[]`, []string{""}},
	} {
		h.refused(http.MethodPost, "/v1/plans", c.body, http.StatusUnprocessableEntity, c.pointers...)
	}
	h.refused(http.MethodPost, "/v1/plans?keep=maybe", aPlan, http.StatusBadRequest, "keep")
	h.refused(http.MethodGet, "/v1/plans?adopted=perhaps&owner=kim", "", http.StatusBadRequest, "adopted", "owner")
	h.refused(http.MethodGet, "/v1/plans/none", "", http.StatusNotFound)
	h.refused(http.MethodPost, "/v1/plans/none:adopt", "", http.StatusNotFound)
	h.refused(http.MethodPost, "/v1/plans/none:adore", "", http.StatusNotFound)
	h.refused(http.MethodPost, "/v1/plans/none:adopt", `{"grains":["decade"]}`, http.StatusUnprocessableEntity, "/grains/0")
	h.refused(http.MethodPost, "/v1/plans/none:adopt", `{"grain":"day"}`, http.StatusUnprocessableEntity, "/grain")
	h.refused(http.MethodGet, "/v1/today", "", http.StatusBadRequest, "rep")
	h.refused(http.MethodGet, "/v1/today?rep=kim&day=2031-01-01", "", http.StatusBadRequest, "day")
	h.refused(http.MethodPost, "/v1/today/steps/1:done", `{}`, http.StatusUnprocessableEntity, "/rep")
	h.refused(http.MethodPost, "/v1/today/steps/1:done", `{"rep":"kim","day":"x"}`, http.StatusUnprocessableEntity, "/day")
	h.refused(http.MethodPost, "/v1/today/steps/1:done", `{"rep":"kim"}`, http.StatusNotFound)
	h.refused(http.MethodGet, "/v1/forecast?day=2031-01-01&weeks=3", "", http.StatusBadRequest, "day", "weeks")
}

func TestPlansNeedScopes(t *testing.T) {
	h := newHouse(t)
	reader, writer := h.addKey("acme", access.ScopeRead), h.addKey("acme", access.ScopeIngest)
	for _, c := range []struct {
		method, path, body, key string
		want                    int
	}{
		{http.MethodPost, "/v1/plans", aPlan, reader, http.StatusForbidden},
		{http.MethodPost, "/v1/plans?keep=false", aPlan, reader, http.StatusOK},
		{http.MethodPost, "/v1/plans", aPlan, writer, http.StatusForbidden},
		{http.MethodGet, "/v1/plans", "", writer, http.StatusForbidden},
		{http.MethodPost, "/v1/plans/p:adopt", "", reader, http.StatusForbidden},
		{http.MethodPost, "/v1/today/steps/1:done", `{"rep":"kim"}`, reader, http.StatusForbidden},
		{http.MethodGet, "/v1/today?rep=kim", "", reader, http.StatusOK},
		{http.MethodGet, "/v1/forecast", "", reader, http.StatusOK},
	} {
		if a := h.do(c.method, c.path, c.body, "Authorization", "Bearer "+c.key); a.status != c.want {
			t.Errorf("%s %s: %d, want %d: %s", c.method, c.path, a.status, c.want, a.body)
		}
	}
	other := h.addKey("other", access.ScopeAdmin)
	h.do(http.MethodPost, "/v1/plans", strings.Replace(aPlan, "{", `{"plan":"mine",`, 1))
	if a := h.do(http.MethodGet, "/v1/plans/mine", "", "Authorization", "Bearer "+other); a.status != http.StatusNotFound {
		t.Errorf("another org sees the plan: %d %s", a.status, a.body)
	}
}

// FuzzReadPlan holds that whatever object comes in is read or refused by name, and what is read can be written down.
func FuzzReadPlan(f *testing.F) {
	f.Add(aPlan)
	f.Add(`{"income":1e9,"by":"2024-09-30","ranks":[{"name":"a","team_size":"40","income":5000}],"assumptions":{"team_growth":0.3}}`)
	f.Add(`{"result":3,"by":"2024-03-13","chance":"0.99","stages":["signups"],"season":[0,0,0,0,0,0,0,0,0,0,0,0]}`)
	f.Fuzz(func(t *testing.T, body string) {
		var fields map[string]json.RawMessage
		if json.Unmarshal([]byte(body), &fields) != nil {
			return
		}
		r, faults := readPlan(fields)
		if len(faults) > 0 {
			for _, one := range faults {
				if one.Pointer == nil || one.Detail == "" {
					t.Errorf("%+v", one)
				}
			}
			return
		}
		p := events.PlanDrafted{Owner: r.Owner, Plan: "p", Title: r.Title, EndsOn: r.By, StartsOn: r.By, Stages: usualStages(r.Stages), Ranks: r.Ranks}
		if _, faults := assumptions(p, evidence{}, r.Assumptions, 40); len(faults) == 0 {
			draftOf(p)
		}
	})
}
