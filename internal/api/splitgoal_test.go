package api

import (
	"net/http"
	"strings"
	"testing"
)

// gapView is what answers say of parts that do not add up.
type gapView struct {
	Goal, Into, Mend  string
	Target, Parts, By float64
}

// splitView is what :split answers.
type splitView struct {
	Outcome string
	Parts   []struct {
		Goal, Change string
		EndsOn       string `json:"ends_on"`
		Target       float64
	}
	Over      float64
	OutOfStep []gapView `json:"out_of_step"`
}

func (v splitView) sum() (sum float64) {
	for _, p := range v.Parts {
		if p.Change != "closed" {
			sum += p.Target
		}
	}
	return sum
}

func (h *house) split(goal, into string) (v splitView) {
	h.tb.Helper()
	a := h.do(http.MethodPost, "/v1/goals/"+goal+":split", `{"into":"`+into+`"}`)
	if a.status != http.StatusOK && a.status != http.StatusCreated {
		h.tb.Fatalf("%s into %s: %d %s", goal, into, a.status, a.body)
	}
	a.into(h.tb, &v)
	return v
}

func (h *house) revise(goal, body string) (v struct {
	OutOfStep []gapView `json:"out_of_step"`
},
) {
	h.tb.Helper()
	a := h.do(http.MethodPost, "/v1/goals/"+goal+":revise", body)
	if a.status != http.StatusOK {
		h.tb.Fatalf("%s %s: %d %s", goal, body, a.status, a.body)
	}
	a.into(h.tb, &v)
	return v
}

// It is Wednesday 13 March 2024. January has 23 working days, February and March 21 each.
func TestSplitAnewByTheEndpoint(t *testing.T) {
	h := newHouse(t)
	h.do(http.MethodPost, "/v1/goals", `{"goal":"q","metric":"calls","target":650,"owner_kind":"rep","owner":"kim",`+
		`"starts_on":"2024-01-01","ends_on":"2024-03-31"}`)
	if first := h.split("q", "month"); first.sum() != 650 || first.Parts[0].Target != 230 || first.Parts[0].Change != "set" {
		t.Fatalf("%+v", first)
	}
	march := "q.month.2024-03-01"
	h.split(march, "week")

	// The answer to a revision says what no longer adds up, and its mend is followed to the letter.
	revised := h.revise("q", `{"target":700}`)
	want := gapView{Goal: "q", Into: "month", Mend: `POST /v1/goals/q:split {"into": "month"}`, Target: 700, Parts: 650, By: -50}
	if len(revised.OutOfStep) != 1 || revised.OutOfStep[0] != want {
		t.Errorf("%+v", revised)
	}
	had := len(h.warehouse.rows)
	if h.revise("q", `{"target":700}`); len(h.warehouse.rows) != had {
		t.Errorf("a revision whose answer was lost is another one when it is repeated")
	}
	anew := h.split("q", "month")
	// January 230 and February 210 stay; March gets the other 260. Its weeks do not follow by themselves.
	if anew.sum() != 700 || anew.Parts[0].Change != "kept" || anew.Parts[2].Change != "revised" || anew.Parts[2].Target != 260 {
		t.Errorf("%+v", anew)
	}
	want = gapView{Goal: march, Into: "week", Mend: `POST /v1/goals/` + march + `:split {"into": "week"}`, Target: 260, Parts: 210, By: -50}
	if len(anew.OutOfStep) != 1 || anew.OutOfStep[0] != want {
		t.Errorf("%+v", anew.OutOfStep)
	}
	if weeks := h.split(march, "week"); weeks.sum() != 260 || weeks.Parts[0].Change != "kept" || weeks.Parts[2].Change != "revised" {
		t.Errorf("%+v", weeks)
	}
	had = len(h.warehouse.rows)
	for _, again := range []splitView{h.split("q", "month"), h.split(march, "week")} {
		if again.Outcome != "duplicate" || again.OutOfStep != nil {
			t.Errorf("once more: %+v", again)
		}
	}
	if len(h.warehouse.rows) != had {
		t.Errorf("%d events came of it", len(h.warehouse.rows)-had)
	}

	// A part that is revised by itself puts the whole out of step.
	if v := h.revise(march, `{"target":300}`); len(v.OutOfStep) != 2 || v.OutOfStep[1].Goal != "q" || v.OutOfStep[1].By != 40 {
		t.Errorf("%+v", v)
	}
	// A goal that ends later has parts for its last days too, one that ends earlier loses them.
	h.revise("q", `{"ends_on":"2024-04-30"}`)
	if v := h.split("q", "month"); v.sum() != 700 || len(v.Parts) != 4 || v.Parts[3].Change != "set" {
		t.Errorf("%+v", v)
	}
	h.revise("q", `{"ends_on":"2024-03-22","target":700}`)
	v := h.split("q", "month")
	if v.sum() != 700 || v.Parts[2].EndsOn != "2024-03-22" || v.Parts[2].Target != 260 || v.Parts[3].Change != "closed" {
		t.Errorf("%+v", v)
	}
	// What the past asked for cannot be taken back.
	h.revise("q", `{"target":400}`)
	if v := h.split("q", "month"); v.Over != 40 || v.Parts[2].Change != "closed" {
		t.Errorf("%+v", v)
	}
	h.refused(http.MethodPost, "/v1/goals/q:split", `{"into":"fortnight"}`, http.StatusUnprocessableEntity, "/into")
	h.refused(http.MethodPost, "/v1/goals/q:split", `{"into":"week","by":1}`, http.StatusUnprocessableEntity, "/by")
	if a := h.do(http.MethodPost, "/v1/goals/q:split", `{"into":"fortnight"}`); !strings.Contains(a.body, "must be one of quarter, month, week, day") {
		t.Errorf("%s", a.body)
	}
}

func TestSplitAnewOfARatio(t *testing.T) {
	h := newHouse(t)
	h.do(http.MethodPost, "/v1/goals", `{"goal":"r","metric":"show_rate","target":0.5,"starts_on":"2024-03-01","ends_on":"2024-04-30"}`)
	h.split("r", "month")
	if v := h.revise("r", `{"target":0.6}`); len(v.OutOfStep) != 1 || v.OutOfStep[0].Parts != 0.5 {
		t.Errorf("%+v", v)
	}
	if v := h.split("r", "month"); v.Parts[0].Target != 0.6 || v.Parts[1].Target != 0.6 || v.Parts[1].Change != "revised" {
		t.Errorf("%+v", v)
	}
	if v := h.split("r", "month"); v.Outcome != "duplicate" {
		t.Errorf("%+v", v)
	}
}
