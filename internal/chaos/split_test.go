package chaos

import (
	"crypto/rand"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
	s = &split{programs: t.TempDir()}
	build := exec.Command("go", "build", "-o", s.programs+"/", "milemarker/cmd/...")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v %s", err, out)
	}
	data, token := t.TempDir(), rand.Text()
	nats, clickhouse := freeAddress(t), freeAddress(t)
	s.queue = s.engines(t, filepath.Join(data, "queue"), nats, freeAddress(t), token)
	s.warehouse = s.engines(t, filepath.Join(data, "warehouse"), freeAddress(t), clickhouse, token)
	queue, warehouse = s.queue(), s.warehouse()
	master := make([]byte, 32)
	_, _ = rand.Read(master) // never fails
	s.env = append(
		os.Environ(), "MILEMARKER_NATS_URL=nats://"+nats, "MILEMARKER_NATS_TOKEN="+token,
		"CLICKHOUSE_URL=http://milemarker:"+token+"@"+clickhouse+"/milemarker",
		"MILEMARKER_MASTER_KEY="+base64.StdEncoding.EncodeToString(master),
		"MILEMARKER_LISTEN=127.0.0.1:0", "MILEMARKER_DATA="+data, "MILEMARKER_LOG_LEVEL=warn",
	)
	api := s.role(t, "api")
	s.client = newClient(t, "", data)
	s.base, s.api = s.role(t, "ingest"), api
	s.role(t, "projector")
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
func (s *split) role(t *testing.T, name string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(s.programs, name))
	cmd.Env = s.env
	p := start(t, cmd)
	address := p.await(t)
	if address == "" {
		t.Fatalf("%s does not start:\n%s", name, p.logs)
	}
	return strings.TrimSpace(address)
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
