// Package ledger keeps the events: it is the only place that speaks NATS.
//
// The stream LEDGER is immutable, holds every event for ever and gives each its position. Its subjects are
// ledger.<partition>.<org>.<type>, a message carries
//
//	Nats-Msg-Id        <org>/<id>: what makes a repeat known, within the window of deduplication
//	Milemarker-Digest  the event's digest: what tells a repeat from a conflict
//	body               the event's wire form
//
// Appending is group commit. Callers enqueue; a flight takes what waits: a few events are published singly, each with an
// acknowledgement of its own; more, or events that were handed in together, as one atomic batch with one sync of the
// disk. An event goes through
//
//	waiting -> in flight -> answered (appended | duplicate | conflict)
//	   ^           |
//	   +-- fault --+  sent again under the same id, until the caller has gone
//
// An event whose id is already waiting or in flight does not set out at all: it follows the first one and is judged by
// the same original. Nor does one whose id was seen lately: its original is remembered.
//
// Reading is by position and in order. The stream QUARANTINE keeps what could not be read, and buckets keep what is
// state and not history.
//
// The package imports events and no other package of ours, least of all the roles.
package ledger
