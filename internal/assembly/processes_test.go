package assembly

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"milemarker/internal/embedded/clickhouse/chtest"
)

// Three projectors are processes of their own. The system stops one of them in the middle of its work, and kills another
// one; the first one goes on long after its partitions were given to others.
func TestProjectorProcesses(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	start := f.processes()
	stopped, killed := start(), start()
	start()
	f.record(300)
	f.caughtUp()
	signal(t, stopped, syscall.SIGSTOP)
	f.configure("America/New_York")
	f.record(300)
	f.caughtUp() // by the others, the shares of the one that stands still included
	signal(t, killed, syscall.SIGKILL)
	f.configure("Asia/Kolkata")
	f.record(300)
	signal(t, stopped, syscall.SIGCONT)
	f.record(300)
	f.exact()
}

// processes returns what starts one more projector program.
func (f *fleet) processes() func() *os.Process {
	f.t.Helper()
	program := filepath.Join(f.t.TempDir(), "projector")
	if out, err := exec.CommandContext(f.t.Context(), "go", "build", "-o", program, "milemarker/cmd/projector").CombinedOutput(); err != nil {
		f.t.Fatalf("build: %v\n%s", err, out)
	}
	clickhouse := httptest.NewServer(chtest.Engine(f.t).Handler("milemarker", fleetToken))
	f.t.Cleanup(clickhouse.Close)
	return func() *os.Process {
		f.t.Helper()
		cmd := exec.Command(program)
		cmd.Env = append(os.Environ(),
			"MILEMARKER_LISTEN=127.0.0.1:0", "MILEMARKER_NATS_URL="+f.nats, "MILEMARKER_NATS_TOKEN="+fleetToken,
			"CLICKHOUSE_URL=http://milemarker:"+fleetToken+"@"+strings.TrimPrefix(clickhouse.URL, "http://")+"/"+f.database,
			"MILEMARKER_PARTITIONS=auto", "MILEMARKER_LEASE_TTL="+testTTL.String(),
		)
		cmd.Stdout, cmd.Stderr = f.t.Output(), f.t.Output()
		if err := cmd.Start(); err != nil {
			f.t.Fatal(err)
		}
		f.t.Cleanup(func() {
			_ = cmd.Process.Signal(syscall.SIGCONT) // one that stands still cannot end
			_ = cmd.Process.Signal(syscall.SIGTERM)
			_ = cmd.Wait()
		})
		return cmd.Process
	}
}

func signal(t *testing.T, p *os.Process, s syscall.Signal) {
	t.Helper()
	if err := p.Signal(s); err != nil {
		t.Fatalf("%v: %v", s, err)
	}
}
