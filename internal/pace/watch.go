package pace

import (
	"time"

	"milemarker/internal/calendar"
)

// DefaultHold is how much working time a new status must hold before it is announced.
const DefaultHold = 30 * time.Minute

// Watch turns what is seen of one goal's status into announcements: a change is announced once, after it has held for some
// working time, and again only after it had been taken back. It is a value that can be kept as JSON between two looks; the
// zero value has seen nothing.
//
//	      seen == announced                    seen == pending, held long enough: announce
//	     +----------------+                   +------------------------------------------+
//	     v                |                   v                                          |
//	[announced] ----------+-- seen differs --> [pending, since] -- seen == announced --> [announced]
//	                                              ^     |
//	                                              +-----+ seen is a third status: pending anew
//
// So a status that comes and goes within the hold is never announced, and after an announcement only a recovery that held
// re-arms it. What is final (achieved, missed, closed) is announced at once. A goal that has not begun, and one without a
// pace, has no status to watch.
type Watch struct {
	Announced Status    `json:"announced,omitempty"` // the status announced last
	Pending   Status    `json:"pending,omitempty"`   // another one that was seen since, "" for none
	Since     time.Time `json:"since,omitzero"`      // when it was first seen
}

// Change is an announcement. From is empty for the first status of a goal: whoever announces may keep it quiet where it is
// a good one.
type Change struct {
	From, To Status
	Since    time.Time // when the new status was first seen
}

// See takes a status as seen at an instant, and returns the watch after it, with the change that is to be announced now;
// announce is false if there is none. Looks must come in the order of time; one that comes twice changes nothing. hold is
// in working time, 0 for DefaultHold.
func (w Watch) See(s Status, at time.Time, hold time.Duration, working calendar.Working) (after Watch, c Change, announce bool) {
	switch {
	case s == "" || s == NotBegun:
		return w, Change{}, false
	case s == w.Announced:
		return Watch{Announced: s}, Change{}, false
	case s != w.Pending:
		w.Pending, w.Since = s, at
	}
	if !s.Final() && working.Between(w.Since, at) < orDefault(hold) {
		return w, Change{}, false
	}
	return Watch{Announced: s}, Change{From: w.Announced, To: s, Since: w.Since}, true
}

// Due returns when a pending change will have held long enough, so that somebody must look again although nothing
// happens; ok is false if nothing is pending, or there is no working time to come.
func (w Watch) Due(hold time.Duration, working calendar.Working) (at time.Time, ok bool) {
	if w.Pending == "" {
		return time.Time{}, false
	}
	return working.After(w.Since, orDefault(hold))
}

func orDefault(hold time.Duration) time.Duration {
	if hold == 0 {
		return DefaultHold
	}
	return hold
}

// Final tells whether a status is one that does not change any more with time.
func (s Status) Final() bool { return s == Achieved || s == Missed || s == Abandoned }
