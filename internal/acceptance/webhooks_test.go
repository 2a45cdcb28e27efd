package acceptance

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hook is a connection as the product made it.
type hook struct{ ID, Paste, Secret string }

// connect connects a provider that needs no signature but the secret in its URL.
func connect(t *testing.T, p product, body string) hook {
	t.Helper()
	status, answer := p.do("POST", p.api+"/v1/connections", "application/json", []byte(body))
	var made hook
	if status != http.StatusCreated || json.Unmarshal(answer, &made) != nil {
		t.Fatalf("connect %s: %d %s", body, status, answer)
	}
	return made
}

// delivered counts what became of deliveries, by status.
func delivered(t *testing.T, p product) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for path := "/v1/webhooks/deliveries?limit=500"; path != ""; {
		var page struct {
			Deliveries []struct{ Status string }
			Next       string
		}
		p.ask(path, &page)
		for _, d := range page.Deliveries {
			counts[d.Status]++
		}
		path = page.Next
	}
	return counts
}

// settled waits until every delivery was dealt with, and returns what became of them.
func settled(t *testing.T, p product) map[string]int {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		counts := delivered(t, p)
		if counts["arrived"] == 0 {
			return counts
		}
		if time.Now().After(deadline) {
			t.Fatalf("not all deliveries were dealt with: %v", counts)
		}
	}
}

// ids lists the events that deliveries became, with how often each counts.
func ids(t *testing.T, p product) map[string]int {
	t.Helper()
	all := everyEvent(t, p, "/v1/events?limit=1000&min_position="+fmt.Sprint(lastPosition(p)))
	maps.DeleteFunc(all, func(id string, _ int) bool { return !strings.HasPrefix(id, "wh_") })
	return all
}

// TestWebhooksOfEveryProvider delivers every provider's fixtures, signed, as docs/examples/webhooks does, replays them all,
// and finds that this adds nothing.
func TestWebhooksOfEveryProvider(t *testing.T) {
	t.Parallel()
	example := filepath.Join(t.TempDir(), "webhooks")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", example, "milemarker/docs/examples/webhooks").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	p, server := startAllInOne(t, t.TempDir())
	table, err := exec.CommandContext(t.Context(), example, "--server", p.api, "--key", p.key, "--root", "../..").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, table)
	}
	for line := range strings.Lines(string(table)) {
		if fields := strings.Fields(line); len(fields) > 2 && (fields[2] == "failed" || fields[2] == "refused") {
			t.Error(line)
		}
	}
	before := ids(t, p)
	if len(before) < 30 {
		t.Errorf("%d events of all providers\n%s", len(before), table)
	}
	said := milemarker(t, "deliveries", "replay", "--all", "--server", p.api, "--key", p.key)
	if !strings.Contains(said, "events changed 0") {
		t.Errorf("a replay said: %s\n%s", said, table)
	}
	after := ids(t, p)
	for id, n := range after {
		if n != 1 || before[id] != 1 {
			t.Errorf("after the replay %s counts %d times, before %d times", id, n, before[id])
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d events after the replay, %d before", len(after), len(before))
	}
	server.stop()
}

