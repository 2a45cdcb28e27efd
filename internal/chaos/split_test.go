package chaos

import (
	crand "crypto/rand"
	"encoding/base64"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// split is the product in processes of its own: two pairs of engines, of which one serves as NATS and the other as
// ClickHouse, and the three roles.
type split struct {
	*client

	programs         string
	env              []string
	queue, warehouse func() *process // start an engine, again on the same data and address
}

// newSplit builds the programs and starts the engines and the roles.
func newSplit(t *testing.T) (s *split, queue, warehouse *process) {
	t.Helper()
	s, queue, warehouse = newSplitUnfolded(t)
	s.role(t, "projector")
	return s, queue, warehouse
}

// newSplitUnfolded is newSplit without a projector.
func newSplitUnfolded(t *testing.T) (s *split, queue, warehouse *process) {
	t.Helper()
	s = &split{programs: t.TempDir()}
	build := exec.Command("go", "build", "-o", s.programs+"/", "milemarker/cmd/...")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v %s", err, out)
	}
	data, token := t.TempDir(), crand.Text()
	nats, clickhouse := freeAddress(t), freeAddress(t)
	s.queue = s.engines(t, filepath.Join(data, "queue"), nats, freeAddress(t), token)
	s.warehouse = s.engines(t, filepath.Join(data, "warehouse"), freeAddress(t), clickhouse, token)
	queue, warehouse = s.queue(), s.warehouse()
	master := make([]byte, 32)
	_, _ = crand.Read(master) // never fails
	s.env = append(
		os.Environ(), "MILEMARKER_NATS_URL=nats://"+nats, "MILEMARKER_NATS_TOKEN="+token,
		"CLICKHOUSE_URL=http://milemarker:"+token+"@"+clickhouse+"/milemarker",
		"MILEMARKER_MASTER_KEY="+base64.StdEncoding.EncodeToString(master),
		"MILEMARKER_LISTEN=127.0.0.1:0", "MILEMARKER_DATA="+data, "MILEMARKER_LOG_LEVEL=warn",
	)
	api := s.role(t, "api")
	s.client = newClient(t, "", data)
	s.base, s.api = s.role(t, "ingest"), api
	return s, queue, warehouse
}

// engines returns what starts a pair of engines.
func (s *split) engines(t *testing.T, data, nats, clickhouse, secret string) func() *process {
	t.Helper()
	return func() *process {
		t.Helper()
		p := start(t, exec.Command(
			filepath.Join(s.programs, "milemarker"), "engines", "--data", data, "--log-level", "warn",
			"--nats-listen", nats, "--nats-token", secret, "--clickhouse-listen", clickhouse, "--clickhouse-password", secret,
		))
		if p.await(t) == "" {
			t.Fatalf("engines do not start:\n%s", p.logs)
		}
		return p
	}
}

// role starts a role and returns its address.
func (s *split) role(t *testing.T, name string, env ...string) string {
	t.Helper()
	p := s.launch(t, name, env...)
	address := p.await(t)
	if address == "" {
		t.Fatalf("%s does not start:\n%s", name, p.logs)
	}
	return strings.TrimSpace(address)
}

// launch starts a role.
func (s *split) launch(t *testing.T, name string, env ...string) *process {
	t.Helper()
	cmd := exec.Command(filepath.Join(s.programs, name))
	cmd.Env = append(slices.Clone(s.env), env...)
	return start(t, cmd)
}

// How long an engine stays away, and how often.
const (
	away     = 5 * time.Second
	absences = 3
)

// warehouseAway takes the warehouse's engine away under load: events are taken as before.
func warehouseAway(t *testing.T) result {
	t.Helper()
	s, _, warehouse := newSplit(t)
	stop := s.load("h")
	for range absences {
		s.more(300)
		warehouse.kill()
		back := time.After(away)
		s.more(300) // ingest does not need it
		<-back
		warehouse = s.warehouse()
	}
	s.more(300)
	stop()
	return s.recount("ClickHouse killed and away for 5 s", absences, s.acknowledged())
}

// queueAway takes the ledger's engine away under load: nothing is acknowledged until it is back.
func queueAway(t *testing.T) result {
	t.Helper()
	s, queue, _ := newSplit(t)
	stop := s.load("q")
	for range absences {
		s.more(300)
		queue.kill()
		<-time.After(away)
		queue = s.queue()
	}
	s.more(300)
	stop()
	return s.recount("NATS killed and away for 5 s", absences, s.acknowledged())
}

// shareWork has three projectors share the partitions. One of them is killed, or stopped for longer than its lease lasts and
// then let go on, again and again.
func shareWork(t *testing.T) result {
	t.Helper()
	const ttl, times = 2 * time.Second, 6
	s, _, _ := newSplitUnfolded(t)
	launch := func() *process {
		return s.launch(t, "projector", "MILEMARKER_PARTITIONS=auto", "MILEMARKER_LEASE_TTL="+ttl.String())
	}
	fleet := []*process{launch(), launch(), launch()}
	stop := s.load("p")
	for n := range times {
		s.more(300)
		i := rand.IntN(len(fleet))
		if n%2 == 0 {
			fleet[i].kill()
			fleet[i] = launch()
			continue
		}
		signal(t, fleet[i], syscall.SIGSTOP)
		<-time.After(2 * ttl)
		signal(t, fleet[i], syscall.SIGCONT)
	}
	s.more(300)
	stop()
	return s.recount("one of three projectors killed, or stopped for 4 s", times, s.acknowledged())
}

// shareByForce starts a second projector for the same partitions while the first one folds, again and again: the later one
// folds, the earlier one ends.
func shareByForce(t *testing.T) result {
	t.Helper()
	const times = 5
	s, _, _ := newSplitUnfolded(t)
	first := s.launch(t, "projector")
	stop := s.load("p")
	for range times {
		s.more(300)
		second := s.launch(t, "projector")
		select {
		case <-first.ended:
		case <-time.After(time.Minute):
			t.Fatalf("the first projector folds on:\n%s", first.logs)
		}
		first = second
	}
	s.more(300)
	stop()
	return s.recount("a second projector on the same partitions", times, s.acknowledged())
}

func signal(t *testing.T, p *process, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
