package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A plan of many weeks has many goals: the agenda and what a partner sees name those that run, no more than a page holds.
func TestGoalsOfAgendaRun(t *testing.T) {
	h := newHouse(t)
	const goal = `{"goal":"%s","metric":"calls","target":"100","owner_kind":"rep","owner":"kim","starts_on":"%s","ends_on":"%s"}`
	set := func(id, from, to string) { h.post("/v1/goals", fmt.Sprintf(goal, id, from, to), http.StatusCreated) }
	set("later", "2024-03-14", "2024-03-20")
	set("ended", "2024-03-01", "2024-03-07")
	set("before", "2024-02-01", "2024-03-02")
	const agenda = "/v1/reviews/agenda?rep=kim&rhythm=weekly"
	goals := func() int {
		var got struct {
			Agenda struct{ Goals []struct{ Goal string } }
		}
		h.get(agenda).into(t, &got)
		for _, g := range got.Agenda.Goals {
			if g.Goal == "later" || g.Goal == "before" {
				t.Errorf("the agenda names the goal %q", g.Goal)
			}
		}
		return len(got.Agenda.Goals)
	}
	if n := goals(); n != 1 {
		t.Errorf("%d goals, want the one that ended in the week", n)
	}
	for i := range maxStandings + 5 {
		set(fmt.Sprint("runs", i), "2024-03-04", "2024-03-31")
	}
	if n := goals(); n != maxStandings {
		t.Errorf("%d goals, want %d", n, maxStandings)
	}
	var made struct{ Path string }
	h.post("/v1/links", `{"kind":"partner","name":"Bo","reps":["kim"],"shares":["goals"],"days":1}`, http.StatusCreated).into(t, &made)
	shown := h.get(made.Path, "Authorization", "").body
	if n := strings.Count(shown, `"goal":`); n != maxStandings || strings.Contains(shown, `"later"`) {
		t.Errorf("%d goals are shown: %s", n, shown)
	}
}

func TestReviewsOfSomeDayThatIs(t *testing.T) {
	h := newHouse(t)
	h.refused(http.MethodPost, "/v1/reviews", `{"rep":"kim","rhythm":"weekly","day":"2025-03-13"}`, http.StatusUnprocessableEntity, "/day")
	h.refused(http.MethodPost, "/v1/reviews",
		`{"rep":"kim","rhythm":"weekly","day":"2024-03-10","promises":[{"promise":"p","due_on":"2024-03-09","goal":"ghost"}]}`,
		http.StatusUnprocessableEntity, "/promises/0/due_on", "/promises/0/goal")
	h.post("/v1/reviews", `{"rep":"kim","rhythm":"weekly","day":"2024-03-17"}`, http.StatusCreated) // this week's, held early
}

func TestBlocksThatTakePlace(t *testing.T) {
	h := newHouse(t)
	h.refused(http.MethodPost, "/v1/timeblocks", strings.Replace(aBlock, `"rep":"kim",`, "", 1), http.StatusUnprocessableEntity, "/rep")
	for _, never := range []string{"YEARLY;BYMONTH=2;BYMONTHDAY=31", "DAILY;UNTIL=20240101T000000Z"} {
		h.refused(http.MethodPost, "/v1/timeblocks", strings.Replace(aBlock, "DAILY", never, 1), http.StatusUnprocessableEntity, "/rrule")
	}
}

func TestPaceAlertsNameGoals(t *testing.T) {
	h := newHouse(t)
	h.post("/v1/goals", `{"goal":"g","metric":"calls","target":"100","owner_kind":"rep","owner":"kim","starts_on":"2024-03-01","ends_on":"2024-03-31"}`, http.StatusCreated)
	h.happened("pace.changed/pace/g/1", "pace.changed", h.now, "kim", `{"goal":"g","to":"off_track","actual":"2","expected":"9.5"}`)
	var list struct{ Alerts []alertView }
	h.get("/v1/alerts").into(t, &list)
	const want = `"Calls, 2024-03-01 to 2024-03-31" is off track: 2 calls against 10 expected.`
	if len(list.Alerts) != 1 || list.Alerts[0].Says != want {
		t.Errorf("%+v", list)
	}
}
