package bill

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/wire"
)

// Receipt is a payment, or the word of the provider that there was one.
type Receipt struct {
	ID       string         `json:"id"`
	At       time.Time      `json:"at,omitzero"` // zero if it cannot be read
	Amount   events.Decimal `json:"amount"`      // 0 if the provider does not say how much
	Currency string         `json:"currency"`
	Of       string         `json:"of,omitzero"` // the delivery that told of it
}

// Subscription is what deliveries told of one subscription. All of it may be missing.
type Subscription struct {
	// First is the payment with which it began; Other one of which it is not known.
	First *Receipt `json:"first,omitzero"`
	Other *Receipt `json:"other,omitzero"`

	// Trial says that it began without a payment: then the earliest Other is the first.
	Trial bool `json:"trial,omitzero"`

	Terms Terms `json:"terms,omitzero"`
	Buyer Buyer `json:"buyer,omitzero"`

	// Bare are payments that came without a buyer: they are told with the subscription's, as soon as that is known.
	Bare map[string]Payment `json:"bare,omitzero"`
}

// maxBare bounds the payments that are kept of a subscription.
const maxBare = 100

// Terms are what is paid again and again, as it was when it began.
type Terms struct {
	Since    int64            `json:"since,omitzero"` // milliseconds; the earliest counts
	Each     events.Recurring `json:"each,omitzero"`
	Currency string           `json:"currency,omitzero"`
	Product  string           `json:"product,omitzero"`
	Of       string           `json:"of,omitzero"` // the delivery that told of them
}

// since puts terms whose time cannot be read last.
func (t Terms) since() int64 {
	if t.Since == 0 {
		return math.MaxInt64
	}
	return t.Since
}

// Buyer is who bought, and who sold.
type Buyer struct {
	Rank    int             `json:"rank,omitzero"` // the highest counts, from 1: some deliveries know more than others
	Contact events.Contact  `json:"contact,omitzero"`
	Origin  events.Origin   `json:"origin,omitzero"`
	Reps    []providers.Rep `json:"reps,omitzero"`
	Of      string          `json:"of,omitzero"` // the delivery that told of them
}

// Add merges what a delivery tells into what is kept, and returns the whole and what is to be kept. Delivery is the key of
// the delivery. It is commutative, associative and idempotent among deliveries. Of the same delivery, read once more, the
// last reading counts: so a mended adapter mends what was told.
func Add(state []byte, told Subscription, delivery string) (whole Subscription, kept []byte) {
	var known Subscription
	if json.Unmarshal(state, &known) != nil || !known.stands() {
		known = Subscription{}
	}
	told = told.stamped(delivery)
	whole = Subscription{
		First: earlier(known.First, told.First),
		Other: earlier(known.Other, told.Other),
		Trial: known.Trial || told.Trial,
		Terms: known.Terms,
		Buyer: known.Buyer,
		Bare:  maps.Clone(known.Bare),
	}
	if told.Terms.Of != "" && (known.Terms.Of == "" || told.Terms.compare(known.Terms) <= 0) {
		whole.Terms = told.Terms
	}
	if told.Buyer.Of != "" && (known.Buyer.Of == "" || told.Buyer.compare(known.Buyer) <= 0) {
		whole.Buyer = told.Buyer
	}
	for key, payment := range told.Bare {
		if _, ok := whole.Bare[key]; !ok && len(whole.Bare) >= maxBare {
			continue
		}
		if whole.Bare == nil {
			whole.Bare = map[string]Payment{}
		}
		whole.Bare[key] = payment // a payment is told of by one delivery
	}
	kept, err := json.Marshal(whole)
	if err != nil {
		kept = nil // texts and numbers only, and times that wire bounds
	}
	return whole, kept
}

// stamped writes into all that is there which delivery told of it.
func (s Subscription) stamped(delivery string) Subscription {
	for _, receipt := range []**Receipt{&s.First, &s.Other} {
		if *receipt != nil {
			one := **receipt
			one.Of = delivery
			*receipt = &one
		}
	}
	if s.Terms != (Terms{}) {
		s.Terms.Of = delivery
	}
	if s.Buyer.Rank > 0 {
		s.Buyer.Of = delivery
	}
	return s
}

// compare puts the terms first that count: the earliest.
func (t Terms) compare(other Terms) int {
	return cmp.Or(cmp.Compare(t.since(), other.since()), cmp.Compare(t.Of, other.Of))
}

// compare puts the buyer first who counts: of whom most is known.
func (b Buyer) compare(other Buyer) int {
	return cmp.Or(-cmp.Compare(b.Rank, other.Rank), cmp.Compare(b.Of, other.Of))
}

// stands tells whether a sale of this would be taken.
func (s Subscription) stands() bool {
	for key, payment := range s.Bare {
		payment.Buyer = s.Buyer
		if received, ok := payment.Received(); !ok || key != payment.Key || !wire.Stand([]providers.Event{received}) {
			return false
		}
	}
	for _, receipt := range []*Receipt{s.First, s.Other, {}} {
		if receipt == nil {
			continue
		}
		sale, _ := Subscription{First: receipt, Terms: s.Terms, Buyer: s.Buyer}.Sale("x")
		if !wire.Stand([]providers.Event{sale}) {
			return false
		}
	}
	return true
}

// earlier returns the payment that came first: one that says how much before one that does not, one with a time before
// one without. Of the same delivery it is the one told.
func earlier(known, told *Receipt) *Receipt {
	if known == nil || told == nil || known.Of == told.Of {
		return cmp.Or(told, known)
	}
	if cmp.Or(
		cmp.Compare(flag(known.Amount == 0), flag(told.Amount == 0)),
		cmp.Compare(flag(known.At.IsZero()), flag(told.At.IsZero())),
		known.At.Compare(told.At), cmp.Compare(known.ID, told.ID), cmp.Compare(known.Of, told.Of),
	) <= 0 {
		return known
	}
	return told
}

func flag(set bool) int {
	if set {
		return 1
	}
	return 0
}

// Sale returns the sale of the subscription with that id; ok is false as long as it is not known to be one.
func (s Subscription) Sale(id string) (sale providers.Event, ok bool) {
	paid := s.First
	if paid == nil && s.Trial {
		paid = s.Other
	}
	if paid == nil {
		return providers.Event{}, false
	}
	return Sale{
		ID: id, At: paid.At, Buyer: s.Buyer, Amount: paid.Amount, Currency: paid.Currency, Terms: s.Terms,
	}.Event(), true
}

// Payments returns what was told bare, by the subscription's buyer: that of told, or all if told knows the buyer.
func (s Subscription) Payments(told Subscription) []providers.Event {
	var out []providers.Event
	for _, key := range slices.Sorted(maps.Keys(s.Bare)) {
		if _, own := told.Bare[key]; !own && told.Buyer.Rank == 0 {
			continue
		}
		payment := s.Bare[key]
		payment.Buyer = s.Buyer
		if received, ok := payment.Received(); ok {
			out = append(out, received)
		}
	}
	return out
}
