// Package audit makes the ledger tamper evident: whoever holds a signed checkpoint can prove that nothing which it covers
// was altered, removed or inserted since.
//
// Every partition is covered by a Merkle log with the hashes of RFC 6962; what stands under no partition has a log of its
// own, so that nothing in the ledger is beside the logs. A message is bound as a whole:
//
//	content    = SHA-256("milemarker ledger message v1\n", then subject, id, digest and body, each after its length)
//	leaf       = position (8 bytes, big endian), content
//	checkpoint = the position up to which it speaks, and the size and root of every log, signed (a signed note, Ed25519)
//
// A proof reads the ledger itself and reckons every root anew. Beside that, a Log keeps the contents' hashes in a file, 33
// bytes an event. They prove nothing by themselves, and are made anew from the ledger if they are lost. But where they add
// up to the roots of a checkpoint they are proved to be what stood then: so a difference can be named, and not only told.
//
// A Log never signs two histories: when the ledger no longer extends the last checkpoint that was signed, it signs none.
//
// The package imports events and no other package of ours, and speaks to no engine.
package audit

import (
	"context"

	"milemarker/events"
)

// Ledger is what stands in the ledger.
type Ledger interface {
	// Last returns the position of the newest message, 0 when there is none.
	Last(ctx context.Context) (events.Position, error)

	// Scan hands every message from a position up to another, both included, to fn, in order, with the id and the digest
	// of its headers. It returns when there are no more, or with the error of fn.
	Scan(ctx context.Context, from, upTo events.Position, fn func(f events.Frame, id, digest string) error) error
}
