package acuity

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/booking"
	"milemarker/internal/providers/wire"
)

// sighting is an appointment as it was seen with one delivery. Acuity's ids stay the same when an appointment is moved, so
// that it was moved shows by the sightings in the order of their receipt.
type sighting struct {
	Received int64  `json:"received"` // milliseconds
	Action   string `json:"action"`

	Known     bool            `json:"known,omitempty"` // the rest was there to be had
	Cancelled bool            `json:"cancelled,omitempty"`
	NoShow    bool            `json:"no_show,omitempty"`
	Held      bool            `json:"held,omitempty"`
	Details   booking.Details `json:"details,omitzero"`
}

// kept is what is known of one appointment.
type kept struct {
	Sightings []sighting `json:"sightings"`
	Pending   bool       `json:"pending,omitempty"` // it was told without details at some time
}

// maxSightings bounds what is kept; the oldest are forgotten.
const maxSightings = 100

func parse(state []byte) kept {
	var k kept
	if json.Unmarshal(state, &k) != nil {
		return kept{}
	}
	return k
}

func (k kept) text() []byte {
	b, err := json.Marshal(k)
	if err != nil {
		return nil // a time that JSON cannot hold: package wire bounds all times
	}
	return b
}

// add takes in a sighting. One with details stands against one of the same delivery without. A delivery that is read once
// more shows the appointment as it is by now: what it was when the delivery was first read stays, the rest is mended.
func (k *kept) add(s sighting) {
	k.Pending = k.Pending || !s.Known
	i := slices.IndexFunc(k.Sightings, func(o sighting) bool { return o.Received == s.Received && o.Action == s.Action })
	switch {
	case i < 0:
		k.Sightings = append(k.Sightings, s)
	case s.Known && k.Sightings[i].Known:
		then := k.Sightings[i]
		s.Cancelled, s.NoShow, s.Held = then.Cancelled, then.NoShow, then.Held
		if slot := &s.Details.Slot; !then.Details.Slot.StartsAt.IsZero() {
			slot.StartsAt, slot.EndsAt = then.Details.Slot.StartsAt, then.Details.Slot.EndsAt
		}
		k.Sightings[i] = s
	case s.Known:
		k.Sightings[i] = s
	}
	slices.SortFunc(k.Sightings, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(a.Received, b.Received), cmp.Compare(a.Action, b.Action))
	})
	if over := len(k.Sightings) - maxSightings; over > 0 {
		k.Sightings = k.Sightings[over:]
	}
}

// events returns the appointment's events: made at its first slot, moved to each later one, and what became of it by the
// last sighting. What an earlier sighting said and the last one does not is withdrawn.
func (k kept) events(in providers.Input, id string) []providers.Event {
	var out []providers.Event
	var last sighting
	told := map[string]bool{}
	ref := events.AppointmentRef{Appointment: "acuity:" + id}
	for _, s := range k.Sightings {
		slot, before := s.Details.Slot, last.Details.Slot
		switch {
		case !s.Known || slot.StartsAt.IsZero():
		case before.StartsAt.IsZero():
			out = append(out, s.event(events.TypeAppointmentScheduled, id, time.Time{}, events.AppointmentScheduled{
				Contact: s.Details.Contact, Origin: s.Details.Origin, AppointmentRef: ref, Slot: slot,
			}))
		case !slot.StartsAt.Equal(before.StartsAt):
			key := id + "@" + slot.StartsAt.UTC().Format(time.RFC3339)
			if told[key] {
				break
			}
			told[key] = true
			out = append(out, s.event(events.TypeAppointmentRescheduled, key, time.Time{}, events.AppointmentRescheduled{
				Contact: s.Details.Contact, Origin: s.Details.Origin, AppointmentRef: ref, Slot: slot,
			}))
		}
		if s.Known || s.Action == "canceled" {
			if !s.Known {
				s.Cancelled, s.Details = true, last.Details
			}
			last = s
		}
	}
	out = append(out, k.outcomes(in, id, last)...)
	return append(out, k.lead(id)...)
}

// outcomes are what became of the appointment by the last sighting.
func (k kept) outcomes(in providers.Input, id string, last sighting) []providers.Event {
	person := events.Contact{Person: last.Details.Contact.Person}
	ref, origin := events.AppointmentRef{Appointment: "acuity:" + id}, last.Details.Origin
	ever := func(is func(sighting) bool) bool { return slices.ContainsFunc(k.Sightings, is) }
	var out []providers.Event
	add := func(is func(sighting) bool, e providers.Event) {
		if ever(is) || is(last) {
			e.Withdrawn = !is(last)
			out = append(out, e)
		}
	}
	add(sighting.off, last.event(events.TypeAppointmentCancelled, id, time.Time{},
		events.AppointmentCancelled{Contact: person, Origin: origin, AppointmentRef: ref}))
	add(sighting.missed, last.event(events.TypeAppointmentNoShow, id, time.Time{},
		events.AppointmentNoShow{Contact: person, Origin: origin, AppointmentRef: ref}))
	add(sighting.took, last.event(events.TypeAppointmentHeld, id, wire.Happened(in.Received, last.Details.Slot.EndsAt),
		events.AppointmentHeld{Contact: person, Origin: origin, AppointmentRef: ref}))
	return out
}

func (s sighting) event(typ, key string, at time.Time, payload any) providers.Event {
	return providers.Event{Key: key, Draft: wire.Draft(typ, at, payload), Reps: s.Details.Reps, Amends: true}
}

// off tells whether it was called off; Acuity calls off what nobody came to as well.
func (s sighting) off() bool {
	return s.Known && s.Cancelled && !s.NoShow || !s.Known && s.Action == "canceled"
}

func (s sighting) missed() bool { return s.NoShow }

// took tells whether it took place.
func (s sighting) took() bool { return s.Held && !s.NoShow && !s.Cancelled }

// lead is what can be told of an appointment without details: that somebody booked. It is withdrawn when they are there.
func (k kept) lead(id string) []providers.Event {
	known := slices.ContainsFunc(k.Sightings, func(s sighting) bool { return s.Known })
	booked := slices.ContainsFunc(k.Sightings, func(s sighting) bool { return s.Action != "canceled" })
	if !k.Pending || !booked && !known {
		return nil
	}
	return []providers.Event{{
		Key: id, Amends: true, Pending: !known, Withdrawn: known,
		Draft: wire.Draft(events.TypeLeadCaptured, time.Time{}, events.LeadCaptured{
			Contact: events.Contact{Note: "details pending, Acuity appointment: " + id},
		}),
	}}
}
