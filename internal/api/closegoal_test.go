package api

import (
	"net/http"
	"strings"
	"testing"
)

// It is Wednesday 13 March 2024: January and February are over.
func TestAGoalTakesItsPartsAlong(t *testing.T) {
	h := newHouse(t)
	h.do(http.MethodPost, "/v1/goals", `{"goal":"q","metric":"calls","target":650,"starts_on":"2024-01-01","ends_on":"2024-04-30"}`)
	h.do(http.MethodPost, "/v1/goals", `{"goal":"own","metric":"calls","target":5,"parent":"q","starts_on":"2024-03-01","ends_on":"2024-04-30"}`)
	h.split("q", "month")
	h.split("q.month.2024-04-01", "week")
	h.do(http.MethodPost, "/v1/goals/q.month.2024-03-01:close", `{"result":"achieved"}`)
	var closed struct{ Closed []string }
	a := h.do(http.MethodPost, "/v1/goals/q:close", `{"result":"abandoned"}`)
	if a.into(t, &closed); a.status != http.StatusOK || len(closed.Closed) != 6 || closed.Closed[0] != "q.month.2024-04-01" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for id, want := range map[string]string{
		"q": "abandoned", "q.month.2024-03-01": "achieved", "q.month.2024-04-01": "abandoned", "own": "", "q.month.2024-02-01": "",
		"q.month.2024-04-01.week.2024-04-08": "abandoned",
	} {
		body := h.get("/v1/goals/" + id).body
		if got := strings.Contains(body, `"result":"`+want+`"`); want != "" && !got || want == "" && strings.Contains(body, `"closed"`) {
			t.Errorf("%s: %s, want %q", id, body, want)
		}
	}
}

// A part that is given up takes its own parts along; parts that add up are no gap.
func TestNoGapOfNothing(t *testing.T) {
	h := newHouse(t)
	h.do(http.MethodPost, "/v1/goals", `{"goal":"q","metric":"calls","target":600,"starts_on":"2024-03-01","ends_on":"2024-04-30"}`)
	h.split("q", "month")
	h.split("q.month.2024-04-01", "week")
	if v := h.revise("q", `{"target":600,"curve":"straight"}`); len(v.OutOfStep) != 0 {
		t.Errorf("%+v", v)
	}
	h.revise("q", `{"ends_on":"2024-03-29"}`)
	a := h.do(http.MethodPost, "/v1/goals/q:split", `{"into":"month"}`)
	if strings.Contains(a.body, `"out_of_step"`) || !strings.Contains(a.body, `"closed":["q.month.2024-04-01.week.2024-04-01"`) {
		t.Errorf("%s", a.body)
	}
}

func TestAGoalThatWasNotKnownThen(t *testing.T) {
	h := newHouse(t)
	h.do(http.MethodPost, "/v1/goals", `{"goal":"g","metric":"calls","target":600,"starts_on":"2024-03-01","ends_on":"2024-04-30"}`)
	a := h.do(http.MethodGet, "/v1/goals/g/pace?at=2024-03-10&known=then", "")
	if a.status != http.StatusNotFound || !strings.Contains(a.body, "not known at") || !strings.Contains(a.body, "recorded on 2024-03-13") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestAnAmountTakesTheCurrencyOfTheOrg(t *testing.T) {
	given := withCurrency([]byte(`{"metric":"receipts"}`), members{"metric": nil}, "EUR")
	if string(given) != `{"currency":"EUR","metric":"receipts"}` {
		t.Errorf("%s", given)
	}
	for _, body := range []string{`{"metric":"calls"}`, `{"metric":"none"}`, `{"metric":3}`} {
		if got := withCurrency([]byte(body), members{"metric": nil}, "EUR"); string(got) != body {
			t.Errorf("%s became %s", body, got)
		}
	}
}
