package translator_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/connections"
	"milemarker/internal/deliveries"
)

func TestWhatBecomesOfDeliveries(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.run()
	for _, c := range []struct{ body, want string }{
		{call("1", 60), "translated call.completed appended"},
		{call("1", 60), "translated call.completed duplicate"},
		{call("1", 61), "translated call.completed conflict"},
		{`{"id":"2","kind":"call","seconds":10}`, "translated call.completed appended"},
		{`{"id":"3","kind":"odd"}`, "ignored (tells of nothing that counts)"},
		{`{"id":"4","kind":"panic"}`, "failed (the adapter fails: at once)"},
		{`{"id":`, "failed (body: delivery cannot be read)"},
		{`{"id":"5","kind":"foreign"}`, "pending call.completed appended (the connection has no token to fetch the details with)"},
	} {
		if got := h.outcome(h.post("c_one", c.body)); got != c.want {
			t.Errorf("%s: %s, want %s", c.body, got, c.want)
		}
	}
	if got := h.outcome(h.post("c_one", `{"id":"6","kind":"invalid"}`)); !strings.HasPrefix(got, "failed call.completed rejected (call.completed/data/outcome") {
		t.Errorf("invalid: %s", got)
	}
	if got := h.outcome(h.post("c_nowhere", call("1", 60))); got != "failed (the connection is not known)" {
		t.Errorf("without a connection: %s", got)
	}
	if got := h.outcome(h.post("c_two", call("1", 60))); got != "translated call.completed appended" {
		t.Errorf("another connection: %s", got)
	}
	want := []string{"call.completed 60 ann", "call.completed 10 unknown", "call.completed 0 unknown", "call.completed 60 ann"}
	if diff := cmp.Diff(want, h.stands()); diff != "" {
		t.Error(diff)
	}
}

func TestTimeIsThatOfReceipt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.post("c_one", `{"id":"1","kind":"call"}`)
	h.post("c_one", `{"id":"2","kind":"call","at":"2999-01-01T00:00:00Z"}`)
	received := h.now()
	h.pass(time.Hour)
	h.run()
	h.outcome(2)
	frames, err := h.ledger.Read(t.Context(), 0, 10)
	if err != nil || len(frames) != 2 {
		t.Fatalf("%d, %v", len(frames), err)
	}
	for _, f := range frames {
		e, err := events.Decode(f.Body)
		if err != nil || !e.Time.Equal(received.Truncate(time.Microsecond)) || !e.TimeInferred {
			t.Errorf("time %v inferred %t (%v), want %v", e.Time, e.TimeInferred, err, received)
		}
	}
}

// Whatever comes first, and however often, what stands is the newest, once; and nothing is added by telling it all again.
func TestAmendments(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.run()
	amended := func(seconds int) string {
		return strings.Replace(call("1", seconds), `"call"`, `"call","amends":true`, 1)
	}
	for _, c := range []struct {
		seconds int
		want    string
	}{
		{1, "appended"}, {2, "amended"}, {2, "duplicate"}, {3, "amended"}, {1, "amended"}, {1, "duplicate"},
	} {
		at := h.post("c_one", amended(c.seconds))
		if got := h.outcome(at); got != "translated call.completed "+c.want {
			t.Errorf("%d s: %s, want %s", c.seconds, got, c.want)
		}
		if diff := cmp.Diff([]string{fmt.Sprintf("call.completed %d ann", c.seconds)}, h.stands()); diff != "" {
			t.Errorf("after %d s: %s", c.seconds, diff)
		}
	}
	if r := h.replay(deliveries.Replay{From: 1, UpTo: 4}); r.Replayed != 4 || r.Changed != 0 {
		t.Errorf("a replay of what was amended since: %+v", r)
	}
	if diff := cmp.Diff([]string{"call.completed 1 ann"}, h.stands()); diff != "" {
		t.Errorf("after the replay: %s", diff)
	}
}

func TestThreadInAnyOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.run()
	var last events.Position
	for i := range 3 {
		for part, seconds := range map[string]int{"a": 1, "b": 20, "c": 300} {
			last = h.post("c_one", fmt.Sprintf(`{"id":"1","kind":"call","thread":"t%d","parts":{%q:%d},"user":"7"}`, i, part, seconds))
		}
		h.outcome(last)
	}
	if diff := cmp.Diff([]string{"call.completed 321 ann"}, h.stands()); diff != "" {
		t.Error(diff)
	}
	if r := h.replay(deliveries.Replay{From: 1, UpTo: last}); r.Replayed != 9 || r.Failed != 0 {
		t.Errorf("%+v", r)
	}
	if diff := cmp.Diff([]string{"call.completed 321 ann"}, h.stands()); diff != "" {
		t.Errorf("after a replay: %s", diff)
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.run()
	var last events.Position
	for i := range 5 {
		last = h.post("c_one", call(fmt.Sprint(i), 10*i))
	}
	h.outcome(h.post("c_one", call("2", 20))) // told again by another delivery
	dead := h.post("c_one", `{"id":"9","kind":"panic"}`)
	h.outcome(dead)
	before := h.stands()
	h.outcome(last)
	if r := h.replay(deliveries.Replay{From: 1, UpTo: dead}); r.Replayed != 7 || r.Changed != 0 || r.Failed != 1 {
		t.Errorf("by the same adapter: %+v", r)
	}
	if diff := cmp.Diff(before, h.stands()); diff != "" {
		t.Errorf("by the same adapter: %s", diff)
	}

	h.end()
	h.adapter.change = func(s *said) { // a mended one
		switch s.ID {
		case "1":
			s.Seconds = 11
		case "2":
			s.Type = events.TypeLeadCaptured
		case "3":
			s.Kind = "nothing"
		case "9":
			s.Kind = "call"
		}
	}
	h.run()
	for range 2 {
		h.replay(deliveries.Replay{From: 1, UpTo: dead})
		want := []string{"call.completed 0 ann", "call.completed 11 ann", "call.completed 40 ann", "call.completed 0 unknown", "lead.captured 0 ann"}
		if diff := cmp.Diff(sorted(want), sorted(h.stands())); diff != "" {
			t.Errorf("by another adapter: %s", diff)
		}
	}
	if got := h.outcome(dead); got != "translated call.completed duplicate" {
		t.Errorf("dead letter: %s", got)
	}

	h.end()
	h.adapter.change = nil // and back
	h.run()
	h.replay(deliveries.Replay{From: 1, UpTo: dead - 1})
	want := append(before, "call.completed 0 unknown")
	if diff := cmp.Diff(sorted(want), sorted(h.stands())); diff != "" {
		t.Errorf("by the first adapter: %s", diff)
	}
}

