package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"milemarker/events"
	"milemarker/internal/access"
)

// said is an answer about a person, as far as tests look at it.
type said struct {
	ID         string
	Erased     bool
	Name       string
	Company    string
	OpenStage  string `json:"open_stage"`
	Identities []struct{ Prospect, Kind, Value, Apart string }
	Journey    []struct{ Stage, Event string }
	Links      []struct{ Event, Kind string }
	Events     []struct {
		ID      string
		Erased  bool
		Private struct{ Note string }
	}
}

func (h *house) find(query string) []said {
	h.tb.Helper()
	var answer struct{ People []said }
	h.get("/v1/people?"+query).into(h.tb, &answer)
	return answer.People
}

func (h *house) one(query string) said {
	h.tb.Helper()
	found := h.find(query)
	if len(found) != 1 {
		h.tb.Fatalf("%d people with %s, want 1", len(found), query)
	}
	return found[0]
}

// send makes a change of a person and wants the status.
func (h *house) send(path, body string, status int) {
	h.tb.Helper()
	if a := h.do(http.MethodPost, "/v1/people/"+path, body); a.status != status {
		h.tb.Fatalf("POST %s: %d %s, want %d", path, a.status, a.body, status)
	}
}

const (
	lead    = `{"source":"web","person":{"name":"Ann Sample","phone":"+12125550100","email":"ann@example.com","company":"Sample Works"},"note":"likes tea"}`
	ring    = `{"direction":"outbound","outcome":"conversation","seconds":60,"person":{"phone":"+1 212 555 0100"}}`
	payment = `{"payment":"p1","amount":"10","currency":"USD","person":{"email":"ANN@example.com"}}`
)

// door is the recorder of a house's server.
func door(h *house) Recorder { return h.recorder }

func TestPersonIsOneAcrossSources(t *testing.T) {
	h := newPeopleHouse(t)
	h.tell(door(h), [3]string{"form", events.TypeLeadCaptured, lead}, [3]string{"call", events.TypeCallCompleted, ring},
		[3]string{"paid", events.TypePaymentReceived, payment})
	p := h.one("phone=" + url.QueryEscape("+1 (212) 555-0100"))
	if p.Name != "Ann Sample" || p.Company != "Sample Works" || len(p.Identities) != 2 || len(p.Events) != 3 || p.OpenStage != "conversation" {
		t.Errorf("%+v", p)
	}
	for _, id := range p.Identities {
		if id.Value == "" || id.Kind == "" {
			t.Errorf("identity %+v", id)
		}
	}
	if other := h.one("email=ann@example.com&phone=" + url.QueryEscape("+12125550100")); other.ID != p.ID {
		t.Errorf("%s by phone, %s by e-mail", p.ID, other.ID)
	}
	if none := h.find("external_id=17"); len(none) != 0 {
		t.Errorf("found %+v", none)
	}
	var byID struct{ Person said }
	h.get("/v1/people/"+p.Identities[1].Prospect+"?limit=2").into(t, &byID)
	if byID.Person.ID != p.ID || len(byID.Person.Events) != 2 || byID.Person.Events[1].Private.Note != "" {
		t.Errorf("%+v", byID.Person)
	}
	if a := h.do(http.MethodGet, "/v1/people/p_00000000000000000000000000", ""); a.status != http.StatusNotFound {
		t.Errorf("nobody: %d %s", a.status, a.body)
	}
	h.refused(http.MethodGet, "/v1/people", "", http.StatusBadRequest, "phone")
	h.refused(http.MethodGet, "/v1/people?phone=12", "", http.StatusBadRequest, "phone")
	var events struct{ Events []struct{ ID string } }
	h.get("/v1/events?person="+p.ID).into(t, &events)
	if len(events.Events) != 3 {
		t.Errorf("events of the person: %+v", events)
	}
}

