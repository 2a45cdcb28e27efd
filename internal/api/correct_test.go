package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/projections"
)

// outcome is what a correction answers.
type outcome struct {
	Results  []events.Receipt
	Position events.Position
}

func (h *house) correct(path, body string, status int) outcome {
	h.tb.Helper()
	a := h.do(http.MethodPost, path, body)
	if a.status != status {
		h.tb.Fatalf("POST %s %s: %d, want %d\n%s", path, body, a.status, status, a.body)
	}
	var o outcome
	if status < http.StatusBadRequest {
		a.into(h.tb, &o)
	}
	return o
}

// history returns the steps of an event's history and the id of the event of each.
func (h *house) history(id string) string {
	h.tb.Helper()
	var got struct{ History []step }
	h.get("/v1/events/"+url.PathEscape(id)).into(h.tb, &got)
	var steps []string
	for _, s := range got.History {
		steps = append(steps, s.What+" "+s.Event.ID)
	}
	return strings.Join(steps, ", ")
}

const busy = `{"outcome":"busy","direction":"outbound"}`

func TestVoid(t *testing.T) {
	h := newHouse(t)
	h.happened("imports/1", "call.completed", when(t, "2024-03-01 09:30"), "kim", busy)
	path := "/v1/events/" + url.PathEscape("imports/1") + ":void"
	first := h.correct(path, `{"reason":"test call"}`, http.StatusAccepted)
	if n := h.count("/v1/events?type=call.completed"); n != 0 {
		t.Errorf("%d calls, want none", n)
	}
	again := h.correct(path, `{"reason":"test call"}`, http.StatusOK)
	if again.Results[0].Outcome != events.Duplicate || again.Position != first.Position {
		t.Errorf("voided twice: %+v, first %+v", again, first)
	}
	h.correct(path, `{"reason":"another reason"}`, http.StatusConflict)
	void := first.Results[0].ID
	h.correct("/v1/events/"+void+":void", `{"reason":"was right after all"}`, http.StatusConflict)
	h.correct("/v1/events/"+void+":amend", `{"reason":"x","event":{"data":{}}}`, http.StatusConflict)
	if got, want := h.history("imports/1"), "recorded imports/1, voided "+void; got != want {
		t.Errorf("history is %s, want %s", got, want)
	}
	var got struct{ Event eventView }
	h.get("/v1/events/"+void).into(t, &got)
	if keys := h.access.List(t.Context(), "acme"); got.Event.RecordedBy != keys[0].ID {
		t.Errorf("recorded by %q, want the key %q", got.Event.RecordedBy, keys[0].ID)
	}
}

func TestAmend(t *testing.T) {
	h := newHouse(t)
	h.happened("c1", "call.completed", when(t, "2024-03-01 09:30"), "kim", busy)
	right := `{"reason":"wrong outcome","event":{"rep":"lee","data":{"outcome":"voicemail","direction":"outbound"}}}`
	first := h.correct("/v1/events/c1:amend", right, http.StatusAccepted)
	again := h.correct("/v1/events/c1:amend", right, http.StatusOK)
	if again.Position != first.Position || len(again.Results) != 2 {
		t.Errorf("amended twice: %+v, first %+v", again, first)
	}
	h.correct("/v1/events/c1:amend", strings.Replace(right, "voicemail", "busy", 1), http.StatusConflict)
	h.correct("/v1/events/c1:void", `{"reason":"altogether wrong"}`, http.StatusConflict)
	void, amendment := first.Results[0].ID, first.Results[1].ID
	if n := h.count("/v1/events?outcome=voicemail&rep=lee"); n != 1 {
		t.Errorf("%d amended calls, want 1", n)
	}
	if got, want := h.history("c1"), "recorded c1, voided "+void+", amended "+amendment; got != want {
		t.Errorf("history is %s, want %s", got, want)
	}
	if got, want := h.history(amendment), "amends c1, recorded "+amendment; got != want {
		t.Errorf("history is %s, want %s", got, want)
	}
	h.correct("/v1/events/"+amendment+":amend", right, http.StatusAccepted)
}