func TestPausedConnectionWaits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	paused := connections.Connection{ID: "c_one", Org: "acme", Provider: "test", State: connections.Paused}
	h.board.set(paused)
	h.run()
	since := h.now().Add(-time.Minute)
	if got := h.outcome(h.post("c_one", call("1", 60))); got != "paused (the connection is paused)" {
		t.Error(got)
	}
	if got := h.outcome(h.post("c_two", call("2", 60))); got != "translated call.completed appended" {
		t.Errorf("of another connection: %s", got)
	}
	paused.State = connections.Active
	h.board.set(paused)
	r, err := h.log.AskSince(t.Context(), deliveries.Replay{
		Org: "acme", Connection: "c_one", Statuses: []deliveries.Status{deliveries.Paused}, Reason: "resumed",
	}, since, h.now().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	poll(t, "resumed", func() bool {
		r, err := h.log.ReplayOf(context.Background(), "acme", r.ID)
		return err == nil && r.State == deliveries.ReplayDone
	})
	if got := h.outcome(1); got != "translated call.completed appended" {
		t.Error(got)
	}
}

func TestDetailsAreAskedForAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.board.set(connections.Connection{ID: "c_one", Org: "acme", Provider: "test", State: connections.Active, Token: "secret"})
	h.fetcher.set("", errors.New("down for now"))
	h.run()
	at := h.post("c_one", `{"id":"1","kind":"thin","user":"7"}`)
	if got := h.outcome(at); got != "pending call.completed appended (details: down for now)" {
		t.Error(got)
	}
	h.fetcher.set(`{"seconds":77}`, nil)
	h.end() // a restart forgets nothing
	h.pass(61 * time.Second)
	h.run()
	poll(t, "details", func() bool { return h.outcome(at) == "translated call.completed amended" })
	if diff := cmp.Diff([]string{"call.completed 77 ann"}, h.stands()); diff != "" {
		t.Error(diff)
	}
	h.fetcher.set("", fmt.Errorf("no such call: %w", fs.ErrNotExist))
	second := h.post("c_one", `{"id":"2","kind":"thin","user":"7"}`)
	if got := h.outcome(second); !strings.HasPrefix(got, "pending") {
		t.Error(got)
	}
	if h.fetcher.asked != 3 {
		t.Errorf("asked %d times, want 3", h.fetcher.asked)
	}
	h.board.set(connections.Connection{ID: "c_one", Org: "acme", Provider: "test", State: connections.Active, Token: "other"})
	third := h.post("c_one", `{"id":"3","kind":"foreign"}`)
	if got := h.outcome(third); !strings.Contains(got, "own hosts") || h.fetcher.asked != 3 {
		t.Errorf("details elsewhere: %s, asked %d times", got, h.fetcher.asked)
	}
}

func TestPersonIsForgotten(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.run()
	about := func(id, phone string) string {
		return fmt.Sprintf(`{"id":%q,"kind":"call","phone":%q,"thread":"x","parts":{"a":1}}`, id, phone)
	}
	first := h.post("c_one", about("1", "+12125550100"))
	second := h.post("c_two", about("2", "+12125550199"))
	h.outcome(first)
	h.outcome(second)
	receipts, err := h.deps.Recorder.Record(t.Context(), "acme", []events.Draft{{
		ID: "gone", Source: "/test", Type: events.TypeProspectErased, Data: []byte(`{"person":{"phone":"+12125550100"}}`),
	}})
	if err != nil || receipts[0].Outcome != events.Appended {
		t.Fatalf("%+v, %v", receipts, err)
	}
	poll(t, "erasure", func() bool {
		_, _, err := h.log.Get(context.Background(), "acme", first)
		return errors.Is(err, fs.ErrNotExist)
	})
	if got := h.outcome(second); got != "translated call.completed appended" {
		t.Errorf("of somebody else: %s", got)
	}
	poll(t, "the state of its thread", func() bool {
		states := 0
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if err := h.deps.Buckets.Threads.Watch(ctx, func(_ string, v []byte) {
			if v != nil {
				states++
			}
		}); err != nil {
			t.Fatal(err)
		}
		return states == 1
	})
}
