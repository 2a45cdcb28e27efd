package alerts

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/notify"
)

// act is something that happens at an instant.
type act struct {
	at time.Time
	do func(w *world)
}

// lives goes through time until an instant. What happens, happens at its time; in between it is looked every minute, or only
// when the last look said so. It returns how often it was looked.
func (w *world) lives(acts []act, until time.Time, everyMinute bool) (looks int) {
	w.t.Helper()
	w.keeper.cfg.Every, w.keeper.cfg.Slow = time.Nanosecond, time.Nanosecond
	for w.now.Before(until) {
		for seen := -1; seen != len(w.records); { // what is recorded is looked at too
			seen = len(w.records)
			err := w.keeper.ask(w.t.Context(), w.now)
			w.keeper.touchAt["acme"] = events.Position(seen)
			due, dueErr := w.keeper.isDue(w.t.Context(), "acme", w.now)
			if due || everyMinute {
				looks++
				err = w.keeper.look(w.t.Context(), "acme", w.now)
			}
			if err != nil || dueErr != nil {
				w.t.Fatal(err, dueErr)
			}
		}
		next := w.keeper.looked["acme"].next
		pause := time.Minute
		if h := w.now.Hour(); h < 8 || h >= 19 {
			pause = 30 * time.Minute // nobody works then
		}
		if soon := w.now.Truncate(pause).Add(pause); everyMinute && soon.Before(next) {
			next = soon
		}
		if len(acts) > 0 && !acts[0].at.After(next) {
			next = acts[0].at
		}
		w.now = next
		for len(acts) > 0 && !acts[0].at.After(w.now) {
			acts[0].do(w)
			acts = acts[1:]
		}
	}
	return looks
}

// Whether it is looked every minute or only when something may be otherwise: the same is recorded, at the same minute.
func TestNothingIsMissed(t *testing.T) {
	start := instant(t, "2026-03-02 00:00") // a Monday
	const days = 2
	looks := map[bool]int{}
	kinds := map[string]bool{}
	for seed := range uint64(2) {
		acts := drawActs(t, rand.New(rand.NewPCG(seed, 1)), start, days)
		got := map[bool][]string{}
		for _, everyMinute := range []bool{true, false} {
			w := newWorld(t, "2026-03-02 00:00")
			looks[everyMinute] += w.lives(acts, start.AddDate(0, 0, days), everyMinute)
			got[everyMinute] = w.recorded(events.TypePaceChanged, events.TypeAlertRaised)
			for _, r := range w.records {
				if a, err := notify.AlertOf(r); err == nil {
					kinds[a.Kind+" "+a.Status] = true
				}
			}
		}
		if diff := cmp.Diff(got[true], got[false]); diff != "" {
			t.Errorf("seed %d (-every minute +when due):\n%s", seed, diff)
		}
	}
	t.Logf("%d looks instead of %d; %d sorts of alerts", looks[false], looks[true], len(kinds))
	if len(kinds) < 8 {
		t.Errorf("that shows little: %v", kinds)
	}
}

