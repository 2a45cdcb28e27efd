package recorder_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/recorder"
)

var now = time.Date(2026, 3, 2, 9, 30, 0, 123456789, time.UTC)

func clock() time.Time { return now }

// draft parses one submitted event: attributes, then the data.
func draft(tb testing.TB, attributes, data string) events.Draft {
	tb.Helper()
	if attributes != "" {
		attributes += ","
	}
	d, violations := events.ParseStructured([]byte(`{"specversion":"1.0","source":"/dialer",` + attributes + `"data":` + data + `}`))
	if len(violations) > 0 {
		tb.Fatalf("%+v", violations)
	}
	return d
}

func call(tb testing.TB, id, person string) events.Draft {
	tb.Helper()
	return draft(tb, `"id":"`+id+`","type":"call.completed","time":"2026-03-02T08:00:00Z","rep":"kim"`,
		`{"direction":"outbound","outcome":"conversation","seconds":61`+person+`}`)
}

func record(tb testing.TB, r *recorder.Recorder, drafts ...events.Draft) []events.Receipt {
	tb.Helper()
	receipts, err := r.Record(tb.Context(), "acme", drafts)
	if err != nil {
		tb.Fatal(err)
	}
	if len(receipts) != len(drafts) {
		tb.Fatalf("%d receipts for %d drafts", len(receipts), len(drafts))
	}
	return receipts
}

func TestEvent(t *testing.T) {
	t.Parallel()
	v, l := &vault{}, &ledger{}
	r := recorder.New(v, l, clock)
	d := call(t, "c1", `,"person":{"name":"Ann","phone":"+12125550100","email":"ann@example.com","external_id":"17"},"note":"likes tea"`)
	d.Subject = "lead-4"
	receipts := record(t, r, d)
	if diff := cmp.Diff([]events.Receipt{{ID: "c1", Outcome: events.Appended, Position: 1}}, receipts); diff != "" {
		t.Error(diff)
	}
	want := []events.Event{{
		ID: "c1", Source: "/dialer", Type: "call.completed", Org: "acme", Rep: "kim",
		Prospect:    "<acme:phone:+12125550100>",
		Aliases:     []string{"<acme:email:ann@example.com>", "<acme:external_id:17>", "<acme:external_id:lead-4>"},
		Time:        time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC),
		RecordedAt:  time.Date(2026, 3, 2, 9, 30, 0, 123456000, time.UTC),
		DataVersion: 1,
		Data:        json.RawMessage(`{"direction":"outbound","outcome":"conversation","seconds":61}`),
		Sealed: `sealed acme <acme:phone:+12125550100> c1 {"note":"likes tea","person":` +
			`{"email":"ann@example.com","external_id":"17","name":"Ann","phone":"+12125550100"}}`,
		Digest: "digest of " + string(d.Canonical()) + " in acme",
	}}
	if diff := cmp.Diff(want, l.events); diff != "" {
		t.Error(diff)
	}
	if len(v.prepared) != 0 {
		t.Error("keys were prepared for a single owner")
	}
}

func TestTimeIsInferred(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	later := now
	r := recorder.New(&vault{}, l, func() time.Time { later = later.Add(time.Second); return later })
	d := draft(t, `"id":"c1","type":"call.completed"`, `{"direction":"inbound","outcome":"voicemail","seconds":0}`)
	record(t, r, d)
	e := l.events[0]
	if !e.TimeInferred || !e.Time.Equal(e.RecordedAt) {
		t.Errorf("%+v", e)
	}
	if e.Sealed != "" || e.Prospect != "" || e.Aliases != nil {
		t.Errorf("an event about nobody: %+v", e)
	}
	if again := record(t, r, d); again[0].Outcome != events.Duplicate {
		t.Errorf("the same draft a second later: %+v", again)
	}
}

