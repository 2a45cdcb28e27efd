package bill

import (
	"cmp"
	"encoding/json"

	"milemarker/internal/providers"
	"milemarker/internal/providers/wire"
)

// telling is an event as one delivery told it.
type telling struct {
	Rank  int             `json:"rank"`
	Of    string          `json:"of"` // the delivery
	Event providers.Event `json:"event"`
}

// maxTold bounds the events that are kept of one purchase; what is beyond is told as it comes.
const maxTold = 100

// Purchase merges what a delivery tells of something that is bought once into what is kept of it: an order and its
// payments tell of the same. It returns the events of the delivery as they stand, and what is to be kept. Of two
// deliveries that tell of one event that of the higher rank stands. It is commutative, associative and idempotent among
// deliveries. Of the same delivery, read once more, the last reading counts.
func Purchase(state []byte, rank int, delivery string, told []providers.Event) (stand []providers.Event, kept []byte) {
	known := map[string]telling{}
	if json.Unmarshal(state, &known) != nil || known == nil {
		known = map[string]telling{}
	}
	for _, e := range told {
		e.Amends = true
		id, one := e.Draft.Type+" "+e.Key, telling{Rank: rank, Of: delivery, Event: e}
		before, ok := known[id]
		same := ok && before.Event.Draft.Type == e.Draft.Type && before.Event.Key == e.Key && wire.Stand([]providers.Event{before.Event})
		if same && cmp.Or(cmp.Compare(before.Rank, rank), cmp.Compare(before.Of, delivery)) > 0 {
			one = before
		}
		if ok || len(known) < maxTold {
			known[id] = one
		}
		stand = append(stand, one.Event)
	}
	kept, err := json.Marshal(known)
	if err != nil {
		kept = nil // texts only, and times that wire bounds
	}
	return stand, kept
}
