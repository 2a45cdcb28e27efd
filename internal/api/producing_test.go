package api

import (
	"fmt"
	"net/http"
	"testing"
)

// Kim logged, in minutes: on Monday 11 March 60 of finding leads and 60 of admin, on Tuesday 60 of finding leads and 60 of
// support; and was on a call for 30 on Tuesday, which counts by itself.
func TestIncomeProducingIsTheOrgsToSay(t *testing.T) {
	h := newHouse(t)
	for i, logged := range []struct{ at, category string }{
		{"2024-03-11 10:00", "lead_generating"},
		{"2024-03-11 12:00", "admin"},
		{"2024-03-12 10:00", "lead_generating"},
		{"2024-03-12 12:00", "support"},
	} {
		h.happened(fmt.Sprint("t", i), "time.logged", when(t, logged.at), "kim", `{"category":"`+logged.category+`","minutes":60}`)
	}
	h.happened("c", "call.completed", when(t, "2024-03-12 15:00"), "kim", `{"outcome":"conversation","direction":"outbound","seconds":1800}`)
	h.do(http.MethodPost, "/v1/goals", `{"goal":"share","metric":"income_producing_share","target":0.5,"owner_kind":"rep","owner":"kim",`+
		`"starts_on":"2024-03-11","ends_on":"2024-03-31"}`)
	for _, step := range []struct {
		says                   string
		march, monday, tuesday float64
		minutes                float64 // income-producing, of 270
	}{
		{"", 0.1111, 0, 0.2, 30},           // 30 / 270, 0 / 120, 30 / 150
		{"tuesday", 0.3333, 0, 0.6, 90},    // 90 / 270, 0 / 120, 90 / 150
		{"history", 0.3333, 0.5, 0.2, 90},  // 90 / 270, 60 / 120, 30 / 150
		{"from today", 0.3333, .5, .2, 90}, // nothing was logged since
		{"as ever", 0.1111, 0, 0.2, 30},
	} {
		if body := map[string]string{
			"tuesday":    `{"income_producing":{"categories":["lead_generating"],"effective_on":"2024-03-12"}}`,
			"history":    `{"income_producing":{"categories":["admin"],"whole_history":true}}`,
			"from today": `{"income_producing":{"categories":["support","lead_generating"]}}`,
			"as ever":    `{"income_producing":{"categories":[],"whole_history":true}}`,
		}[step.says]; body != "" {
			var first, again struct{ Outcome string }
			h.do(http.MethodPut, "/v1/org", body).into(t, &first)
			h.fold()
			h.do(http.MethodPut, "/v1/org", body).into(t, &again)
			if first.Outcome != "appended" || again.Outcome != "duplicate" {
				t.Errorf("%s: %s, then %s", step.says, first.Outcome, again.Outcome)
			}
		}
		for query, want := range map[string]float64{
			"grain=month&from=2024-03-01&to=2024-03-31":                step.march,
			"from=2024-03-11&to=2024-03-12":                            step.march,
			"grain=year&from=2024-01-01&to=2024-12-31":                 step.march,
			"grain=week&group_by=rep&from=2024-03-11&to=2024-03-17":    step.march,
			"grain=day&from=2024-03-11&to=2024-03-11":                  step.monday,
			"grain=day&from=2024-03-12&to=2024-03-12&compare=previous": step.tuesday,
		} {
			var got struct {
				Rows []struct {
					Value   float64
					Events  string
					Compare []struct{ Value float64 }
				}
			}
			h.get("/v1/metrics?metric=income_producing_share&"+query).into(t, &got)
			row := got.Rows[0]
			if row.Value != want || len(row.Compare) == 1 && row.Compare[0].Value != step.monday {
				t.Errorf("%q, %s: %v, want %v", step.says, query, row, want)
			}
			if n := h.count(row.Events); want == step.march && n != 5 {
				t.Errorf("%s opens into %d events", row.Events, n)
			}
		}
		var spent struct {
			Minutes    float64
			Income     float64            `json:"income_producing"`
			ByCategory map[string]float64 `json:"by_category"`
		}
		h.get("/v1/time?rep=kim&from=2024-03-11&to=2024-03-12").into(t, &spent)
		if spent.Minutes != 270 || spent.Income != step.minutes || spent.ByCategory["lead_generating"] != 120 {
			t.Errorf("%q: %+v, want %v", step.says, spent, step.minutes)
		}
		if got := h.pace("/v1/goals/share/pace"); got.Actual != step.march {
			t.Errorf("%q: the goal is at %v, want %v", step.says, got.Actual, step.march)
		}
	}
	var org struct {
		Settings struct {
			IncomeProducing []struct {
				EffectiveOn *string `json:"effective_on"`
				Categories  []string
			} `json:"income_producing"`
		}
	}
	h.do(http.MethodPut, "/v1/org", `{"income_producing":{"categories":["admin","support"]}}`)
	h.fold()
	h.get("/v1/org").into(t, &org)
	said := org.Settings.IncomeProducing
	if len(said) != 2 || said[0].EffectiveOn != nil || len(said[0].Categories) != 1 || *said[1].EffectiveOn != "2024-03-13" || len(said[1].Categories) != 3 {
		t.Errorf("%+v", said)
	}
}
