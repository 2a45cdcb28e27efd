package chargebee

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
	in      providers.Input
	kind    string
	key     string
	at      time.Time
	content wire.Value
	thread  string
}

// Translate tells of sales, payments, refunds and ends.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	d := delivery{in: in, kind: body.Get("event_type").Text(), key: body.Get("id").Text(), content: body.Get("content")}
	d.at = d.when(body.Get("occurred_at"))
	d.thread = thread(d.content)
	switch {
	case d.key == "":
	case d.kind == kindPaid:
		return d.paid(), nil
	case d.kind == kindRefunded:
		return d.refunded(), nil
	case d.thread == "":
	case d.kind == kindCreated, d.kind == kindActivated:
		return d.began(), nil
	case d.kind == kindCancelled:
		return d.cancelled(), nil
	}
	return wire.Ignored(d.kind, d.key, "tells of nothing that counts"), nil
}

func (d delivery) when(values ...wire.Value) time.Time {
	var times []time.Time
	for _, v := range values {
		times = append(times, wire.Time(v.Text(), d.in.Zone))
	}
	return wire.Happened(d.in.Received, times...)
}

// told returns the events of a delivery, or why there are none.
func (d delivery) told(state []byte, why string, told ...providers.Event) providers.Output {
	out := providers.Output{Kind: d.kind, Key: wire.Line(d.key, maxID), State: state, Events: told}
	if len(told) == 0 {
		out.Ignored = why
	}
	return out
}

// began tells of a subscription that is active. Chargebee has charged for it by then, or will by invoice.
func (d delivery) began() providers.Output {
	subscription, invoice := d.content.Get("subscription"), d.content.Get("invoice")
	terms := d.terms(subscription)
	known := bill.Subscription{Buyer: d.buyer(), Terms: terms, Trial: subscription.Get("trial_end").Exists()}
	amount, _ := minor(invoice, "amount_paid")
	if subscription.Get("status").Text() == "active" && (terms.Each.RecurringAmount > 0 || amount > 0) && (!known.Trial || d.kind == kindActivated) {
		known.First = &bill.Receipt{
			ID: d.thread, Amount: amount, Currency: cmp.Or(invoice.Get("currency_code").Text(), terms.Currency),
			At: cmp.Or(d.when(subscription.Get("activated_at"), subscription.Get("started_at")), d.at),
		}
	}
	return d.sale(known)
}

// sale merges what is known of the subscription.
func (d delivery) sale(known bill.Subscription, also ...providers.Event) providers.Output {
	whole, state := bill.Add(d.in.State, known, d.key)
	if sale, ok := whole.Sale(d.thread); ok {
		also = append([]providers.Event{sale}, also...)
	}
	return d.told(state, "nothing was paid yet", also...)
}

func (d delivery) paid() providers.Output {
	transaction, invoice := d.content.Get("transaction"), d.content.Get("invoice")
	amount, _ := minor(transaction, "amount")
	id := wire.Line(transaction.Get("id").Text(), maxID)
	if id == "" || amount <= 0 {
		return d.told(nil, "nothing was paid")
	}
	currency, buyer := transaction.Get("currency_code").Text(), d.buyer()
	at := cmp.Or(d.when(transaction.Get("date")), d.at)
	sale := cmp.Or(d.thread, wire.Line(invoice.Get("id").Text(), maxID), id)
	payment := bill.Payment{Key: id, ID: id, Sale: sale, At: at, Buyer: buyer, Amount: amount, Currency: currency}
	received, ok := payment.Received()
	if !ok {
		return d.told(nil, "the amount cannot be read")
	}
	if d.thread == "" {
		return d.told(nil, "", received, bill.Sale{ID: sale, At: at, Buyer: buyer, Amount: amount, Currency: currency}.Event())
	}
	receipt := &bill.Receipt{ID: id, At: at, Amount: amount, Currency: currency}
	known := bill.Subscription{Buyer: buyer, Other: receipt}
	if invoice.Get("first_invoice").Bool() {
		known = bill.Subscription{Buyer: buyer, First: receipt}
	}
	return d.sale(known, received)
}

