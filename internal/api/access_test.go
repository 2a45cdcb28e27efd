package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
)

func TestEveryQuestionNeedsAKey(t *testing.T) {
	h := newHouse(t)
	for _, r := range newServer(Config{}, Deps{}).handler().(*echo.Echo).Routes() {
		if !strings.HasPrefix(r.Path, "/v1/") || r.Path == "/v1/openapi.yaml" {
			continue
		}
		path := strings.NewReplacer(":id", "x", `\:`, ":").Replace(r.Path)
		body := ""
		if r.Method == http.MethodPost || r.Method == http.MethodPut {
			body = "{}"
		}
		for name, key := range map[string]string{"none": "", "unknown": "Bearer mm_aaaaaaaaaa_" + strings.Repeat("A", 52), "basic": "Basic eDp5"} {
			a := h.do(r.Method, path, body, "Authorization", key)
			if a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s %s with %s: %d %s", r.Method, path, name, a.status, a.body)
			}
		}
	}
}

func TestScopes(t *testing.T) {
	h := newHouse(t)
	ingest, read := h.addKey("acme", access.ScopeIngest), h.addKey("acme", access.ScopeRead)
	for _, c := range []struct {
		method, path, body string
		ingest, read       int
	}{
		{http.MethodGet, "/v1/org", "", 403, 200},
		{http.MethodPut, "/v1/org", `{"currency":"EUR"}`, 403, 403},
		{http.MethodGet, "/v1/goals", "", 403, 200},
		{http.MethodPost, "/v1/goals", aGoal, 201, 403},
		{http.MethodGet, "/v1/events", "", 403, 200},
		{http.MethodGet, "/v1/metrics/definitions", "", 403, 200},
		{http.MethodGet, "/v1/keys", "", 403, 403},
		{http.MethodPost, "/v1/keys", `{"name":"x","scopes":["read"]}`, 403, 403},
		{http.MethodDelete, "/v1/keys/x", "", 403, 403},
		{http.MethodPost, "/v1/logins", "", 403, 201},
	} {
		for key, want := range map[string]int{ingest: c.ingest, read: c.read} {
			if a := h.do(c.method, c.path, c.body, "Authorization", "Bearer "+key); a.status != want {
				t.Errorf("%s %s: %d, want %d: %s", c.method, c.path, a.status, want, a.body)
			}
		}
	}
}

func TestKeys(t *testing.T) {
	h := newHouse(t)
	other := h.addKey("zeta", access.ScopeAdmin)
	var added struct{ ID, Token string }
	a := h.do(http.MethodPost, "/v1/keys", `{"name":"dialer","scopes":["ingest","read"]}`)
	a.into(t, &added)
	if a.status != http.StatusCreated || a.header.Get("Location") != "/v1/keys/"+added.ID {
		t.Fatalf("%d %s", a.status, a.body)
	}
	h.get("/v1/org", "Authorization", "Bearer "+added.Token)
	if list := h.get("/v1/keys").body; strings.Contains(list, added.Token) || strings.Contains(list, added.Token[14:]) || !strings.Contains(list, added.ID) {
		t.Errorf("%s", list)
	}
	if list := h.get("/v1/keys", "Authorization", "Bearer "+other).body; strings.Contains(list, added.ID) {
		t.Errorf("the other org sees %s", list)
	}
	if a := h.do(http.MethodDelete, "/v1/keys/"+added.ID, "", "Authorization", "Bearer "+other); a.status != http.StatusNotFound {
		t.Errorf("the other org revokes it: %d", a.status)
	}
	if a := h.do(http.MethodDelete, "/v1/keys/"+added.ID, ""); a.status != http.StatusNoContent {
		t.Errorf("revoke: %d %s", a.status, a.body)
	}
	if a := h.do(http.MethodGet, "/v1/org", "", "Authorization", "Bearer "+added.Token); a.status != http.StatusUnauthorized {
		t.Errorf("the revoked key: %d", a.status)
	}
	if list := h.get("/v1/keys").body; !strings.Contains(list, `"revoked":"2024-03-13T12:00:00Z"`) {
		t.Errorf("%s", list)
	}
	for body, pointers := range map[string][]string{
		`{}`:                                    {"/name", "/scopes"},
		`{"name":" ","scopes":["root","read"]}`: {"/name", "/scopes/0"},
		`{"name":"x","scopes":"read"}`:          {""},
		`{"name":"x","scopes":["read"],"colour":"blue"}`: {"/colour"},
	} {
		h.refused(http.MethodPost, "/v1/keys", body, http.StatusUnprocessableEntity, pointers...)
	}
}

