// Package booking makes events of appointments, for all calendars in the same way.
//
// A calendar tells of an appointment in several deliveries, in any order: it was booked, moved, called off, nobody came, and
// that was taken back again. One that is moved is often a new booking that names the old one. So all bookings of a person
// are kept together as a set of facts, and a booking's events follow from the facts of its whole chain: one appointment id
// along the chain, appointment.scheduled for its first booking, appointment.rescheduled for each later one, and what
// became of it.
//
//	A booked <- B booked instead of A <- C booked instead of B, called off
//	scheduled   rescheduled              rescheduled, cancelled        all of appointment A
//
// Facts are only ever added, so the order of deliveries makes no difference: a booking whose predecessor is told of later
// is amended then.
//
// The package must never know a calendar.
package booking
