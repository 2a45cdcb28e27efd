package paypal

import (
	"cmp"
	"slices"
	"strings"
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
	key      string
	created  wire.Value // of the delivery
	resource wire.Value
	thread   string
}

// Translate tells of sales, payments, refunds and ends.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	d := delivery{
		in: in, kind: body.Get("event_type").Text(), key: body.Get("id").Text(),
		created: body.Get("create_time"), resource: body.Get("resource"),
	}
	d.thread = thread(d.kind, d.resource)
	known := d.key != "" && d.resource.Get("id").Text() != ""
	switch {
	case !known:
	case d.kind == kindOrder:
		return d.order(), nil
	case d.kind == kindCapture:
		return d.purchase(1, d.at("create_time", "update_time"), d.resource), nil
	case d.kind == kindSale && d.resource.Get("billing_agreement_id").Text() != "":
		return d.instalment(), nil
	case d.kind == kindSale:
		return d.purchase(1, d.at("create_time", "update_time"), d.resource), nil
	case d.kind == kindActivated:
		return d.activated(), nil
	case d.kind == kindCancelled, d.kind == kindExpired:
		return d.ended(), nil
	case slices.Contains(refunds(), d.kind):
		return d.refund(), nil
	}
	return wire.Ignored(d.kind, cmp.Or(d.key, d.kind), "tells of nothing that counts"), nil
}

// at returns the first of the resource's times that can be had, or else that of the delivery.
func (d delivery) at(names ...string) time.Time {
	var times []time.Time
	for _, name := range names {
		times = append(times, wire.Time(d.resource.First(name), d.in.Zone))
	}
	return wire.Happened(d.in.Received, append(times, wire.Time(d.created.Text(), d.in.Zone))...)
}

// told returns the events of a delivery, or why there are none.
func (d delivery) told(state []byte, why string, told ...providers.Event) providers.Output {
	out := providers.Output{Kind: d.kind, Key: wire.Line(d.key, maxID), State: state, Events: told}
	if len(told) == 0 {
		out.Ignored = why
	}
	return out
}

// money reads an amount of either version of the API.
func money(v wire.Value) (amount events.Decimal, currency string, ok bool) {
	amount, ok = wire.Money(v.First("value", "total"))
	return amount, v.First("currency_code", "currency"), ok
}

// order tells of a purchase with all its captures, and of who bought.
func (d delivery) order() providers.Output {
	var captures []wire.Value
	for _, unit := range d.resource.Get("purchase_units").List() {
		captures = append(captures, unit.Get("payments", "captures").List()...)
	}
	return d.purchase(2, d.at("update_time", "create_time"), captures...)
}

// purchase tells of what was bought once. An order and its captures tell of the same: the order, of a higher rank, knows
// more.
func (d delivery) purchase(rank int, at time.Time, payments ...wire.Value) providers.Output {
	total, currency, ok := money(wire.Or(d.resource.Get("gross_amount"), d.resource.Get("purchase_units", "0", "amount"), d.resource.Get("amount")))
	buyer := d.buyer()
	if text := d.resource.First("gross_amount.value", "amount.value", "amount.total"); !ok && text != "" {
		buyer.Contact.Note = wire.Note(buyer.Contact.Note, "amount: "+text)
	}
	if ok && total <= 0 {
		return d.told(nil, "nothing was paid")
	}
	told := []providers.Event{bill.Sale{ID: d.thread, At: at, Buyer: buyer, Amount: total, Currency: currency}.Event()}
	for _, payment := range payments {
		id := wire.Line(payment.Get("id").Text(), maxID)
		if status := payment.First("status", "state"); id == "" || status != "" && !strings.EqualFold(status, "completed") ||
			slices.ContainsFunc(told, func(e providers.Event) bool { return e.Draft.Type == events.TypePaymentReceived && e.Key == id }) {
			continue
		}
		amount, currency, _ := money(payment.Get("amount"))
		when := wire.Happened(d.in.Received, wire.Time(payment.Get("create_time").Text(), d.in.Zone), at)
		if received, ok := (bill.Payment{
			Key: id, ID: id, Sale: d.thread, At: when, Buyer: buyer, Amount: amount, Currency: currency,
		}).Received(); ok && len(told) < maxPayments {
			told = append(told, received)
		}
	}
	stand, state := bill.Purchase(d.in.State, rank, d.key, told)
	return d.told(state, "", stand...)
}

// maxPayments bounds the payments of one order.
const maxPayments = 50

// instalment tells of a subscription's payment.
func (d delivery) instalment() providers.Output {
	id := wire.Line(d.resource.Get("id").Text(), maxID)
	amount, currency, _ := money(d.resource.Get("amount"))
	payment := bill.Payment{
		Key: id, ID: id, Sale: d.thread, At: d.at("create_time", "update_time"), Amount: amount, Currency: currency,
	}
	if _, ok := payment.Received(); !ok {
		return d.told(nil, "nothing was paid")
	}
	return d.subscription(bill.Subscription{
		Other: &bill.Receipt{ID: id, At: payment.At, Amount: amount, Currency: currency},
		Bare:  map[string]bill.Payment{id: payment}, // the older API does not say who paid
	})
}

