package notify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"milemarker/internal/shelf"
)

// Stage says why something is sent.
type Stage string

// The stages.
const (
	First      Stage = "alert"      // to whom it concerns
	Escalation Stage = "escalation" // to the partner, because nobody took notice
	Digest     Stage = "digest"     // the words of several alerts in one
	Trial      Stage = "test"       // to see whether a destination works
)

// State is how far a delivery is; see the package comment.
type State string

// The states.
const (
	Waiting  State = "waiting"
	Held     State = "held" // for the digest
	Sent     State = "sent"
	Digested State = "digested"
	Dead     State = "dead"
	Dropped  State = "dropped"
)

// States returns all states.
func States() []State { return []State{Waiting, Held, Sent, Digested, Dead, Dropped} }

// Delivery is one message on its way to one destination.
type Delivery struct {
	ID          string    `json:"id"`
	Org         string    `json:"org"`
	Alert       string    `json:"alert,omitempty"` // id of the event that raised it
	Kind        string    `json:"kind,omitempty"`
	Rep         string    `json:"rep,omitempty"`
	Goal        string    `json:"goal,omitempty"`
	Destination string    `json:"destination"`
	Stage       Stage     `json:"stage"`
	State       State     `json:"state"`
	Message     Message   `json:"message"`
	Created     time.Time `json:"created"`
	Due         time.Time `json:"due"` // not to be sent before
	Attempts    int       `json:"attempts"`
	Error       string    `json:"error,omitempty"` // why the last attempt failed, or why it was dropped
	Ended       time.Time `json:"ended,omitzero"`  // when it was sent, or given up
}

// Over tells whether nothing more is to be done about it.
func (d Delivery) Over() bool { return d.State != Waiting && d.State != Held }

// DeliveryID names what is sent of an alert to a destination at a stage. It is the message's id too: whatever is tried how
// often, one alert reaches one destination under one id.
func DeliveryID(alert, destination string, stage Stage) string {
	sum := sha256.Sum256([]byte(alert + "\x00" + destination + "\x00" + string(stage)))
	return "d" + hex.EncodeToString(sum[:12])
}

// Backoff returns the pause after a number of attempts that failed; ok is false when it is time to give up. In all it is
// tried for about a day and a half.
func Backoff(attempts int) (pause time.Duration, ok bool) {
	pauses := []time.Duration{
		5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
		10 * time.Hour, 18 * time.Hour,
	}
	if attempts < 1 || attempts > len(pauses) {
		return 0, false
	}
	return pauses[attempts-1], true
}

// keepFor is how long deliveries that are over are shown.
const keepFor = 30 * 24 * time.Hour

// Outbox keeps deliveries. It is safe for concurrent use.
type Outbox struct {
	shelf *shelf.Shelf[Delivery]
	wake  chan struct{}
}

// OpenOutbox returns the deliveries that a bucket keeps, which is watched until ctx ends.
func OpenOutbox(ctx context.Context, b shelf.Bucket) (*Outbox, error) {
	o := &Outbox{wake: make(chan struct{}, 1)}
	var err error
	o.shelf, err = shelf.Open[Delivery](ctx, b, func(string, string) {
		select {
		case o.wake <- struct{}{}:
		default: // is awake
		}
	})
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	return o, nil
}

// Changed delivers a token after deliveries changed. One reader may listen.
func (o *Outbox) Changed() <-chan struct{} { return o.wake }

// Plan keeps a delivery, unless it was planned before: then it stays as it is.
func (o *Outbox) Plan(ctx context.Context, d Delivery) error {
	if _, planned := o.shelf.Get(d.Org, d.ID); planned {
		return nil
	}
	err := o.shelf.Create(ctx, d.Org, d.ID, d)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// Save keeps what became of a delivery.
func (o *Outbox) Save(ctx context.Context, d Delivery) error { return o.shelf.Put(ctx, d.Org, d.ID, d) }

// Get returns one delivery.
func (o *Outbox) Get(org, id string) (Delivery, bool) { return o.shelf.Get(org, id) }

// List returns an org's deliveries, newest first.
func (o *Outbox) List(org string) []Delivery {
	all := o.shelf.All(org)
	slices.SortStableFunc(all, func(x, y Delivery) int { return cmp.Or(y.Created.Compare(x.Created), cmp.Compare(x.ID, y.ID)) })
	return all
}

// Due returns what is to be dealt with at an instant, the oldest first, and when the next one will be; zero for none.
func (o *Outbox) Due(now time.Time) (due []Delivery, next time.Time) {
	for _, d := range o.shelf.All("") {
		switch {
		case d.Over():
		case !d.Due.After(now):
			due = append(due, d)
		case next.IsZero() || d.Due.Before(next):
			next = d.Due
		}
	}
	slices.SortStableFunc(due, func(x, y Delivery) int { return cmp.Or(x.Due.Compare(y.Due), cmp.Compare(x.ID, y.ID)) })
	return due, next
}

// SentOn counts the messages other than digests that a destination was sent between two instants.
func (o *Outbox) SentOn(org, destination string, from, to time.Time) (n int) {
	for _, d := range o.shelf.All(org) {
		if d.Destination == destination && d.State == Sent && d.Stage != Digest && d.Stage != Trial &&
			!d.Ended.Before(from) && d.Ended.Before(to) {
			n++
		}
	}
	return n
}

// Count returns how many deliveries of all orgs are in a state.
func (o *Outbox) Count(s State) (n int) {
	for _, d := range o.shelf.All("") {
		if d.State == s {
			n++
		}
	}
	return n
}

// Sweep forgets deliveries that have been over for a month.
func (o *Outbox) Sweep(ctx context.Context, now time.Time) error {
	for _, d := range o.shelf.All("") {
		if d.Over() && now.Sub(d.Ended) > keepFor {
			if err := o.shelf.Delete(ctx, d.Org, d.ID); err != nil {
				return fmt.Errorf("sweep deliveries: %w", err)
			}
		}
	}
	return nil
}
