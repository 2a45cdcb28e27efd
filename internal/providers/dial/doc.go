// Package dial makes events of telephone calls, for all dialers in the same way: one call.completed for each call, and a
// lead.qualified or lead.disqualified where the rep's disposition says so.
//
// Dialers tell of one call several times: when it ended, when a tag or a note was added. Keep holds the newest of what was
// told, whatever the order of deliveries, and the events of a call are those of the newest.
//
// The package must never know a dialer.
package dial