// TestWebhooksBecomeOneJourney connects a form and a payment provider by API and CLI: the lead of the one and the sale of
// the other are one person, and the numbers are right.
func TestWebhooksBecomeOneJourney(t *testing.T) {
	t.Parallel()
	p, _ := startAllInOne(t, t.TempDir())
	said := milemarker(t, "connections", "add", "--provider", "plain", "--name", "Web form", "--region", "US", "--server", p.api, "--key", p.key)
	_, paste, ok := strings.Cut(said, p.api+"/hooks/")
	if !ok {
		t.Fatalf("connections add said: %s", said)
	}
	form := p.api + "/hooks/" + strings.Fields(paste)[0]
	post := func(at, contentType, body string) int {
		t.Helper()
		status, _ := product{t: t}.do("POST", at, contentType, []byte(body))
		return status
	}
	const lead = `{"event":"lead","external_id":"L-1","name":"Kim Doe","email":"kim@example.com","phone":"212 555 0100","source":"web","time":"2026-03-02T15:00:00Z"}`
	const sale = `{"event":"deal_won","external_id":"S-1","email":"Kim@Example.com","amount":"1,200.00","currency":"USD","time":"2026-03-05T15:00:00Z"}`
	for range 3 { // providers tell things more than once
		for _, body := range []string{lead, sale} {
			if status := post(form, "application/json", body); status != http.StatusOK {
				t.Fatalf("delivery: %d", status)
			}
		}
	}
	if status := post(form+"x", "application/json", lead); status != http.StatusUnauthorized {
		t.Errorf("a wrong secret: %d, want 401", status)
	}
	if counts := settled(t, p); counts["translated"] != 6 {
		t.Fatalf("deliveries: %v", counts)
	}
	at := lastPosition(p)
	for metric, want := range map[string]uint64{"leads": 1, "signups": 1} {
		if n := p.count(at, "metric="+metric+"&from=2026-03-01&to=2026-03-31"); n != want {
			t.Errorf("%s = %d, want %d", metric, n, want)
		}
	}
	found := func(query string) string {
		t.Helper()
		var answer struct{ People json.RawMessage }
		p.ask("/v1/people?"+query+"&min_position="+fmt.Sprint(at), &answer)
		return string(answer.People)
	}
	if lead, sale := found("phone=%2B12125550100"), found("email=kim@example.com"); lead != sale || !strings.Contains(lead, "Kim Doe") {
		t.Errorf("the lead and the sale are not one person:\n%s\n%s", lead, sale)
	}
	if log := milemarker(t, "deliveries", "list", "--text", "kim doe", "--server", p.api, "--key", p.key); strings.Count(log, "lead.captured") != 3 {
		t.Errorf("deliveries list said: %s", log)
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(form, p.api+"/hooks/"), "/")
	milemarker(t, "connections", "delete", id, "--server", p.api, "--key", p.key)
	if status := post(form, "application/json", lead); status != http.StatusGone {
		t.Errorf("a deleted connection: %d, want 410", status)
	}
}

// TestKillWhileTranslating kills the server again and again while deliveries arrive and are translated: whatever was
// acknowledged counts, once.
func TestKillWhileTranslating(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p, server := startAllInOne(t, data)
	address := strings.TrimPrefix(p.api, "http://")
	conn := connect(t, p, `{"provider":"plain","region":"US"}`)
	at, err := url.Parse(conn.Paste)
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	const rounds, each = 3, 120
	for round := range rounds {
		for i := range each {
			body := fmt.Sprintf(`{"event":"call","external_id":"call-%d-%d","phone":"+1212555%04d","time":"2026-03-02T15:00:00Z"}`, round, i, i)
			status, answer, err := p.as("").try("POST", p.api+at.Path, "application/json", []byte(body))
			if err != nil || status != http.StatusOK {
				t.Fatalf("delivery: %d %s %v", status, answer, err)
			}
			acknowledged++
		}
		server.kill() // some of them are translated, some are not
		server = start(t, nil, "milemarker", "serve", "--data", data, "--listen", address, "--log-level", "warn")
	}
	if counts := settled(t, p); counts["translated"] != acknowledged {
		t.Errorf("deliveries: %v, want %d translated", counts, acknowledged)
	}
	for pass := range 2 {
		position := lastPosition(p)
		if n := p.count(position, "metric=calls&from=2026-03-01&to=2026-03-31"); n != rounds*each {
			t.Errorf("pass %d: calls = %d, want %d", pass, n, rounds*each)
		}
		for id, n := range ids(t, p) {
			if n != 1 {
				t.Errorf("pass %d: %s counts %d times", pass, id, n)
			}
		}
		said := milemarker(t, "deliveries", "replay", "--connection", conn.ID, "--server", p.api, "--key", p.key)
		if !strings.Contains(said, "events changed 0") {
			t.Errorf("a replay said: %s", said)
		}
	}
}
