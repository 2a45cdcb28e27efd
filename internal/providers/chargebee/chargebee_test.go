package chargebee_test

import (
	"flag"
	"net/http"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/chargebee"
	"milemarker/internal/providers/providertest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const fixture = "subscription_created.json"

// body makes the envelope of another event.
func body(id, kind, at, content string) string {
	return `{"id":"` + id + `","occurred_at":` + at + `,"object":"event","event_type":"` + kind + `","content":{` + content +
		`,"customer":{"id":"16BHbhF4s42tO0003","first_name":"Avery","last_name":"Quinn","email":"avery.quinn@example.com","phone":"+12025550143"}}}`
}

func payment(id, at, amount, invoice string) string {
	return `"transaction":{"id":"` + id + `","subscription_id":"16BHbhF4s42tO0002","date":` + at + `,"currency_code":"USD","amount":` + amount +
		`,"type":"payment"},"invoice":{"id":"inv_` + id + `"` + invoice + `}`
}

const trial = `"subscription":{"id":"16BHbhF4s42tO0002","status":"in_trial","trial_end":1790000000,"currency_code":"USD","billing_period":1,"billing_period_unit":"year",
"subscription_items":[{"item_price_id":"growth-USD-Yearly","item_type":"plan","amount":450000},{"item_price_id":"setup","item_type":"charge","amount":9900}]}`

func suite() providertest.Suite {
	return providertest.Suite{
		Provider: chargebee.New(),
		Sign: func(d *providers.Delivery, secret string, _ time.Time) {
			r := http.Request{Header: http.Header{}}
			r.SetBasicAuth("hook_user", secret[min(len(secret), len("hook_user:")):])
			d.Header.Set("Authorization", r.Header.Get("Authorization"))
		},
		Secrets:   [2]string{"hook_user:p:ss-0123456789", "hook_user:other-0123456789"},
		Uncovered: true,
		Deliveries: []providertest.Delivery{
			{Name: fixture},
			{Name: "subscription_created.rep", File: fixture, Settings: map[string]string{"rep_field": "cf_sold_by"}, Replace: []string{`"status": "active"`, `"cf_sold_by": "Jordan Ames", "status": "active"`}},
			{Name: "subscription_created.quarter", File: fixture, Replace: []string{`"billing_period": 1`, `"billing_period": 3`}},
			{Name: "subscription_created.free", File: fixture, Replace: []string{`"amount": 45000`, `"amount": 0`}},
			{Name: "subscription_created.trial", Body: body("ev_1", "subscription_created", "1789398400", trial)},
			{Name: "payment_succeeded.first", Body: body("ev_2", "payment_succeeded", "1789398500", payment("txn_1", "1789398490", "45000", `,"first_invoice":true`))},
			{Name: "payment_succeeded", Body: body("ev_3", "payment_succeeded", "1791990500", payment("txn_2", "1791990400", "45000", ``))},
			{Name: "payment_succeeded.next", Body: body("ev_4", "payment_succeeded", "1793000500", payment("txn_3", "1793000400", "45000", ``))},
			{Name: "payment_succeeded.single", Body: body("ev_5", "payment_succeeded", "1789398500",
				`"transaction":{"id":"txn_9","date":1789398490,"currency_code":"JPY","amount":45000},"invoice":{"id":"inv_9"}`)},
			{Name: "payment_refunded", Body: body("ev_6", "payment_refunded", "1791990900",
				`"transaction":{"id":"txn_7","subscription_id":"16BHbhF4s42tO0002","date":1791990800,"currency_code":"USD","amount":10050,"reference_transaction_id":"txn_2"}`+
					`,"credit_note":{"create_reason_code":"Product Unsatisfactory"}`)},
			{Name: "subscription_cancelled", File: fixture, Replace: []string{`"event_type": "subscription_created"`, `"event_type": "subscription_cancelled"`, `"status": "active"`, `"status": "cancelled", "cancelled_at": 1791990500, "cancel_reason": "not_paid"`}},
			{Name: "subscription_cancelled.trial", Body: body("ev_8", "subscription_cancelled", "1789999000", trial[:len(trial)-1]+`,"cancelled_at":1789999000}`)},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: body("ev_7", "card_added", "1789398500", `"card":{}`)},
		Threads: [][]string{
			{fixture, "payment_succeeded.first", "payment_succeeded", "payment_refunded"},
			{"subscription_created.trial", "payment_succeeded", "payment_succeeded.next"},
		},
		Mends:  true,
		Update: *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }
