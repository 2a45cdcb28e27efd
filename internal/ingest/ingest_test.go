package ingest_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/ingest"
	"milemarker/internal/problem"
)

func TestOneEvent(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{})
	key := h.key(t, "acme", access.ScopeIngest)
	var r events.Receipt

	a := h.post(t, key, one, call("c1", `,"note":"x","person":{"phone":"+12125550100"}`))
	a.json(t, &r)
	want := events.Receipt{ID: "c1", Outcome: events.Appended, Position: 1}
	if diff := cmp.Diff(want, r); diff != "" || a.status != http.StatusAccepted || a.header.Get("Milemarker-Position") != "1" {
		t.Errorf("first: %d %v %s", a.status, a.header, diff)
	}

	// The same event, its keys in another order.
	again := `{"id":"c1","type":"call.completed","rep":"kim","specversion":"1.0","data":{"seconds":61, "person":{"phone":"+12125550100"},` +
		`"direction":"outbound","note":"x","outcome":"conversation"},"time":"2026-03-02T10:00:00+01:00","source":"/dialer"}`
	a = h.post(t, key, plain+"; charset=utf-8", again)
	a.json(t, &r)
	want.Outcome = events.Duplicate
	if diff := cmp.Diff(want, r); diff != "" || a.status != http.StatusOK || a.header.Get("Milemarker-Position") != "1" {
		t.Errorf("again: %d %v %s", a.status, a.header, diff)
	}

	// Another note: only the sealed part differs.
	a = h.post(t, key, one, call("c1", `,"note":"y","person":{"phone":"+12125550100"}`))
	var p problem.Problem
	a.json(t, &p)
	if a.status != http.StatusConflict || p.Status != http.StatusConflict || a.header.Get("Milemarker-Position") != "1" ||
		a.header.Get("Content-Type") != "application/problem+json" || p.Type != "urn:milemarker:problem:conflict" {
		t.Errorf("conflict: %d %v %s", a.status, a.header, a.body)
	}

	a = h.post(t, key, one, `{"specversion":"1.0","id":"c2","source":"/dialer","type":"call.completed","org":"zeta","data":{"outcome":"talked","seconds":-1}}`)
	p = problem.Problem{}
	a.json(t, &p)
	var pointers []string
	for _, f := range p.Errors {
		if f.Detail == "" {
			t.Errorf("%s has no detail", f.Pointer)
		}
		pointers = append(pointers, f.Pointer)
	}
	for _, pointer := range []string{"/data/outcome", "/data/seconds"} {
		if !strings.Contains(strings.Join(pointers, " "), pointer) {
			t.Errorf("no word about %s: %s", pointer, a.body)
		}
	}
	if a.status != http.StatusUnprocessableEntity || p.Type != "urn:milemarker:problem:invalid-event" {
		t.Errorf("rejected: %d %s", a.status, a.body)
	}
	if n := len(h.frames(t)); n != 1 {
		t.Errorf("%d events in the ledger, want 1", n)
	}
}

func TestBinaryMode(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{})
	key := h.key(t, "acme", access.ScopeIngest)
	envelope := []string{
		"ce-specversion", "1.0", "ce-id", "c1", "ce-source", "/dialer", "ce-type", "call.completed",
		"ce-time", "2026-03-02T09:00:00Z", "ce-rep", "kim",
	}
	const data = `{"direction":"outbound","outcome":"conversation","seconds":61}`
	if a := h.post(t, key, plain, data, envelope...); a.status != http.StatusAccepted {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := h.post(t, key, one, call("c1", "")); a.status != http.StatusOK {
		t.Errorf("the same event, structured: %d %s", a.status, a.body)
	}
	if a := h.post(t, key, plain, data, envelope[:8]...); a.status != http.StatusConflict {
		t.Errorf("without time and rep: %d %s", a.status, a.body)
	}
	if a := h.post(t, key, "text/csv", data, envelope...); a.status != http.StatusUnprocessableEntity {
		t.Errorf("data that is not JSON: %d %s", a.status, a.body)
	}
	if a := h.post(t, key, plain, data, "ce-id", "c1"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("half an envelope: %d %s", a.status, a.body)
	}
}

type batchAnswer struct {
	Results  []events.Receipt `json:"results"`
	Position events.Position  `json:"position"`
}

