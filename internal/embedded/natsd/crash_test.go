package natsd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/internal/embedded/natsd"
)

// The environment that turns the test binary into a child process: what it does, and in which folder.
const (
	childDoes   = "NATSD_TEST_CHILD"
	childFolder = "NATSD_TEST_FOLDER"
)

// child runs a server and publishes until it is killed, writing a line for each acknowledgement; or it only tries to
// start, and reports how that went.
func child(does, dir string) int {
	ctx := context.Background()
	srv, err := natsd.Start(ctx, natsd.Config{StoreDir: dir})
	if does == "start" {
		fmt.Println(errors.Is(err, natsd.ErrInUse))
		return 0
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	nc, err := nats.Connect("", srv.ClientOptions()...)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	js, err := jetstream.New(nc)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}}); err != nil {
		fmt.Println(err)
		return 1
	}
	for i := 1; ; i++ {
		if _, err := js.Publish(ctx, "s", fmt.Append(nil, i)); err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("acknowledged", i)
	}
}

func childCommand(t *testing.T, does, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDoes+"="+does, childFolder+"="+dir)
	cmd.Stderr = os.Stderr
	return cmd
}

func TestFolderInUse(t *testing.T) {
	dir := t.TempDir()
	srv := start(t, natsd.Config{StoreDir: dir})
	for _, want := range []string{"true\n", "false\n"} {
		out, err := childCommand(t, "start", dir).Output()
		if err != nil {
			t.Fatal(err)
		}
		if string(out) != want {
			t.Errorf("refused as in use: %q, want %q", out, want)
		}
		srv.Stop()
	}
}

func TestKilledServerKeepsWhatItAcknowledged(t *testing.T) {
	dir := t.TempDir()
	cmd := childCommand(t, "publish", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, err := fmt.Sscanf(lines.Text(), "acknowledged %d", &acknowledged); err != nil {
			t.Fatalf("child says %q", lines.Text())
		}
		if acknowledged == 500 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // killed

	srv := start(t, natsd.Config{StoreDir: dir})
	js := connect(t, "", srv.ClientOptions()...)
	stream, err := js.Stream(t.Context(), "S")
	if err != nil {
		t.Fatal(err)
	}
	if last := stream.CachedInfo().State.LastSeq; acknowledged < 500 || last < uint64(acknowledged) {
		t.Fatalf("%d messages were acknowledged, %d are there", acknowledged, last)
	}
	for i := 1; i <= acknowledged; i++ {
		msg, err := stream.GetMsg(t.Context(), uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		if string(msg.Data) != fmt.Sprint(i) {
			t.Fatalf("message %d is %q", i, msg.Data)
		}
	}
}
