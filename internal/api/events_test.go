package api

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/projections"
)

func TestEventsAreOpenedWithoutTheirSecrets(t *testing.T) {
	h := newHouse(t)
	h.warehouse.voided = map[string]string{"acme imports/1": "void-1"}
	h.happened("imports/1", "call.completed", when(t, "2024-03-01 09:30"), "kim", `{"outcome":"voicemail","direction":"outbound"}`)
	h.warehouse.rows[0].Event.Sealed = "c2VhbGVk"
	h.warehouse.rows[0].Event.Prospect = "p_x"
	var got struct {
		Position events.Position
		Event    eventView
	}
	a := h.get("/v1/events/" + url.PathEscape("imports/1"))
	a.into(t, &got)
	want := eventView{
		ID: "imports/1", Type: "call.completed", Time: when(t, "2024-03-01 09:30"), Day: day(t, "2024-03-01"), Rep: "kim",
		Prospect: "p_x", Source: "/test", Data: got.Event.Data, Sealed: true, RecordedAt: when(t, "2024-03-01 09:30"),
		Position: 1, VoidedBy: "void-1",
	}
	if diff := cmp.Diff(want, got.Event); diff != "" || strings.Contains(a.body, "c2VhbGVk") {
		t.Errorf("%s\n%s", diff, a.body)
	}
	if n := h.count("/v1/events?from=2024-03-01"); n != 0 {
		t.Errorf("%d events listed, want none: it was voided", n)
	}
	if n := h.count("/v1/events?voided=true"); n != 1 {
		t.Errorf("%d events listed, want the voided one", n)
	}
	if a := h.do(http.MethodGet, "/v1/events/none", ""); a.status != http.StatusNotFound {
		t.Errorf("an unknown event: %d %s", a.status, a.body)
	}
}

func TestEventsPageThroughAll(t *testing.T) {
	h := newHouse(t)
	for i := range 50 { // many at the same instant
		h.happened(fmt.Sprintf("e%d", i), "call.completed", when(t, "2024-03-01 09:30").Add(time.Duration(i/10)*time.Second),
			[]string{"kim", "lee"}[i%2], `{"outcome":"voicemail","direction":"outbound"}`)
	}
	for query, want := range map[string]uint64{
		"rep=kim": 25, "rep=kim&rep=lee": 50, "rep=": 0, "from=2024-03-02": 0, "to=2024-03-01": 50, "type=lead.captured": 0,
		"metric=calls": 50, "metric=calls&type=lead.captured": 0, "metric=conversations": 0, "outcome=voicemail": 50,
	} {
		if got := h.count("/v1/events?" + query); got != want {
			t.Errorf("%s: %d events, want %d", query, got, want)
		}
	}
}

func TestEventsLinkHeaderAndCSV(t *testing.T) {
	h := aMonth(t)
	a := h.get("/v1/events?type=signup.completed&limit=2&min_position=1", "Accept", "text/csv, application/json;q=0.5")
	want := "id,type,time,day,rep,team,prospect,outcome,source,campaign,product,amount,currency,seconds,position,voided_by\r\n" +
		"sale-3,signup.completed,2024-03-13T10:00:00Z,2024-03-13,lee,,,recruit,,,,49.25,EUR,,24,\r\n" +
		"sale-2,signup.completed,2024-03-05T10:00:00Z,2024-03-05,lee,,,customer,,,,250,USD,,23,\r\n"
	if diff := cmp.Diff(want, a.body); diff != "" {
		t.Error(diff)
	}
	link := a.header.Get("Link")
	if !strings.HasPrefix(link, "</v1/events?cursor=") || !strings.HasSuffix(link, `>; rel="next"`) || strings.Contains(link, "min_position") {
		t.Errorf("Link: %s", link)
	}
}

func TestEventsRefuses(t *testing.T) {
	h := newHouse(t)
	for query, names := range map[string][]string{
		"limit=0":                     {"limit"},
		"limit=501":                   {"limit"},
		"cursor=abc":                  {"cursor"},
		"voided=maybe":                {"voided"},
		"metric=happiness":            {"metric"},
		"page=2":                      {"page"},
		"from=2024-03-02&to=2024-3-1": {"to"},
	} {
		h.refused(http.MethodGet, "/v1/events?"+query, "", http.StatusBadRequest, names...)
	}
}

func TestOrgsSeeNothingOfEachOther(t *testing.T) {
	h := aMonth(t)
	h.happenedIn("zeta", "theirs", "call.completed", when(t, "2024-03-01 09:30"), "zoe", `{"outcome":"conversation","direction":"outbound"}`)
	h.happenedIn("zeta", "goal", "goal.set", when(t, "2024-03-01 09:30"), "", aGoal)
	h.key = h.addKey("zeta", "read")
	h.wants("/v1/metrics?metric=calls&from=2024-01-01&to=2024-12-31", "calls 2024-01-01..2024-12-31 to date = 1 (1)")
	if n := h.count("/v1/events?voided=true"); n != 2 {
		t.Errorf("zeta sees %d events, want its own 2", n)
	}
	if a := h.do(http.MethodGet, "/v1/events/sale-1", ""); a.status != http.StatusNotFound {
		t.Errorf("zeta opens acme's event: %d %s", a.status, a.body)
	}
	h.key = h.addKey("acme", "read")
	if a := h.do(http.MethodGet, "/v1/goals/calls-in-march", ""); a.status != http.StatusNotFound {
		t.Errorf("acme opens zeta's goal: %d %s", a.status, a.body)
	}
}

func TestCursorRoundTrip(t *testing.T) {
	for _, c := range []projections.Cursor{
		{Time: time.UnixMicro(0).UTC(), Position: 0},
		{Time: time.UnixMicro(1710331200123456).UTC(), Position: 42},
		{Time: time.UnixMicro(-1).UTC(), Position: math.MaxUint64},
	} {
		got, err := decodeCursor(encodeCursor(c))
		if diff := cmp.Diff(c, got); err != nil || diff != "" {
			t.Errorf("%v: %s", err, diff)
		}
	}
}

func FuzzDecodeCursor(f *testing.F) {
	f.Add("")
	f.Add(encodeCursor(projections.Cursor{Time: time.UnixMicro(1710331200123456), Position: 42}))
	f.Add("AQAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := decodeCursor(s)
		if err == nil && encodeCursor(c) != s {
			t.Fatalf("%q decodes to %v, which encodes to %q", s, c, encodeCursor(c))
		}
	})
}
