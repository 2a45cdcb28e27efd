package clickhouse_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"milemarker/internal/embedded/clickhouse/chtest"
)

// childVariable makes the test binary run one of the children instead of tests:
// what needs a process of its own, to be killed or to hold another data folder.
const childVariable = "MILEMARKER_TEST_CHILD"

func TestMain(m *testing.M) {
	if name := os.Getenv(childVariable); name != "" {
		say := func(a ...any) { fmt.Println(a...) }
		if err := children[name](context.Background(), say, os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(chtest.Main(m))
}

var children = map[string]func(ctx context.Context, say func(...any), folders []string) error{
	"hold":    holdFolder,
	"insert":  insertForEver,
	"count":   countBatches,
	"reopen":  closeAndReopen,
	"recover": recoverNilDereference,
	"refuse":  openTwoFolders,
	"exceed":  exceedMemory,
}

// child prepares a process that runs one of the children.
func child(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), childVariable+"="+name)
	cmd.Stderr = os.Stderr
	return cmd
}

// runChild returns what the child prints.
func runChild(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := child(t, name, args...).Output()
	if err != nil {
		t.Fatalf("child %s: %v", name, err)
	}
	return string(out)
}

// startChild returns the lines that the child prints, as they come. The child is
// killed at the end of the test.
func startChild(t *testing.T, name string, args ...string) (lines *bufio.Scanner, kill func()) {
	t.Helper()
	cmd := child(t, name, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	return bufio.NewScanner(out), kill
}