func TestTheOperatorManagesTheKeysOfAllOrgs(t *testing.T) {
	h := newHouse(t)
	operator := []string{"Authorization", "Bearer " + h.operator}
	var added struct{ ID, Org, Token string }
	h.do(http.MethodPost, "/v1/keys", `{"name":"first","scopes":["admin"],"org":"newcomer"}`, operator...).into(t, &added)
	if added.Org != "newcomer" {
		t.Errorf("%+v", added)
	}
	if a := h.get("/v1/org", "Authorization", "Bearer "+added.Token); !strings.Contains(a.body, `"org":"newcomer"`) {
		t.Errorf("%s", a.body)
	}
	for _, key := range []string{h.key, added.Token} {
		a := h.do(http.MethodPost, "/v1/keys", `{"name":"x","scopes":["read"],"org":"main"}`, "Authorization", "Bearer "+key)
		if a.status != http.StatusForbidden {
			t.Errorf("a key for another org: %d %s", a.status, a.body)
		}
	}
	if list := h.get("/v1/keys", operator...).body; !strings.Contains(list, `"newcomer"`) || !strings.Contains(list, `"acme"`) {
		t.Errorf("%s", list)
	}
	if a := h.do(http.MethodDelete, "/v1/keys/"+added.ID, "", operator...); a.status != http.StatusNoContent {
		t.Errorf("revoke: %d %s", a.status, a.body)
	}
	h.refused(http.MethodPost, "/v1/keys", `{"name":"x","scopes":["read"],"org":"No Org"}`, http.StatusUnprocessableEntity, "/org")
}

func TestMinPosition(t *testing.T) {
	h := aMonth(t)
	if a := h.get("/v1/org?min_position=24"); a.header.Get(positionHeader) != "24" || !strings.Contains(a.body, `"position":24`) {
		t.Errorf("%v %s", a.header, a.body)
	}
	h.warehouse.lag = 3
	a := h.do(http.MethodGet, "/v1/org?min_position=24", "")
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || a.header.Get(positionHeader) != "21" ||
		!strings.Contains(a.body, `"position":21`) {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
	h.get("/v1/org?min_position=21")
	// The projection catches up while the question waits.
	behind := &catchingUp{warehouse: h.warehouse}
	waiting := newServer(Config{MaxWait: time.Minute}.withDefaults(), Deps{Warehouse: behind})
	c := echo.New().NewContext(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), httptest.NewRecorder())
	if reached, err := waiting.reach(c, "acme", 24); err != nil || reached != 24 {
		t.Errorf("reached %d, %v", reached, err)
	}
}

// catchingUp is one position nearer each time it is asked.
type catchingUp struct{ *warehouse }

func (w *catchingUp) Position(ctx context.Context, org string) (events.Position, error) {
	p, err := w.warehouse.Position(ctx, org)
	w.lag--
	return p, err
}

func TestAWarehouseOutOfReachIsNoAnswer(t *testing.T) {
	h := aMonth(t)
	h.warehouse.err = errors.New("connection refused to 10.0.0.1")
	for _, path := range []string{"/v1/org", "/v1/goals", "/v1/events", "/readyz", "/v1/metrics?metric=calls&from=2024-03-01&to=2024-03-31"} {
		a := h.do(http.MethodGet, path, "")
		if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || strings.Contains(a.body, "10.0.0.1") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	h.get("/healthz", "Authorization", "")
	if a := h.do(http.MethodPost, "/v1/goals", aGoal); a.status != http.StatusServiceUnavailable {
		t.Errorf("POST /v1/goals: %d", a.status)
	}
}

func TestHealth(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		h.get(path, "Authorization", "")
	}
}

func TestConfigureOrg(t *testing.T) {
	h := newHouse(t)
	const body = `{"zone":"Europe/Berlin","week_start":"sunday","fiscal_year_start_month":4,"currency":"EUR","teams":{"kim":"north"}}`
	a := h.do(http.MethodPut, "/v1/org", body)
	if a.status != http.StatusOK || !strings.Contains(a.body, `"appended"`) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if h.warehouse.rows[0].Event.Type != "org.configured" {
		t.Errorf("recorded %+v", h.warehouse.rows)
	}
	h.warehouse.settings.Zone, h.warehouse.settings.Currency = "Europe/Berlin", "EUR"
	if a := h.do(http.MethodPut, "/v1/org", `{"zone":"Europe/Berlin","currency":"EUR"}`); !strings.Contains(a.body, `"duplicate"`) || len(h.warehouse.rows) != 1 {
		t.Errorf("settings that stand: %d %s", a.status, a.body)
	}
	// Back and forth is three changes, not one.
	for _, zone := range []string{"UTC", "Europe/Berlin", "UTC"} {
		if a := h.do(http.MethodPut, "/v1/org", `{"zone":"`+zone+`"}`); a.status != http.StatusOK || !strings.Contains(a.body, `"appended"`) {
			t.Errorf("to %s: %d %s", zone, a.status, a.body)
		}
		h.warehouse.settings.Zone = zone
	}
	var got struct {
		Org      string
		Settings orgView
	}
	h.get("/v1/org").into(t, &got)
	if got.Org != "acme" || got.Settings.Zone != "UTC" || got.Settings.WeekStart != "monday" {
		t.Errorf("%+v", got)
	}
	for body, pointers := range map[string][]string{
		`{"zone":"Europe/Atlantis"}`:           {"/zone"},
		`{"zone":"../etc/passwd"}`:             {"/zone"},
		`{"week_start":"someday","zone":7}`:    {"/week_start", "/zone"},
		`{"fiscal_year_start_month":13}`:       {"/fiscal_year_start_month"},
		`{"currency":"GOLD","planet":"earth"}`: {"/currency", "/planet"},
		`null`:                                 {""},
	} {
		h.refused(http.MethodPut, "/v1/org", body, http.StatusUnprocessableEntity, pointers...)
	}
}