func (d delivery) refunded() providers.Output {
	transaction := d.content.Get("transaction")
	amount, _ := minor(transaction, "amount")
	id := wire.Line(transaction.Get("id").Text(), maxID)
	refunded, ok := bill.Payment{
		Key: id, ID: cmp.Or(transaction.First("reference_transaction_id", "linked_payments.0.id"), d.content.Get("invoice", "id").Text(), id),
		Sale: d.thread, At: cmp.Or(d.when(transaction.Get("date")), d.at), Buyer: d.buyer(), Amount: amount,
		Currency: transaction.Get("currency_code").Text(), Reason: d.content.First("credit_note.create_reason_code", "credit_note.reason_code"),
	}.Refunded()
	if !ok || id == "" {
		return d.told(nil, "no money went back")
	}
	return d.told(nil, "", refunded)
}

func (d delivery) cancelled() providers.Output {
	subscription := d.content.Get("subscription")
	ended := wire.Time(subscription.First("cancelled_at", "current_term_end"), d.in.Zone)
	if trial := subscription.Get("trial_end"); trial.Exists() {
		if until := wire.Time(trial.Text(), d.in.Zone); until.IsZero() || !ended.After(until) {
			return d.told(nil, "it ended before anything was paid")
		}
	}
	return d.told(nil, "", bill.Cancelled(d.thread, cmp.Or(d.when(subscription.Get("cancelled_at")), d.at), d.terms(subscription), d.buyer(),
		subscription.First("cancel_reason_code", "cancel_reason")))
}

// terms adds up what is paid again and again.
func (d delivery) terms(subscription wire.Value) bill.Terms {
	currency := subscription.Get("currency_code").Text()
	var total events.Decimal
	product := ""
	for _, item := range subscription.Get("subscription_items").List() {
		if kind := item.Get("item_type").Text(); kind != "" && kind != "plan" && kind != "addon" {
			continue // a charge: paid once
		}
		amount, ok := wire.Minor(item.Get("amount"), wire.Digits(wire.Currency(currency)))
		if !ok || amount < 0 || total > wire.MaxAmount*events.Scale-amount {
			return bill.Terms{}
		}
		total += amount
		product = cmp.Or(product, item.Get("item_price_id").Text())
	}
	if total == 0 { // the catalogue before items
		product = subscription.Get("plan_id").Text()
		total, _ = wire.Minor(subscription.Get("plan_amount"), wire.Digits(wire.Currency(currency)))
	}
	count, ok := subscription.Get("billing_period").Int()
	if !ok {
		count = 1
	}
	each, interval, ok := wire.Recurring(total, cmp.Or(subscription.Get("billing_period_unit").Text(), "month"), count)
	if !ok || each <= 0 {
		return bill.Terms{}
	}
	terms := bill.Terms{
		Each:     events.Recurring{RecurringAmount: each, RecurringInterval: interval},
		Currency: currency, Product: wire.Label(product),
	}
	if !d.at.IsZero() {
		terms.Since = d.at.UnixMilli()
	}
	return terms
}

// minor reads an amount of an object that has the currency beside it.
func minor(object wire.Value, name string) (events.Decimal, bool) {
	return wire.Minor(object.Get(name), wire.Digits(wire.Currency(object.Get("currency_code").Text())))
}

func (d delivery) buyer() bill.Buyer {
	customer, subscription := d.content.Get("customer"), d.content.Get("subscription")
	field := cmp.Or(d.in.Settings[settingRep], "cf_rep")
	rank := 1
	if customer.IsObject() {
		rank = 2
	}
	contact := wire.Contact{
		Name:    wire.Name(customer.Get("first_name").Text(), customer.Get("last_name").Text()),
		Company: customer.Get("company").Text(),
		Phone:   customer.Get("phone").Text(),
		Email:   customer.Get("email").Text(),
		ExternalID: wire.External("chargebee", cmp.Or(customer.Get("id").Text(), subscription.Get("customer_id").Text(),
			d.content.First("transaction.customer_id", "invoice.customer_id"))),
	}
	return bill.Buyer{
		Rank: rank, Contact: contact.Read(d.in.Region),
		Reps: bill.Rep(cmp.Or(subscription.Get(field).Text(), customer.Get(field).Text())),
		Origin: events.Origin{
			Source:   wire.Label(subscription.First("meta_data.utm_source", "cf_utm_source")),
			Campaign: wire.Label(subscription.First("coupon", "coupons.0.coupon_id")),
		},
	}
}