// subscription merges what is known of it.
func (d delivery) subscription(known bill.Subscription) providers.Output {
	whole, state := bill.Add(d.in.State, known, d.key)
	told := whole.Payments(known)
	if sale, ok := whole.Sale(d.thread); ok {
		told = append([]providers.Event{sale}, told...)
	}
	return d.told(state, "nothing was paid yet", told...)
}

// activated tells of a subscription that began, unless it had been paid for before: then it was suspended only.
func (d delivery) activated() providers.Output {
	info := d.resource.Get("billing_info")
	var cycles int64
	for _, cycle := range info.Get("cycle_executions").List() {
		if done, ok := cycle.Get("cycles_completed").Int(); ok && cycle.Get("tenure_type").Text() == "REGULAR" {
			cycles += min(max(done, 0), 1000)
		}
	}
	known := bill.Subscription{Buyer: d.buyer(), Terms: d.terms()}
	amount, currency, _ := money(info.Get("last_payment", "amount"))
	switch {
	case cycles > 1:
	case amount > 0:
		at := wire.Happened(d.in.Received, wire.Time(info.Get("last_payment", "time").Text(), d.in.Zone), d.at("status_update_time", "start_time"))
		known.First = &bill.Receipt{ID: d.thread, At: at, Amount: amount, Currency: currency}
	default:
		known.Trial = true // the first payment is still to come
	}
	return d.subscription(known)
}

func (d delivery) ended() providers.Output {
	if amount, _, ok := money(d.resource.Get("billing_info", "last_payment", "amount")); ok && amount > 0 {
		buyer := d.buyer()
		buyer.Contact.Note = wire.Note(buyer.Contact.Note, d.resource.Get("status_change_note").Text())
		return d.told(nil, "", bill.Cancelled(d.thread, d.at("status_update_time", "update_time"), d.terms(), buyer,
			strings.ToLower(d.kind[strings.LastIndexByte(d.kind, '.')+1:])))
	}
	return d.told(nil, "it ended before anything was paid")
}

// terms are those of the subscription's own, where it departs from its plan.
func (d delivery) terms() bill.Terms {
	for _, cycle := range d.resource.Get("plan", "billing_cycles").List() {
		amount, currency, ok := money(cycle.Get("pricing_scheme", "fixed_price"))
		if !ok || amount <= 0 || cycle.Get("tenure_type").Text() != "REGULAR" {
			continue
		}
		count, ok := cycle.Get("frequency", "interval_count").Int()
		if !ok {
			count = 1
		}
		each, interval, ok := wire.Recurring(amount, cycle.Get("frequency", "interval_unit").Text(), count)
		if !ok {
			continue
		}
		terms := bill.Terms{Each: events.Recurring{RecurringAmount: each, RecurringInterval: interval}, Currency: currency}
		if began := d.at("start_time", "create_time"); !began.IsZero() {
			terms.Since = began.UnixMilli()
		}
		return terms
	}
	return bill.Terms{}
}

// refund tells of money that went back. A refund of the newer API names its payment in a link only.
func (d delivery) refund() providers.Output {
	id := wire.Line(d.resource.Get("id").Text(), maxID)
	payment := d.resource.First("sale_id", "capture_id")
	if strings.HasSuffix(d.kind, ".REVERSED") && payment == "" {
		payment = id // the payment itself
	}
	for _, link := range d.resource.Get("links").List() {
		if href := link.Get("href").Text(); payment == "" && link.Get("rel").Text() == "up" {
			payment = href[strings.LastIndexByte(href, '/')+1:]
		}
	}
	amount, currency, _ := money(d.resource.Get("amount"))
	if amount < 0 {
		amount = -amount // sales of the older API write it so
	}
	refunded, ok := bill.Payment{
		Key: id, ID: cmp.Or(payment, id), At: d.at("create_time", "update_time"), Buyer: d.buyer(), Amount: amount, Currency: currency,
		Reason: d.resource.First("reason_code", "status_details.reason"),
	}.Refunded()
	if !ok {
		return d.told(nil, "no money went back")
	}
	return d.told(nil, "", refunded)
}

// buyer reads who bought, as far as the resource says.
func (d delivery) buyer() bill.Buyer {
	who, rank := d.resource.Get("payer"), 2
	if subscriber := d.resource.Get("subscriber"); subscriber.IsObject() {
		who = subscriber
	}
	if !who.IsObject() {
		rank = 0
	}
	contact := wire.Contact{
		Name: cmp.Or(wire.Name(who.First("name.given_name", "payer_info.first_name"), who.First("name.surname", "payer_info.last_name")),
			who.Get("shipping_address", "name", "full_name").Text()),
		Email:      who.First("email_address", "payer_info.email"),
		Phone:      who.First("phone.phone_number.national_number"),
		ExternalID: wire.External("paypal", who.First("payer_id", "payer_info.payer_id")),
	}
	region := cmp.Or(who.First("address.country_code", "shipping_address.address.country_code"), d.in.Region)
	return bill.Buyer{Rank: rank, Contact: contact.Read(region)}
}
