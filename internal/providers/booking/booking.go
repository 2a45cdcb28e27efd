package booking

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/merge"
	"milemarker/internal/providers/wire"
)

// Kind is what a fact tells.
type Kind string

// The kinds of facts.
const (
	Booked    Kind = "booked"
	Cancelled Kind = "cancelled"
	NoShow    Kind = "no_show"
	Showed    Kind = "showed" // a no-show that was taken back
)

// Fact is what one delivery tells of one booking.
type Fact struct {
	Booking  string `json:"booking"`            // the provider's id
	Previous string `json:"previous,omitempty"` // id of the booking that this one takes the place of
	Next     string `json:"next,omitempty"`     // id of the booking that takes the place of this one
	Kind     Kind   `json:"kind"`
	Moved    bool   `json:"moved,omitempty"` // it was called off because it was moved
	Order    int64  `json:"order"`           // tells newer facts from older ones: milliseconds, say
	Of       string `json:"of"`              // the delivery; Tell sets it

	At       time.Time `json:"at,omitzero"`        // when that happened
	BookedAt time.Time `json:"booked_at,omitzero"` // when it was booked, if the delivery says so

	Details Details `json:"details"`

	CancelledBy string `json:"cancelled_by,omitempty"` // prospect or rep
	Reason      string `json:"reason,omitempty"`       // free text: it becomes a note
}

// Details describe a booking.
type Details struct {
	Slot    events.Slot     `json:"slot,omitzero"`
	Contact events.Contact  `json:"contact,omitzero"`
	Origin  events.Origin   `json:"origin,omitzero"`
	Reps    []providers.Rep `json:"reps,omitempty"`
}

// Thread names the thread of a person's bookings by their e-mail address, or that of one booking if there is none.
func Thread(email, booking string) string {
	if email = strings.ToLower(strings.TrimSpace(email)); email == "" {
		if booking == "" {
			return ""
		}
		return "booking/" + booking
	}
	sum := sha256.Sum256([]byte(email))
	return "person/" + hex.EncodeToString(sum[:16])
}

// maxFacts bounds what is kept of one person: the oldest bookings are forgotten.
const maxFacts = 400

// Tell adds a fact to what is kept of its thread, and returns the events of its booking's chain.
func Tell(in providers.Input, kind, key, name string, f Fact) providers.Output {
	f.Of = key
	facts := read(in.State)
	facts.add(f)
	out := providers.Output{Kind: kind, Key: key, State: facts.text()}
	out.Events = merge.Sound(facts.events(in, name, f.Booking))
	return out
}

// book is a set of facts: the newest of each kind, by booking.
type book map[string]facts

func read(state []byte) book {
	b := book{}
	if json.Unmarshal(state, &b) != nil || b == nil {
		return book{}
	}
	for id, kinds := range b {
		if kinds == nil {
			delete(b, id)
		}
	}
	return b
}

func (b book) text() []byte {
	text, err := json.Marshal(b)
	if err != nil {
		return nil // a time that JSON cannot hold: package wire bounds all times
	}
	return text
}

// add keeps the newest fact of each kind. It is commutative, associative and idempotent among deliveries. Of the same
// delivery, read once more, the last reading counts: so a mended adapter mends what was told.
func (b book) add(f Fact) {
	if b[f.Booking] == nil {
		b[f.Booking] = facts{}
	}
	if before, ok := b[f.Booking][f.Kind]; !ok || !f.less(before) {
		b[f.Booking][f.Kind] = f
	}
	for len(b) > maxFacts {
		oldest := slices.MinFunc(slices.Collect(maps.Keys(b)), func(x, y string) int {
			return cmp.Or(cmp.Compare(b[x].order(), b[y].order()), cmp.Compare(x, y))
		})
		delete(b, oldest)
	}
}

func (f Fact) less(other Fact) bool {
	return cmp.Or(cmp.Compare(f.Order, other.Order), cmp.Compare(f.Of, other.Of), cmp.Compare(f.Kind, other.Kind)) < 0
}

// facts are those of one booking.
type facts map[Kind]Fact

func (fs facts) order() int64 { return fs.newest().Order }

// follows tells whether the booking itself says that it takes the place of another.
func (fs facts) follows() bool {
	for _, f := range fs {
		if f.Previous != "" {
			return true
		}
	}
	return false
}

