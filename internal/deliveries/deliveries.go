// Package deliveries is what is known of the requests that providers sent: how one is kept, what became of it, how one
// finds it again, and how it is asked to be translated anew.
//
//	(arrived) --> translated   events stand in the ledger
//	          --> ignored      it tells of nothing that counts, or nothing that is known
//	          --> pending      details could not be had: what is known is recorded, the rest is tried again
//	          --> failed       it cannot be translated: a dead letter, to be replayed once that is mended
//	          --> paused       its connection was paused: it is translated when that is resumed
//
// Any of them can be replayed at any time; that gives the same ids.
//
// The package imports events and providers, for their types, and no other package of ours: what it reads and writes is
// behind small interfaces.
package deliveries

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"milemarker/events"
)

// Request is a request as it arrived and was found genuine.
type Request struct {
	Method   string      `json:"method"`
	URL      string      `json:"url"` // the public one, with the request's own query; a secret in its path is left out
	Header   http.Header `json:"header"`
	Remote   string      `json:"remote"` // address that it came from
	Received time.Time   `json:"received"`
	Body     []byte      `json:"-"` // byte for byte
}

// Encode lays a request out as it is kept: one line of JSON, then the body.
func Encode(r Request) ([]byte, error) {
	head, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode delivery: %w", err)
	}
	out := make([]byte, 0, len(head)+1+len(r.Body))
	return append(append(append(out, head...), '\n'), r.Body...), nil
}

var errCut = errors.New("delivery without its first line")

// Decode is the inverse of Encode. The body shares the memory of data.
func Decode(data []byte) (Request, error) {
	head, body, ok := bytes.Cut(data, []byte{'\n'})
	if !ok {
		return Request{}, errCut
	}
	var r Request
	if err := json.Unmarshal(head, &r); err != nil {
		return Request{}, fmt.Errorf("decode delivery: %w", err)
	}
	r.Body = body
	return r, nil
}

// Kept is a delivery as the stream holds it.
type Kept struct {
	Position   events.Position // in the stream of deliveries
	Stored     time.Time
	Org        string
	Connection string
	Size       int
	Data       []byte // what Encode made; nil where only the rest was asked for
}

// Range is deliveries of an org from a position up to another, both included.
type Range struct {
	Org        string
	Connection string // "": all
	From, UpTo events.Position
	Data       bool // with what was sent
}

// Status is what became of a delivery.
type Status string

// The statuses. A delivery without an outcome has arrived and waits for its turn.
const (
	Arrived    Status = "arrived"
	Translated Status = "translated"
	Ignored    Status = "ignored"
	Pending    Status = "pending"
	Failed     Status = "failed"
	Paused     Status = "paused"
)

// Statuses returns all of them.
func Statuses() []Status { return []Status{Arrived, Translated, Ignored, Pending, Failed, Paused} }

// Valid tells whether s is one of the statuses.
func (s Status) Valid() bool { return slices.Contains(Statuses(), s) }

// Outcome is what became of a delivery at its last translation.
type Outcome struct {
	Status  Status    `json:"status"`
	Kind    string    `json:"kind,omitempty"` // the provider's name of what happened
	Key     string    `json:"key,omitempty"`  // what tells it from others, by the provider
	Why     string    `json:"why,omitempty"`  // of a status other than translated
	Events  []Told    `json:"events,omitempty"`
	Time    time.Time `json:"time"`
	Replays int       `json:"replays,omitempty"`

	// Prospects are the keyed hashes of the persons that its events are about, so that it can be found when one of them is
	// to be forgotten. Thread is the key of the state that it left behind.
	Prospects []string `json:"prospects,omitempty"`
	Thread    string   `json:"thread,omitempty"`
}

// Told is one event that a delivery told of.
type Told struct {
	ID      string             `json:"id"`   // in the ledger: that of an amendment once it was amended
	Base    string             `json:"base"` // that follows from connection, type and the provider's key
	Type    string             `json:"type"`
	Outcome Verdict            `json:"outcome"`
	At      events.Position    `json:"position,omitempty"`
	Pending bool               `json:"pending,omitempty"` // details are missing
	Faults  []events.Violation `json:"faults,omitempty"`
}

// Key is where an outcome is kept.
func Key(org, connection string, at events.Position) string {
	return fmt.Sprintf("%s.%s.%d", org, connection, at)
}

// ParseKey is the inverse of Key.
func ParseKey(key string) (org, connection string, at events.Position, ok bool) {
	parts := strings.Split(key, ".")
	if len(parts) != 3 {
		return "", "", 0, false
	}
	_, err := fmt.Sscanf(parts[2], "%d", &at)
	return parts[0], parts[1], at, err == nil
}
