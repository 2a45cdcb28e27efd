package alerts

import (
	"testing"

	"milemarker/events"
)

// A message about a goal names it by what people call it, and a goal that asks for nothing is not announced.
func TestGoalsAreNamed(t *testing.T) {
	w := newWorld(t, "2026-03-02 00:00")
	w.happened("goal.set", "2026-02-27T09:00:00Z", "ann", `{"goal":"g_9qv","metric":"calls","target":"1","owner_kind":"rep","owner":"ann","starts_on":"2026-03-02","ends_on":"2026-03-08"}`)
	w.happened("goal.set", "2026-02-27T09:00:00Z", "ann", `{"goal":"none","metric":"signups","target":"0","owner_kind":"rep","owner":"ann","starts_on":"2026-03-02","ends_on":"2026-03-08"}`)
	w.destination("chat", "ann")
	w.works("2026-03-02", "2026-03-02", 2)
	if got := w.recorded(events.TypePaceChanged); len(got) != 1 {
		t.Errorf("%q", got)
	}
	w.until("2026-03-03 10:00")
	w.wantArrived(`02 09:30 chat: Achieved: Calls, 2026-03-02 to 2026-03-08 "Calls, 2026-03-02 to 2026-03-08" is achieved: 1 call of 1. See /v1/goals/g_9qv/pace`)
}
