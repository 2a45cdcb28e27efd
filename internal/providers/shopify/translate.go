package shopify

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

// Translate tells of orders that were paid, of what was given back, and of new customers.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	object, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	topic := topicOf(in.Delivery, object)
	out := providers.Output{Kind: topic, Key: key(in.Delivery, object)}
	test := object.Get("test").Bool() || strings.EqualFold(in.Header.Get("X-Shopify-Test"), "true")
	var why string
	switch {
	case object.Get("id").Text() == "":
		why = "names no object"
	case test && in.Settings[settingTest] != "count":
		why = "a test order"
	case topic == topicPaid:
		out.Events, why = paid(in, object), "nothing was paid"
	case topic == topicCancelled:
		out.Events, why = cancelled(in, object), "it had not been paid"
	case topic == topicRefunded:
		out.Events, why = refunded(in, object), "no money went back"
	case topic == topicCustomer:
		out.Events = customer(in, object)
	default:
		why = "tells of nothing that counts"
	}
	if len(out.Events) == 0 {
		return wire.Ignored(topic, out.Key, why), nil
	}
	return out, nil
}

// renewal tells whether an order is the next of a subscription: nobody placed it anew.
func renewal(order wire.Value) bool {
	return order.Get("source_name").Text() == "subscription_contract"
}

func paid(in providers.Input, order wire.Value) []providers.Event {
	id := order.Get("id").Text()
	amount, currency, ok := money(order, "total_price")
	buyer := buyerOf(in, order)
	if !ok {
		buyer.Contact.Note = wire.Note(buyer.Contact.Note, "total_price: "+order.Get("total_price").Text()+" "+order.Get("currency").Text())
	}
	if ok && amount <= 0 {
		return nil
	}
	at := when(in, order, "processed_at", "created_at")
	var told []providers.Event
	sale := id
	if !renewal(order) {
		told = append(told, bill.Sale{ID: id, At: at, Buyer: buyer, Amount: amount, Currency: currency}.Event())
	} else {
		sale = ""
	}
	if received, ok := (bill.Payment{Key: id, ID: id, Sale: sale, At: at, Buyer: buyer, Amount: amount, Currency: currency}).Received(); ok {
		told = append(told, received)
	}
	return told
}

func cancelled(in providers.Input, order wire.Value) []providers.Event {
	switch order.Get("financial_status").Text() {
	case "paid", "partially_refunded", "refunded":
	default:
		return nil
	}
	if renewal(order) {
		return nil
	}
	return []providers.Event{bill.Cancelled(order.Get("id").Text(), when(in, order, "cancelled_at", "updated_at"), bill.Terms{},
		buyerOf(in, order), order.Get("cancel_reason").Text())}
}

// refunded adds up the transactions that gave money back: the lines of the refund may say otherwise.
func refunded(in providers.Input, refund wire.Value) []providers.Event {
	id, order := refund.Get("id").Text(), refund.Get("order_id").Text()
	var total events.Decimal
	currency := ""
	for _, transaction := range refund.Get("transactions").List() {
		status := transaction.Get("status").Text()
		if transaction.Get("kind").Text() != "refund" || status != "" && status != "success" || transaction.Get("test").Bool() && in.Settings[settingTest] != "count" {
			continue
		}
		amount, own, ok := money(transaction, "amount")
		if !ok || amount < 0 || currency != "" && own != currency || total > wire.MaxAmount*events.Scale-amount {
			return nil
		}
		total, currency = total+amount, own
	}
	told, ok := bill.Payment{
		Key: id, ID: cmp.Or(order, id), Sale: order, At: when(in, refund, "processed_at", "created_at"), Amount: total, Currency: currency,
		Buyer: bill.Buyer{Reps: staff(nil, refund.Get("user_id").Text())},
	}.Refunded()
	if !ok {
		return nil
	}
	return []providers.Event{told}
}

