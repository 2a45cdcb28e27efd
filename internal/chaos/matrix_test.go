package chaos

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// full tells whether the whole matrix is wanted; else a few rows once, which take seconds.
var full = os.Getenv("CHAOS") == "full"

// kills are the steps at which the server is killed, in the order in which an event passes them.
var kills = []struct {
	step   string
	passes int  // it dies at one of the first so many
	short  bool // also in the short form
}{
	{"before record", 30, false},
	{"before publish", 30, false},
	{"torn publish", 20, true},
	{"after publish", 30, false},
	{"puback lost", 30, true},
	{"before answer", 30, false},
	{"fetched", 20, false},
	{"before events", 5, false},
	{"after events", 5, true},
	{"before voids", 5, false},
	{"after voids", 5, true},
	{"before duplicates", 2, false},
	{"after duplicates", 2, false},
	{"before quarantine", 15, false},
	{"after quarantine", 15, false},
	{"before key", 20, false},
	{"after key", 20, true},
	{"before erasure", 2, false},
	{"after erasure", 2, true},
	{"before journeys", 5, false},
	{"after journeys", 5, false},
	{"before rollup", 12, false},
	{"after rollup", 12, true},
	{"before checkpoint", 5, false},
	{"after checkpoint", 5, true},
	{"before ack", 5, false},
	{"after ack", 5, false},
	{"before begin", 1, false},
	{"after begin", 1, false},
	{"before swap", 1, false},
	{"after swap", 1, false},
}

// row is one fault, and what brings it about and recounts.
type row struct {
	name  string
	short bool // also in the short form
	run   func(*testing.T) result
}

// matrix lists all faults.
func matrix() []row {
	times := 1
	if full {
		times = 3
	}
	var rows []row
	for _, k := range kills {
		rows = append(rows, row{"kill " + k.step, k.short, func(t *testing.T) result {
			t.Helper()
			return killAt(t, k.step, k.passes, times)
		}})
	}
	return append(
		rows,
		row{"kill at random", false, func(t *testing.T) result {
			t.Helper()
			return killAnywhere(t, "kill -9 at random", 20)
		}},
		row{"clock", false, func(t *testing.T) result {
			t.Helper()
			return killAnywhere(t, "clock jumps, kill -9 at random", 5, envClock+"=steps")
		}},
		row{"late by a day", false, func(t *testing.T) result {
			t.Helper()
			return comeLate(t, "all events late by a day", "2024-03-09")
		}},
		row{"late by a year", false, func(t *testing.T) result {
			t.Helper()
			return comeLate(t, "all events late by a year", "2023-03-10")
		}},
		row{"out of order", true, outOfOrder},
		row{"cut", true, cutReplies},
		row{"twice", false, deliverTwice},
		row{"late", false, deliverLate},
		row{"copy", false, copyLive},
		row{"ClickHouse away", false, warehouseAway},
		row{"NATS away", false, queueAway},
		row{"projectors share", false, shareWork},
		row{"projectors collide", false, shareByForce},
		row{"disk", false, fillDisk},
	)
}

// TestMatrix breaks the server in every way there is, recounts after each, and prints the table.
func TestMatrix(t *testing.T) {
	var table []result
	for _, r := range matrix() {
		if !full && !r.short {
			continue
		}
		t.Run(r.name, func(t *testing.T) { table = append(table, r.run(t)) })
	}
	show(t, table)
}

// show prints the table as it stands in the documentation.
func show(t *testing.T, table []result) {
	t.Helper()
	w := tabwriter.NewWriter(t.Output(), 0, 0, 1, ' ', 0)
	_, _ = fmt.Fprintln(w, "| fault\t| times\t| acknowledged\t| voided\t| counted\t| lost\t| doubled\t|")
	_, _ = fmt.Fprintln(w, "|"+strings.Repeat(" ---\t|", 7))
	for _, r := range table {
		_, _ = fmt.Fprintf(w, "| %s\t| %d\t| %d\t| %d\t| %d\t| %d\t| %d\t|\n",
			r.fault, r.times, r.acknowledged, r.voided, r.counted, r.lost, r.doubled)
	}
	_ = w.Flush()
}

// house is a data folder, the server on it, and its client.
type house struct {
	*client

	env    []string
	server *process
}

func newHouse(t *testing.T, env ...string) *house {
	t.Helper()
	data, address := t.TempDir(), freeAddress(t)
	h := &house{newClient(t, address, data), append(env, envData+"="+data, envListen+"="+address), nil}
	return h
}

// up starts the server.
func (h *house) up(env ...string) {
	h.t.Helper()
	h.server = run(h.t, "server", append(env, h.env...)...)
}

// healthy starts a server that will not kill itself and returns when it is ready.
func (h *house) healthy() {
	h.t.Helper()
	h.up()
	if h.server.await(h.t) == "" {
		h.t.Fatalf("the server does not start: %v\n%s", h.server.err, h.server.logs)
	}
}

