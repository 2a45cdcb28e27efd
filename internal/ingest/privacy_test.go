package ingest_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/ingest"
	"milemarker/internal/recorder"
	"milemarker/internal/vault"
)

// personal are texts that must not be found in the ledger, nor in anything else that ingest writes.
var personal = []string{
	"Ann-Sofie", "Quigley", "2125550100", "212 555", "ann.quigley", "crm-7781", "Quiet Lane", "Acme Widgets",
	"likes oolong", "why-i-do-it", "Vice President",
}

const person = `"person":{"name":"Ann-Sofie Quigley","phone":"+1 212 555 0100","email":"Ann.Quigley@example.com","external_id":"crm-7781",` +
	`"company":"Acme Widgets","address":"5 Quiet Lane","title":"Vice President"}`

func TestNoPersonalDataInClear(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{})
	key := h.key(t, "acme", access.ScopeAdmin)
	event := func(id, attributes, typ, data string) string {
		return `{"specversion":"1.0","id":"` + id + `","source":"/crm",` + attributes + `"type":"` + typ + `","data":{` + data + `}}`
	}
	bodies := []string{
		event("1", ``, "lead.captured", person+`,"note":"likes oolong tea","source":"website"`),
		event("2", `"subject":"+12125550100",`, "call.completed", `"direction":"outbound","outcome":"voicemail","seconds":5,"note":"likes oolong"`),
		event("3", `"subject":"ann.quigley@example.com",`, "lead.qualified", `"note":"Quigley"`),
		event("4", `"subject":"crm-7781",`, "lead.disqualified", `"note":"Ann-Sofie"`),
		event("5", `"rep":"kim",`, "call.completed", `"direction":"inbound","outcome":"conversation","seconds":5,"note":"Ann-Sofie, 212 555 0100"`),
		event("6", ``, "call.completed", `"direction":"inbound","outcome":"conversation","seconds":5,"note":"why-i-do-it"`),
		event("7", ``, "prospect.erased", person),
		// Refused, and told so without being written down anywhere.
		event("8", ``, "call.completed", person+`,"direction":"sideways"`),
		event("1", ``, "lead.captured", person+`,"note":"another note of why-i-do-it"`),
	}
	a := h.post(t, key, batch, "["+strings.Join(bodies, ",")+"]")
	if a.status != http.StatusMultiStatus || strings.Count(a.body, "appended") != 7 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, id := range []string{"2", "3", "4"} {
		if a := h.post(t, key, one, event(id, ``, "call.completed", person)); a.status < 400 {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	frames := h.frames(t)
	if len(frames) != 7 {
		t.Fatalf("%d events in the ledger, want 7", len(frames))
	}
	scan := func(where string, b []byte) {
		for _, text := range personal {
			if bytes.Contains(bytes.ToLower(b), []byte(strings.ToLower(text))) {
				t.Errorf("%s holds %q", where, text)
			}
		}
	}
	people := map[string]bool{}
	for _, f := range frames {
		scan("the ledger", append([]byte(f.Subject), f.Body...))
		e, err := events.Decode(f.Body)
		must(t, err)
		if e.Prospect != "" {
			people[e.Prospect] = true
		}
	}
	if len(people) != 3 { // known by phone, by e-mail address and by external id
		t.Errorf("%d prospects, want 3: %v", len(people), people)
	}
	scan("the log", []byte(h.log.String()))
	h.client.CloseIdleConnections()
	must(t, h.stop())
	files := 0
	must(t, filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		scan(path, b)
		return err
	}))
	if files < 5 {
		t.Errorf("only %d files were scanned", files)
	}
}

func TestSealedFieldsOpenUntilErased(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{})
	key := h.key(t, "acme", access.ScopeAdmin)
	opened := func(f events.Frame) (string, error) {
		t.Helper()
		e, err := events.Decode(f.Body)
		must(t, err)
		b, err := h.vault.Open(t.Context(), e.Org, recorder.Owner(e), e.ID, e.Sealed)
		return string(b), err
	}
	const note = `,"note":"likes oolong tea",` + person
	h.post(t, key, one, call("before", note))
	h.post(t, key, one, call("of the rep", `,"note":"own note"`))
	frames := h.frames(t)
	if got, err := opened(frames[0]); err != nil || !strings.Contains(got, "Ann-Sofie Quigley") || !strings.Contains(got, "likes oolong tea") {
		t.Errorf("%q, %v", got, err)
	}

	erase := `{"specversion":"1.0","id":"gone","source":"/crm","type":"prospect.erased","data":{"reason":"request",` + person + `}}`
	for _, status := range []int{http.StatusAccepted, http.StatusOK} {
		if a := h.post(t, key, one, erase); a.status != status {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if got, err := opened(frames[0]); !errors.Is(err, vault.ErrErased) {
			t.Errorf("after erasure: %q, %v", got, err)
		}
	}
	if a := h.post(t, key, one, call("after", note)); a.status != http.StatusAccepted {
		t.Fatalf("%d %s", a.status, a.body)
	}
	frames = h.frames(t)
	if got, err := opened(frames[len(frames)-1]); err != nil || !strings.Contains(got, "Quigley") {
		t.Errorf("told again: %q, %v", got, err)
	}
	if got, err := opened(frames[0]); !errors.Is(err, vault.ErrErased) {
		t.Errorf("told again, the old one: %q, %v", got, err)
	}
	if got, err := opened(frames[1]); err != nil || !strings.Contains(got, "own note") {
		t.Errorf("the rep's own: %q, %v", got, err)
	}
}

func TestTwoOrgs(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{})
	acme, zeta := h.key(t, "acme", access.ScopeIngest), h.key(t, "zeta", access.ScopeIngest)
	body := call("c1", `,`+person)
	for _, key := range []string{acme, zeta} {
		if a := h.post(t, key, one, body); a.status != http.StatusAccepted {
			t.Fatalf("ids are unique within an org only: %d %s", a.status, a.body)
		}
	}
	foreign := strings.Replace(call("c2", ""), `"source"`, `"org":"zeta","source"`, 1)
	if a := h.post(t, acme, one, foreign); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `"/org"`) {
		t.Errorf("another org's event: %d %s", a.status, a.body)
	}
	if a := h.post(t, zeta, one, foreign); a.status != http.StatusAccepted {
		t.Errorf("its own event: %d %s", a.status, a.body)
	}
	var evs []events.Event
	for _, f := range h.frames(t) {
		e, err := events.Decode(f.Body)
		must(t, err)
		if f.Subject != events.Subject(e.Org, e.Type) {
			t.Errorf("%s in %s", e.Org, f.Subject)
		}
		evs = append(evs, e)
	}
	if len(evs) != 3 || evs[0].Org != "acme" || evs[1].Org != "zeta" || evs[2].Org != "zeta" {
		t.Fatalf("%+v", evs)
	}
	if evs[0].Prospect == evs[1].Prospect || evs[0].Digest == evs[1].Digest {
		t.Error("the same person can be recognised across orgs")
	}
	if got, err := h.vault.Open(t.Context(), "zeta", recorder.Owner(evs[0]), "c1", evs[0].Sealed); err == nil {
		t.Errorf("one org opened what the other sealed: %q", got)
	}
	id, err := h.vault.ProspectID(t.Context(), "acme", vault.KindPhone, "+1 (212) 555-0100")
	if err != nil || id != evs[0].Prospect {
		t.Errorf("found by phone: %s, %v, want %s", id, err, evs[0].Prospect)
	}
}
