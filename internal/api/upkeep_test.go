package api

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"milemarker/projections"
)

// upkeep verifies at once and builds one generation.
type upkeep struct {
	state projections.VerificationState
	begun bool
	model projections.ReadModel
}

func (u *upkeep) StartVerification() {
	u.state.Last = &projections.Verification{
		Position: 7, Events: 5, Rows: 30, Differences: 1, Ended: time.Date(2024, 3, 13, 11, 59, 0, 0, time.UTC),
		Named: []projections.Difference{{Table: "rollups", Key: "acme|day", Want: "1", Found: "2"}},
	}
}

func (u *upkeep) Verification() projections.VerificationState { return u.state }

func (u *upkeep) StartRebuild(_ context.Context, model projections.ReadModel) (projections.Generation, error) {
	if u.begun && model != u.model {
		return projections.Generation{}, projections.RebuildRefusedError{Why: "Something else is being rebuilt."}
	}
	u.begun, u.model = true, model
	return projections.Generation{Number: 1, Version: 1, State: projections.Building, Projection: model}, nil
}

func (u *upkeep) Rebuild(context.Context) (projections.RebuildState, error) {
	s := projections.RebuildState{
		Last: 7, Generations: []projections.Generation{{Number: 0, Version: 1, State: projections.Serving}},
	}
	if u.begun {
		s.Generations = append(s.Generations, projections.Generation{Number: 1, Version: 1, State: projections.Building, Projection: u.model})
	}
	return s, nil
}

func TestUpkeep(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/v1/verifications", "/v1/rebuilds"} {
		if a := h.do(http.MethodPost, path, ""); a.status != http.StatusForbidden {
			t.Errorf("POST %s with an org's admin key: %d, want 403", path, a.status)
		}
	}
	h.key = h.operator
	if a := h.get("/readyz"); !strings.Contains(a.body, "verified: never") {
		t.Errorf("readyz says %q", a.body)
	}
	if a := h.do(http.MethodPost, "/v1/verifications", ""); a.status != http.StatusAccepted {
		t.Errorf("start: %d %s", a.status, a.body)
	}
	var state projections.VerificationState
	h.get("/v1/verifications").into(t, &state)
	if state.Last == nil || state.Last.Differences != 1 || len(state.Last.Named) != 1 {
		t.Errorf("verification = %+v", state)
	}
	if a := h.get("/readyz"); !strings.Contains(a.body, "verified: 1 differences as of 7, 1m0s ago") {
		t.Errorf("readyz says %q", a.body)
	}
	if a := h.do(http.MethodPost, "/v1/rebuilds", ""); a.status != http.StatusAccepted {
		t.Errorf("start: %d %s", a.status, a.body)
	}
	var rebuild projections.RebuildState
	if h.get("/v1/rebuilds").into(t, &rebuild); len(rebuild.Generations) != 2 || rebuild.Last != 7 {
		t.Errorf("rebuild = %+v", rebuild)
	}
}

func TestRebuildOne(t *testing.T) {
	h := newHouse(t)
	h.key = h.operator
	for _, test := range []struct {
		body   string
		status int
		says   string
	}{
		{`{"projection":"rollup"}`, http.StatusBadRequest, "there are: events, voids"},
		{`{"model":"rollups"}`, http.StatusUnprocessableEntity, "/model"},
		{`{"projection":1}`, http.StatusUnprocessableEntity, "/projection"},
		{`[]`, http.StatusUnprocessableEntity, "JSON object"},
		{`{"projection":"rollups"}`, http.StatusAccepted, `"projection":"rollups"`},
		{`{"projection":"rollups"}`, http.StatusAccepted, `"projection":"rollups"`},
		{`{"projection":"events"}`, http.StatusConflict, "Something else is being rebuilt."},
		{``, http.StatusConflict, "Something else is being rebuilt."},
	} {
		if a := h.do(http.MethodPost, "/v1/rebuilds", test.body); a.status != test.status || !strings.Contains(a.body, test.says) {
			t.Errorf("%s: %d %s, want %d and %q", test.body, a.status, a.body, test.status, test.says)
		}
	}
	var state projections.RebuildState
	if h.get("/v1/rebuilds").into(t, &state); len(state.Generations) != 2 || state.Generations[1].Projection != projections.ModelRollups {
		t.Errorf("rebuild = %+v", state)
	}
}