func customer(in providers.Input, c wire.Value) []providers.Event {
	id := c.Get("id").Text()
	contact := wire.Contact{
		Name:       wire.Name(c.Get("first_name").Text(), c.Get("last_name").Text()),
		Company:    c.Get("default_address", "company").Text(),
		Phone:      c.First("phone", "default_address.phone"),
		Email:      c.Get("email").Text(),
		ExternalID: wire.External("shopify", id),
		Note:       c.Get("note").Text(),
	}
	return []providers.Event{{Key: id, Amends: true, Draft: wire.Draft(events.TypeLeadCaptured, when(in, c, "created_at"), events.LeadCaptured{
		Contact: contact.Read(region(in, c, "default_address")), Origin: events.Origin{Source: "shopify"},
	})}}
}

// buyerOf reads who bought, and the member of staff who sold.
func buyerOf(in providers.Input, order wire.Value) bill.Buyer {
	billing, who := order.Get("billing_address"), order.Get("customer")
	contact := wire.Contact{
		Name: cmp.Or(wire.Name(who.Get("first_name").Text(), who.Get("last_name").Text()),
			billing.Get("name").Text(), order.Get("shipping_address", "name").Text()),
		Company:    billing.Get("company").Text(),
		Phone:      cmp.Or(order.Get("phone").Text(), who.Get("phone").Text(), billing.Get("phone").Text()),
		Email:      cmp.Or(order.First("email", "contact_email"), who.Get("email").Text()),
		ExternalID: wire.External("shopify", who.Get("id").Text()),
		Note:       order.Get("note").Text(),
	}
	var reps []providers.Rep
	for _, line := range order.Get("line_items").List() {
		for _, one := range line.Get("attributed_staffs").List() {
			gid := one.Get("id").Text()
			reps = staff(reps, gid[strings.LastIndexByte(gid, '/')+1:])
		}
	}
	return bill.Buyer{
		Contact: contact.Read(region(in, order, "billing_address")),
		Origin:  events.Origin{Source: wire.Label(source(order)), Product: wire.Label(order.First("line_items.0.title"))},
		Reps:    staff(reps, order.Get("user_id").Text()),
	}
}

// maxStaff bounds the reps of an order.
const maxStaff = 10

// staff adds a member of staff.
func staff(reps []providers.Rep, id string) []providers.Rep {
	rep := providers.Rep{Kind: providers.RepUser, Value: wire.Line(id, 100)}
	if rep.Value == "" || len(reps) == maxStaff || slices.Contains(reps, rep) {
		return reps
	}
	return append(reps, rep)
}

// source says where the order came from, by the links of the landing page or the sales channel.
func source(order wire.Value) string {
	_, query, _ := strings.Cut(order.Get("landing_site").Text(), "?")
	for pair := range strings.SplitSeq(query, "&") {
		if value, ok := strings.CutPrefix(pair, "utm_source="); ok {
			return value
		}
	}
	return order.Get("source_name").Text()
}

// region is where a telephone number without a country code is read: the buyer's country, or else the connection's.
func region(in providers.Input, object wire.Value, address string) string {
	return cmp.Or(object.Get(address, "country_code").Text(), in.Region)
}

func when(in providers.Input, object wire.Value, names ...string) time.Time {
	var times []time.Time
	for _, name := range names {
		times = append(times, wire.Time(object.Get(name).Text(), in.Zone))
	}
	return wire.Happened(in.Received, append(times, wire.Time(in.Header.Get("X-Shopify-Triggered-At"), in.Zone))...)
}

// money reads an amount in the shop's currency.
func money(object wire.Value, name string) (amount events.Decimal, currency string, ok bool) {
	given, currency := object.Get(name), object.Get("currency").Text()
	if set := object.Get(name+"_set", "shop_money"); set.IsObject() {
		given, currency = set.Get("amount"), set.Get("currency_code").Text()
	}
	amount, ok = wire.Money(given.Text())
	return amount, currency, ok
}
