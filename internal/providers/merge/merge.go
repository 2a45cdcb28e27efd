// Package merge brings together what several deliveries tell of one thing, so that the same stands at the end whatever
// their order and however often they come.
//
// The package must never know a provider.
package merge

import (
	"cmp"
	"encoding/json"

	"milemarker/internal/providers"
)

// Rule says which of two tellings of the same event stands.
type Rule int

// The rules.
const (
	Newest   Rule = iota // the one with the greater version
	Earliest             // the one with the lesser version
)

// telling is an event as one delivery told it.
type telling struct {
	Version int64           `json:"version"`
	Of      string          `json:"of"` // the delivery
	Event   providers.Event `json:"event"`
}

// maxEvents bounds the events that are kept of one thread; what is beyond is told as it comes.
const maxEvents = 100

// Events merges the events that a delivery of some version tells into what is kept of its thread. Of names the delivery by
// the provider's own ids. It returns the events as they stand now, each in the place of what was told before, and what is to
// be kept. It is commutative, associative and idempotent among deliveries. Of the same delivery, read once more, the last
// reading counts: so a mended adapter mends what was told.
func Events(
	state []byte, version int64, of string, told []providers.Event, rule Rule,
) (stand []providers.Event, kept []byte) {
	known := map[string]telling{}
	if json.Unmarshal(state, &known) != nil {
		known = map[string]telling{}
	}
	for _, e := range told {
		e.Amends = true
		id, one := e.Draft.Type+" "+e.Key, telling{version, of, e}
		before, ok := known[id]
		if ok && before.of(e) && before.stands(one, rule) {
			one = before
		}
		if ok || len(known) < maxEvents {
			known[id] = one
		}
		stand = append(stand, one.Event)
	}
	stand = Sound(stand)
	kept, err := json.Marshal(known)
	if err != nil {
		return stand, nil // a time that JSON cannot hold: package wire bounds all times
	}
	return stand, kept
}

// of tells whether t is a telling of the same event as e, and stands at all.
func (t telling) of(e providers.Event) bool {
	return t.Event.Key == e.Key && t.Event.Draft.Type == e.Draft.Type && len(Sound([]providers.Event{t.Event})) == 1
}

// stands tells whether t stands against another telling.
func (t telling) stands(other telling, rule Rule) bool {
	order := cmp.Compare(t.Version, other.Version)
	if rule == Earliest {
		order = -order
	}
	return cmp.Or(order, cmp.Compare(t.Of, other.Of)) > 0
}
