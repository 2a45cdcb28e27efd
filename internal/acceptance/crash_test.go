package acceptance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestKillWhilePosting kills the process in the middle of a stream of posts, several times, and then counts: every
// acknowledged event exactly once.
func TestKillWhilePosting(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	acknowledged := map[string]bool{}
	const rounds, senders = 4, 8
	var p product
	var server *process
	for round := range rounds {
		p, server = startAllInOne(t, data)
		var mu sync.Mutex
		var wg sync.WaitGroup
		enough := make(chan struct{})
		before := len(acknowledged)
		for sender := range senders {
			wg.Go(func() {
				for n := 0; ; n++ {
					ids := postBatch(p, fmt.Sprintf("r%d-s%d-n%d", round, sender, n))
					if ids == nil {
						return // the server is gone
					}
					mu.Lock()
					for _, id := range ids {
						acknowledged[id] = true
					}
					if len(acknowledged) > before+500 {
						select {
						case <-enough:
						default:
							close(enough)
						}
					}
					mu.Unlock()
				}
			})
		}
		select {
		case <-enough:
		case <-time.After(time.Minute):
			t.Fatal("500 events were not acknowledged within a minute")
		}
		server.kill()
		wg.Wait()
	}
	p, _ = startAllInOne(t, data)
	counted := everyEvent(t, p, "/v1/events?type=call.completed&limit=1000&min_position="+fmt.Sprint(lastPosition(p)))
	for id := range acknowledged {
		if counted[id] != 1 {
			t.Errorf("%s was acknowledged and counts %d times", id, counted[id])
		}
	}
	var total uint64
	for id, n := range counted {
		if n != 1 {
			t.Errorf("%s counts %d times", id, n)
		}
		total++
	}
	if n := p.count(0, "metric=calls&from=2024-01-01&to=2024-12-31"); n != total {
		t.Errorf("calls = %d, want the %d events that stand", n, total)
	}
	t.Logf("%d acknowledged, %d stand, after %d kills", len(acknowledged), total, rounds)
}

// postBatch posts a few events and returns the ids that were acknowledged, nil when the server is gone.
func postBatch(p product, name string) []string {
	events := make([]string, 5)
	for i := range events {
		events[i] = call(fmt.Sprint(name, "-", i), "ann", fmt.Sprintf("2024-%02d-10", 1+i), "conversation")
	}
	status, body, err := p.try("POST", p.ingest+"/v1/events", "application/cloudevents-batch+json",
		[]byte("["+strings.Join(events, ",")+"]"))
	var answer batchAnswer
	if err != nil || status != http.StatusAccepted || json.Unmarshal(body, &answer) != nil {
		return nil
	}
	ids := []string{}
	for _, r := range answer.Results {
		if r.Outcome == "appended" || r.Outcome == "duplicate" {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// everyEvent pages through a list of events and counts each id.
func everyEvent(t *testing.T, p product, path string) map[string]int {
	t.Helper()
	counted := map[string]int{}
	for path != "" {
		var page struct {
			Events []struct {
				ID string `json:"id"`
			} `json:"events"`
			Next string `json:"next"`
		}
		p.ask(path, &page)
		for _, e := range page.Events {
			counted[e.ID]++
		}
		path = page.Next
	}
	return counted
}

// TestKillWhileImporting kills the server in the middle of an import; the import goes on when the server is back.
func TestKillWhileImporting(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	file := writeCRM(t, 40_000)
	p, server := startAllInOne(t, data)
	address := strings.TrimPrefix(p.api, "http://")
	imported := make(chan string, 1)
	go func() {
		out, err := exec.Command(filepath.Join(programs, "milemarker"), "import", "--mapping", mapping,
			"--server", p.ingest, "--key", p.key, "--patience", "2m", file.path).CombinedOutput()
		imported <- fmt.Sprint(string(out), err)
	}()
	for range 2 {
		waitForEvents(t, p)
		select {
		case out := <-imported:
			t.Fatalf("the import ended before the server was killed: %s", out)
		default:
		}
		server.kill()
		server = start(t, nil, "milemarker", "serve", "--data", data, "--listen", address, "--log-level", "warn")
	}
	out := <-imported
	if !strings.Contains(out, "conflict 0") || !strings.Contains(out, "rejected 0") {
		t.Fatalf("import said %s", out)
	}
	p.t = t
	checkCRM(t, p, file)
}

// waitForEvents returns when the server has folded more events than when the wait began.
func waitForEvents(t *testing.T, p product) {
	t.Helper()
	stand := func() uint64 {
		var answer struct{ Position uint64 }
		p.ask("/v1/goals", &answer)
		return answer.Position
	}
	first := stand()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if stand() > first {
			return
		}
	}
	t.Fatal("no events arrived within 30 s")
}