// killAt kills the server at a step, several times on the same data.
func killAt(t *testing.T, step string, passes, times int) result {
	t.Helper()
	var h *house
	switch {
	case strings.HasSuffix(step, "quarantine"):
		h = newHouse(t, fmt.Sprint(envGarbage, "=", litterSize))
		h.garbage = litterSize
	case strings.HasSuffix(step, "duplicates"): // a second copy is taken once the ledger has forgotten the first
		h = newHouse(t, envWindow+"=1s")
		h.old = true
		h.healthy()
		stop := h.load("first")
		h.more(300)
		stop()
		h.server.kill()
	case strings.HasSuffix(step, "key"), strings.HasSuffix(step, "erasure"):
		h = newHouse(t)
		h.people = true
	default:
		h = newHouse(t)
	}
	if isRebuild(step) {
		h.healthy() // enters the first generation
		h.server.kill()
	}
	stop := h.load("k")
	for range times {
		h.upUntil(step, passes)
	}
	h.healthy()
	h.more(100)
	stop()
	defer h.server.kill()
	return h.recount("kill -9 "+step, times, h.acknowledged())
}

// upUntil starts a server and returns when it has killed itself at one of the first passes of a step.
func (h *house) upUntil(step string, passes int) {
	h.t.Helper()
	h.up(envStep+"="+step, fmt.Sprint(envPass, "=", 1+rand.IntN(passes)))
	if ready := h.server.await(h.t); ready != "" && isRebuild(step) {
		h.rebuildUntilKilled()
	}
	h.server.killed(h.t)
}

// isRebuild tells whether a step is taken in a rebuild only.
func isRebuild(step string) bool {
	return strings.HasSuffix(step, "begin") || strings.HasSuffix(step, "swap")
}

// litterSize is how many messages that cannot be read lie in the ledger.
const litterSize = 30

// rebuildUntilKilled has rebuild after rebuild begun while the server lives.
func (h *house) rebuildUntilKilled() {
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for limit := time.After(time.Minute); ; {
		_, _, _ = h.do(h.t.Context(), "POST", h.api+"/v1/rebuilds", nil) // no answer when it dies
		select {
		case <-h.server.ended:
			return
		case <-limit:
			return
		case <-again.C:
		}
	}
}

// killAnywhere kills the server at any moment from its start on.
func killAnywhere(t *testing.T, fault string, times int, env ...string) result {
	t.Helper()
	h := newHouse(t, env...)
	stop := h.load("r")
	for range times {
		h.up()
		h.server.await(t)
		<-time.After(time.Duration(rand.IntN(1500)) * time.Millisecond) // any moment is as good as another
		h.server.kill()
	}
	h.healthy()
	h.more(100)
	stop()
	defer h.server.kill()
	return h.recount(fault, times, h.acknowledged())
}

// comeLate has all events come late.
func comeLate(t *testing.T, fault, day string) result {
	t.Helper()
	h := newHouse(t)
	h.healthy()
	defer h.server.kill()
	stop := h.load("now")
	h.more(1000)
	stop()
	h.days = []string{day}
	stop = h.load("late")
	h.more(3000)
	stop()
	return h.recount(fault, len(h.batches), h.acknowledged())
}

// outOfOrder brings events to the projector out of order and some of them twice.
func outOfOrder(t *testing.T) result {
	t.Helper()
	report := filepath.Join(t.TempDir(), "swaps")
	h := newHouse(t, envShuffle+"="+report)
	h.healthy()
	defer h.server.kill()
	stop := h.load("o")
	h.more(3000)
	stop()
	r := h.recount("redelivered out of order", 0, h.acknowledged())
	told, err := os.ReadFile(report)
	if err == nil {
		r.times, err = strconv.Atoi(string(told))
	}
	if err != nil {
		t.Error("nothing came out of order:", err)
	}
	return r
}

// cutReplies cuts connections while the server works on what came over them; the client sends it again.
func cutReplies(t *testing.T) result {
	t.Helper()
	h := newHouse(t)
	h.cuts = true
	h.healthy()
	defer h.server.kill()
	stop := h.load("c")
	h.more(2000)
	stop()
	return h.recount("connection cut before the reply", h.cut, h.acknowledged())
}

// deliverTwice delivers every batch twice at the same time.
func deliverTwice(t *testing.T) result {
	t.Helper()
	h := newHouse(t)
	h.twos = true
	h.healthy()
	defer h.server.kill()
	stop := h.load("d")
	h.more(5000)
	stop()
	return h.recount("delivered twice at the same time", len(h.batches)/2, h.acknowledged())
}

// deliverLate delivers everything again when the ledger has forgotten the ids: the server's window is over, and what the
// program itself remembered went with it.
func deliverLate(t *testing.T) result {
	t.Helper()
	const window = 4 * time.Second
	h := newHouse(t, fmt.Sprint(envWindow, "=", window))
	h.healthy()
	stop := h.load("w")
	h.more(3000)
	stop()
	h.server.kill()
	<-time.After(window + time.Second)
	h.healthy()
	defer h.server.kill()
	before, again := h.acknowledged(), h.batches
	for _, body := range again {
		h.deliver(body)
	}
	if !h.forgot(before) {
		t.Error("the ledger took no second copy: nothing was tried")
	}
	return h.recount("delivered again after the ledger's window", len(again), h.acknowledged())
}

// forgot tells whether something was appended that had been appended before.
func (h *house) forgot(before map[string]uint64) bool {
	for id, at := range h.acknowledged() {
		if at > before[id] {
			return true
		}
	}
	return false
}
