package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"milemarker/events"
	"milemarker/internal/ledger"
)

// attempt is an event that was handed in, with its receipt.
type attempt struct {
	ev      events.Event
	receipt events.Receipt
}

// contend lets 256 callers append overlapping ids with differing content, and returns what they were told.
func contend(t *testing.T, l *ledger.Ledger, calls, ids int) []attempt {
	t.Helper()
	const callers = 256
	told := make([][]attempt, callers)
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(caller)))
			for range calls {
				evs := make([]events.Event, 1+random.IntN(1+random.IntN(12)))
				for i := range evs {
					evs[i] = event("acme", fmt.Sprint("shared", random.IntN(ids)))
					if random.IntN(3) == 0 {
						evs[i] = changed(evs[i])
					}
				}
				receipts, err := l.Append(t.Context(), evs)
				if err != nil {
					t.Error(err)
					return
				}
				for i := range evs {
					told[caller] = append(told[caller], attempt{evs[i], receipts[i]})
				}
			}
		})
	}
	all.Wait()
	var attempts []attempt
	for _, a := range told {
		attempts = append(attempts, a...)
	}
	return attempts
}

// judge compares what callers were told with what stands: one event for each id, the first one; everybody else was told
// of it rightly. It returns how many were told that they appended.
func judge(t *testing.T, stands []events.Frame, attempts []attempt) (appended int) {
	t.Helper()
	place := make(map[string]events.Position)
	digest := make(map[string]string)
	for _, f := range stands {
		ev := decode(t, f)
		if place[ev.ID] != 0 {
			t.Fatalf("%s stands at %d and at %d", ev.ID, place[ev.ID], f.Position)
		}
		place[ev.ID], digest[ev.ID] = f.Position, ev.Digest
	}
	wrote := make(map[string]bool)
	for _, a := range attempts {
		if a.receipt.ID != a.ev.ID || a.receipt.Position != place[a.ev.ID] {
			t.Fatalf("%s stands at %d, receipt is %+v", a.ev.ID, place[a.ev.ID], a.receipt)
		}
		same := a.ev.Digest == digest[a.ev.ID]
		switch a.receipt.Outcome {
		case events.Appended:
			if !same || wrote[a.ev.ID] {
				t.Fatalf("%s (%s) was appended by somebody else", a.ev.ID, a.ev.Digest)
			}
			wrote[a.ev.ID] = true
		case events.Duplicate, events.Conflict:
			if same != (a.receipt.Outcome == events.Duplicate) {
				t.Fatalf("%s (%s) is a %s of %s", a.ev.ID, a.ev.Digest, a.receipt.Outcome, digest[a.ev.ID])
			}
		default:
			t.Fatalf("receipt is %+v", a.receipt)
		}
	}
	if len(stands) != len(place) {
		t.Fatalf("%d events stand under %d ids", len(stands), len(place))
	}
	return len(wrote)
}

func TestConcurrentCallersAreToldTheTruth(t *testing.T) {
	l := startNode(t).open(t)
	attempts := contend(t, l, 20, 2000)
	stands := readAll(t, l)
	if appended := judge(t, stands, attempts); appended != len(stands) {
		t.Errorf("%d events stand, %d callers wrote one", len(stands), appended)
	}
}

// Two ledgers on one server, as two ingest processes are: ids meet on the server and not in one queue.
func TestConcurrentLedgersAreToldTheTruth(t *testing.T) {
	n := startNode(t)
	ledgers := []*ledger.Ledger{n.open(t), n.open(t)}
	told := make([][]attempt, len(ledgers))
	var both sync.WaitGroup
	for i, l := range ledgers {
		both.Go(func() { told[i] = contend(t, l, 10, 2000) })
	}
	both.Wait()
	stands := readAll(t, ledgers[0])
	if appended := judge(t, stands, append(told[0], told[1]...)); appended != len(stands) {
		t.Errorf("%d events stand, %d callers wrote one", len(stands), appended)
	}
}

func TestAppendOutlivesRestarts(t *testing.T) {
	n := startNode(t)
	l := n.open(t)
	var attempts []attempt
	done := make(chan struct{})
	go func() {
		defer close(done)
		attempts = contend(t, l, 10, 20_000)
	}()
	for range 4 {
		grow(t, l, 200, done)
		n.restart()
	}
	<-done
	// Who wrote an event but lost the acknowledgement to a restart was told: duplicate.
	stands := readAll(t, l)
	t.Logf("%d events stand, %d callers wrote one, of %d attempts", len(stands), judge(t, stands, attempts), len(attempts))
}

// grow returns when so many more events stand, or no more will come.
func grow(t *testing.T, l *ledger.Ledger, by events.Position, done <-chan struct{}) {
	t.Helper()
	ctx := within(t)
	var until events.Position
	for {
		select {
		case <-done:
			return
		default:
		}
		last, err := l.Last(ctx)
		switch {
		case ctx.Err() != nil:
			t.Fatal(err)
		case err != nil: // the server is coming back
		case until == 0:
			until = last + by
		case last >= until:
			return
		}
	}
}
