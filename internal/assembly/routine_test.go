package assembly

import (
	"net/http"
	"strings"
	"testing"
)

// A team's weekly review on real engines: what was promised and why a goal matters is sealed in the ledger, is read in the
// agenda of its owner and of the team's lead, and reaches a partner as far as it was shared.
func TestRoutineOfATeam(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ask(http.MethodPut, "/v1/org", `{"teams":{"kim":"north"}}`, http.StatusOK, nil)
	d.folded(1)
	d.ask(http.MethodPost, "/v1/goals", `{"goal":"g","title":"Calls in June","why":"The house by the lake","metric":"calls","target":"220","owner_kind":"rep","owner":"kim","starts_on":"2026-06-01","ends_on":"2026-06-30"}`, http.StatusCreated, nil)
	check := d.ask(http.MethodGet, d.since("/v1/goals/g/check"), "", http.StatusOK, nil)
	for _, want := range []string{"holds no review that would show it", "(5 minutes each, assumed)", "are working hours"} {
		if !strings.Contains(check, want) {
			t.Errorf("no %q in %s", want, check)
		}
	}
	d.ask(http.MethodPut, d.since("/v1/routines/team/north"), `{"rhythms":["weekly"],"lead":"lee"}`, http.StatusCreated, nil)
	d.ask(http.MethodPut, d.since("/v1/routines/team/north"), `{"rhythms":["weekly"],"lead":"lee"}`, http.StatusOK, nil)
	d.ask(http.MethodPost, "/v1/reviews", `{"rep":"kim","rhythm":"weekly","day":"2026-06-05","promises":[{"promise":"p","text":"Ten visits"}]}`, http.StatusCreated, nil)
	d.ask(http.MethodPost, "/v1/reviews", `{"rep":"lee","owner_kind":"team","owner":"north","rhythm":"weekly","day":"2026-05-31","promises":[{"promise":"t","text":"One list for all"}]}`, http.StatusCreated, nil)
	d.ask(http.MethodPost, "/v1/partners", `{"rep":"kim","partner":"bo","shares":["promises"]}`, http.StatusCreated, nil)
	if check := d.ask(http.MethodGet, d.since("/v1/goals/g/check"), "", http.StatusOK, nil); !strings.Contains(check, "it is shown at each review") {
		t.Errorf("%s", check)
	}
	d.setClock("2026-06-05T12:00:00Z")
	for path, want := range map[string][2][]string{
		"/v1/reviews/agenda?team=north&rhythm=weekly":             {{"One list for all", "Ten visits", "Calls in June", `"lead":"lee"`}, {"house by the lake"}},
		"/v1/reviews/agenda?rep=kim&rhythm=weekly":                {{"Calls in June", "house by the lake"}, {"One list for all"}},
		"/v1/reviews/agenda?rep=kim&rhythm=weekly&for=bo":         {{`"for":"bo"`}, {"Calls in June", "house by the lake", `"state"`}},
		"/v1/reviews/agenda?org=true&rhythm=monthly":              {{`"owner":"org"`, `"rep":"kim"`}, {"house by the lake"}},
		"/v1/routines/rep/kim":                                    {{`"chosen_by":"team/north"`, `"rhythms":["weekly"]`}, nil},
		"/v1/events?type=review.completed&type=goal.set":          {{`"sealed":true`}, {"Ten visits", "house by the lake"}},
		"/v1/reviews/agenda?rep=kim&rhythm=weekly&day=2026-06-08": {{"Ten visits"}, nil},
	} {
		got := d.ask(http.MethodGet, d.since(path), "", http.StatusOK, nil)
		for _, text := range want[0] {
			if !strings.Contains(got, text) {
				t.Errorf("%s: no %q in %s", path, text, got)
			}
		}
		for _, text := range want[1] {
			if strings.Contains(got, text) {
				t.Errorf("%s: %q in %s", path, text, got)
			}
		}
	}
}
