package bill

import (
	"bytes"
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
}

// Add merges what a delivery tells into what is kept, and returns the whole and what is to be kept. It is commutative,
// associative and idempotent.
func Add(state []byte, told Subscription) (whole Subscription, kept []byte) {
	var known Subscription
	if json.Unmarshal(state, &known) != nil || !known.stands() {
		known = Subscription{}
	}
	whole = Subscription{
		First: earlier(known.First, told.First),
		Other: earlier(known.Other, told.Other),
		Trial: known.Trial || told.Trial,
		Terms: known.Terms,
		Buyer: known.Buyer,
	}
	if known.Terms == (Terms{}) || told.Terms != (Terms{}) && precedes(told.Terms.since(), known.Terms.since(), told.Terms, known.Terms) {
		whole.Terms = told.Terms
	}
	if told.Buyer.Rank > 0 && precedes(-told.Buyer.Rank, -known.Buyer.Rank, told.Buyer, known.Buyer) {
		whole.Buyer = told.Buyer
	}
	whole.Bare = maps.Clone(known.Bare)
	for key, payment := range told.Bare {
		if before, ok := whole.Bare[key]; ok && !precedes(0, 0, payment, before) || !ok && len(whole.Bare) >= maxBare {
			continue
		}
		if whole.Bare == nil {
			whole.Bare = map[string]Payment{}
		}
		whole.Bare[key] = payment
	}
	kept, err := json.Marshal(whole)
	if err != nil {
		kept = nil // texts and numbers only, and times that wire bounds
	}
	return whole, kept
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

// precedes orders by x and y, and where they are equal by content.
func precedes[N int | int64](x, y N, a, b any) bool {
	if x != y {
		return x < y
	}
	one, _ := json.Marshal(a)
	other, _ := json.Marshal(b)
	return bytes.Compare(one, other) > 0
}

// earlier returns the payment that came first: one that says how much before one that does not, one with a time before
// one without.
func earlier(a, b *Receipt) *Receipt {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	order := cmp.Or(
		cmp.Compare(flag(a.Amount == 0), flag(b.Amount == 0)),
		cmp.Compare(flag(a.At.IsZero()), flag(b.At.IsZero())),
		a.At.Compare(b.At), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Amount, b.Amount), cmp.Compare(a.Currency, b.Currency),
	)
	if order <= 0 {
		return a
	}
	return b
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
			received.Amends = true
			out = append(out, received)
		}
	}
	return out
}

// Sale is a sale that was closed.
type Sale struct {
	ID       string
	At       time.Time
	Buyer    Buyer
	Amount   events.Decimal // 0 if it is not known
	Currency string
	Terms    Terms // zero if nothing is paid again
	Upsell   bool  // more was sold to somebody who had bought before
}

// Event returns the sale as signup.completed.
func (s Sale) Event() providers.Event {
	payload := events.SignupCompleted{
		Contact:       s.Buyer.Contact,
		Origin:        s.Buyer.Origin,
		SignupRef:     events.SignupRef{Signup: wire.Line(s.ID, maxID)},
		Role:          events.RoleCustomer,
		UpsellOffered: s.Upsell,
		UpsellTaken:   s.Upsell,
	}
	payload.Product = cmp.Or(payload.Product, s.Terms.Product)
	if price, ok := wire.Price(s.Amount, true, s.Currency); ok {
		payload.Price = price
	}
	payload.Recurring, payload.Currency = s.Terms.recurring(payload.Currency)
	return providers.Event{Key: s.ID, Draft: wire.Draft(events.TypeSignupCompleted, s.At, payload), Reps: s.Buyer.Reps, Amends: true}
}

// maxID is the greatest length of an id within a payload.
const maxID = 200

// recurring returns what is paid again and again in the event's one currency, nothing if that is another.
func (t Terms) recurring(currency string) (events.Recurring, string) {
	own := wire.Currency(t.Currency)
	if t.Each.RecurringAmount <= 0 || own == "" || currency != "" && currency != own {
		return events.Recurring{}, currency
	}
	return t.Each, own
}

// Payment is money that came in, or went back.
type Payment struct {
	Key      string         `json:"key"`           // what happened: a payment's own id, or a refund's
	ID       string         `json:"id"`            // the payment's id, the same in a refund
	Sale     string         `json:"sale,omitzero"` // id of the sale that is paid for, "" if it is not known
	At       time.Time      `json:"at,omitzero"`
	Buyer    Buyer          `json:"buyer,omitzero"`
	Amount   events.Decimal `json:"amount"`
	Currency string         `json:"currency"`
	Reason   string         `json:"reason,omitzero"` // of a refund; no personal data
}

// Received returns the payment as payment.received; ok is false if there is no amount above 0 in a currency that is known.
func (p Payment) Received() (received providers.Event, ok bool) {
	price, ok := wire.Price(p.Amount, true, p.Currency)
	if !ok {
		return providers.Event{}, false
	}
	return p.event(events.TypePaymentReceived, events.PaymentReceived{
		Contact: p.Buyer.Contact, Origin: p.Buyer.Origin, Paid: events.Paid(price),
		Payment: wire.Line(p.ID, maxID), Signup: wire.Line(p.Sale, maxID),
	}), true
}

// Refunded returns the payment as payment.refunded; ok is as with Received.
func (p Payment) Refunded() (refunded providers.Event, ok bool) {
	price, ok := wire.Price(p.Amount, true, p.Currency)
	if !ok {
		return providers.Event{}, false
	}
	return p.event(events.TypePaymentRefunded, events.PaymentRefunded{
		Contact: p.Buyer.Contact, Origin: p.Buyer.Origin, Paid: events.Paid(price),
		Payment: wire.Line(p.ID, maxID), Signup: wire.Line(p.Sale, maxID), Reason: wire.Line(p.Reason, maxID),
	}), true
}

func (p Payment) event(typ string, payload any) providers.Event {
	return providers.Event{Key: p.Key, Draft: wire.Draft(typ, p.At, payload), Reps: p.Buyer.Reps}
}

// Cancelled returns the end of a subscription as signup.cancelled.
func Cancelled(id string, at time.Time, terms Terms, buyer Buyer, reason string) providers.Event {
	payload := events.SignupCancelled{
		Contact: buyer.Contact, Origin: buyer.Origin,
		SignupRef: events.SignupRef{Signup: wire.Line(id, maxID)}, Reason: wire.Line(reason, maxID),
	}
	payload.Product = cmp.Or(payload.Product, terms.Product)
	payload.Recurring, payload.Currency = terms.recurring("")
	return providers.Event{Key: id, Draft: wire.Draft(events.TypeSignupCancelled, at, payload), Reps: buyer.Reps, Amends: true}
}

// Rep names who sold, as somebody wrote it into a field of their own: an e-mail address, or else a name or id.
func Rep(text string) []providers.Rep {
	if text = wire.Line(text, 100); text == "" {
		return nil
	}
	if email := wire.Email(text); email != "" {
		return []providers.Rep{{Kind: providers.RepEmail, Value: email}}
	}
	return []providers.Rep{{Kind: providers.RepUser, Value: text}, {Kind: providers.RepName, Value: text}}
}
