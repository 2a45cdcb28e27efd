package api

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/audit"
	"milemarker/internal/quarantine"
)

// shelf keeps quarantined messages in memory.
type shelf struct{ messages []quarantine.Message }

func (s *shelf) From(_ context.Context, place uint64, limit int) ([]quarantine.Message, uint64, error) {
	found := s.messages[min(int(place)-1, len(s.messages)):]
	found = found[:min(limit, len(found))]
	return found, place + uint64(len(found)), nil
}

func (s *shelf) At(_ context.Context, at events.Position) (quarantine.Message, string, string, error) {
	for _, m := range s.messages {
		if m.Frame.Position == at {
			return m, "", "", nil
		}
	}
	return quarantine.Message{}, "", "", fs.ErrNotExist
}

func (s *shelf) Size(context.Context) (int, error) { return len(s.messages), nil }

func (s *shelf) put(at events.Position, subject, body string) {
	s.messages = append(s.messages, quarantine.Message{
		Frame: events.Frame{Position: at, Subject: subject, Body: []byte(body)}, Reason: "malformed event",
	})
}

// Get completes store as a quarantine.Bucket.
func (s *store) Get(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.values[key]; v != nil {
		return v, nil
	}
	return nil, fs.ErrNotExist
}

// Known completes warehouse as what the quarantine asks.
func (w *warehouse) Known(_ context.Context, org, id string) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.rows {
		if r.Event.Org == org && r.Event.ID == id {
			return true, nil
		}
	}
	return false, nil
}

type listed struct {
	Messages []struct {
		Position events.Position
		State    string
		Org      string
	}
	Next string
}

func (l listed) String() string {
	var b strings.Builder
	for _, m := range l.Messages {
		fmt.Fprintf(&b, "%d %s %s, ", m.Position, m.Org, m.State)
	}
	return b.String()
}

func TestQuarantineIsSeenByItsOrg(t *testing.T) {
	h := newHouse(t)
	own := events.Subject("acme", events.TypeCallCompleted)
	for i, subject := range []string{own, events.Subject("other", events.TypeCallCompleted), "ledger.nowhere", own, "ledger.99.acme.call.completed"} {
		h.shelf.put(events.Position(10+i), subject, "{broken")
	}
	reader := h.addKey("acme", access.ScopeRead, access.ScopeIngest)
	for _, test := range []struct{ key, query, want string }{
		{h.key, "", "10 acme open, 13 acme open, "},
		{h.operator, "", "10 acme open, 11 other open, 12  open, 13 acme open, 14  open, "},
		{h.operator, "?state=discarded", ""},
		{h.addKey("third", access.ScopeAdmin), "", ""},
	} {
		var page listed
		h.get("/v1/quarantine"+test.query, "Authorization", "Bearer "+test.key).into(t, &page)
		if page.String() != test.want {
			t.Errorf("%s%s, want %s", test.query, page, test.want)
		}
	}
	var whole []string
	for next := "/v1/quarantine?limit=1"; next != ""; {
		var page listed
		h.get(next).into(t, &page)
		whole = append(whole, page.String())
		next = page.Next
	}
	if strings.Join(whole, "") != "10 acme open, 13 acme open, " || len(whole) != 2 {
		t.Errorf("pages %q", whole)
	}
	for path, status := range map[string]int{
		"/v1/quarantine/11": http.StatusNotFound, "/v1/quarantine/12": http.StatusNotFound, "/v1/quarantine/14": http.StatusNotFound,
		"/v1/quarantine/9": http.StatusNotFound, "/v1/quarantine/x": http.StatusNotFound, "/v1/quarantine/10": http.StatusOK,
	} {
		if a := h.do(http.MethodGet, path, ""); a.status != status {
			t.Errorf("%s: %d, want %d", path, a.status, status)
		}
		if a := h.do(http.MethodGet, path, "", "Authorization", "Bearer "+reader); a.status != http.StatusForbidden {
			t.Errorf("%s with a key that is no admin's: %d", path, a.status)
		}
	}
	if a := h.do(http.MethodPost, "/v1/quarantine/11:discard", `{"reason":"not mine"}`); a.status != http.StatusNotFound {
		t.Errorf("discard another org's: %d", a.status)
	}
	if a := h.get("/readyz", "Authorization", ""); !strings.Contains(a.body, "quarantine: 5 waiting") {
		t.Error(a.body)
	}
}

