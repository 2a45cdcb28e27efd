package translator_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/deliveries"
)

// memory is how long the ledger remembers ids in these tests, instead of two hours.
const memory = time.Second

// posted returns the position of the newest delivery.
func (h *house) posted() events.Position {
	h.tb.Helper()
	newest, err := h.kept.Newest(context.Background(), "acme", "c_one", 0, 1)
	if err != nil {
		h.tb.Fatal(err)
	}
	if len(newest) == 0 {
		return 0
	}
	return newest[0].Position
}

// written is an event that counts.
type written struct {
	id, typ string
	seconds int
}

// counts returns what counts in the ledger, as the read models see it: of several copies the first.
func (h *house) counts() []written {
	h.tb.Helper()
	frames, err := h.ledger.Read(context.Background(), 0, 1<<20)
	if err != nil {
		h.tb.Fatal(err)
	}
	var all []written
	void, seen := map[string]bool{}, map[string]bool{}
	for _, f := range frames {
		e, err := events.Decode(f.Body)
		if err != nil {
			h.tb.Fatal(err)
		}
		var p struct {
			Event   string
			Seconds int
		}
		if err := json.Unmarshal(e.Data, &p); err != nil {
			h.tb.Fatal(err)
		}
		switch {
		case seen[e.ID]:
		case e.Type == events.TypeEventVoided:
			void[p.Event] = true
		default:
			all = append(all, written{e.ID, e.Type, p.Seconds})
		}
		seen[e.ID] = true
	}
	var out []written
	for _, w := range all {
		if !void[w.id] {
			out = append(out, w)
		}
	}
	return out
}

// together records drafts, all or none, as the API does. What the ledger could not do in time is done again.
func (h *house) together(drafts ...events.Draft) []events.Receipt {
	h.tb.Helper()
	var receipts []events.Receipt
	poll(h.tb, "a correction by hand", func() (done bool) {
		var err error
		receipts, err = h.deps.Recorder.RecordTogether(context.Background(), "acme", drafts)
		return err == nil
	})
	return receipts
}

// derived is the id that the API gives what corrects an event.
func derived(what, id string) string {
	sum := sha256.Sum256([]byte(what + "\n" + id))
	return what + "-" + hex.EncodeToString(sum[:16])
}

func voidDraft(id, target string) events.Draft {
	data, _ := json.Marshal(events.EventVoided{Event: target, Reason: "by hand"}) // texts always marshal
	return events.Draft{ID: id, Source: "/milemarker", Type: events.TypeEventVoided, RecordedBy: "k1", Data: data}
}

func amendDraft(id, target string, seconds int) events.Draft {
	return events.Draft{
		ID: id, Source: "/milemarker", Type: events.TypeCallCompleted, Rep: "ann", RecordedBy: "k1", Amends: target,
		Time: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC),
		Data: fmt.Appendf(nil, `{"direction":"outbound","outcome":"conversation","seconds":%d}`, seconds),
	}
}

// correct amends the event that counts with some seconds by hand, by ids of its own. To do so again changes nothing.
func (h *house) correct(typ string, seconds, right int) {
	h.tb.Helper()
	for _, w := range h.counts() {
		if w.typ == typ && w.seconds == seconds {
			h.together(voidDraft("taken back by hand", w.id), amendDraft("right by hand", w.id, right))
		}
	}
}

// forget waits until the ledger has forgotten every id that was recorded until now.
func (h *house) forget(probe string) {
	h.tb.Helper()
	d := events.Draft{ID: probe, Source: "/test", Type: events.TypeLeadCaptured, Time: h.now(), Data: []byte("{}")}
	h.together(d) // which asks the server, and not what this process remembers
	poll(h.tb, "the ledger to forget", func() bool { return h.together(d)[0].Outcome == events.Appended })
	h.pass(3 * time.Hour)
}

func amends(body string) string { return strings.Replace(body, `"call"`, `"call","amends":true`, 1) }