func TestCorrectionsThatCannotBe(t *testing.T) {
	h := newHouse(t)
	h.happened("c1", "call.completed", when(t, "2024-03-01 09:30"), "kim", busy)
	h.correct("/v1/events/c2:void", `{"reason":"x"}`, http.StatusNotFound)
	h.correct("/v1/events/c2:amend", `{"reason":"x","event":{"data":{}}}`, http.StatusNotFound)
	h.correct("/v1/events/c1:undo", `{}`, http.StatusNotFound)
	h.refused(http.MethodPost, "/v1/events/c1:void", `{"reason":""}`, http.StatusUnprocessableEntity, "/reason")
	h.refused(http.MethodPost, "/v1/events/c1:void", `{"why":"x"}`, http.StatusUnprocessableEntity, "/why")
	h.refused(http.MethodPost, "/v1/events/c1:amend", `{"reason":"x"}`, http.StatusUnprocessableEntity, "/event")
	h.refused(http.MethodPost, "/v1/events/c1:amend", `{"reason":"x","event":{"id":"c3","data":{}}}`, http.StatusUnprocessableEntity, "/event/id")
	h.refused(http.MethodPost, "/v1/events/c1:amend", `{"reason":"x","event":{"type":"event.voided","data":{"event":"c1","reason":"y"}}}`,
		http.StatusUnprocessableEntity, "/event/type")
	h.refused(http.MethodPost, "/v1/events/c1:amend", `{"reason":"x","event":{"data":{"outcome":"lost","direction":"outbound"}}}`,
		http.StatusUnprocessableEntity, "/event/data/outcome")
	h.refused(http.MethodPost, "/v1/events/c1:void?what=1", `{"reason":"x"}`, http.StatusBadRequest, "what")
	if n := h.count("/v1/events?"); n != 1 {
		t.Errorf("%d events, want the one that stood", n)
	}
	h.key = h.addKey("acme", access.ScopeRead)
	h.correct("/v1/events/c1:void", `{"reason":"x"}`, http.StatusForbidden)
}

func TestDuplicatesAreListedBesideTheFirst(t *testing.T) {
	h := newHouse(t)
	h.happened("c1", "call.completed", when(t, "2024-03-01 09:30"), "kim", busy)
	for i, verdict := range []events.Outcome{events.Duplicate, events.Conflict, events.Conflict} {
		e := h.warehouse.rows[0].Event
		e.Time = e.Time.AddDate(0, 0, -i)
		h.warehouse.copies = append(h.warehouse.copies, projections.Copy{
			Record: events.Record{Position: events.Position(90 - i), Event: e}, First: 1, Verdict: verdict,
		})
	}
	var page struct {
		Duplicates []duplicate
		Next       string
	}
	h.get("/v1/duplicates?limit=2").into(t, &page)
	if len(page.Duplicates) != 2 || page.Next == "" || page.Duplicates[1].First.ID != "c1" || page.Duplicates[1].Second.Day != day(t, "2024-02-29") {
		t.Fatalf("first page: %+v", page)
	}
	next := page.Next
	page.Duplicates, page.Next = nil, ""
	h.get(next).into(t, &page)
	if len(page.Duplicates) != 1 || page.Next != "" || page.Duplicates[0].Position != 88 {
		t.Errorf("second page: %+v", page)
	}
	h.get("/v1/duplicates?verdict=duplicate").into(t, &page)
	if len(page.Duplicates) != 1 || page.Duplicates[0].Verdict != events.Duplicate {
		t.Errorf("duplicates: %+v", page)
	}
	h.refused(http.MethodGet, "/v1/duplicates?verdict=other&before=x", "", http.StatusBadRequest, "verdict", "before")
	if got, want := h.history("c1"), "recorded c1, conflict c1, conflict c1, duplicate c1"; got != want {
		t.Errorf("history is %s, want %s", got, want)
	}
}

// backlog is a ledger with one event that the read models lack.
type backlog struct{ frame events.Frame }

func (b backlog) Last(context.Context) (events.Position, error) { return b.frame.Position, nil }

func (b backlog) Follow(ctx context.Context, from events.Position, fn func(events.Frame) bool) {
	if b.frame.Position < from || fn(b.frame) {
		<-ctx.Done()
	}
}

// While the read models lack something that the ledger may have forgotten, nobody can tell whether an event stands.
func TestCorrectionWaitsForReadModels(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)
	for recorded, want := range map[time.Time]bool{now.Add(-time.Minute): true, now.Add(-2 * time.Hour): false} {
		body, err := events.Encode(events.Event{
			ID: "1", Source: "/x", Type: events.TypeLeadCaptured, Org: "acme", DataVersion: 1, Digest: "d", Time: recorded, RecordedAt: recorded, Data: []byte("{}"),
		})
		if err != nil {
			t.Fatal(err)
		}
		s := &server{
			cfg:  Config{MaxWait: time.Minute},
			deps: Deps{Notices: Notices{Feed: backlog{events.Frame{Position: 7, Body: body}}}},
		}
		a := ask{Context: echo.New().NewContext(httptest.NewRequest(http.MethodPost, "/", nil), httptest.NewRecorder()), now: now, position: 6}
		var refused failure
		if err := s.recent(a); (err == nil) != want || err != nil && (!errors.As(err, &refused) || refused.Status != http.StatusServiceUnavailable) {
			t.Errorf("lacking what was recorded at %v: %v", recorded, err)
		}
		a.position = 7
		if err := s.recent(a); err != nil {
			t.Errorf("nothing is lacking: %v", err)
		}
	}
}
