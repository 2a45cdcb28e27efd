package stripe

import (
	"cmp"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/bill"
	"milemarker/internal/providers/wire"
)

// delivery is what all kinds have in common.
type delivery struct {
	in       providers.Input
	kind     string
	key      string // of the delivery
	at       time.Time
	since    int64 // at in milliseconds, of the provider's clock
	object   wire.Value
	previous wire.Value
	thread   string
}

// Translate tells of sales, payments, refunds and ends.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	d := delivery{
		in: in, kind: body.Get("type").Text(), key: body.Get("id").Text(),
		object: body.Get("data", "object"), previous: body.Get("data", "previous_attributes"),
	}
	created := wire.Time(body.Get("created").Text(), in.Zone)
	if d.at = wire.Happened(in.Received, created); !d.at.IsZero() {
		d.since = d.at.UnixMilli()
	}
	d.thread = subscription(d.kind, d.object)
	if d.key == "" || d.object.Get("id").Text() == "" {
		return wire.Ignored(d.kind, cmp.Or(d.key, d.kind), "names no object"), nil
	}
	switch d.kind {
	case kindCheckout, kindCheckoutAsync:
		return d.checkout(), nil
	case kindInvoice:
		return d.invoice(), nil
	case kindCreated, kindUpdated, kindDeleted:
		return d.subscription(), nil
	case kindRefunded:
		return d.refund(), nil
	}
	return wire.Ignored(d.kind, d.key, "tells of nothing that counts"), nil
}

// told returns the events of a delivery, or why there are none.
func (d delivery) told(state []byte, why string, told ...providers.Event) providers.Output {
	out := providers.Output{Kind: d.kind, Key: wire.Line(d.key, maxID), State: state, Events: told}
	if len(told) == 0 {
		out.Ignored = why
	}
	return out
}

func (d delivery) checkout() providers.Output {
	amount, ok := money(d.object, "amount_total")
	paid := d.object.Get("payment_status").Text() == "paid" && (amount > 0 || !ok)
	buyer := d.buyer(3, d.object.First("customer_details.name"), d.object.First("customer_details.email", "customer_email"),
		d.object.First("customer_details.phone"), unread(d.object, "amount_total", ok))
	currency := d.object.Get("currency").Text()
	if d.thread != "" {
		known := bill.Subscription{Buyer: buyer}
		if paid {
			known.First = &bill.Receipt{ID: d.object.Get("id").Text(), At: d.at, Amount: amount, Currency: currency}
		} else {
			known.Trial = d.object.Get("payment_status").Text() == "no_payment_required" || ok && amount == 0
		}
		return d.sale(known)
	}
	if !paid {
		return d.told(nil, "nothing was paid")
	}
	id := d.object.Get("id").Text()
	told := []providers.Event{bill.Sale{ID: id, At: d.at, Buyer: buyer, Amount: amount, Currency: currency}.Event()}
	payment := cmp.Or(d.object.First("payment_intent", "payment_intent.id", "invoice"), id)
	if received, ok := (bill.Payment{
		Key: payment, ID: payment, Sale: id, At: d.at, Buyer: buyer, Amount: amount, Currency: currency,
	}).Received(); ok {
		told = append(told, received)
	}
	return d.told(nil, "", told...)
}

// sale merges what is known of the subscription.
func (d delivery) sale(known bill.Subscription, also ...providers.Event) providers.Output {
	whole, state := bill.Add(d.in.State, known, d.key)
	if sale, ok := whole.Sale(d.thread); ok {
		also = append([]providers.Event{sale}, also...)
	}
	if d.kind == kindUpdated {
		return d.told(state, "no more is paid than before", also...)
	}
	return d.told(state, "nothing was paid yet", also...)
}

func (d delivery) invoice() providers.Output {
	amount, ok := money(d.object, "amount_paid")
	id, currency := d.object.Get("id").Text(), d.object.Get("currency").Text()
	at := cmp.Or(wire.Happened(d.in.Received, wire.Time(d.object.Get("status_transitions", "paid_at").Text(), d.in.Zone)), d.at)
	buyer := d.buyer(2, d.object.Get("customer_name").Text(), d.object.Get("customer_email").Text(),
		d.object.Get("customer_phone").Text(), unread(d.object, "amount_paid", ok))
	var also []providers.Event
	payment := cmp.Or(d.object.First("payment_intent", "payment_intent.id", "charge", "charge.id"), id)
	if received, ok := (bill.Payment{
		Key: payment, ID: payment, Sale: d.thread, At: at, Buyer: buyer, Amount: amount, Currency: currency,
	}).Received(); ok {
		also = append(also, received)
	}
	if d.thread == "" {
		return d.told(nil, "nothing was paid", also...)
	}
	known := bill.Subscription{Buyer: buyer}
	receipt := &bill.Receipt{ID: id, At: at, Amount: amount, Currency: currency}
	first := d.object.Get("billing_reason").Text() == "subscription_create"
	switch {
	case amount > 0 && first:
		known.First = receipt
	case amount > 0:
		known.Other = receipt
	case ok:
		known.Trial = first
	}
	if first {
		known.Terms = d.terms(d.object.Get("lines"), currency)
	}
	return d.sale(known, also...)
}

