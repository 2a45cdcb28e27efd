package bill

import (
	"cmp"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/wire"
)

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
	return providers.Event{Key: p.Key, Draft: wire.Draft(typ, p.At, payload), Reps: p.Buyer.Reps, Amends: true}
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