func TestEventsAreOpenedForWhoMaySee(t *testing.T) {
	h := newPeopleHouse(t)
	h.tell(door(h), [3]string{"form", events.TypeLeadCaptured, lead})
	reads, sees := h.addKey("acme", access.ScopeRead), h.addKey("acme", access.ScopeRead, access.ScopePeople)
	for _, path := range []string{"/v1/events", "/v1/events/form"} {
		if a := h.get(path); len(spoken(a.body, "Ann", "tea", "Sample Works")) > 0 {
			t.Errorf("unasked: %s", a.body)
		}
		if a := h.do(http.MethodGet, path+"?open=true", "", "Authorization", "Bearer "+reads); a.status != http.StatusForbidden || !strings.Contains(a.body, "people") {
			t.Errorf("without the scope: %d %s", a.status, a.body)
		}
		if a := h.do(http.MethodGet, path+"?open=true", "", "Authorization", "Bearer "+sees); a.status != http.StatusOK || len(spoken(a.body, "Ann", "tea", "Sample Works")) != 3 {
			t.Errorf("with the scope: %d %s", a.status, a.body)
		}
	}
	a := h.get("/v1/events?open=true", "Accept", "text/csv")
	if want := "Ann Sample,'+12125550100,ann@example.com,,Sample Works,likes tea,false"; !strings.Contains(a.body, want) {
		t.Errorf("CSV: %s", a.body)
	}
	for _, path := range []string{"/v1/people?phone=%2B12125550100", "/v1/people/apart", "/v1/people/p_x"} {
		if a := h.do(http.MethodGet, path, "", "Authorization", "Bearer "+reads); a.status != http.StatusForbidden {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestErasePerson(t *testing.T) {
	h := newPeopleHouse(t)
	h.tell(door(h), [3]string{"form", events.TypeLeadCaptured, lead}, [3]string{"call", events.TypeCallCompleted, ring})
	p := h.one("email=ann@example.com")
	sees := h.addKey("acme", access.ScopePeople)
	if a := h.do(http.MethodPost, "/v1/people/"+p.ID+":erase", `{}`, "Authorization", "Bearer "+sees); a.status != http.StatusForbidden {
		t.Errorf("without admin: %d", a.status)
	}
	h.send(p.ID+":erase", `{"reason":"curiosity"}`, http.StatusUnprocessableEntity)
	h.send(p.ID+":erase", `{"reason":"request"}`, http.StatusOK)
	h.send(p.Identities[0].Prospect+":erase", `{}`, http.StatusOK) // again
	for _, path := range []string{"/v1/events?open=true", "/v1/events/form?open=true", "/v1/people/" + p.ID, "/v1/people/" + p.Identities[1].Prospect} {
		a := h.get(path)
		if found := spoken(a.body, "Ann", "tea", "555", "ann@"); len(found) > 0 || !strings.Contains(a.body, `"erased":true`) {
			t.Errorf("%s still says %q: %s", path, found, a.body)
		}
	}
	if a := h.get("/v1/events?open=true", "Accept", "text/csv"); len(spoken(a.body, "Ann Sample", "likes tea")) > 0 || !strings.Contains(a.body, "true") {
		t.Errorf("CSV: %s", a.body)
	}
	if left := h.find("email=ann@example.com"); len(left) != 0 {
		t.Errorf("found %+v", left)
	}
	h.send(p.ID+":link", `{"prospect":"p_00000000000000000000000000"}`, http.StatusConflict)
	// The same phone later is somebody new.
	h.tell(door(h), [3]string{"later", events.TypeLeadCaptured, strings.Replace(lead, "Ann", "Eve", 1)})
	q := h.one("phone=%2B12125550100")
	if q.ID == p.ID || q.Name != "Eve Sample" || len(q.Events) != 1 || len(q.Journey) != 1 {
		t.Errorf("%+v", q)
	}
	if a := h.get("/v1/people/" + p.ID); strings.Contains(a.body, "Eve") {
		t.Errorf("the erased one came back: %s", a.body)
	}
}

func TestLinkAndUnlink(t *testing.T) {
	h := newPeopleHouse(t)
	h.tell(door(h), [3]string{"form", events.TypeLeadCaptured, `{"person":{"email":"ann@example.com"}}`}, [3]string{"call", events.TypeCallCompleted, ring})
	ann, caller := h.one("email=ann@example.com"), h.one("phone=%2B12125550100")
	if ann.ID == caller.ID {
		t.Fatal("one already")
	}
	h.send(ann.ID+":link", `{}`, http.StatusUnprocessableEntity)
	h.send(ann.ID+":link", `{"phone":"+12125550100","email":"x@example.com"}`, http.StatusUnprocessableEntity)
	h.send(ann.ID+":link", `{"phone":"1"}`, http.StatusUnprocessableEntity)
	h.send(ann.ID+":link", `{"fone":"1"}`, http.StatusUnprocessableEntity)
	h.send(ann.ID+":dance", `{}`, http.StatusNotFound)
	h.send(ann.ID+":link", `{"phone":"+12125550100","reason":"said so on the phone"}`, http.StatusOK)
	joined := h.one("email=ann@example.com")
	if len(joined.Identities) != 2 || len(joined.Journey) != 2 || h.one("phone=%2B12125550100").ID != joined.ID {
		t.Errorf("linked: %+v", joined)
	}
	h.send(joined.ID+":unlink", `{"phone":"+12125550100"}`, http.StatusOK)
	if p := h.one("email=ann@example.com"); len(p.Identities) != 1 || len(p.Journey) != 1 {
		t.Errorf("unlinked: %+v", p)
	}
	h.send(ann.ID+":unlink", `{"phone":"+12125550100"}`, http.StatusConflict)
	h.send(ann.ID+":link", `{"phone":"+12125550100"}`, http.StatusOK)
	if p := h.one("email=ann@example.com"); len(p.Identities) != 2 {
		t.Errorf("linked again: %+v", p)
	}
	h.send(ann.ID+":share", `{"reason":"the office"}`, http.StatusOK)
	if p := h.one("email=ann@example.com"); len(p.Identities) != 1 || p.Identities[0].Apart != "shared" {
		t.Errorf("shared: %+v", p)
	}
	if a := h.get("/v1/people/apart"); !strings.Contains(a.body, ann.ID) {
		t.Errorf("apart: %s", a.body)
	}
	h.send(ann.ID+":link", `{"phone":"+12125550100"}`, http.StatusConflict)
	h.send(ann.ID+":unshare", `{}`, http.StatusOK)
	h.send(ann.ID+":unshare", `{}`, http.StatusConflict)
	if p := h.one("email=ann@example.com"); len(p.Identities) != 2 {
		t.Errorf("unshared: %+v", p)
	}
}

func TestReps(t *testing.T) {
	h := newPeopleHouse(t)
	put := func(body string, status int) {
		t.Helper()
		if a := h.do(http.MethodPut, "/v1/reps/kim", body); a.status != status {
			t.Fatalf("%s: %d %s, want %d", body, a.status, a.body, status)
		}
	}
	put(`{"name":"Kim Sample","team":"south","identities":[{"kind":"email","value":"kim@example.com"},{"kind":"extension","value":"101","provider":"aircall"}]}`, http.StatusOK)
	put(`{"identities":[{"kind":"fax","value":"1"}]}`, http.StatusUnprocessableEntity)
	put(`{"nickname":"K"}`, http.StatusUnprocessableEntity)
	put(`{"team":7}`, http.StatusUnprocessableEntity)
	if a := h.get("/v1/reps"); len(spoken(a.body, "Kim Sample", "kim@example.com", "aircall", `"rep":"kim"`)) != 4 {
		t.Errorf("reps: %s", a.body)
	}
	a := h.do(http.MethodGet, "/v1/reps", "", "Authorization", "Bearer "+h.addKey("acme", access.ScopeRead))
	if a.status != http.StatusOK || len(spoken(a.body, "Kim Sample", "kim@example.com")) > 0 || !strings.Contains(a.body, `"rep":"kim"`) {
		t.Errorf("for who may not see people: %d %s", a.status, a.body)
	}
	for _, e := range h.warehouse.rows {
		if strings.Contains(string(e.Event.Data), "example.com") {
			t.Errorf("in clear: %s", e.Event.Data)
		}
	}
}

func TestNobodyIsErasedOrLinked(t *testing.T) {
	h := newPeopleHouse(t)
	h.tell(door(h), [3]string{"form", events.TypeLeadCaptured, lead})
	ann, nobody := h.one("email=ann@example.com"), "p_00000000000000000000000000"
	h.send(nobody+":erase", `{}`, http.StatusNotFound)
	h.send(nobody+":link", `{"email":"ann@example.com"}`, http.StatusNotFound)
	h.refused(http.MethodPost, "/v1/people/"+ann.ID+":link", `{"phone":"+12125559999"}`, http.StatusUnprocessableEntity, "/phone")
	h.refused(http.MethodPost, "/v1/people/"+ann.ID+":link", `{"prospect":"`+nobody+`"}`, http.StatusUnprocessableEntity, "/prospect")
	h.send(ann.ID+":erase", `{}`, http.StatusOK)
}
