package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const aGoal = `{"goal":"calls-in-march","title":"Calls in March","metric":"calls","target":42,"owner_kind":"rep","owner":"kim",` +
	`"starts_on":"2024-03-01","ends_on":"2024-03-31"}`

func TestSetGoal(t *testing.T) {
	h := newHouse(t)
	a := h.do(http.MethodPost, "/v1/goals", aGoal)
	want := `{"goal":"calls-in-march","event":"goal.set/calls-in-march","outcome":"appended","position":1,` +
		`"derived":{"rate":{"count":2,"per":"day"}}}` + "\n"
	if a.status != http.StatusCreated || a.body != want || a.header.Get("Location") != "/v1/goals/calls-in-march" ||
		a.header.Get(positionHeader) != "1" {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
	if a := h.do(http.MethodPost, "/v1/goals", aGoal); a.status != http.StatusOK || !strings.Contains(a.body, `"duplicate","position":1`) {
		t.Errorf("again: %d %s", a.status, a.body)
	}
	if a := h.do(http.MethodPost, "/v1/goals", strings.Replace(aGoal, "42", "43", 1)); a.status != http.StatusConflict {
		t.Errorf("another one: %d %s", a.status, a.body)
	}
	var got struct{ Goal map[string]any }
	h.get("/v1/goals/calls-in-march?min_position=1").into(t, &got)
	wantGoal := map[string]any{
		"goal": "calls-in-march", "title": "Calls in March", "metric": "calls", "target": 42.0, "direction": "at_least",
		"owner_kind": "rep", "owner": "kim", "starts_on": "2024-03-01", "ends_on": "2024-03-31", "status_rule": "luck",
		"curve": "straight", "position": 1.0, "pace": "/v1/goals/calls-in-march/pace",
	}
	if diff := cmp.Diff(wantGoal, got.Goal); diff != "" {
		t.Error(diff)
	}
}

func TestAGoalWithoutAnIDIsNamedByItsContent(t *testing.T) {
	h := newHouse(t)
	body := strings.Replace(aGoal, `"goal":"calls-in-march",`, "", 1)
	first := h.do(http.MethodPost, "/v1/goals", body)
	again := h.do(http.MethodPost, "/v1/goals", strings.Replace(body, `"metric"`, "\n  \"metric\"", 1))
	other := h.do(http.MethodPost, "/v1/goals", strings.Replace(body, "42", "43", 1))
	if first.status != http.StatusCreated || again.status != http.StatusOK || other.status != http.StatusCreated ||
		first.header.Get("Location") != again.header.Get("Location") || first.header.Get("Location") == other.header.Get("Location") {
		t.Errorf("%s%s%s", first.body, again.body, other.body)
	}
	h.get(first.header.Get("Location"))
	least := h.do(http.MethodPost, "/v1/goals", `{"metric":"calls","target":"5","starts_on":"2024-03-01","ends_on":"2024-03-31"}`)
	if a := h.get(least.header.Get("Location")); !strings.Contains(a.body, `"title":"Calls"`) || !strings.Contains(a.body, `"owner_kind":"org"`) {
		t.Errorf("%s", a.body)
	}
}

// TestAGoalBeginsToday needs nothing but a metric, a number and a date.
func TestAGoalBeginsToday(t *testing.T) {
	h := newHouse(t)
	set := h.do(http.MethodPost, "/v1/goals", `{"metric":"calls","target":5,"ends_on":"2030-12-31"}`)
	if set.status != http.StatusCreated {
		t.Fatalf("%d %s", set.status, set.body)
	}
	if a := h.get(set.header.Get("Location")); !strings.Contains(a.body, `"starts_on":"2024-03-13"`) {
		t.Errorf("%s, want it to start today", a.body)
	}
}

func TestSetGoalRefuses(t *testing.T) {
	h := newHouse(t)
	without := func(part string) string { return strings.Replace(aGoal, part, "", 1) }
	for body, pointers := range map[string][]string{
		`[]`:                               {""},
		`{}`:                               {"/metric", "/target", "/ends_on"},
		without(`,"ends_on":"2024-03-31"`): {"/ends_on"},
		strings.Replace(aGoal, `"calls"`, `"happiness"`, 1):                                     {"/metric"},
		strings.Replace(aGoal, `"calls"`, `"contact_rate"`, 1):                                  {"/target"},
		strings.Replace(aGoal, `"calls"`, `"receipts"`, 1):                                      {"/currency"},
		strings.Replace(aGoal, `"2024-03-31"`, `"2024-02-01"`, 1):                               {"/ends_on"},
		strings.Replace(aGoal, `"title"`, `"parent":"none","title"`, 1):                         {"/parent"},
		strings.Replace(aGoal, `"title"`, `"rate":{"count":2,"per":"day"},"title"`, 1):          {"/rate"},
		strings.Replace(aGoal, `"calls-in-march"`, `"a:b"`, 1):                                  {"/goal"},
		strings.Replace(aGoal, `"title"`, `"colour":"blue","title"`, 1):                         {"/colour"},
		strings.Replace(aGoal, `"calls-in-march"`, `7`, 1):                                      {"/goal"},
		strings.Replace(aGoal, `"title"`, `"metric":"leads","title"`, 1):                        {"/metric"},
		strings.Replace(aGoal, `"rep","owner":"kim"`, `"team"`, 1):                              {"/owner"},
		strings.Replace(aGoal, `"2024-03-31"}`, `"soon","target":"x"}`, 1):                      {"/ends_on", "/target"},
		strings.Replace(aGoal, `"2024-03-31"`, `"9999-12-31"`, 1):                               {"/ends_on"},
		strings.Replace(aGoal, `"2024-03-31"`, `"2148-12-31"`, 1):                               {"/ends_on"},
		`{"metric":"calls","starts_on":"0001-01-01","ends_on":"2024-03-31","target":5}`:         {"/starts_on"},
		`{"metric":"calls","starts_on":"0001-01-01","target":5,"rate":{"count":1,"per":"day"}}`: {"/starts_on", "/ends_on"},
		`{"metric":"calls","ends_on":"9999-12-31","rate":{"count":1,"per":"day"}}`:              {"/ends_on", "/target"},
	} {
		h.refused(http.MethodPost, "/v1/goals", body, http.StatusUnprocessableEntity, pointers...)
	}
	dateless := h.do(http.MethodPost, "/v1/goals", without(`,"ends_on":"2024-03-31"`))
	if !strings.Contains(dateless.body, "a goal without a date is a wish") {
		t.Errorf("%s", dateless.body)
	}
	if a := h.do(http.MethodPost, "/v1/goals", aGoal, "Content-Type", "text/plain"); a.status != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain: %d", a.status)
	}
	long := `{"title":"` + strings.Repeat("x", 300<<10) + `"}`
	if a := h.do(http.MethodPost, "/v1/goals", long); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a long body: %d", a.status)
	}
	if n := len(h.warehouse.rows); n != 0 {
		t.Errorf("%d events were recorded", n)
	}
}

