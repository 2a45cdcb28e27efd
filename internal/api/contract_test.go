package api

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"milemarker/api/apitest"
	"milemarker/internal/metric"
)

func TestContractNamesEveryMetric(t *testing.T) {
	var listed []string
	for _, name := range apitest.Document(t).Components.Schemas["MetricName"].Value.Enum {
		listed = append(listed, name.(string))
	}
	names := metric.Names()
	slices.Sort(names)
	slices.Sort(listed)
	if diff := cmp.Diff(names, listed); diff != "" {
		t.Errorf("metrics (-registry +contract):\n%s", diff)
	}
}

// Every route is in the contract, and everything in the contract is a route, here or in the ingest role.
func TestContractNamesEveryRoute(t *testing.T) {
	elsewhere := []string{"POST /v1/events", "GET /v1/schemas", "GET /v1/schemas/{type}", "POST /hooks/{connection}"}
	var routes, listed []string
	parameter := regexp.MustCompile(`([^\\]):([a-z]+)`)
	for _, r := range newServer(Config{}, Deps{}).handler().(*echo.Echo).Routes() {
		routes = append(routes, r.Method+" "+strings.ReplaceAll(parameter.ReplaceAllString(r.Path, "$1{$2}"), `\:`, ":"))
	}
	for path, item := range apitest.Document(t).Paths.Map() {
		path, _, _ := strings.Cut(path, "}:") // one route serves what can be done to a thing: {id}:void, {id}:amend
		if strings.Count(path, "{") > strings.Count(path, "}") {
			path += "}"
		}
		for method := range item.Operations() {
			if name := method + " " + path; !slices.Contains(elsewhere, name) {
				listed = append(listed, name)
			}
		}
	}
	slices.Sort(routes)
	slices.Sort(listed)
	listed = slices.Compact(listed)
	if diff := cmp.Diff(routes, listed); diff != "" {
		t.Errorf("routes (-served +contract):\n%s", diff)
	}
}

func TestContractIsServedWithoutAKey(t *testing.T) {
	h := newHouse(t)
	if a := h.get("/v1/openapi.yaml", "Authorization", ""); !strings.HasPrefix(a.body, "openapi: 3.0") {
		t.Errorf("%.100s", a.body)
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/v1/nothing", http.StatusNotFound},
		{http.MethodGet, "/favicon.ico", http.StatusNotFound},
		{http.MethodDelete, "/v1/metrics", http.StatusMethodNotAllowed},
		{http.MethodPatch, "/v1/goals", http.StatusMethodNotAllowed},
	} {
		a := h.do(c.method, c.path, "")
		if a.status != c.status || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d %s %s", c.method, c.path, a.status, a.header.Get("Content-Type"), a.body)
		}
	}
}
