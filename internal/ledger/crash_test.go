package ledger_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"milemarker/events"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
)

// crashFolder turns the test binary into a process that appends to a ledger in that folder until it is killed.
const crashFolder = "LEDGER_TEST_CRASH_FOLDER"

// appendUntilKilled writes a line "id position" for each event that was acknowledged. 64 callers make batches, two of
// them append several events at a time.
func appendUntilKilled(dir string) int {
	ctx := context.Background()
	srv, err := natsd.Start(ctx, natsd.Config{StoreDir: dir})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	l, err := ledger.Open(ctx, ledger.Config{Options: srv.ClientOptions()})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	var out sync.Mutex
	var all sync.WaitGroup
	for caller := range 64 {
		all.Go(func() {
			size := 1
			if caller < 2 {
				size = 40
			}
			for i := 0; ; i++ {
				receipts, err := l.Append(ctx, numbered(fmt.Sprintf("%d-%d-", caller, i), size))
				out.Lock()
				if err != nil {
					fmt.Println(err)
				}
				for _, r := range receipts {
					fmt.Println(r.ID, r.Position)
				}
				out.Unlock()
			}
		})
	}
	all.Wait()
	return 0
}

func TestKilledProcessKeepsWhatItAcknowledged(t *testing.T) {
	dir := t.TempDir()
	acknowledged := make(map[string]events.Position)
	for range 3 { // the second and third recover what the one before left behind
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), crashFolder+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		before := len(acknowledged)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			var id string
			var at events.Position
			if _, err := fmt.Sscan(lines.Text(), &id, &at); err != nil {
				t.Fatalf("child says %q", lines.Text())
			}
			if was, ok := acknowledged[id]; ok && was != at {
				t.Fatalf("%s was at %d, is at %d", id, was, at)
			}
			acknowledged[id] = at
			if len(acknowledged) >= before+3000 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // killed
		if len(acknowledged) == before {
			break // the ids repeat: all there is was told again
		}
	}

	n := &node{tb: t, dir: dir}
	n.start()
	t.Cleanup(n.stop)
	place := make(map[string]events.Position)
	for _, f := range readAll(t, n.open(t)) {
		ev := decode(t, f)
		if was := place[ev.ID]; was != 0 {
			t.Fatalf("%s stands at %d and at %d", ev.ID, was, f.Position)
		}
		place[ev.ID] = f.Position
	}
	for id, at := range acknowledged {
		if place[id] != at {
			t.Fatalf("%s was acknowledged at %d, stands at %d", id, at, place[id])
		}
	}
	t.Logf("%d events acknowledged, %d stand", len(acknowledged), len(place))
}