func TestQuarantineDecisions(t *testing.T) {
	h := newHouse(t)
	own := events.Subject("acme", events.TypeCallCompleted)
	body := `{"specversion":"1.0","id":"lost","source":"/dialer","type":"call.completed","org":"acme","time":"2024-03-13T10:00:00Z","recordedat":"2024-03-13T10:00:00Z",%s"data":{}}`
	h.shelf.put(10, own, fmt.Sprintf(body, ""))                 // lacks a version
	h.shelf.put(11, own, "{broken")                             //
	h.shelf.put(12, own, fmt.Sprintf(body, `"dataversion":1,`)) // read by now
	h.shelf.put(13, "ledger.nowhere", "{broken")                //
	event := `{"event":{"type":"call.completed","data":{"direction":"outbound","outcome":"conversation","seconds":9}}}`

	for _, c := range []struct {
		verb, body, key string
		status          int
	}{
		{"10:replay", `{}`, h.key, http.StatusUnprocessableEntity},                                  // still unreadable
		{"10:replay", `{"event":{"type":"call.completed"}}`, h.key, http.StatusUnprocessableEntity}, // not an event
		{"10:replay", `{"event":{"id":"mine"}}`, h.key, http.StatusUnprocessableEntity},             // the id is not the caller's
		{"10:replay", `{"evnt":{}}`, h.key, http.StatusUnprocessableEntity},                         //
		{"10:discard", `{"reason":" "}`, h.key, http.StatusUnprocessableEntity},                     //
		{"10:forget", `{}`, h.key, http.StatusNotFound},                                             //
		{"10:replay", event, h.key, http.StatusOK},                                                  //
		{"10:replay", event, h.key, http.StatusConflict},                                            // once
		{"10:discard", `{"reason":"late"}`, h.key, http.StatusConflict},                             //
		{"11:discard", `{"reason":"noise"}`, h.key, http.StatusOK},                                  //
		{"11:discard", `{"reason":"noise"}`, h.key, http.StatusOK},                                  // again is the same
		{"11:replay", event, h.key, http.StatusConflict},                                            //
		{"12:replay", `{}`, h.key, http.StatusOK},                                                   // as it is
		{"12:replay", `{}`, h.key, http.StatusOK},                                                   //
		{"12:discard", `{"reason":"late"}`, h.key, http.StatusConflict},                             //
		{"13:replay", event, h.operator, http.StatusUnprocessableEntity},                            // of no org
		{"13:discard", `{"reason":"noise"}`, h.operator, http.StatusOK},                             //
	} {
		if a := h.do(http.MethodPost, "/v1/quarantine/"+c.verb, c.body, "Authorization", "Bearer "+c.key); a.status != c.status {
			t.Errorf("%s %s: %d, want %d: %s", c.verb, c.body, a.status, c.status, a.body)
		}
	}
	var ids []string
	for _, r := range h.warehouse.rows {
		ids = append(ids, r.Event.ID)
	}
	if got := strings.Join(ids, " "); got != "quarantine-10 quarantine-10-void" {
		t.Errorf("recorded: %s", got)
	}
	var page listed
	h.get("/v1/quarantine", "Authorization", "Bearer "+h.operator).into(t, &page)
	if want := "10 acme replayed, 11 acme discarded, 12 acme replayed, 13  discarded, "; page.String() != want {
		t.Errorf("%s, want %s", page, want)
	}
}

// A message is not voided while another copy of its id counts.
func TestQuarantineLeavesOtherCopiesAlone(t *testing.T) {
	h := newHouse(t)
	h.happened("lost", events.TypeCallCompleted, h.now, "dana", `{"direction":"outbound","outcome":"conversation","seconds":9}`)
	h.shelf.put(10, events.Subject("acme", events.TypeCallCompleted), `{"id":"lost","org":"acme"}`)
	if a := h.do(http.MethodPost, "/v1/quarantine/10:discard", `{"reason":"noise"}`); a.status != http.StatusOK || strings.Contains(a.body, "voided") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if len(h.warehouse.rows) != 1 {
		t.Errorf("%d events", len(h.warehouse.rows))
	}
}

// auditor is an audit.Follower in memory.
type auditor struct {
	job audit.Job
	err error
}

func (a *auditor) Checkpoint(context.Context) ([]byte, error) { return []byte("signed\n"), a.err }
func (a *auditor) Job() audit.Job                             { return a.job }
func (a *auditor) PublicKey() string                          { return "milemarker+1+key" }
func (a *auditor) Err() error                                 { return a.err }

func (a *auditor) Start(signed []byte) (audit.Job, error) {
	switch {
	case string(signed) != "signed\n":
		return audit.Job{}, audit.ErrCheckpoint
	case a.job.State == "running":
		return a.job, audit.ErrRunning
	}
	a.job = audit.Job{State: "running", Of: 7}
	return a.job, nil
}

func TestAuditIsTheOperators(t *testing.T) {
	h := newHouse(t)
	operator := []string{"Authorization", "Bearer " + h.operator}
	h.auditor.job.State = "none"
	for _, c := range []struct {
		method, path, body string
		status             int
		text               string
	}{
		{"GET", "/v1/audit", "", http.StatusOK, `"state":"none"`},
		{"POST", "/v1/audit/checkpoints", "", http.StatusOK, `{"checkpoint":"signed\n"}`},
		{"POST", "/v1/audit", `{"checkpoint":"forged"}`, http.StatusUnprocessableEntity, "/checkpoint"},
		{"POST", "/v1/audit", `{"checkpoint":"signed\n"}`, http.StatusAccepted, `"running"`},
		{"POST", "/v1/audit", `{"checkpoint":"signed\n"}`, http.StatusConflict, "running"},
	} {
		if a := h.do(c.method, c.path, c.body); a.status != http.StatusForbidden {
			t.Errorf("%s %s with an org's key: %d", c.method, c.path, a.status)
		}
		if a := h.do(c.method, c.path, c.body, operator...); a.status != c.status || !strings.Contains(a.body, c.text) {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.status, a.body)
		}
	}
	h.auditor.err = audit.ErrForked
	if a := h.do("POST", "/v1/audit/checkpoints", "", operator...); a.status != http.StatusConflict {
		t.Errorf("forked: %d %s", a.status, a.body)
	}
	if a := h.get("/readyz"); !strings.Contains(a.body, "audit:") {
		t.Error(a.body)
	}
}

func TestScrapeNeedsAKey(t *testing.T) {
	h := newHouse(t)
	if a := h.do(http.MethodGet, "/metrics", "", "Authorization", ""); a.status != http.StatusUnauthorized {
		t.Errorf("without a key: %d", a.status)
	}
	if a := h.do(http.MethodGet, "/metrics", "", "Authorization", "Bearer "+h.addKey("acme", access.ScopeIngest)); a.status != http.StatusForbidden {
		t.Errorf("with a key that may not read: %d", a.status)
	}
	if a := h.get("/metrics"); a.body != "measured 1\n" {
		t.Errorf("%s", a.body)
	}
}
