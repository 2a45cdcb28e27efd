package recorder_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/recorder"
)

// deliveries remembers what it was told to destroy.
type deliveries struct {
	erased []string
	fail   error
}

func (d *deliveries) EraseOf(_ context.Context, org string, prospects ...string) (int, error) {
	d.erased = append(d.erased, org+": "+strings.Join(prospects, " "))
	return len(prospects), d.fail
}

const ann, bob = "p_0000000000000000000000000a", "p_0000000000000000000000000b"

func erasure(tb testing.TB, id string, prospects ...string) events.Draft {
	tb.Helper()
	data, err := json.Marshal(map[string]any{"reason": "request", "prospects": prospects[1:]})
	if err != nil {
		tb.Fatal(err)
	}
	return draft(tb, `"id":"`+id+`","type":"prospect.erased","subject":"`+prospects[0]+`"`, string(data))
}

func TestErasureOfAllIdentities(t *testing.T) {
	t.Parallel()
	v, l, kept := &vault{moved: map[string]string{ann: "p_next"}}, &ledger{}, &deliveries{}
	r := recorder.New(v, l, clock)
	r.Keep(kept)
	record(t, r, erasure(t, "e1", ann, bob, ann))
	if diff := cmp.Diff([]string{"acme " + ann, "acme " + bob}, v.erased); diff != "" {
		t.Errorf("keys: %s", diff)
	}
	if diff := cmp.Diff([]string{"acme: " + ann + " " + bob}, kept.erased); diff != "" {
		t.Errorf("keepsakes: %s", diff)
	}
	kept.fail = errors.New("down")
	if _, err := r.Record(t.Context(), "acme", []events.Draft{erasure(t, "e1", ann, bob, ann)}); !errors.Is(err, kept.fail) {
		t.Errorf("an erasure that was not completed: %v", err)
	}
}

// An erasure that is told again erases who was erased, and not who came after.
func TestRepeatedErasureSparesWhoCameAfter(t *testing.T) {
	t.Parallel()
	v, l := &vault{}, &ledger{}
	r := recorder.New(v, l, clock)
	e := draft(t, `"id":"e1","type":"prospect.erased"`, `{"person":{"phone":"+1"}}`)
	record(t, r, e)
	l.events[0].Prospect = ann // what the phone meant then
	v.erased = nil
	if again := record(t, r, e); again[0].Outcome != events.Duplicate {
		t.Errorf("%+v", again)
	}
	if diff := cmp.Diff([]string{"acme " + ann}, v.erased); diff != "" {
		t.Error(diff)
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	v, l := &vault{fail: map[string]error{"Erase": errors.New("killed")}}, &ledger{}
	for _, d := range []events.Draft{erasure(t, "e1", ann), erasure(t, "e2", bob)} {
		if _, err := recorder.New(v, l, clock).Record(t.Context(), "acme", []events.Draft{d}); err == nil {
			t.Fatal("an erasure that did not happen was acknowledged")
		}
	}
	l.events[0].RecordedAt = now.Add(-100 * 24 * time.Hour)
	v, kept := &vault{}, &deliveries{}
	r := recorder.New(v, l, clock)
	r.Keep(kept)
	n, err := r.Resume(t.Context(), l)
	if n != 2 || err != nil {
		t.Errorf("%d resumed: %v", n, err)
	}
	if diff := cmp.Diff([]string{"acme " + ann, "acme " + bob}, v.erased); diff != "" {
		t.Errorf("keys: %s", diff)
	}
	if diff := cmp.Diff([]string{"acme: " + bob}, kept.erased); diff != "" {
		t.Errorf("keepsakes, which end by themselves after a while: %s", diff)
	}
}

// Whoever is erased between being named and being sealed is recorded under the id that came after.
func TestErasedMeanwhile(t *testing.T) {
	t.Parallel()
	v, l := &vault{erasedMeanwhile: map[string]string{ann: bob}}, &ledger{}
	d := call(t, "c1", `,"note":"x"`)
	d.Subject = ann
	record(t, recorder.New(v, l, clock), d)
	if l.events[0].Prospect != bob || !strings.Contains(l.events[0].Sealed, bob) {
		t.Errorf("%+v", l.events[0])
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	v, l := &vault{}, &ledger{}
	r := recorder.New(v, l, clock)
	record(t, r, call(t, "c1", `,"note":"likes tea","person":{"phone":"+1"}`), call(t, "c2", ""))
	private, err := r.Open(t.Context(), l.events[0])
	if string(private) != `{"note":"likes tea","person":{"phone":"+1"}}` || err != nil {
		t.Errorf("%s, %v", private, err)
	}
	if private, err := r.Open(t.Context(), l.events[1]); private != nil || err != nil {
		t.Errorf("nothing sealed: %s, %v", private, err)
	}
	v.erased = []string{"acme " + l.events[0].Prospect}
	if _, err := r.Open(t.Context(), l.events[0]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("erased: %v", err)
	}
	if id, err := r.ProspectID(t.Context(), "acme", "phone", "+1"); id != l.events[0].Prospect || err != nil {
		t.Errorf("%s, %v", id, err)
	}
}
