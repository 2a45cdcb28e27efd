// Package held infers that appointments took place, which nearly nobody says: calendars tell of no-shows and
// cancellations only.
//
// An appointment counts as held once its end and a grace have passed, unless it was cancelled, or the prospect did not
// come, or somebody said that it was held. What is inferred says so (inferred: true), and is taken back as soon as it
// turns out otherwise: a no-show or a cancellation that is told later, an appointment that was moved, somebody's own word.
// Where somebody takes it back or amends it by hand, that stays, until the appointment is moved.
//
//	what stands in the ledger (any order) --Add--> Book --Due(now)--> events to be recorded, events to be voided
//
// The ids follow from the appointment and its end, so asking twice does no harm. What is recorded comes back by Add, and
// nothing else is remembered: the ledger is the state.
//
// An appointment that was recorded after it was due is history: whoever told of it knew how it ended. Nothing is inferred
// of it.
//
// The package is pure: it imports events and the standard library, and has no clock.
package held

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"milemarker/events"
)

// Config says when an appointment counts as held.
type Config struct {
	Grace  time.Duration // after its end, 0 = 12 h
	Length time.Duration // of an appointment whose end is not known, 0 = 1 h
}

// Types are the types of events that a Book wants to see.
func Types() []string {
	return []string{
		events.TypeAppointmentScheduled, events.TypeAppointmentRescheduled, events.TypeAppointmentHeld,
		events.TypeAppointmentNoShow, events.TypeAppointmentCancelled, events.TypeEventVoided,
	}
}

// Source is what inferred events say of who told them.
const Source = "/milemarker/held"

// inferredID is what the ids of inferred events, and of their voids, begin with.
const inferredID = "held_"

// fact is an event about an appointment.
type fact struct {
	position events.Position
	id, typ  string
	time     time.Time
	recorded time.Time
	ends     time.Time // scheduled, rescheduled: when it is over
	inferred bool

	rep, team, prospect       string
	source, campaign, product string
}

// payload is what is read of an event.
type payload struct {
	Event       string    `json:"event"` // event.voided
	Appointment string    `json:"appointment"`
	StartsAt    time.Time `json:"starts_at"`
	EndsAt      time.Time `json:"ends_at"`
	Inferred    bool      `json:"inferred"`
	events.Origin
}

func read(r events.Record, length time.Duration) (fact, payload, bool) {
	e := r.Event
	var p payload
	if json.Unmarshal(e.Data, &p) != nil {
		return fact{}, p, false
	}
	f := fact{
		position: r.Position, id: e.ID, typ: e.Type, time: e.Time, recorded: e.RecordedAt, inferred: p.Inferred && own(e),
		rep: e.Rep, team: e.Team, prospect: e.Prospect,
		source: p.Source, campaign: p.Campaign, product: p.Product, ends: p.EndsAt,
	}
	if f.ends.IsZero() && !p.StartsAt.IsZero() {
		f.ends = p.StartsAt.Add(length)
	}
	f.ends = f.ends.UTC().Truncate(time.Microsecond) // as events keep times
	return f, p, true
}

// own tells whether an event was inferred here. An amendment by hand has the source of what it amends, and a key.
func own(e events.Event) bool { return e.Source == Source && e.RecordedBy == "" }

// isSlot tells whether the fact says when the appointment is.
func (f fact) isSlot() bool {
	return f.typ == events.TypeAppointmentScheduled || f.typ == events.TypeAppointmentRescheduled
}

// newer orders facts by when they happened.
func newer(a, b fact) int { return cmp.Or(a.time.Compare(b.time), cmp.Compare(a.position, b.position)) }

// slot returns what says when the appointment is: the newest move, else the newest of how it was made.
func slot(facts []fact) (fact, bool) {
	var slots []fact
	for _, f := range facts {
		if f.isSlot() {
			slots = append(slots, f)
		}
	}
	if len(slots) == 0 {
		return fact{}, false
	}
	return slices.MaxFunc(slots, func(a, b fact) int {
		moved := func(f fact) int {
			if f.typ == events.TypeAppointmentRescheduled {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(moved(a), moved(b)), newer(a, b))
	}), true
}

// settled tells whether somebody said how the appointment ended, and it was not moved since.
func settled(facts []fact) bool {
	return slices.ContainsFunc(facts, func(f fact) bool {
		if f.isSlot() || f.inferred {
			return false
		}
		return !slices.ContainsFunc(facts, func(move fact) bool {
			return move.typ == events.TypeAppointmentRescheduled && newer(move, f) > 0
		})
	})
}

// draft is the event that says that the appointment was held; nth counts those that were taken back before.
func draft(appointment string, s fact, nth int) events.Draft {
	sum := sha256.Sum256(fmt.Appendf(nil, "held\x00%s\x00%d\x00%d", appointment, s.ends.UnixMicro(), nth))
	data, err := json.Marshal(events.AppointmentHeld{
		Origin:         events.Origin{Source: s.source, Campaign: s.campaign, Product: s.product},
		AppointmentRef: events.AppointmentRef{Appointment: appointment},
		Inferred:       true,
	})
	if err != nil {
		panic(err) // texts always marshal
	}
	return events.Draft{
		ID: inferredID + short(sum[:]), Source: Source, Type: events.TypeAppointmentHeld, Rep: s.rep, Team: s.team,
		Subject: s.prospect, Time: s.ends, Data: data,
	}
}

// void is the event that takes an inferred one back.
func void(id string) events.Draft {
	sum := sha256.Sum256([]byte("held void\x00" + id))
	data, err := json.Marshal(events.EventVoided{Event: id, Reason: "it was inferred, and turned out otherwise"})
	if err != nil {
		panic(err) // texts always marshal
	}
	return events.Draft{ID: inferredID + short(sum[:]), Source: Source, Type: events.TypeEventVoided, Data: data}
}

func short(sum []byte) string {
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20]))
}