// newest returns the fact that describes the booking best: the newest of those that say when it is to be.
func (fs facts) newest() Fact {
	var newest Fact
	for _, f := range fs {
		timed, before := !f.Details.Slot.StartsAt.IsZero(), !newest.Details.Slot.StartsAt.IsZero()
		if newest.Kind == "" || timed && !before || timed == before && newest.less(f) {
			newest = f
		}
	}
	return newest
}

// previous returns the booking that this one takes the place of, as any of its facts or the other booking's tells.
func (b book) previous(id string) string {
	found := ""
	for _, f := range b[id] {
		if f.Previous != id {
			found = max(found, f.Previous)
		}
	}
	if found != "" {
		return found
	}
	for other, kinds := range b {
		for _, f := range kinds {
			if f.Next == id && other != id {
				found = max(found, other)
			}
		}
	}
	return found
}

// root returns the first booking of a chain, known or only named.
func (b book) root(id string) string {
	seen := map[string]bool{id: true}
	for {
		before := b.previous(id)
		if before == "" || seen[before] {
			return id
		}
		seen[before] = true
		id = before
	}
}

// events returns the events of all bookings of a chain.
func (b book) events(in providers.Input, name, booking string) []providers.Event {
	root := b.root(booking)
	var out []providers.Event
	for _, id := range slices.Sorted(maps.Keys(b)) {
		if b.root(id) == root {
			out = append(out, b.booking(in, name, root, id)...)
		}
	}
	return out
}

// booking returns the events of one booking of an appointment.
func (b book) booking(in providers.Input, name, root, id string) []providers.Event {
	known := b[id]
	d := known.newest().Details
	ref := events.AppointmentRef{Appointment: wire.Line(name+":"+root, 200)}
	person := events.Contact{Person: d.Contact.Person}
	event := func(typ string, at time.Time, payload any) providers.Event {
		return providers.Event{
			Key: id, Draft: wire.Draft(typ, wire.Happened(in.Received, at), payload), Reps: d.Reps, Amends: true,
		}
	}
	var out []providers.Event
	if !d.Slot.StartsAt.IsZero() {
		at := known[Booked].At
		for _, kind := range []Kind{Booked, Cancelled, NoShow, Showed} {
			if at.IsZero() {
				at = known[kind].BookedAt
			}
		}
		if id == root {
			out = append(out, event(events.TypeAppointmentScheduled, at, events.AppointmentScheduled{
				Contact: d.Contact, Origin: d.Origin, AppointmentRef: ref, Slot: d.Slot,
			}))
		} else {
			if !known.follows() { // it was taken for a new one before the other was known
				first := event(events.TypeAppointmentScheduled, at, events.AppointmentScheduled{
					Contact: d.Contact, Origin: d.Origin, AppointmentRef: events.AppointmentRef{Appointment: wire.Line(name+":"+id, 200)}, Slot: d.Slot,
				})
				first.Withdrawn = true
				out = append(out, first)
			}
			out = append(out, event(events.TypeAppointmentRescheduled, at, events.AppointmentRescheduled{
				Contact: d.Contact, Origin: d.Origin, AppointmentRef: ref, Slot: d.Slot,
			}))
		}
	}
	if f, ok := known[Cancelled]; ok && !f.Moved {
		person := person
		person.Note = wire.Note(f.Reason)
		e := event(events.TypeAppointmentCancelled, f.At, events.AppointmentCancelled{
			Contact: person, Origin: d.Origin, AppointmentRef: ref, CancelledBy: f.CancelledBy,
		})
		e.Withdrawn = b.followed(id) // it was moved, as turns out
		out = append(out, e)
	}
	if f, ok := known[NoShow]; ok {
		e := event(events.TypeAppointmentNoShow, f.At, events.AppointmentNoShow{Contact: person, Origin: d.Origin, AppointmentRef: ref})
		back, ok := known[Showed]
		e.Withdrawn = ok && back.Order > f.Order
		out = append(out, e)
	}
	return out
}

// followed tells whether another booking took the place of this one: then it was not called off, but moved.
func (b book) followed(id string) bool {
	for _, f := range b[id] {
		if f.Next != "" {
			return true
		}
	}
	for other, kinds := range b {
		for _, f := range kinds {
			if f.Previous == id && other != id {
				return true
			}
		}
	}
	return false
}