func (d delivery) subscription() providers.Output {
	currency := d.object.Get("currency").Text()
	terms := d.terms(d.object.Get("items"), currency)
	buyer := d.buyer(1, "", "", "", "")
	status, before := d.object.Get("status").Text(), d.previous.Get("status").Text()
	trial := d.object.Get("trial_start").Exists() || d.object.Get("trial_end").Exists()
	known := bill.Subscription{Trial: trial, Buyer: buyer}
	if d.kind == kindDeleted {
		ended := wire.Time(d.object.First("ended_at", "canceled_at"), d.in.Zone)
		trialEnd := wire.Time(d.object.Get("trial_end").Text(), d.in.Zone)
		if trial && (trialEnd.IsZero() || !ended.After(trialEnd)) || status == "incomplete_expired" {
			return d.told(nil, "it ended before anything was paid")
		}
		return d.told(nil, "", bill.Cancelled(d.thread, cmp.Or(wire.Happened(d.in.Received, ended), d.at), terms, buyer,
			d.object.First("cancellation_details.feedback", "cancellation_details.reason")))
	}
	charged := d.object.Get("collection_method").Text() != "send_invoice" && terms.Each.RecurringAmount > 0
	began := d.kind == kindCreated || before == "incomplete"
	if began {
		known.Terms = terms
	}
	if began && status == "active" && charged && !trial {
		started := wire.Happened(d.in.Received, wire.Time(d.object.First("start_date", "created"), d.in.Zone))
		known.First = &bill.Receipt{ID: d.thread, At: cmp.Or(started, d.at), Currency: currency}
	}
	var also []providers.Event
	if more, ok := d.upsell(terms, currency); ok && status == "active" && before == "" {
		also = append(also, bill.Sale{
			ID: d.thread + "/" + d.key, At: d.at, Buyer: buyer, Currency: currency, Terms: more, Upsell: true,
		}.Event())
	}
	return d.sale(known, also...)
}

// upsell returns what is paid more each interval than before.
func (d delivery) upsell(now bill.Terms, currency string) (more bill.Terms, ok bool) {
	if d.kind != kindUpdated {
		return bill.Terms{}, false
	}
	before := d.terms(d.previous.Get("items"), currency)
	if !d.previous.Get("items").Exists() { // one plan: older versions tell of it and of its quantity
		was := item{amount: d.object.Get("plan"), quantity: d.object.Get("quantity")}
		if !d.previous.Get("plan").Exists() && !d.previous.Get("quantity").Exists() {
			return bill.Terms{}, false
		}
		if plan := d.previous.Get("plan"); plan.Exists() {
			was.amount = plan
		}
		if quantity := d.previous.Get("quantity"); quantity.Exists() {
			was.quantity = quantity
		}
		before.Each, ok = sum([]item{was}, currency)
		if !ok {
			return bill.Terms{}, false
		}
	}
	nowYearly, ok1 := yearly(now.Each)
	wasYearly, ok2 := yearly(before.Each)
	if !ok1 || !ok2 || nowYearly <= wasYearly {
		return bill.Terms{}, false
	}
	more = now
	if now.Each.RecurringInterval == before.Each.RecurringInterval {
		more.Each.RecurringAmount = now.Each.RecurringAmount - before.Each.RecurringAmount
	} else {
		more.Each = events.Recurring{RecurringAmount: nowYearly - wasYearly, RecurringInterval: "year"}
	}
	return more, true
}

// refund tells of what was given back since the delivery before: a charge carries the total.
func (d delivery) refund() providers.Output {
	charge, currency := d.object.Get("id").Text(), d.object.Get("currency").Text()
	total, ok := money(d.object, "amount_refunded")
	was := minor(d.previous.Get("amount_refunded"), currency)
	if newest := d.object.Get("refunds", "data", "0", "amount"); !d.previous.Get("amount_refunded").Exists() && newest.Exists() {
		was = total - minor(newest, currency)
	}
	refunded, known := bill.Payment{
		Key:      charge + "/" + d.object.Get("amount_refunded").Text(),
		ID:       cmp.Or(d.object.First("payment_intent", "payment_intent.id"), charge),
		At:       d.at,
		Amount:   total - was,
		Currency: currency,
		Reason:   d.object.Get("refunds", "data", "0", "reason").Text(),
		Buyer: d.buyer(1, d.object.Get("billing_details", "name").Text(),
			d.object.First("billing_details.email", "receipt_email"), d.object.Get("billing_details", "phone").Text(), ""),
	}.Refunded()
	if !ok || !known {
		return d.told(nil, "the amount cannot be read")
	}
	return d.told(nil, "", refunded)
}
