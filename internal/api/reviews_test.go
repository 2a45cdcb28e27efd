package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"milemarker/internal/routine"
)

// team makes team north of kim and bo, led by lee, who hold weekly reviews. It is Wednesday, 13 March 2024.
func (h *house) team() {
	h.tb.Helper()
	h.warehouse.settings.Teams = map[string]string{"kim": "north", "bo": "north", "cy": "south"}
	h.post("/v1/goals", `{"goal":"team","title":"Calls of north","metric":"calls","target":"200","owner_kind":"team","owner":"north","starts_on":"2024-03-01","ends_on":"2024-03-31"}`, http.StatusCreated)
	h.post("/v1/goals", `{"goal":"kims","title":"Kim's calls","why":"A house","metric":"calls","target":"100","owner_kind":"rep","owner":"kim","starts_on":"2024-03-01","ends_on":"2024-03-31"}`, http.StatusCreated)
	h.post("/v1/goals", `{"goal":"cys","metric":"calls","target":"100","owner_kind":"rep","owner":"cy","starts_on":"2024-03-01","ends_on":"2024-03-31"}`, http.StatusCreated)
	h.happened("c1", "call.completed", time.Date(2024, 3, 7, 9, 30, 0, 0, time.UTC), "kim", `{"direction":"outbound","outcome":"busy"}`)
	h.happened("c2", "call.completed", time.Date(2024, 3, 7, 9, 30, 0, 0, time.UTC), "bo", `{"direction":"outbound","outcome":"busy"}`)
	h.happened("c3", "call.completed", time.Date(2024, 3, 7, 9, 30, 0, 0, time.UTC), "cy", `{"direction":"outbound","outcome":"busy"}`)
	h.happened("h1", "hassle.raised", time.Date(2024, 3, 8, 9, 30, 0, 0, time.UTC), "bo", `{"hassle":"No list"}`)
	h.happened("r1", "routine.set", time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC), "lee", `{"owner_kind":"team","owner":"north","rhythms":["weekly"]}`)
}

func TestReviewsOfATeam(t *testing.T) {
	h := newHouse(t)
	h.team()
	h.post("/v1/reviews", `{"rep":"kim","rhythm":"weekly","day":"2024-03-10","promises":[{"promise":"k1"}]}`, http.StatusCreated)
	h.post("/v1/reviews", `{"rep":"lee","owner_kind":"team","owner":"north","rhythm":"weekly","day":"2024-03-03","promises":[{"promise":"t1"}]}`, http.StatusCreated)
	var list reviewsView
	h.get("/v1/reviews?team=north").into(t, &list)
	// The team's own review of last week was due by Monday evening.
	if len(list.Current) != 1 || list.Current[0].State != routine.Overdue || list.Lead != "lee" || list.ChosenBy != "team/north" || len(list.Promises) != 1 {
		t.Errorf("%+v", list)
	}
	h.get(list.Current[0].Agenda)
	h.get("/v1/reviews?rep=kim").into(t, &list)
	if len(list.Current) != 1 || list.Current[0].State != routine.Done || list.Rep != "kim" {
		t.Errorf("%+v", list)
	}
	var got struct {
		Title  string
		Agenda routine.Agenda
	}
	h.get("/v1/reviews/agenda?team=north&rhythm=weekly").into(t, &got)
	a := got.Agenda
	if got.Title != "Weekly review, 4 to 10 March 2024" || len(a.Goals) != 1 || a.Goals[0].ID != "team" || len(a.Promises) != 1 || a.Lead != "lee" {
		t.Errorf("%+v", got)
	}
	if a.Numbers[0].Title != "Calls" || a.Numbers[0].Value != "2" || len(a.Members) != 2 {
		t.Fatalf("%+v", a)
	}
	bo, kim := a.Members[0], a.Members[1]
	if bo.Rep != "bo" || bo.State != routine.Overdue || len(bo.Hassles) != 1 || bo.Numbers[0].Value != "1" || len(bo.Goals) != 0 {
		t.Errorf("%+v", bo)
	}
	if kim.State != routine.Done || len(kim.Goals) != 1 || kim.Goals[0].ID != "kims" || len(kim.Promises) != 1 || kim.Goals[0].Meaning != "" {
		t.Errorf("%+v", kim)
	}
	if md := h.get("/v1/reviews/agenda?team=north&rhythm=weekly", "Accept", "text/markdown"); !strings.Contains(md.body, "Team north, led by lee. ") {
		t.Errorf("%s", md.body)
	}
	h.get("/v1/reviews/agenda?org=true&rhythm=quarterly").into(t, &got)
	if a := got.Agenda; a.Owner != "org" || len(a.Members) < 3 {
		t.Errorf("%+v", a)
	}
	h.refused(http.MethodGet, "/v1/reviews?rep=kim&team=north", "", http.StatusBadRequest, "rep")
	h.refused(http.MethodPost, "/v1/reviews", `{"owner_kind":"team","rhythm":"weekly","day":"2024-03-03"}`, http.StatusUnprocessableEntity, "/owner")
	h.refused(http.MethodPost, "/v1/reviews", `{"rep":"lee","owner_kind":"team","owner":"north","rhythm":"weekly","day":"2024-03-10","kept":[{"promise":"k1","done":true}]}`,
		http.StatusUnprocessableEntity, "/kept/0/promise")
	h.post("/v1/reviews/skipped", `{"rep":"lee","owner_kind":"team","owner":"north","rhythm":"weekly","day":"2024-03-10","reason":"fair"}`, http.StatusCreated)
	if h.get("/v1/reviews?team=north").into(t, &list); list.Current[0].State != routine.Skipped {
		t.Errorf("%+v", list.Current)
	}
}