func TestWhoItIsAbout(t *testing.T) {
	t.Parallel()
	const known = "p_0123456789abcdefghijklmnop"
	for name, tc := range map[string]struct {
		subject, person, want string
		aliases               []string
	}{
		"nobody":            {"", ``, "", nil},
		"phone":             {"", `"phone":"+1"`, "<acme:phone:+1>", nil},
		"email, then id":    {"", `"email":"a@b","external_id":"7"`, "<acme:email:a@b>", []string{"<acme:external_id:7>"}},
		"no identity":       {"", `"name":"Ann"`, "", nil},
		"known":             {known, ``, known, nil},
		"known and a phone": {known, `"phone":"+1"`, known, []string{"<acme:phone:+1>"}},
		"phone as subject":  {"+12125550100", ``, "<acme:phone:+12125550100>", nil},
		"email as subject":  {"ann@example.com", ``, "<acme:email:ann@example.com>", nil},
		"id as subject":     {"lead-4", ``, "<acme:external_id:lead-4>", nil},
		"handle as subject": {"@ann", ``, "<acme:external_id:@ann>", nil},
		"almost known":      {known + "0", ``, "<acme:external_id:" + known + "0>", nil},
		"said twice":        {"ann@example.com", `"email":"ann@example.com"`, "<acme:email:ann@example.com>", nil},
		"person goes first": {"lead-4", `"email":"ann@example.com"`, "<acme:email:ann@example.com>", []string{"<acme:external_id:lead-4>"}},
	} {
		l := &ledger{}
		d := call(t, "c1", "")
		d.Subject = tc.subject
		if tc.person != "" {
			d.Data = json.RawMessage(`{"direction":"outbound","outcome":"conversation","seconds":1,"person":{` + tc.person + `}}`)
		}
		record(t, recorder.New(&vault{}, l, clock), d)
		e := l.events[0]
		if diff := cmp.Diff(append([]string{tc.want}, tc.aliases...), append([]string{e.Prospect}, e.Aliases...)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestRejected(t *testing.T) {
	t.Parallel()
	foreign := call(t, "foreign", "")
	foreign.Org = "zeta"
	own := call(t, "own", "")
	own.Org = "acme"
	unchecked := call(t, "unchecked", "")
	unchecked.Type, unchecked.Data = "call.compleeted", json.RawMessage(`{}`)
	future := call(t, "future", "")
	future.Time = now.Add(25 * time.Hour)
	badSubject := call(t, "subject", "")
	badSubject.Subject = "+bad"
	badPerson := call(t, "person", `,"person":{"phone":"+1 212","external_id":"bad","email":"bad@example.com"}`)
	zone := draft(t, `"id":"zone","type":"org.configured"`, `{"zone":"Europe/Atlantis"}`)

	l := &ledger{}
	drafts := []events.Draft{foreign, own, unchecked, future, badSubject, badPerson, zone, call(t, "fine", "")}
	receipts := record(t, recorder.New(&vault{}, l, clock), drafts...)
	got := map[string]string{}
	for i, r := range receipts {
		if r.ID != drafts[i].ID {
			t.Errorf("receipt %d is for %s, want %s", i, r.ID, drafts[i].ID)
		}
		words := []string{string(r.Outcome)}
		for _, v := range r.Violations {
			words = append(words, v.Pointer)
		}
		got[r.ID] = strings.Join(words, " ")
	}
	want := map[string]string{
		"foreign":   "rejected /org",
		"own":       "appended",
		"unchecked": "rejected /type",
		"future":    "rejected /time",
		"subject":   "rejected /subject",
		"person":    "rejected /data/person/email /data/person/external_id",
		"zone":      "rejected /data/zone",
		"fine":      "appended",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(l.events) != 2 || l.events[0].ID != "own" || l.events[1].ID != "fine" {
		t.Errorf("recorded %+v", l.events)
	}
	if _, err := recorder.New(&vault{}, l, clock).Record(t.Context(), "ACME.>", drafts); err == nil {
		t.Error("an org that cannot be one was taken")
	}
	if none, err := recorder.New(&vault{}, l, clock).Record(t.Context(), "acme", nil); err != nil || len(none) != 0 {
		t.Errorf("no drafts: %+v, %v", none, err)
	}
}

func TestOwner(t *testing.T) {
	t.Parallel()
	v, l := &vault{}, &ledger{}
	note := `,"note":"x"`
	ofProspect, ofRep, ofOrg := call(t, "p", note+`,"person":{"external_id":"7"}`), call(t, "r", note), call(t, "o", note)
	ofOrg.Rep = ""
	record(t, recorder.New(v, l, clock), ofProspect, ofRep, ofOrg, call(t, "r2", note), call(t, "nothing to seal", ""))
	want := [][]string{{"<acme:external_id:7>", "rep:kim", "org"}}
	if diff := cmp.Diff(want, v.prepared); diff != "" {
		t.Error(diff)
	}
	for i, owner := range []string{"<acme:external_id:7>", "rep:kim", "org", "rep:kim", ""} {
		e := l.events[i]
		if sealed := "sealed acme " + owner + " " + e.ID; (owner == "") != (e.Sealed == "") || owner != "" && !strings.HasPrefix(e.Sealed, sealed) {
			t.Errorf("%s: %q", e.ID, e.Sealed)
		}
		if owner != "" && recorder.Owner(e) != owner {
			t.Errorf("%s: owner %q, want %q", e.ID, recorder.Owner(e), owner)
		}
	}
}

func TestErasure(t *testing.T) {
	t.Parallel()
	v, l := &vault{}, &ledger{}
	r := recorder.New(v, l, clock)
	erased := func(id, person string) events.Draft {
		return draft(t, `"id":"`+id+`","type":"prospect.erased"`, `{"person":{`+person+`},"reason":"request"}`)
	}
	before, after := call(t, "before", `,"note":"x"`), call(t, "after", `,"note":"x"`)
	e := erased("e1", `"name":"Ann","phone":"+1","email":"ann@example.com"`)
	receipts := record(t, r, before, e, after)
	for i, rec := range receipts {
		if rec.Outcome != events.Appended || rec.Position != events.Position(i+1) {
			t.Errorf("receipt %d: %+v", i, rec)
		}
	}
	if diff := cmp.Diff([]int{2, 1}, l.batches); diff != "" {
		t.Errorf("what follows an erasure must be sealed after it: %s", diff)
	}
	want := []string{"acme <acme:phone:+1>", "acme <acme:email:ann@example.com>"}
	if diff := cmp.Diff(want, v.erased); diff != "" {
		t.Error(diff)
	}
	if l.events[1].Sealed != "" {
		t.Errorf("the erasure itself holds %q", l.events[1].Sealed)
	}
	if again := record(t, r, e); again[0].Outcome != events.Duplicate || len(v.erased) != 4 {
		t.Errorf("repeated: %+v, erased %v", again, v.erased)
	}
	if conflict := record(t, r, erased("e1", `"phone":"+2"`)); conflict[0].Outcome != events.Conflict || len(v.erased) != 4 {
		t.Errorf("conflict: %+v, erased %v", conflict, v.erased)
	}
	if rejected := record(t, r, erased("e3", `"email":"bad@example.com"`)); rejected[0].Outcome != events.Rejected || len(v.erased) != 4 {
		t.Errorf("rejected: %+v, erased %v", rejected, v.erased)
	}
	v.fail = map[string]error{"Erase": errors.New("down")}
	if receipts, err := r.Record(t.Context(), "acme", []events.Draft{e}); err == nil {
		t.Errorf("an erasure that did not happen gave %+v", receipts)
	}
}

func TestErrorsComeOut(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	two := []events.Draft{call(t, "c1", `,"note":"x","person":{"phone":"+1"}`), call(t, "c2", `,"note":"x"`)}
	for _, method := range []string{"ProspectID", "Digest", "Prepare", "Seal", "Append"} {
		v, l := &vault{fail: map[string]error{method: down}}, &ledger{}
		if method == "Append" {
			l.fail = down
		}
		receipts, err := recorder.New(v, l, clock).Record(t.Context(), "acme", two)
		if !errors.Is(err, down) || receipts != nil || len(l.events) > 0 {
			t.Errorf("%s: %+v, %v, %d events", method, receipts, err, len(l.events))
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	r := recorder.New(&vault{}, discard{}, clock)
	drafts := make([]events.Draft, 100)
	for i := range drafts {
		drafts[i] = call(b, fmt.Sprint("c", i), `,"note":"x","person":{"name":"Ann","phone":"+12125550100"}`)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Record(b.Context(), "acme", drafts); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(drafts)), "ns/event")
}
