package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestGoalFaultsHelp(t *testing.T) {
	h := newHouse(t)
	for body, words := range map[string]map[string]string{
		`{"metric":"cals","target":4,"ends_on":"2024-03-31"}`:                                         {"/metric": `did you mean \"calls\"?`},
		`{"metric":"receipts","currency":"EURO","target":4,"ends_on":"2024-03-31"}`:                   {"/currency": "must be an ISO 4217 currency code"},
		`{"metric":"calls","rate":{"count":10,"per":"year"},"ends_on":"2024-03-31"}`:                  {"/rate/per": "must be one of day, week, month"},
		`{"metric":"calls","rate":{"count":10,"per":"week"}}`:                                         {"/rate": "either target or ends_on"},
		`{"metric":"calls","rate":10,"target":4}`:                                                     {"/rate": "must be an object"},
		`{"metric":"calls","rates":{"count":10,"per":"week"},"target":4,"ends_on":"2024-03-31"}`:      {"/rates": `did you mean \"rate\"?`},
		`{"metric":"calls","xyzzy":1,"target":4,"ends_on":"2024-03-31"}`:                              {"/xyzzy": "and rate"},
		`{"metric":"calls","direction":"upwards","target":4,"ends_on":"2024-03-31"}`:                  {"/direction": "must be one of at_least, at_most"},
		`{"metric":"calls","owner_kind":"squad","owner":"x","target":4,"ends_on":"2024-03-31"}`:       {"/owner_kind": "must be one of rep, team, org"},
		`{"metric":"calls","curve":"wavy","weights":[1],"target":4,"ends_on":"2024-03-31"}`:           {"/curve": "must be one of straight"},
		`{"metric":"calls","status_rule":"harsh","target":4,"ends_on":"2024-03-31","currency":"EUR"}`: {"/status_rule": "must be one of luck, strict", "/currency": "must be left out"},
		"{\n  \"metric\": \"calls\",\n  \"target\": 4,,\n}":                                           {"": "is no JSON at line 3, column 15"},
		"{\"metric\": \"calls\"": {"": "at line 1, column 19"},
		`[1]`:                    {"": "must be a JSON object, not a list"},
	} {
		var places []string
		for place := range words {
			places = append(places, place)
		}
		h.refused(http.MethodPost, "/v1/goals", body, http.StatusUnprocessableEntity, places...)
		a := h.do(http.MethodPost, "/v1/goals", body)
		for _, w := range words {
			if !strings.Contains(a.body, w) {
				t.Errorf("%s: %s, want %s", body, a.body, w)
			}
		}
	}
	h.do(http.MethodPost, "/v1/goals", aGoal)
	if a := h.do(http.MethodPost, "/v1/goals", strings.Replace(aGoal, "42", "43", 1)); !strings.Contains(a.body, "POST /v1/goals/calls-in-march:revise") {
		t.Errorf("%s", a.body)
	}
}

// What no list can hold is refused; what an org names as it likes is just not there.
func TestListsRefuseWhatThereIsNot(t *testing.T) {
	h := newHouse(t)
	const march = "&from=2024-03-01&to=2024-03-31"
	for query, parameter := range map[string]string{
		"/v1/events?type=nope": "type", "/v1/events?type=call.complete": "type", "/v1/events?outcome=won": "outcome",
		"/v1/events?currency=EURO": "currency", "/v1/events?metric=cals": "metric", "/v1/alerts?goal=nope": "goal", "/v1/alerts?kind=nope": "kind",
		"/v1/metrics?metric=cals" + march: "metric", "/v1/metrics?metric=calls&type=nope" + march: "type",
	} {
		h.refused(http.MethodGet, query, "", http.StatusBadRequest, parameter)
	}
	for query, words := range map[string]string{
		"/v1/events?type=call.complete":   `did you mean \"call.completed\"?`,
		"/v1/metrics?metric=cals" + march: `did you mean \"calls\"?`, "/v1/events?metric=cals": "must be one of events, leads",
	} {
		if a := h.do(http.MethodGet, query, ""); !strings.Contains(a.body, words) {
			t.Errorf("%s: %s", query, a.body)
		}
	}
	for _, query := range []string{"/v1/events?rep=nobody", "/v1/events?outcome=", "/v1/alerts?rep=nobody", "/v1/events?campaign=none&source=x"} {
		h.get(query)
	}
}
