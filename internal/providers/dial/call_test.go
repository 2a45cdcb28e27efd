package dial_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
)

// calls draws what deliveries tell of one call.
func calls() *rapid.Generator[dial.Call] {
	return rapid.Custom(func(t *rapid.T) dial.Call {
		c := dial.Call{
			Version:      dial.Version{Rank: rapid.IntRange(0, 2).Draw(t, "rank"), At: rapid.Int64Range(0, 3).Draw(t, "at")},
			ID:           "1",
			Direction:    rapid.SampledFrom([]string{events.Inbound, events.Outbound}).Draw(t, "direction"),
			Outcome:      rapid.SampledFrom([]string{"", events.CallConversation, events.CallNoAnswer}).Draw(t, "outcome"),
			At:           time.Unix(rapid.Int64Range(1e9, 1e9+3).Draw(t, "time"), 0).UTC(),
			Seconds:      rapid.Int64Range(0, 90000).Draw(t, "seconds"),
			Dispositions: rapid.SliceOfN(rapid.SampledFrom([]string{"Hot", "hot ", "Dead", "Wrong"}), 0, 2).Draw(t, "dispositions"),
			Machine:      rapid.Bool().Draw(t, "machine"),
			Qualified:    rapid.Bool().Draw(t, "qualified"),
			Contact:      events.Contact{Note: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "note")},
		}
		c.Version.Of = fmt.Sprintf("%+v", c) // one delivery tells one thing
		return c
	})
}

func keep(told ...dial.Call) []byte {
	var state []byte
	for _, c := range told {
		_, state = dial.Keep(state, c)
	}
	return state
}

func TestKeepDoesNotMindTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		told := rapid.SliceOfN(calls(), 1, 6).Draw(t, "told")
		shuffled := rapid.Permutation(told).Draw(t, "shuffled")
		again := append(shuffled, told[rapid.IntRange(0, len(told)-1).Draw(t, "again")])
		want := string(keep(told...))
		if diff := cmp.Diff(want, string(keep(again...))); diff != "" {
			t.Errorf("what is kept depends on the order (-want +got):\n%s", diff)
		}
	})
}

// A mended adapter reads the same delivery otherwise: that must show, whatever it reads.
func TestTheLastReadingOfADeliveryCounts(t *testing.T) {
	for _, pair := range [][2]string{{"a", "b"}, {"b", "a"}} {
		read := func(note string) dial.Call {
			return dial.Call{ID: "1", Direction: events.Inbound, Outcome: events.CallBusy, Version: dial.Version{Of: "d"}, Contact: events.Contact{Note: note}}
		}
		_, state := dial.Keep(nil, read(pair[0]))
		if got, _ := dial.Keep(state, read(pair[1])); got.Contact.Note != pair[1] {
			t.Errorf("%q stands in place of %q", got.Contact.Note, pair[1])
		}
	}
}

func TestEveryCallIsAnEventThatStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, _ := dial.Keep(nil, calls().Draw(t, "call"))
		told := c.Events("hot = qualified; dead = disqualified; wrong = failed")
		if (c.Outcome == "") != (len(told) == 0) {
			t.Errorf("outcome %q gave %d events", c.Outcome, len(told))
		}
		for _, e := range told {
			e.Draft.ID, e.Draft.Source = "x", "/x"
			if _, violations := e.Draft.Check(); violations != nil {
				t.Errorf("%s: %+v", e.Draft.Type, violations)
			}
		}
	})
}

func TestWhatIsKeptMustBeReadable(t *testing.T) {
	c := dial.Call{ID: "1", Direction: events.Inbound, Outcome: events.CallBusy}
	want, kept := dial.Keep(nil, c)
	for _, state := range []string{"", "null", "[", `{"id":"2"}`, `{"id":"1","outcome":"dance","version":{"rank":9}}`, `{"id":"1","outcome":"busy","direction":"up","version":{"rank":9}}`} {
		got, again := dial.Keep([]byte(state), c)
		if diff := cmp.Diff(want, got); diff != "" || string(again) != string(kept) {
			t.Errorf("%s was believed (-want +got):\n%s", state, diff)
		}
	}
}

func TestTable(t *testing.T) {
	got := dial.Table(" Set  Appointment = conversation, qualified;No Answer=no_answer\r\nBad = failed disqualified\n\nnonsense\nOdd = dance\n= busy\nLong=lead.qualified")
	want := map[string][]string{
		"set appointment": {events.CallConversation, events.TypeLeadQualified},
		"no answer":       {events.CallNoAnswer},
		"bad":             {events.CallFailed, events.TypeLeadDisqualified},
		"":                {events.CallBusy},
		"long":            {events.TypeLeadQualified},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestTold(t *testing.T) {
	c := dial.Call{ID: "1", Direction: events.Outbound, Outcome: events.CallConversation, Seconds: 90, Dispositions: []string{"Left a message"}}
	in := providers.Input{Settings: map[string]string{"dispositions": "left a message = voicemail"}}
	for name, given := range map[string]struct {
		in   providers.Input
		want string
	}{
		"the connection's table": {in, `{"direction":"outbound","outcome":"voicemail","seconds":90}`},
		"the provider's table":   {providers.Input{}, `{"direction":"outbound","outcome":"busy"}`},
	} {
		out := dial.Told(given.in, "ended", "k", c, "left a message = busy")
		if len(out.Events) != 1 || string(out.Events[0].Draft.Data) != given.want {
			t.Errorf("%s: %+v", name, out.Events)
		}
	}
}