func TestListGoals(t *testing.T) {
	h := newHouse(t)
	h.do(http.MethodPost, "/v1/goals", aGoal)
	h.do(http.MethodPost, "/v1/goals", strings.NewReplacer(
		"calls-in-march", "old", "2024-03-01", "2024-01-01", "2024-03-31", "2024-01-31", `"Calls`, `"=Calls`).Replace(aGoal))
	h.happened("r", "goal.revised", when(t, "2024-03-02 09:00"), "", `{"goal":"calls-in-march","effective_on":"2024-03-08","target":"30"}`)
	h.happened("c", "goal.closed", when(t, "2024-02-01 09:00"), "", `{"goal":"old","result":"missed","reason":"snow"}`)
	var got struct{ Goals []map[string]any }
	h.get("/v1/goals").into(t, &got)
	if len(got.Goals) != 2 || got.Goals[0]["target"] != 30.0 || got.Goals[1]["closed"].(map[string]any)["result"] != "missed" {
		t.Errorf("%v", got.Goals)
	}
	h.get("/v1/goals?on=2024-03-07&open=true").into(t, &got)
	if len(got.Goals) != 1 || got.Goals[0]["target"] != 42.0 {
		t.Errorf("as of 7 March: %v", got.Goals)
	}
	csv := h.get("/v1/goals", "Accept", "text/csv").body
	want := "goal,title,metric,target,direction,currency,owner_kind,owner,starts_on,ends_on,status_rule,curve,parent,partner,result\r\n" +
		"calls-in-march,Calls in March,calls,30,at_least,,rep,kim,2024-03-01,2024-03-31,luck,straight,,,\r\n" +
		"old,'=Calls in March,calls,42,at_least,,rep,kim,2024-01-01,2024-01-31,luck,straight,,,missed\r\n"
	if diff := cmp.Diff(want, csv); diff != "" {
		t.Error(diff)
	}
}

// paceAnswer is the part of a pace that tests look at.
type paceAnswer struct {
	At               time.Time
	Line             string
	Actual, Expected any
	Status, Rule     string
	Left             struct {
		Total       any
		WorkingDays int `json:"working_days"`
	}
	Goal     struct{ Target any }
	Sentence string
	Events   string
}

func (h *house) pace(path string) paceAnswer {
	h.tb.Helper()
	var s paceAnswer
	h.get(path).into(h.tb, &s)
	return s
}

