// Package quarantine deals with ledger messages that could not be read: it shows them, and keeps what was decided about
// each. The projector sets them aside; nothing here takes anything out of the ledger.
//
//	open --replay--> replaying --> replayed   a corrected event stands in the ledger, or the message was folded as it is
//	  \------discard------------> discarded   with a reason
//
// A decision is final. It is kept in a bucket beside the ledger under the message's position, so it outlives every rebuild
// of the read models. What it changes about the numbers stands in the ledger itself: a correction is an event with an id
// that follows from the position, and the message's own id is voided where it can be told, so that a later program which
// has learned to read the message does not count it after all.
//
// The package imports events and projections and no other package of ours.
package quarantine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"sync"
	"time"

	"milemarker/events"
)

// The errors that callers act upon; fs.ErrNotExist stands for a position at which nothing was set aside.
var (
	// ErrDecided is returned for a message about which something else was decided already.
	ErrDecided = errors.New("something else was decided already")
	// ErrUnreadable is returned when a message is to be folded as it is, and still cannot be.
	ErrUnreadable = errors.New("the message still cannot be read")
	// ErrNoOrg is returned when a correction is to be recorded of a message whose subject names no org.
	ErrNoOrg = errors.New("the message's subject names no org")
)

// State is what became of a message.
type State string

// The states of a message.
const (
	StateOpen      State = "open"
	StateReplaying State = "replaying" // a correction is being recorded, or was cut short in that: replay it again
	StateReplayed  State = "replayed"
	StateDiscarded State = "discarded"
)

// States returns all states.
func States() []State { return []State{StateOpen, StateReplaying, StateReplayed, StateDiscarded} }

// Decision is what was decided about a message.
type Decision struct {
	State    State           `json:"state"`
	AsIs     bool            `json:"as_is,omitempty"`    // replayed: the message itself was folded
	Event    string          `json:"event,omitempty"`    // replayed: the id of the correction
	Recorded events.Position `json:"recorded,omitempty"` // where the correction stands
	Voided   string          `json:"voided,omitempty"`   // the message's own id, which no longer counts whoever reads it
	Reason   string          `json:"reason,omitempty"`
	By       string          `json:"by"` // id of the key
	Time     time.Time       `json:"time"`
}

// Item is a message that was set aside.
type Item struct {
	Frame    events.Frame
	Org      string // that its subject names, "" when it names none
	Fault    string // why it could not be read
	Decision        // its State is StateOpen while nothing was decided
}

// Detail is an item with what it takes a closer look to tell.
type Detail struct {
	Item
	MessageID string // of its headers: <org>/<id>
	Digest    string // of its headers
	Readable  bool   // this program can read it
}

// Message is what the store holds of a message.
type Message struct {
	Frame  events.Frame
	Reason string
}

// Store keeps the messages.
type Store interface {
	// From returns at most limit messages from a place on, oldest first, and the place behind them. Places begin at 1.
	From(ctx context.Context, place uint64, limit int) (found []Message, next uint64, err error)
	// At returns what was set aside at a position of the ledger, with id and digest of its headers there, or fs.ErrNotExist.
	At(ctx context.Context, at events.Position) (m Message, id, digest string, err error)
	// Size returns how many messages were ever set aside.
	Size(ctx context.Context) (int, error)
}

// Bucket keeps decisions.
type Bucket interface {
	// Create stores a value under a key that has none, or returns an error that is fs.ErrExist.
	Create(ctx context.Context, key string, value []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
	Put(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error
	// Watch calls fn for what is there and returns, then goes on for every change until ctx ends.
	Watch(ctx context.Context, fn func(key string, value []byte)) error
}

// Recorder is the door into the ledger.
type Recorder interface {
	Record(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error)
}

// Events knows what was folded.
type Events interface {
	// Known tells whether an event of this id was folded.
	Known(ctx context.Context, org, id string) (bool, error)
}

// Quarantine is what could not be read and what was decided about it. It is safe for concurrent use.
type Quarantine struct {
	store    Store
	bucket   Bucket
	recorder Recorder
	events   Events
	now      func() time.Time

	mu      sync.RWMutex
	decided map[events.Position]Decision
}

// Open returns the quarantine, and watches the decisions until ctx ends.
func Open(
	ctx context.Context, store Store, bucket Bucket, recorder Recorder, known Events, now func() time.Time,
) (*Quarantine, error) {
	q := &Quarantine{
		store: store, bucket: bucket, recorder: recorder, events: known, now: now, decided: map[events.Position]Decision{},
	}
	if err := bucket.Watch(ctx, q.changed); err != nil {
		return nil, fmt.Errorf("quarantine: %w", err)
	}
	return q, nil
}

func (q *Quarantine) changed(key string, value []byte) {
	at, err := strconv.ParseUint(key, 10, 64)
	if err != nil {
		return
	}
	d, ok := decode(value)
	q.mu.Lock()
	defer q.mu.Unlock()
	if ok {
		q.decided[events.Position(at)] = d
	} else {
		delete(q.decided, events.Position(at))
	}
}

// Count returns how many messages wait for a decision.
func (q *Quarantine) Count(ctx context.Context) (int, error) {
	all, err := q.store.Size(ctx)
	if err != nil {
		return 0, fmt.Errorf("quarantine: %w", err)
	}
	q.mu.RLock()
	defer q.mu.RUnlock()
	for _, d := range q.decided {
		if d.State != StateReplaying {
			all--
		}
	}
	return max(all, 0), nil
}

// Scope is what a caller may see: the messages of one org, or all.
type Scope struct {
	Org string
	All bool // those whose subject names no org, too
}

func (s Scope) sees(org string) bool { return s.All || org != "" && org == s.Org }

// Query asks for a page of messages.
type Query struct {
	Scope Scope
	State State  // "": all
	From  uint64 // the place to begin at, 0 = the first
	Limit int
}

// readAtOnce is how many messages are read from the store at a time.
const readAtOnce = 500

// List returns a page of messages, oldest first, and the place to go on at, 0 when there are no more.
func (q *Quarantine) List(ctx context.Context, query Query) (page []Item, next uint64, err error) {
	place := max(query.From, 1)
	for {
		found, after, err := q.store.From(ctx, place, readAtOnce)
		if err != nil {
			return nil, 0, fmt.Errorf("quarantine: %w", err)
		}
		for i, m := range found {
			item := q.item(m)
			if !query.Scope.sees(item.Org) || query.State != "" && item.State != query.State {
				continue
			}
			if len(page) == query.Limit {
				return page, after - uint64(len(found)-i), nil
			}
			page = append(page, item)
		}
		if len(found) < readAtOnce {
			return page, 0, nil
		}
		place = after
	}
}

func (q *Quarantine) item(m Message) Item {
	q.mu.RLock()
	d, ok := q.decided[m.Frame.Position]
	q.mu.RUnlock()
	if !ok {
		d.State = StateOpen
	}
	return Item{Frame: m.Frame, Org: orgOf(m.Frame.Subject), Fault: m.Reason, Decision: d}
}

// Get returns one message, or fs.ErrNotExist for what the scope does not see.
func (q *Quarantine) Get(ctx context.Context, scope Scope, at events.Position) (Detail, error) {
	m, id, digest, err := q.store.At(ctx, at)
	if err != nil {
		return Detail{}, fmt.Errorf("quarantine: %w", err)
	}
	item := q.item(m)
	if !scope.sees(item.Org) {
		return Detail{}, fmt.Errorf("quarantine %d: %w", at, fs.ErrNotExist)
	}
	return Detail{Item: item, MessageID: id, Digest: digest, Readable: readable(m.Frame) == nil}, nil
}