// drawActs draws goals of all sorts, calls, leads, blocks, reviews, days off, revisions, rules and a quarantine.
func drawActs(t *testing.T, r *rand.Rand, start time.Time, days int) []act {
	t.Helper()
	var acts []act
	happens := func(at time.Time, typ, format string, args ...any) {
		acts = append(acts, act{at, func(w *world) { w.happened(typ, at.Format(time.RFC3339), "ann", fmt.Sprintf(format, args...)) }})
	}
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	minute := func() time.Time { // by day, most of them
		at := start.AddDate(0, 0, r.IntN(days)).Add(time.Duration(8*60+r.IntN(10*60)) * time.Minute)
		if r.IntN(10) == 0 {
			at = at.Add(time.Duration(r.IntN(14*60)) * time.Minute)
		}
		return at
	}
	for i := range 25 { // a past
		at := start.Add(-time.Duration(1+i*1400) * time.Minute)
		acts = append(acts, act{start, func(w *world) {
			w.happened(events.TypeCallCompleted, at.Format(time.RFC3339), "ann", aCall)
			w.happened(events.TypeLeadCaptured, at.Format(time.RFC3339), "", `{"source":"form"}`)
		}})
	}
	for i := range 3 {
		happens(start, events.TypeGoalSet, `{"goal":"g%d","metric":%q,"target":%q,"direction":%q,"owner_kind":"rep","owner":"ann","starts_on":"2026-03-0%d","ends_on":"2026-03-%02d","status_rule":%q}`,
			i, one("calls", "leads"), one("5", "12", "20"), one("at_least", "at_least", "at_most"), 1+r.IntN(3), 3+r.IntN(6), one("luck", "luck", "strict"))
	}
	for range 20 + r.IntN(20) {
		happens(minute(), events.TypeCallCompleted, "%s", aCall)
	}
	happens(start, events.TypeTimeblockPlanned, `{"timeblock":"b","category":"income_producing","starts_at":"2026-03-02T09:00:00Z","ends_at":"2026-03-02T10:%02d:00Z","rrule":"FREQ=DAILY","activity":"calls"}`, r.IntN(60))
	happens(minute(), events.TypeTimeblockPlanned, `{"timeblock":"c","category":"income_producing","starts_at":"2026-03-03T14:00:00Z","ends_at":"2026-03-03T16:00:00Z","rrule":"FREQ=WEEKLY;BYDAY=TU,TH","activity":"appointments","capacity":2}`)
	happens(minute(), "appointment.scheduled", `{"appointment":"1","starts_at":"2026-03-05T14:00:00Z"}`)
	happens(start, "review.completed", `{"rhythm":"daily_evening","day":"2026-02-27"}`)
	happens(start, "review.completed", `{"rhythm":"weekly","day":"2026-02-20"}`)
	happens(minute(), events.TypeGoalRevised, `{"goal":"g0","effective_on":"2026-03-0%d","target":"%d"}`, 3+r.IntN(2), 5+r.IntN(20))
	if r.IntN(3) == 0 {
		happens(minute(), "dayoff.set", `{"dayoff":"o","owner_kind":"rep","owner":"ann","starts_on":"2026-03-04","ends_on":"2026-03-04"}`)
	}
	hour := fmt.Sprintf("%02d:15", 9+r.IntN(6))
	acts = append(acts, act{minute(), func(w *world) { w.rule(notify.Rule{Rep: "ann", By: hour}) }})
	full := minute()
	acts = append(acts, act{full, func(w *world) { w.waiting = 1 }}, act{full.Add(100 * time.Minute), func(w *world) { w.waiting = 0 }})
	slices.SortStableFunc(acts, func(x, y act) int { return x.at.Compare(y.at) })
	return acts
}

// What no event tells of makes an org due too, and nothing else does until the time has come that the look named.
func TestWhenAnOrgIsDue(t *testing.T) {
	w := newWorld(t, "2026-03-02 10:00")
	turn := func(want bool, why string) {
		t.Helper()
		w.now = w.now.Add(time.Minute)
		err := w.keeper.ask(t.Context(), w.now)
		due, dueErr := w.keeper.isDue(t.Context(), "acme", w.now)
		if err != nil || dueErr != nil || due != want {
			t.Errorf("%s: %t, %v, %v", why, due, err, dueErr)
		}
		if err := w.keeper.look(t.Context(), "acme", w.now); err != nil {
			t.Fatal(err)
		}
	}
	turn(true, "was never looked at")
	w.now = w.now.Add(w.keeper.cfg.Slow)
	turn(false, "nothing happened")
	w.rule(notify.Rule{Rep: "ann", By: "12:00"})
	turn(true, "a rule")
	w.waiting = 1
	turn(true, "a message in quarantine")
	turn(false, "it still waits")
	w.now = w.now.Add(w.keeper.cfg.Slow)
	turn(true, "what changes slowly")
	w.now = instant(t, "2026-03-03 00:00").Add(-time.Minute)
	turn(false, "the day ends")
	turn(true, "another day")
}
