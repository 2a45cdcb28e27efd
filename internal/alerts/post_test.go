package alerts

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/notify"
)

// raises records an alert of ann's as if it had been found now.
func (w *world) raises(n int) string {
	w.t.Helper()
	next, err := newRecording(events.TypeAlertRaised, fmt.Sprint("matter/", n), 1, w.now, events.AlertRaised{
		Matter: fmt.Sprint("matter/", n), Kind: events.AlertBlockMissed, Times: 1, Says: fmt.Sprint("Fact ", n, "."),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.Record(w.t.Context(), "acme", []events.Draft{{ID: next.ID, Source: told, Type: next.Type, Rep: "ann", Time: w.now, Data: next.Data}}); err != nil {
		w.t.Fatal(err)
	}
	return next.ID
}

// posts dispatches and posts without looking.
func (w *world) posts(at string) {
	w.t.Helper()
	w.now = instant(w.t, at)
	if err := w.dispatch(); err != nil {
		w.t.Fatal(err)
	}
	if err := w.keeper.post(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// arrived lists what was sent: when, where to and what.
func (w *world) arrived() []string {
	var out []string
	for _, m := range w.sent {
		out = append(out, m.at.Format("02 15:04 ")+m.to+": "+strings.ReplaceAll(m.Title+" "+m.Text, "\n", " "))
	}
	return out
}

func (w *world) wantArrived(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.arrived()); diff != "" {
		w.t.Errorf("arrived (-want +got):\n%s", diff)
	}
}

func TestQuietHours(t *testing.T) {
	w := newWorld(t, "2026-03-02 22:00")
	w.destination("chat", "ann")
	w.destination("bob's", "bob")
	w.raises(1)
	w.posts("2026-03-02 22:00")
	w.posts("2026-03-03 06:59")
	w.wantArrived()
	w.posts("2026-03-03 07:00")
	w.posts("2026-03-03 07:30")
	w.wantArrived("03 07:00 chat: Time block not kept: ann Fact 1.")
}

// Two a day at most: the third and the fourth go into the digest of the next morning.
func TestDailyCapAndDigest(t *testing.T) {
	w := newWorld(t, "2026-03-02 09:00")
	w.destination("chat", "ann")
	two := 2
	w.rule(notify.Rule{Rep: "ann", DailyCap: &two})
	for n := range 4 {
		w.raises(n)
	}
	w.posts("2026-03-02 09:00")
	w.posts("2026-03-03 07:59")
	if got := len(w.sent); got != 2 {
		t.Errorf("%d were sent, want 2", got)
	}
	w.sent = nil
	w.posts("2026-03-03 08:00")
	w.posts("2026-03-03 08:01")
	if len(w.sent) != 1 || w.sent[0].Title != "2 alerts" || !strings.Contains(w.sent[0].Text, "Fact ") {
		t.Errorf("%q", w.arrived())
	}
	w.raises(9)
	w.posts("2026-03-03 09:00")
	if len(w.sent) != 2 {
		t.Errorf("the next day's: %q", w.arrived())
	}
}

func TestAlwaysDigest(t *testing.T) {
	w := newWorld(t, "2026-03-02 09:00")
	w.destination("chat", "ann")
	w.rule(notify.Rule{Digest: notify.DigestAlways, DigestAt: "18:00"})
	w.raises(1)
	w.posts("2026-03-02 09:00")
	w.raises(2)
	w.posts("2026-03-02 17:59")
	w.wantArrived()
	w.posts("2026-03-02 18:00")
	if len(w.sent) != 1 || w.sent[0].Title != "2 alerts" {
		t.Errorf("%q", w.arrived())
	}
}

func TestMutedAndAcknowledged(t *testing.T) {
	w := newWorld(t, "2026-03-02 22:00")
	w.destination("chat", "ann")
	id := w.raises(1)
	w.raises(2)
	w.posts("2026-03-02 22:00")
	w.happened("alert.acknowledged", "2026-03-02T23:00:00Z", "ann", `{"alert":"`+id+`","by":"ann"}`)
	w.posts("2026-03-03 07:00")
	w.wantArrived("03 07:00 chat: Time block not kept: ann Fact 2.")
	w.happened("alert.muted", "2026-03-03T08:00:00Z", "", `{"rep":"ann","until":"2026-03-04"}`)
	w.raises(3)
	w.posts("2026-03-04 23:59")
	w.now = instant(t, "2026-03-05 06:00")
	w.raises(4)
	w.posts("2026-03-05 07:00")
	got := w.arrived()
	if len(got) != 2 || !strings.Contains(got[1], "Fact 4") {
		t.Errorf("%q", got)
	}
}

// Nobody takes notice for a day: the partner hears. Of the second somebody does, and of the third alert it is over.
func TestEscalation(t *testing.T) {
	w := newWorld(t, "2026-03-02 09:00")
	w.destination("anns", "ann")
	w.destination("bos", "bo")
	w.happened("partner.linked", "2026-01-02T09:00:00Z", "ann", `{"partner":"bo","shares":["goals"]}`)
	w.raises(1)
	second, third := w.raises(2), w.raises(3)
	w.posts("2026-03-02 09:00")
	if got := len(w.sent); got != 3 {
		t.Fatalf("%q", w.arrived())
	}
	w.sent = nil
	w.happened("alert.acknowledged", "2026-03-02T10:00:00Z", "ann", `{"alert":"`+second+`"}`)
	w.happened("alert.resolved", "2026-03-02T10:00:00Z", "ann", `{"alert":"`+third+`","matter":"matter/3"}`)
	w.posts("2026-03-03 08:59")
	w.wantArrived()
	w.posts("2026-03-03 09:00")
	w.wantArrived("03 09:00 bos: For you as partner: Time block not kept: ann Fact 1.")
}

// What fails is tried again after growing pauses, then given up; what is refused for good is given up at once.
func TestRetriesAndDeadLetters(t *testing.T) {
	w := newWorld(t, "2026-03-02 09:00")
	d := w.destination("chat", "ann")
	tries := 0
	w.refuse = func(notify.Destination) error { tries++; return errors.New("no connection") }
	w.raises(1)
	w.posts("2026-03-02 09:00")
	for range 2000 {
		due, next := w.keeper.deps.Outbox.Due(w.now)
		if len(due) == 0 && next.IsZero() {
			break
		}
		if w.now = next; len(due) > 0 {
			t.Fatalf("is due and was not tried: %+v", due)
		}
		if err := w.keeper.post(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	all := w.keeper.deps.Outbox.List("acme")
	if tries != 10 || len(all) != 1 || all[0].State != notify.Dead || all[0].Error != "no connection" || all[0].Destination != d.ID {
		t.Errorf("%d tries, %+v", tries, all)
	}
	if lasted := w.now.Sub(instant(t, "2026-03-02 09:00")); lasted < 24*time.Hour || lasted > 48*time.Hour {
		t.Errorf("given up after %s", lasted)
	}
	w.refuse = func(notify.Destination) error { return fmt.Errorf("inside: %w", notify.ErrFinal) }
	w.raises(2)
	w.posts("2026-03-04 12:00")
	if all := w.keeper.deps.Outbox.List("acme"); all[0].State != notify.Dead || all[0].Attempts != 1 {
		t.Errorf("%+v", all[0])
	}
}

// One that does not answer keeps none of the others waiting for their turn; a destination that was removed gets nothing.
func TestDestinationsDoNotHoldUpEachOther(t *testing.T) {
	w := newWorld(t, "2026-03-02 09:00")
	w.destination("broken", "")
	gone := w.destination("gone", "")
	w.destination("good", "")
	w.refuse = func(d notify.Destination) error {
		if d.Name == "broken" {
			return errors.New("no connection")
		}
		return nil
	}
	w.raises(1)
	if err := w.dispatch(); err != nil {
		t.Fatal(err)
	}
	if err := w.keeper.deps.Destinations.Remove(t.Context(), "acme", gone.ID); err != nil {
		t.Fatal(err)
	}
	w.posts("2026-03-02 09:00")
	w.wantArrived("02 09:00 good: Time block not kept: ann Fact 1.")
	for _, d := range w.keeper.deps.Outbox.List("acme") {
		if d.Destination == gone.ID && d.State != notify.Dropped {
			t.Errorf("%+v", d)
		}
	}
}
