package events

import (
	"encoding/json"
	"time"
)

// Event is one thing that happened, as it stands in the ledger: immutable, without personal data in clear.
type Event struct {
	ID       string // unique within Org
	Source   string // CloudEvents source: who told us (URI-reference)
	Type     string // one of Types(), such as "call.completed"
	Org      string // the organisation that owns the event; from the caller's key, never from its body
	Rep      string // who performed the act; the org's own identifier, may be empty
	Team     string // the rep's team at that time, may be empty
	Prospect string // CloudEvents subject: keyed hash of the person's first identity, may be empty
	Aliases  []string

	Time         time.Time // when it happened, UTC, microseconds
	RecordedAt   time.Time // when it was recorded, UTC, microseconds
	TimeInferred bool      // the caller gave no time: Time is the time of receipt

	DataVersion int             // version of the payload's schema, from 1
	Data        json.RawMessage // the public payload: one JSON object
	Sealed      string          // private fields: authenticated ciphertext, base64url; may be empty
	Digest      string          // keyed hash of what was submitted, hex

	RecordedBy string // id of the API key that had it recorded, where that matters: corrections; else empty
	Amends     string // id of the event, voided together with this recording, in whose place it stands; may be empty
}

// Position is an event's place in the ledger: the stream sequence, from 1. 0 stands for "before everything".
type Position uint64

// Record is an event together with its place.
type Record struct {
	Position Position
	Event    Event
}

// Outcome is what became of an attempt to append an event.
type Outcome string

// The outcomes of an append.
const (
	Appended  Outcome = "appended"  // durable, at Receipt.Position
	Duplicate Outcome = "duplicate" // same id, same content: already durable at Receipt.Position
	Conflict  Outcome = "conflict"  // same id, other content: nothing written; Receipt.Position is the original's
	Rejected  Outcome = "rejected"  // invalid: nothing written; Receipt.Violations says why
)

// Receipt answers one append.
type Receipt struct {
	ID         string      `json:"id"`
	Outcome    Outcome     `json:"outcome"`
	Position   Position    `json:"position,omitempty"`
	Violations []Violation `json:"violations,omitempty"`
}

// Violation is one thing wrong with a submitted event.
type Violation struct {
	Pointer string `json:"pointer"` // RFC 6901 JSON pointer into the submitted event, "" for the whole
	Detail  string `json:"detail"`  // what is wrong and how to mend it, one sentence
}