func TestBatch(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{MaxBody: 4 << 10})
	key := h.key(t, "acme", access.ScopeIngest)
	var got batchAnswer
	a := h.post(t, key, batch, "["+call("c1", "")+","+call("c2", "")+"]")
	a.json(t, &got)
	want := batchAnswer{Position: 2, Results: []events.Receipt{
		{ID: "c1", Outcome: events.Appended, Position: 1}, {ID: "c2", Outcome: events.Appended, Position: 2},
	}}
	if diff := cmp.Diff(want, got); diff != "" || a.status != http.StatusAccepted || a.header.Get("Milemarker-Position") != "2" {
		t.Errorf("%d %v %s", a.status, a.header, diff)
	}

	got = batchAnswer{}
	a = h.post(t, key, plain, " \n["+strings.Join([]string{
		call("c2", ""),
		call("c1", `,"note":"other"`),
		call("c3", `,"amount":"1"`),
		call("c4", ""),
		call("c4", ""),
		call("c5", `,"note":"`+strings.Repeat("x", 5<<10)+`"`),
		`17`,
		call("c6", `,"person":{"phone":"(212) 555-0100"}`),
	}, ",")+"]")
	a.json(t, &got)
	want = batchAnswer{Position: 3, Results: []events.Receipt{
		{ID: "c2", Outcome: events.Duplicate, Position: 2},
		{ID: "c1", Outcome: events.Conflict, Position: 1},
		{ID: "c3", Outcome: events.Rejected, Violations: []events.Violation{{Pointer: "/2/data/amount"}}},
		{ID: "c4", Outcome: events.Appended, Position: 3},
		{ID: "c4", Outcome: events.Duplicate, Position: 3},
		{Outcome: events.Rejected, Violations: []events.Violation{{Pointer: "/5"}}},
		{Outcome: events.Rejected, Violations: []events.Violation{{Pointer: "/6"}}},
		{ID: "c6", Outcome: events.Rejected, Violations: []events.Violation{{Pointer: "/7/data/person/phone"}}},
	}}
	for i := range got.Results {
		for j := range got.Results[i].Violations {
			if v := &got.Results[i].Violations[j]; v.Detail == "" {
				t.Errorf("%s has no detail", v.Pointer)
			} else {
				v.Detail = ""
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || a.status != http.StatusMultiStatus || a.header.Get("Milemarker-Position") != "3" {
		t.Errorf("%d %v %s", a.status, a.header, diff)
	}

	got = batchAnswer{}
	a = h.post(t, key, batch, "[]")
	a.json(t, &got)
	if a.status != http.StatusAccepted || a.body != "{\"results\":[],\"position\":0}\n" || a.header.Get("Milemarker-Position") != "" {
		t.Errorf("empty: %d %q", a.status, a.body)
	}
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{})
	key := h.key(t, "acme", access.ScopeRead)
	a := h.do(t, key, http.MethodGet, "/v1/schemas", nil)
	var index struct{ Schemas []events.SchemaRef }
	a.json(t, &index)
	if diff := cmp.Diff(events.SchemaIndex(), index.Schemas); diff != "" || a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, diff)
	}
	for _, typ := range events.Types() {
		a := h.do(t, key, http.MethodGet, "/v1/schemas/"+typ, nil)
		if a.status != http.StatusOK || a.body != string(events.Schema(typ)) || a.header.Get("Content-Type") != "application/schema+json" {
			t.Errorf("%s: %d %s", typ, a.status, a.body)
		}
	}
	if a := h.do(t, key, http.MethodGet, "/v1/schemas/call.compleeted", nil); a.status != http.StatusNotFound {
		t.Errorf("unknown type: %d %s", a.status, a.body)
	}
	for _, path := range []string{"/v1/schemas", "/v1/schemas/call.completed"} {
		if a := h.do(t, "", http.MethodGet, path, nil); a.status != http.StatusUnauthorized {
			t.Errorf("%s without a key: %d", path, a.status)
		}
	}
}

func TestRunEndsWithoutError(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{})
	if err := h.stop(); err != nil {
		t.Error(err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, cfg := range []ingest.Config{
		{MaxBody: -1},
		{MaxBody: 8 << 20},
		{MaxBatch: 10, Burst: 9},
		{Rate: -1},
	} {
		if err := ingest.Run(t.Context(), cfg, ingest.Deps{}); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
}

// brokenWeb cannot listen.
type brokenWeb struct{}

func (brokenWeb) Serve(context.Context, http.Handler, ...string) error { return net.ErrClosed }

func TestRunReturnsTheListenersError(t *testing.T) {
	t.Parallel()
	if err := ingest.Run(t.Context(), ingest.Config{}, ingest.Deps{Web: brokenWeb{}}); err == nil {
		t.Error("no error")
	}
}
