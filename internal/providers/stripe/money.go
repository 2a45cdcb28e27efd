package stripe

import (
	"cmp"
	"strings"

	"milemarker/events"
	"milemarker/internal/providers/bill"
	"milemarker/internal/providers/wire"
)

// digits returns how many fraction digits Stripe gives a currency: ISO 4217's, but for two that it writes with two.
func digits(currency string) int {
	switch currency = strings.ToUpper(currency); currency {
	case "ISK", "UGX":
		return 2
	case "MGA":
		return 0
	}
	return wire.Digits(currency)
}

// money reads a member of an object that has the currency beside it.
func money(object wire.Value, name string) (events.Decimal, bool) {
	return wire.Minor(object.Get(name), digits(object.Get("currency").Text()))
}

// minor reads an amount, 0 for what is none.
func minor(v wire.Value, currency string) events.Decimal {
	amount, _ := wire.Minor(v, digits(currency))
	return amount
}

// unread keeps for people what could not be read.
func unread(object wire.Value, name string, ok bool) string {
	if text := object.Get(name).Text(); !ok && text != "" {
		return name + ": " + text + " " + object.Get("currency").Text()
	}
	return ""
}

// buyer reads who bought. Rank tells how much the kind of object knows.
func (d delivery) buyer(rank int, name, email, phone, note string) bill.Buyer {
	metadata := d.object.Get("metadata")
	if details := d.object.Get("subscription_details", "metadata"); len(metadata.Names()) == 0 {
		metadata = details
	}
	customer := d.object.First("customer", "customer.id")
	own := wire.Line(cmp.Or(d.object.Get("client_reference_id").Text(),
		metadata.First("lead_id", "prospect", "external_id", "crm_id")), 200)
	return bill.Buyer{
		Rank: rank,
		Contact: wire.Contact{
			Name: name, Email: email, Phone: phone, Note: note,
			ExternalID: cmp.Or(own, wire.External("stripe", customer)),
		}.Read(d.in.Region),
		Origin: events.Origin{
			Source:   wire.Label(metadata.First("source", "utm_source")),
			Campaign: wire.Label(metadata.First("campaign", "utm_campaign")),
		},
		Reps: bill.Rep(metadata.Get(cmp.Or(d.in.Settings[settingRep], "rep")).Text()),
	}
}

// item is one thing that is paid again and again.
type item struct {
	amount   wire.Value // a price or a plan
	quantity wire.Value
}

// terms adds up the items of a subscription, or the lines of an invoice.
func (d delivery) terms(list wire.Value, currency string) bill.Terms {
	var items []item
	product := ""
	for _, given := range list.Get("data").List() {
		one := given.Get("price")
		if !one.IsObject() {
			one = given.Get("plan")
		}
		product = cmp.Or(product, one.First("nickname", "product.name", "product"))
		items = append(items, item{amount: one, quantity: given.Get("quantity")})
	}
	each, ok := sum(items, currency)
	if !ok {
		return bill.Terms{}
	}
	return bill.Terms{Since: d.since, Each: each, Currency: currency, Product: wire.Label(product)}
}

// sum returns what the items cost each interval: in their own if it is the same for all, else in a year.
func sum(items []item, currency string) (events.Recurring, bool) {
	var total events.Recurring
	for _, one := range items {
		unit := one.amount.First("recurring.interval", "interval")
		count, ok := one.amount.Get("recurring", "interval_count").Int()
		if !ok {
			count, ok = one.amount.Get("interval_count").Int()
		}
		if !ok {
			count = 1
		}
		quantity, ok := one.quantity.Int()
		if !ok {
			quantity = 1
		}
		price := minor(wire.Or(one.amount.Get("unit_amount"), one.amount.Get("amount")), currency)
		if unit == "" || price <= 0 || quantity < 1 || quantity > wire.MaxAmount*events.Scale/int64(price) {
			continue // paid once, by use, or beyond all bounds
		}
		each, interval, ok := wire.Recurring(price*events.Decimal(quantity), unit, count)
		if !ok {
			return events.Recurring{}, false
		}
		one := events.Recurring{RecurringAmount: each, RecurringInterval: interval}
		if total.RecurringInterval == "" || total.RecurringInterval == interval {
			total = events.Recurring{RecurringAmount: total.RecurringAmount + each, RecurringInterval: interval}
		} else {
			a, ok1 := yearly(total)
			b, ok2 := yearly(one)
			if !ok1 || !ok2 {
				return events.Recurring{}, false
			}
			total = events.Recurring{RecurringAmount: a + b, RecurringInterval: "year"}
		}
		if total.RecurringAmount > wire.MaxAmount*events.Scale {
			return events.Recurring{}, false
		}
	}
	return total, total.RecurringAmount > 0
}

// yearly returns what is paid in a year, of 52 weeks; ok is false if that is beyond all bounds.
func yearly(r events.Recurring) (each events.Decimal, ok bool) {
	times := events.Decimal(1)
	switch r.RecurringInterval {
	case "week":
		times = 52
	case "month":
		times = 12
	case "quarter":
		times = 4
	}
	return r.RecurringAmount * times, r.RecurringAmount <= wire.MaxAmount*events.Scale/times
}