func TestPace(t *testing.T) {
	h := aMonth(t)
	h.do(http.MethodPost, "/v1/goals", aGoal) // 21 working days: 2 a day
	now := h.pace("/v1/goals/calls-in-march/pace")
	if now.Actual != 6.0 || now.Expected != 16.75 || now.Status != "off_track" || now.Left.WorkingDays != 13 ||
		!now.At.Equal(h.now) || h.count(now.Events) != 6 {
		t.Errorf("%+v", now)
	}
	const want = "6 calls against 17 expected by Wednesday noon; luck explains a gap of 7 at most, so you are off track: " +
		"36 more in 13 working days, 3 a day"
	if now.Sentence != want {
		t.Errorf("%s", now.Sentence)
	}
	// 4 March, half past nine: three calls of that instant are not yet among them, one minute later they are.
	for at, actual := range map[string]float64{
		"2024-03-04": 3, "2024-03-04T09:30:00Z": 1, "2024-03-04T09:31:00Z": 3, "2024-02-20": 0, "2024-03-12T23:00:00Z": 4,
	} {
		then := h.pace("/v1/goals/calls-in-march/pace?at=" + at)
		if opened := float64(h.count(then.Events)); then.Actual != actual || opened != actual {
			t.Errorf("%s: %v calls, of which %v are opened, want %v", at, then.Actual, opened, actual)
		}
	}
	h.happened("r", "goal.revised", when(t, "2024-03-13 09:00"), "", `{"goal":"calls-in-march","effective_on":"2024-03-11","target":"21"}`)
	if then := h.pace("/v1/goals/calls-in-march/pace?at=2024-03-10"); then.Goal.Target != 42.0 || then.Expected != 12.0 {
		t.Errorf("before the revision: %+v", then)
	}
	if then := h.pace("/v1/goals/calls-in-march/pace?at=2024-03-11"); then.Goal.Target != 21.0 || then.Expected != 7.0 {
		t.Errorf("after the revision: %+v", then)
	}
	for _, at := range []string{"tomorrow", "2024-03-14", "2024-03-13T12:00:01Z", "0001-01-01T00:00:00Z"} {
		h.refused(http.MethodGet, "/v1/goals/calls-in-march/pace?at="+at, "", http.StatusBadRequest, "at")
	}
	if a := h.do(http.MethodGet, "/v1/goals/none/pace", ""); a.status != http.StatusNotFound {
		t.Errorf("no goal: %d", a.status)
	}
}

func TestPaceOfAmountsAndCurves(t *testing.T) {
	h := aMonth(t)
	h.do(http.MethodPost, "/v1/goals", `{"goal":"eur","title":"Sales","metric":"signup_amount","currency":"EUR","target":"210.00",`+
		`"owner_kind":"org","starts_on":"2024-03-01","ends_on":"2024-03-31"}`)
	got := h.pace("/v1/goals/eur/pace?at=2024-03-12")
	if got.Actual != "100.5" || got.Expected != "80" || got.Rule != "strict" || got.Status != "on_track" ||
		!strings.HasPrefix(got.Sentence, "100.5 EUR of sign-ups against 80 expected") {
		t.Errorf("%+v", got)
	}
	for id, c := range map[string]struct {
		course   string
		line     string
		expected any
	}{
		"m1": {`"curve":"markers","markers":[{"on":"2024-03-08","value":"12"}]`, "markers", 12.0},
		"m2": {`"curve":"monthly","weights":["1"]`, "monthly", 12.0},
	} {
		h.do(http.MethodPost, "/v1/goals", strings.NewReplacer("calls-in-march", id, `"title"`, c.course+`,"title"`).Replace(aGoal))
		if got := h.pace("/v1/goals/" + id + "/pace?at=2024-03-08"); got.Line != c.line || got.Expected != c.expected {
			t.Errorf("%s: %+v", id, got)
		}
	}
	h.happened("g", "goal.set", when(t, "2024-03-01 09:00"), "", strings.NewReplacer("calls-in-march", "odd", `"calls"`, `"happiness"`).Replace(aGoal))
	if a := h.do(http.MethodGet, "/v1/goals/odd/pace", ""); a.status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown metric: %d %s", a.status, a.body)
	}
	h.get("/v1/goals/odd")
}

func TestPaceOfATeam(t *testing.T) {
	h := newHouse(t)
	h.warehouse.settings.Teams = map[string]string{"kim": "north", "lee": "south"}
	for i, rep := range []string{"kim", "lee", "kim"} {
		h.happened(rep+string(rune('0'+i)), "call.completed", when(t, "2024-03-04 09:30"), rep, `{"outcome":"voicemail","direction":"outbound"}`)
	}
	h.do(http.MethodPost, "/v1/goals", strings.Replace(aGoal, `"rep","owner":"kim"`, `"team","owner":"north"`, 1))
	if got := h.pace("/v1/goals/calls-in-march/pace"); got.Actual != 2.0 || h.count(got.Events) != 2 {
		t.Errorf("%+v", got)
	}
}
