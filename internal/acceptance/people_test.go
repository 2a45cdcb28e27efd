package acceptance

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// about is an event about a person, as some system tells it.
func about(source, id, typ, data string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":%q,"type":%q,"time":"2026-11-02T10:00:00Z","data":%s}`, id, source, typ, data)
}

// known is a person as /v1/people shows it.
type known struct {
	ID         string
	Erased     bool
	Name       string
	Identities []struct{ Prospect, Kind, Value string }
	Journey    []struct{ Stage string }
	Events     []struct{ ID string }
}

func (p product) find(position uint64, kind, value string) []known {
	p.t.Helper()
	var answer struct{ People []known }
	p.ask(fmt.Sprintf("/v1/people?min_position=%d&%s=%s", position, kind, url.QueryEscape(value)), &answer)
	return answer.People
}

// secrets are what must be nowhere once Ann was erased.
var secrets = []string{"Ann Sample", "555 0100", "+12125550100", "ann@example.com", "likes tea", "cus_17"}

// forgotten fails the test when anything that the server answers says who Ann was.
func (p product) forgotten(when, id string, position uint64) {
	p.t.Helper()
	for _, path := range []string{
		"/v1/events?open=true&limit=1000", "/v1/events/lead-1?open=true", "/v1/people/" + id, "/v1/quarantine", "/v1/duplicates", "/v1/erasures",
	} {
		if !strings.Contains(path, "quarantine") && !strings.Contains(path, "erasures") {
			path += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + fmt.Sprint("min_position=", position)
		}
		var body json.RawMessage
		p.ask(path, &body)
		for _, s := range secrets {
			if strings.Contains(string(body), s) {
				p.t.Errorf("%s: %s still says %q", when, path, s)
			}
		}
	}
	if n := p.count(position, "metric=conversations&from=2026-11-02&to=2026-11-02"); n != 1 {
		p.t.Errorf("%s: %d conversations, want 1: counts stay", when, n)
	}
}

// A lead from a form, a call from a dialer, a meeting from a calendar and a payment are one journey; then the person asks
// to be forgotten, and is: at once, after kill -9, after a rebuild, and after the restoration of an older backup.
func TestPersonIsOneAndCanBeForgotten(t *testing.T) {
	data, dir := t.TempDir(), t.TempDir()
	p, server := startAllInOne(t, data)
	_, answer := p.record(
		about("/form", "lead-1", "lead.captured", `{"source":"web","note":"likes tea","person":{"name":"Ann Sample","phone":"+1 (212) 555 0100","email":"ann@example.com"}}`),
		about("/dialer", "call-1", "call.completed", `{"direction":"outbound","outcome":"conversation","seconds":61,"person":{"phone":"+12125550100"}}`),
		about("/calendar", "meeting-1", "appointment.scheduled", `{"appointment":"a1","starts_at":"2026-11-03T10:00:00Z","ends_at":"2026-11-03T11:00:00Z","person":{"email":"Ann@Example.com"}}`),
		about("/pay", "customer-1", "signup.completed", `{"signup":"s1","role":"customer","amount":"100","currency":"USD","person":{"email":"ann@example.com","external_id":"cus_17"}}`),
		about("/form", "lead-2", "lead.captured", `{"source":"web","person":{"name":"Bob Other","phone":"+12125550199"}}`),
	)
	for _, r := range answer.Results {
		if r.Outcome != "appended" {
			t.Fatalf("%+v", answer.Results)
		}
	}
	found := p.find(answer.Position, "external_id", "cus_17")
	if len(found) != 1 || found[0].Name != "Ann Sample" || len(found[0].Identities) != 3 || len(found[0].Journey) != 5 || len(found[0].Events) != 4 {
		t.Fatalf("by the id of the payment: %+v", found)
	}
	ann := found[0]
	says(t, milemarker(t, "people", "find", "--data", data, "--phone", "+1 212 555 0100"), ann.ID, "Ann Sample", "cus_17")
	backup := filepath.Join(dir, "backup")
	milemarker(t, "backup", "--data", data, "--to", backup, "--with-master-key")

	says(t, milemarker(t, "people", "erase", "--data", data, ann.ID), "erased "+ann.Identities[0].Prospect, "erased "+ann.Identities[2].Prospect)
	server.kill()
	p, server = startAllInOne(t, data)
	position := answer.Position + 1
	p.forgotten("after kill -9", ann.ID, position)
	if again := p.find(position, "phone", "+12125550100"); len(again) != 0 {
		t.Errorf("found: %+v", again)
	}
	says(t, milemarker(t, "rebuild", "--data", data), "verified")
	p.forgotten("after a rebuild", ann.ID, position)
	if bob := p.find(position, "phone", "+12125550199"); len(bob) != 1 || bob[0].Name != "Bob Other" {
		t.Errorf("somebody else: %+v", bob)
	}
	_, later := p.record(about("/form", "lead-3", "lead.captured", `{"source":"web","person":{"name":"Eve New","phone":"+12125550100"}}`))
	if eve := p.find(later.Position, "phone", "+12125550100"); len(eve) != 1 || eve[0].Name != "Eve New" || eve[0].ID == ann.ID || len(eve[0].Events) != 1 {
		t.Errorf("who comes later with the same phone: %+v", eve)
	}
	list := filepath.Join(dir, "erasures")
	if err := os.WriteFile(list, []byte(milemarker(t, "people", "erasures", "--data", data)), 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, milemarker(t, "verify", "--data", data), " 0 differences")
	server.stop()

	restored := filepath.Join(dir, "restored")
	milemarker(t, "restore", "--from", backup, "--data", restored, "--erasures", list)
	p, server = startAllInOne(t, restored)
	p.forgotten("restored from before", ann.ID, position)
	if _, err := os.Stat(filepath.Join(restored, "erasures.pending")); !os.IsNotExist(err) {
		t.Errorf("the list is still pending: %v", err)
	}
	var events struct{ Events []json.RawMessage }
	p.ask(fmt.Sprint("/v1/events?type=prospect.erased&min_position=", position), &events)
	if len(events.Events) != 1 {
		t.Errorf("%d erasures in the restored ledger", len(events.Events))
	}
	server.stop()
}
