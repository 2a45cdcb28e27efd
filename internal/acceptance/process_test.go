package acceptance

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// programs is the folder of the built programs.
var programs string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "milemarker-acceptance-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		programs = dir
		build := exec.Command("go", "build", "-o", dir+"/", "milemarker/cmd/...")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "build:", err)
			return 1
		}
		return m.Run()
	}())
}

// process is a running program of ours.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	ready string // the line that said it was ready, behind the colon
	ended chan error
}

// start runs a program until the test ends and waits for the line by which it says that it is ready.
func start(t *testing.T, env []string, name string, args ...string) *process {
	t.Helper()
	cmd := exec.Command(filepath.Join(programs, name), args...)
	cmd.Env = append(os.Environ(), env...)
	logs := &logWriter{t: t, name: name}
	cmd.Stderr = logs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd, ended: make(chan error, 1)}
	t.Cleanup(func() {
		p.kill()
		logs.show()
	})
	lines := bufio.NewScanner(out)
	ready := make(chan string, 1)
	go func() {
		for lines.Scan() {
			if _, after, ok := strings.Cut(lines.Text(), "ready: "); ok {
				ready <- after
				break
			}
		}
		for lines.Scan() { // keep the pipe empty
		}
		p.ended <- cmd.Wait()
	}()
	select {
	case p.ready = <-ready:
	case err := <-p.ended:
		p.ended <- err
		t.Fatalf("%s ended before it was ready: %v", name, err)
	case <-time.After(60 * time.Second):
		t.Fatalf("%s was not ready within a minute", name)
	}
	return p
}

// kill ends the process as a power failure would, and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	p.ended <- <-p.ended
}

// stop ends the process as an operator would, and fails the test unless it ends cleanly within 10 s.
func (p *process) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		p.ended <- err
		if err != nil {
			p.t.Errorf("ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		p.t.Error("still running 10 s after SIGTERM")
	}
}

// logWriter keeps what a program logs and shows it when the test has failed.
type logWriter struct {
	t    *testing.T
	name string
	text strings.Builder
}

func (w *logWriter) Write(b []byte) (int, error) {
	if w.text.Len() < 64<<10 {
		w.text.Write(b)
	}
	return len(b), nil
}

func (w *logWriter) show() {
	if w.t.Failed() {
		w.t.Logf("%s logged:\n%s", w.name, w.text.String())
	}
}

// milemarker runs one of the operator's commands and returns what it printed; the test fails if it fails.
func milemarker(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(programs, "milemarker"), args...)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, out, exit.Stderr)
	}
	return string(out)
}
