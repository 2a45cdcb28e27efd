package acceptance

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestVerify compares the read models with the ledger by the operator's command, by way of a server and past it.
func TestVerify(t *testing.T) {
	t.Parallel()
	p, _ := startAllInOne(t, t.TempDir())
	_, answer := p.record(call("v1", "ann", "2024-03-01", "conversation"), call("v2", "bob", "2024-03-02", "busy"))
	p.count(answer.Position, "metric=calls&from=2024-01-01&to=2024-12-31")
	says(t, milemarker(t, "verify", "--data", p.data), "2 events", " 0 differences")
	_, ready := get(t, p.api+"/readyz", "")
	says(t, string(ready), "verified: 0 differences as of 2")
	_, metrics := get(t, p.api+"/metrics", p.key)
	says(t, string(metrics), "milemarker_verify_differences 0", "milemarker_verify_position 2", "milemarker_verify_age_seconds ")
	says(t, milemarker(t, "rebuild", "--data", p.data), "generation 1")
	if n := p.count(answer.Position, "metric=calls&from=2024-01-01&to=2024-12-31"); n != 2 {
		t.Errorf("%d calls after the rebuild, want 2", n)
	}
}

// TestKillWhileRebuilding kills the server again and again while the read models are rebuilt and events keep coming. The
// rebuild goes on where it was, and in the end everything acknowledged counts once.
func TestKillWhileRebuilding(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	acknowledged := 0
	post := func(p product, name string) {
		for n := range 40 {
			acknowledged += len(postBatch(p, fmt.Sprintf("%s-%d", name, n)))
		}
	}
	p, server := startAllInOne(t, data)
	post(p, "before")
	if status, body := p.do(http.MethodPost, p.api+"/v1/rebuilds", "", nil); status != http.StatusAccepted {
		t.Fatalf("%d %s", status, body)
	}
	folded := p.building(1)
	p, server = p.reborn(server)
	if _, state := p.rebuilds(); state.Position < folded && state.Answers == 0 {
		t.Errorf("the rebuild stood at %d when the server was killed, and goes on from %d", folded, state.Position)
	}
	for round := range 2 { // wherever it is
		post(p, fmt.Sprint("round", round))
		p, server = p.reborn(server)
	}
	var state rebuildState
	for deadline := time.Now().Add(time.Minute); state.Answers < 1 && time.Now().Before(deadline); {
		_, state = p.rebuilds()
	}
	if len(state.Generations) != 2 || state.Answers != 1 {
		t.Errorf("after the rebuild: %+v, want two generations of which the second answers", state)
	}
	p, server = p.reborn(server) // before the old read models are dropped
	says(t, milemarker(t, "verify", "--data", data), " 0 differences")
	if n := p.count(lastPosition(p), "metric=calls&from=2024-01-01&to=2024-12-31"); int(n) != acknowledged {
		t.Errorf("%d calls, %d were acknowledged", n, acknowledged)
	}
	server.stop()
}

// reborn kills the server and starts it again on the same data.
func (p product) reborn(server *process) (product, *process) {
	p.t.Helper()
	server.kill()
	return startAllInOne(p.t, p.data)
}

// rebuildState is what /v1/rebuilds says.
type rebuildState struct {
	Generations []struct{ State string }
	Answers     int
	Position    uint64
}

func (p product) rebuilds() (building bool, state rebuildState) {
	p.t.Helper()
	p.ask("/v1/rebuilds", &state)
	return state.Generations[len(state.Generations)-1].State == "building", state
}

// building returns how far a rebuild is, once it has come to a position or further.
func (p product) building(position uint64) uint64 {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		building, state := p.rebuilds()
		if !building {
			break
		}
		if state.Position >= position {
			return state.Position
		}
	}
	p.t.Fatal("nothing was being rebuilt")
	return 0
}

// TestVerifySplit verifies the roles in processes of their own, through the api and directly from the engines; plants a
// difference, and has it mended by a rebuild.
func TestVerifySplit(t *testing.T) {
	t.Parallel()
	p := startSplit(t)
	_, answer := p.record(call("s1", "ann", "2024-03-01", "conversation"))
	year := "metric=calls&from=2024-01-01&to=2024-12-31"
	p.count(answer.Position, year)
	says(t, milemarker(t, "verify", "--server", p.api, "--key", p.key), "1 events", " 0 differences")
	direct := func() (string, error) {
		cmd := exec.CommandContext(t.Context(), filepath.Join(programs, "milemarker"), "verify")
		cmd.Env = append(os.Environ(), p.env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := direct(); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
	p.clickhouse("INSERT INTO rollups_v1 SELECT * REPLACE (count + 1 AS count) FROM rollups_v1 FINAL WHERE grain = 'year'")
	says(t, refused(t, "verify", "--server", p.api, "--key", p.key), "1 differences", "rollups main|year|2024-01-01|call.completed")
	if out, err := direct(); err == nil {
		t.Errorf("a difference is no failure:\n%s", out)
	}
	says(t, milemarker(t, "rebuild", "--server", p.api, "--key", p.key), "generation 1")
	says(t, milemarker(t, "verify", "--server", p.api, "--key", p.key), " 0 differences")
	if n := p.count(answer.Position, year); n != 1 {
		t.Errorf("%d calls after the rebuild, want 1", n)
	}
	checkpoint, backup := filepath.Join(t.TempDir(), "checkpoint"), filepath.Join(t.TempDir(), "backup")
	milemarker(t, "audit", "checkpoint", "--server", p.api, "--key", p.key, "--out", checkpoint)
	says(t, milemarker(t, "audit", "--server", p.api, "--key", p.key, "--checkpoint", checkpoint), "intact", "1 events")
	says(t, milemarker(t, "backup", "--server", p.api, "--key", p.key, "--to", backup), "backed up to "+backup)
}

// clickhouse executes a statement in the database of a split product, past all its programs.
func (p product) clickhouse(sql string) {
	p.t.Helper()
	for _, variable := range p.env {
		if address, ok := strings.CutPrefix(variable, "CLICKHOUSE_URL="); ok {
			base, database, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "/")
			res, err := http.Post("http://"+base+"/?database="+database, "text/plain", strings.NewReader(sql))
			if err != nil {
				p.t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
				p.t.Fatalf("%s: %d %s", sql, res.StatusCode, body)
			}
			return
		}
	}
	p.t.Fatal("no CLICKHOUSE_URL")
}