// What was corrected by hand stays, however long ago that was, and the delivery says so.
func TestCorrectionByHandStays(t *testing.T) {
	t.Parallel()
	for name, byHand := range map[string]func(target string) []events.Draft{
		"amended": func(target string) []events.Draft {
			return []events.Draft{voidDraft(derived("void", target), target), amendDraft(derived("amend", target), target, 7)}
		},
		"void": func(target string) []events.Draft { return []events.Draft{voidDraft(derived("void", target), target)} },
		"void by an id of its own": func(target string) []events.Draft {
			return []events.Draft{voidDraft("mine", target)}
		},
	} {
		for when, forgotten := range map[string]bool{"lately": false, "long ago": true} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				h := newHouseThatForgets(t, memory)
				h.run()
				h.outcome(h.post("c_one", call("1", 1)))
				h.outcome(h.post("c_one", amends(call("1", 2)))) // a revision is what the hand corrects
				target := h.counts()[0]
				drafts := byHand(target.id)
				h.together(drafts...)
				if forgotten {
					h.forget("probe")
					h.end() // nothing of it is in memory only
					h.run()
				}
				before := h.counts()
				back := strings.Replace(call("1", 1), `"call"`, `"call","back":true`, 1)
				for _, body := range []string{amends(call("1", 3)), back, amends(call("1", 4)), back} {
					if got := h.outcome(h.post("c_one", body)); got != "translated call.completed corrected" {
						t.Errorf("%s: %s", body, got)
					}
				}
				if got := h.outcome(h.post("c_one", call("1", 2))); got != "translated call.completed duplicate" {
					t.Errorf("told again as it was: %s", got)
				}
				if r := h.replay(deliveries.Replay{From: 1, UpTo: 6}); r.Changed != 0 || r.Failed != 0 {
					t.Errorf("replayed: %+v", r)
				}
				if diff := cmp.Diff(before, h.counts(), cmp.AllowUnexported(written{})); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// fate is what became of one call, by a plain model: it counts once or not at all, and a hand has the last word.
type fate struct {
	told, stands, byHand bool
	seconds              int
}

// step does something about a call, really and in the model.
func (h *house) step(r *rand.Rand, key int, f *fate, standing map[int]written, post func(string)) {
	h.tb.Helper()
	seconds := key*1000 + r.IntN(500)
	id := fmt.Sprint(key)
	switch r.IntN(8) {
	case 0, 1, 2: // its provider tells of it
		post(amends(call(id, seconds)))
		if !f.byHand {
			*f = fate{told: true, stands: true, seconds: seconds}
		}
	case 3: // or takes it back
		post(strings.Replace(call(id, seconds), `"call"`, `"call","back":true`, 1))
		if !f.byHand {
			f.stands = false
		}
	case 4, 5: // somebody amends it
		if w, ok := standing[key]; ok {
			h.together(voidDraft(derived("void", w.id), w.id), amendDraft(derived("amend", w.id), w.id, seconds))
			*f = fate{told: true, stands: true, byHand: true, seconds: seconds}
		}
	case 6: // or voids it, in one of two ways
		if w, ok := standing[key]; ok {
			void := derived("void", w.id)
			if r.IntN(2) == 0 {
				void = "by hand " + w.id
			}
			h.together(voidDraft(void, w.id))
			f.stands, f.byHand = false, true
		}
	}
}

// Whatever providers, hands, restarts and second translators do, soon after one another or long after: a call counts at
// most once, and a hand has the last word.
func TestCorrectionsAgainstModel(t *testing.T) {
	t.Parallel()
	const calls, rounds = 60, 8
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // it is to be the same each time
			h := newHouseThatForgets(t, memory)
			h.run()
			fates := make([]fate, calls)
			for round := range rounds {
				switch r.IntN(4) {
				case 0, 1:
					h.forget(fmt.Sprint("probe", round))
				case 2:
					h.end()
					h.run()
				}
				second := func() {}
				if r.IntN(3) == 0 {
					second = h.second()
				}
				standing := h.standing()
				last := events.Position(0)
				for key := range fates {
					h.step(r, key, &fates[key], standing, func(body string) { last = h.post("c_one", body) })
				}
				if last > 0 {
					h.outcome(last)
				}
				second()
				want := map[int]int{}
				for key, f := range fates {
					if f.stands {
						want[key] = f.seconds
					}
				}
				got := map[int]int{}
				for key, w := range h.standing() {
					got[key] = w.seconds
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("round %d: %s", round, diff)
				}
			}
		})
	}
}

// standing returns the calls that count, by key. None may count twice.
func (h *house) standing() map[int]written {
	h.tb.Helper()
	out := map[int]written{}
	for _, w := range h.counts() {
		if w.typ != events.TypeCallCompleted {
			continue
		}
		if other, twice := out[w.seconds/1000]; twice {
			h.tb.Errorf("call %d counts twice: %v and %v", w.seconds/1000, other, w)
		}
		out[w.seconds/1000] = w
	}
	return out
}

// second runs another translator beside the first until it is ended.
func (h *house) second() (end func()) {
	h.tb.Helper()
	other := &house{tb: h.tb, cfg: h.cfg, deps: h.deps}
	other.run()
	return other.end
}
