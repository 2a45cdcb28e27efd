package chaos

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

// TestSoak kills the server again and again on the same data, at a random step or at any moment, for as long as CHAOS_FOR
// says, and recounts everything after every few kills.
func TestSoak(t *testing.T) {
	text := os.Getenv("CHAOS_FOR")
	if text == "" {
		text = "5s" // one round
	}
	length, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal("CHAOS_FOR: ", err)
	}
	h := newHouse(t, fmt.Sprint(envGarbage, "=", litterSize))
	h.garbage, h.old, h.people = litterSize, true, true
	h.healthy()
	killed := 0
	for end := time.Now().Add(length); ; {
		stop := h.load("soak" + time.Now().Format("150405.000"))
		for range 4 {
			h.more(200)
			h.server.kill()
			h.killSomewhere()
			killed += 2
			h.healthy()
		}
		h.more(200)
		stop()
		r := h.recount("kill -9, again and again", killed, h.acknowledged())
		t.Logf("%d kills: %d acknowledged, %d voided, %d counted, %d lost, %d doubled",
			r.times, r.acknowledged, r.voided, r.counted, r.lost, r.doubled)
		if t.Failed() || time.Now().After(end) {
			h.server.kill()
			show(t, []result{r})
			return
		}
	}
}

// killSomewhere starts the server and has it die at a random step; where the step may never come again, at any moment.
func (h *house) killSomewhere() {
	h.t.Helper()
	k := kills[rand.IntN(len(kills))]
	if !strings.HasSuffix(k.step, "quarantine") && !strings.HasSuffix(k.step, "duplicates") {
		h.upUntil(k.step, k.passes)
		return
	}
	h.up()
	h.server.await(h.t)
	<-time.After(time.Duration(rand.IntN(1500)) * time.Millisecond) // any moment is as good as another
	h.server.kill()
}