// Which reviews are held falls back from the rep to the team to the org, as calendars do.
func TestRoutines(t *testing.T) {
	h := newHouse(t)
	h.team()
	put := func(path, body string, want int) {
		t.Helper()
		if a := h.do(http.MethodPut, path, body); a.status != want {
			t.Errorf("PUT %s %s: %d %s, want %d", path, body, a.status, a.body, want)
		}
	}
	put("/v1/routines/org", `{"rhythms":["quarterly"],"lead":"ada"}`, http.StatusCreated)
	put("/v1/routines/org", `{"rhythms":["quarterly"],"lead":"ada"}`, http.StatusOK)
	put("/v1/routines/rep/kim", `{"rhythms":["morning","weekly"]}`, http.StatusCreated)
	for path, want := range map[string]string{
		"org": "[quarterly] org ada", "team/north": "[weekly] team/north lee", "team/south": "[quarterly] org ",
		"rep/kim": "[morning weekly] rep/kim kim", "rep/bo": "[weekly] team/north bo", "rep/cy": "[quarterly] org cy",
	} {
		var v struct {
			Rhythms   []string
			ChosenBy  string `json:"chosen_by"`
			Lead      string
			FallsBack []string `json:"falls_back_on"`
		}
		h.get("/v1/routines/"+path).into(t, &v)
		if got := "[" + strings.Join(v.Rhythms, " ") + "] " + v.ChosenBy + " " + v.Lead; got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	h.refused(http.MethodPut, "/v1/routines/rep/kim", `{"lead":"bo"}`, http.StatusUnprocessableEntity, "/lead", "/rhythms")
	h.refused(http.MethodPut, "/v1/routines/rep/kim", `{"rhythms":["hourly"]}`, http.StatusUnprocessableEntity, "/rhythms/0")
	if a := h.do(http.MethodGet, "/v1/routines/dept/x", ""); a.status != http.StatusNotFound {
		t.Errorf("%d", a.status)
	}
}

// A partner's agenda has what is shared with that partner today, and nothing else.
func TestPartnersAgenda(t *testing.T) {
	h := newHouse(t)
	h.team()
	h.post("/v1/reviews", `{"rep":"kim","rhythm":"weekly","day":"2024-03-03","promises":[{"promise":"secret-promise"}]}`, http.StatusCreated)
	const agenda = "/v1/reviews/agenda?rep=kim&rhythm=weekly"
	if a := h.do(http.MethodGet, agenda+"&for=bo", ""); a.status != http.StatusNotFound {
		t.Errorf("%d %s", a.status, a.body)
	}
	for shares, want := range map[string]string{
		`["goals"]`: "goals", `["numbers"]`: "numbers", `["promises"]`: "promises", `["reviews"]`: "reviews",
		`["goals","reviews"]`: "goals reviews",
	} {
		h.post("/v1/partners", `{"rep":"kim","partner":"bo","shares":`+shares+`}`, http.StatusCreated)
		shown := h.get(agenda + "&for=bo").body
		var got []string
		for _, part := range [][2]string{{"goals", `"goal":"kims"`}, {"numbers", `"title":"Calls"`}, {"promises", "secret-promise"}, {"reviews", `"state":`}} {
			if strings.Contains(shown, part[1]) {
				got = append(got, part[0])
			}
		}
		if strings.Join(got, " ") != want || strings.Contains(shown, "A house") {
			t.Errorf("%s: %q is shown, want %s: %s", shares, got, want, shown)
		}
	}
	h.get(agenda+"&for=bo", "Accept", "text/html")
	h.refused(http.MethodGet, "/v1/reviews/agenda?team=north&rhythm=weekly&for=bo", "", http.StatusBadRequest, "for")
	h.post("/v1/partners", `{"rep":"kim","partner":"bo","shares":["goals"],"ends_on":"2024-03-12"}`, http.StatusCreated)
	if a := h.do(http.MethodGet, agenda+"&for=bo", ""); a.status != http.StatusNotFound {
		t.Errorf("after its end: %d", a.status)
	}
}

// A small group meets each month: its link shows the month that is due, and how each stands with it.
func TestSmallGroup(t *testing.T) {
	h := newHouse(t)
	h.team()
	h.post("/v1/reviews", `{"rep":"kim","rhythm":"monthly","day":"2024-02-29","promises":[{"promise":"p1"}]}`, http.StatusCreated)
	h.happened("r2", "routine.set", time.Date(2024, 2, 1, 9, 0, 0, 0, time.UTC), "bo", `{"rhythms":["monthly"]}`)
	var made struct{ Path string }
	h.post("/v1/links", `{"kind":"group","name":"Mondays","reps":["kim","bo"],"shares":["numbers","promises","reviews"],"comments":true}`, http.StatusCreated).into(t, &made)
	var got struct {
		Rhythm    string
		Questions []string
		Shared    []sharedView
	}
	h.get(made.Path, "Authorization", "").into(t, &got)
	if got.Rhythm != "monthly" || len(got.Questions) != 3 || len(got.Shared) != 2 {
		t.Fatalf("%+v", got)
	}
	kim, bo := got.Shared[0], got.Shared[1]
	if kim.Title != "Monthly review, 1 to 29 February 2024" || kim.State != routine.Done || len(kim.Promises) != 1 || len(kim.Goals) != 0 {
		t.Errorf("%+v", kim)
	}
	if bo.State != routine.Overdue { // was due by the third working day of March
		t.Errorf("%+v", bo)
	}
	page := h.get(made.Path, "Authorization", "", "Accept", "text/html").body
	for _, want := range []string{"Monthly review, 1 to 29 February 2024: overdue", "What does each of us promise the group?"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	if a := h.do(http.MethodPost, made.Path+"/comments", `{"rep":"bo","text":"Call me."}`, "Authorization", ""); a.status != http.StatusCreated {
		t.Errorf("%d %s", a.status, a.body)
	}
}
