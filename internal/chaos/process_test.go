package chaos

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"milemarker/internal/boot"
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		run := serve
		switch os.Getenv(envRole) {
		case "":
			return m.Run()
		case "plain":
			run = consumePlainly
		}
		ctx, stop := boot.Signals()
		defer stop()
		if err := run(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}())
}

// process is a program that a test runs.
type process struct {
	cmd   *exec.Cmd
	logs  *logs
	ready chan string // what it said behind "ready: "
	ended chan struct{}
	err   error // why it ended
}

// run starts this program in another role.
func run(t *testing.T, role string, env ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(append(os.Environ(), envRole+"="+role), env...)
	return start(t, cmd)
}

// start starts a program, which is gone when the test is over.
func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, logs: &logs{}, ready: make(chan string, 1), ended: make(chan struct{})}
	cmd.Stderr = p.logs
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if _, after, ok := strings.Cut(lines.Text(), "ready: "); ok {
				p.ready <- after
			}
		}
		p.err = cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.kill)
	return p
}

// await returns what the program says when it is ready, "" when it ended before that.
func (p *process) await(t *testing.T) string {
	t.Helper()
	select {
	case said := <-p.ready:
		return said
	case <-p.ended:
		return ""
	case <-time.After(time.Minute):
		t.Fatalf("not ready within a minute:\n%s", p.logs)
		return ""
	}
}

// killed waits for the program to kill itself.
func (p *process) killed(t *testing.T) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		t.Fatalf("the step was not reached within a minute:\n%s", p.logs)
	}
	var exit *exec.ExitError
	if !errors.As(p.err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("ended by itself: %v\n%s", p.err, p.logs)
	}
}

// kill ends the program as a power failure would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	<-p.ended
}

// logs keeps the beginning of what a program logs.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text.Len() < 32<<10 {
		l.text.Write(b)
	}
	return len(b), nil
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// freeAddress returns a loopback address on which nobody listens at this moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
