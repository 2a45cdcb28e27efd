package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/projections"
)

// Who gives a value that there is none of hears so, and which there are; not that it is missing.
func TestUnknownValues(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct{ path, body, pointer, says string }{
		{"/v1/connections", `{"provider":"nope","public_url":"https://x.example"}`, "/provider", `is not known: \"nope\"; there are: `},
		{"/v1/connections", `{"public_url":"https://x.example"}`, "/provider", "is required: one of "},
		{"/v1/destinations", `{"name":"x","kind":"pigeon","url":"https://x.example"}`, "/kind", `is not known: \"pigeon\"; there are: webhook`},
	} {
		h.refused(http.MethodPost, c.path, c.body, http.StatusUnprocessableEntity, c.pointer)
		if a := h.do(http.MethodPost, c.path, c.body); !strings.Contains(a.body, c.says) {
			t.Errorf("%s %s: %s", c.path, c.body, a.body)
		}
	}
}

func TestMethodsOfEvents(t *testing.T) {
	h := newHouse(t)
	if a := h.do(http.MethodPut, "/v1/events", "{}"); a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "OPTIONS, GET, POST" {
		t.Errorf("%d, Allow: %s", a.status, a.header.Get("Allow"))
	}
}

// All events come as one file, and of what an event does not say its fields are empty.
func TestEventsAsOneFile(t *testing.T) {
	h := newHouse(t)
	const n = 1203 // MaxPage is 500
	for i := range n {
		h.happened(fmt.Sprint("c", i), events.TypeCallCompleted, when(t, "2024-03-01 09:30").Add(time.Duration(i)*time.Second), "kim", busy)
	}
	a := h.get("/v1/events", "Accept", "text/csv")
	lines := strings.Split(strings.TrimSpace(a.body), "\r\n")
	if len(lines) != n+1 || a.header.Get("Link") != "" {
		t.Fatalf("%d lines, Link %q", len(lines), a.header.Get("Link"))
	}
	want := "c1202,call.completed,2024-03-01T09:50:02Z,2024-03-01,kim,,,busy,,,,,,,1203,"
	if lines[1] != want || !strings.HasPrefix(lines[n], "c0,") {
		t.Errorf("first line\n%s, want\n%s, last line\n%s", lines[1], want, lines[n])
	}
}

// A file of which a page cannot be had is broken off: it must not look complete.
func TestFileThatBreaksOff(t *testing.T) {
	h := newHouse(t)
	for i := range 501 {
		h.happened(fmt.Sprint("c", i), events.TypeCallCompleted, when(t, "2024-03-01 09:30"), "kim", busy)
	}
	web := httptest.NewServer(newServer(Config{MaxPage: 500}.withDefaults(), Deps{
		Warehouse: &breaking{warehouse: h.warehouse}, Keys: h.access, Clock: func() time.Time { return h.now }, Logger: slog.New(slog.DiscardHandler),
	}).handler())
	t.Cleanup(web.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, web.URL+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/csv")
	r.Header.Set("Authorization", "Bearer "+h.key)
	resp, err := web.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("the file looks complete: %d bytes", len(body))
	}
}

// breaking is a warehouse that answers for events once only.
type breaking struct {
	*warehouse

	asked atomic.Int32
}

func (b *breaking) Events(ctx context.Context, q projections.EventQuery) ([]projections.EventRow, error) {
	if b.asked.Add(1) > 1 {
		return nil, errors.New("gone")
	}
	return b.warehouse.Events(ctx, q)
}

// What the stream says of a goal names it.
func TestStreamNamesGoals(t *testing.T) {
	h := newHouse(t)
	h.do(http.MethodPost, "/v1/goals", aGoal)
	h.happened("p", events.TypePaceChanged, h.now, "kim", `{"goal":"calls-in-march","to":"off_track","actual":"2","expected":"9.5"}`)
	s := newServer(Config{}.withDefaults(), Deps{
		Warehouse: h.warehouse, Clock: func() time.Time { return h.now }, Logger: slog.New(slog.DiscardHandler),
	})
	a := ask{
		caller: access.Caller{Org: "acme"}, now: h.now, calendar: projections.DefaultOrgSettings().Calendar(), context: t.Context(),
	}
	rows := h.warehouse.rows
	got := s.messagesOf(a, []events.Record{rows[len(rows)-1].Record})
	if len(got) != 1 || !strings.Contains(string(got[0].data), `"goal":{"goal":"calls-in-march","title":`) ||
		!strings.Contains(string(got[0].data), `"metric":"calls"`) {
		t.Errorf("%d messages: %s", len(got), got[0].data)
	}
}

// An identity that is none is refused where it stands in the request.
func TestIdentitiesThatAreNone(t *testing.T) {
	h := newPeopleHouse(t)
	h.tell(door(h), [3]string{"form", events.TypeLeadCaptured, lead})
	p := h.one("email=ann@example.com")
	for _, verb := range []string{"link", "unlink"} {
		h.refused(http.MethodPost, "/v1/people/"+p.ID+":"+verb, `{"prospect":"nope"}`, http.StatusUnprocessableEntity, "/prospect")
		h.refused(http.MethodPost, "/v1/people/nope:"+verb, `{"phone":"+12125550100"}`, http.StatusNotFound)
	}
	h.refused(http.MethodPost, "/v1/people/"+p.ID+":link", `{"prospect":"`+p.ID+`"}`, http.StatusUnprocessableEntity, "/prospect")
	h.refused(http.MethodPost, "/v1/people/nope:share", `{"reason":"desk"}`, http.StatusNotFound)
}

func TestPaceAsCSV(t *testing.T) {
	h := newHouse(t)
	h.do(http.MethodPost, "/v1/goals", aGoal)
	a := h.get("/v1/pace", "Accept", "text/csv")
	lines := strings.Split(a.body, "\r\n")
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") || len(lines) != 3 || !strings.HasPrefix(lines[1], "calls-in-march,") {
		t.Errorf("%s: %s", a.header.Get("Content-Type"), a.body)
	}
}

func TestAmountsAsPeopleReadThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ number, currency, want string }{
		{"1200.5", "EUR", "1200.50"},
		{"1200", "USD", "1200.00"},
		{"-0.125", "EUR", "-0.125"},
		{"1200", "JPY", "1200"},
		{"1.5", "KWD", "1.500"},
		{"7", "", "7"},
	} {
		d, err := events.ParseDecimal(c.number)
		if got := amount(d, c.currency); err != nil || string(got) != c.want {
			t.Errorf("%s %s is %s (%v), want %s", c.number, c.currency, got, err, c.want)
		}
	}
	if amount(nil, "EUR") != "" {
		t.Error("no amount is shown as one")
	}
}
