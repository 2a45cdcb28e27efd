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
}

func (u *upkeep) StartVerification() {
	u.state.Last = &projections.Verification{
		Position: 7, Events: 5, Rows: 30, Differences: 1, Ended: time.Date(2024, 3, 13, 11, 59, 0, 0, time.UTC),
		Named: []projections.Difference{{Table: "rollups", Key: "acme|day", Want: "1", Found: "2"}},
	}
}

func (u *upkeep) Verification() projections.VerificationState { return u.state }

func (u *upkeep) StartRebuild(context.Context) (projections.Generation, error) {
	u.begun = true
	return projections.Generation{Number: 1, Version: 1, State: projections.Building}, nil
}

func (u *upkeep) Rebuild(context.Context) (projections.RebuildState, error) {
	s := projections.RebuildState{
		Last: 7, Generations: []projections.Generation{{Number: 0, Version: 1, State: projections.Serving}},
	}
	if u.begun {
		s.Generations = append(s.Generations, projections.Generation{Number: 1, Version: 1, State: projections.Building})
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
