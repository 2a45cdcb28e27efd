package stripe_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"strconv"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/stripe"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	checkout = "checkout.session.completed.json"
	invoice  = "invoice.paid.json"
	created  = "customer.subscription.created.json"
	refunded = "charge.refunded.json"
)

// of puts a subscription's fixture under the id of the others.
func of(more ...string) []string {
	return append([]string{`"id": "sub_2NuINsY0h2nxstoOPnK9Kwo2"`, `"id": "sub_8KcWR6Y8p3bfsrqADVj6KrjG"`}, more...)
}

// began makes a subscription active from the start.
func began(more ...string) []string {
	return of(append([]string{
		`"status": "trialing"`, `"status": "active"`, `"trial_end": 1791666419`, `"trial_end": null`, `"trial_start": 1789074419`, `"trial_start": null`,
	}, more...)...)
}

// updated makes an update of an active subscription.
func updated(previous string) []string {
	return began(
		"evt_6OoYUlH6i9zuetmWCmCh1xW2", "evt_updated", "customer.subscription.created", "customer.subscription.updated", `"created": 1789074420`, `"created": 1791000000`,
		`
  },
  "livemode"`, `,
    "previous_attributes": `+previous+`
  },
  "livemode"`,
	)
}

// paid makes of the trial's invoice one of an amount.
func paid(reason, id, amount string, more ...string) []string {
	return append([]string{
		`"billing_reason": "subscription_create"`, `"billing_reason": "` + reason + `"`, `"amount_paid": 0`, `"amount_paid": ` + amount,
		"evt_1TkQW6K8k9oqyguDkipVaaMY", "evt_" + id, "in_2OnWY7P1k7jpxiwPmBvU28Zw", id, `"payment_intent": null`, `"payment_intent": "pi_` + id + `"`,
	}, more...)
}

func suite() providertest.Suite {
	settings := map[string]string{"rep_field": "sold_by"}
	return providertest.Suite{
		Provider:  stripe.New(),
		Sign:      sign,
		Tolerance: 5 * time.Minute,
		Deliveries: []providertest.Delivery{
			{Name: checkout},
			{Name: invoice},
			{Name: created},
			{Name: refunded},
			{Name: "checkout.payment", File: checkout, Settings: settings, Replace: []string{
				`"mode": "subscription"`, `"mode": "payment"`, `"subscription": "sub_8KcWR6Y8p3bfsrqADVj6KrjG"`, `"subscription": null`,
				`"payment_intent": null`, `"payment_intent": "pi_3QxExample0000000001"`, `"metadata": {}`, `"metadata": {"sold_by": "jordan.ames@example.org", "campaign": "fall"}`,
			}},
			{Name: "checkout.yen", File: checkout, Replace: []string{
				`"subscription": "sub_8KcWR6Y8p3bfsrqADVj6KrjG"`, `"subscription": null`, `"currency": "usd"`, `"currency": "jpy"`,
			}},
			{Name: "checkout.dinar", File: checkout, Replace: []string{
				`"subscription": "sub_8KcWR6Y8p3bfsrqADVj6KrjG"`, `"subscription": null`, `"currency": "usd"`, `"currency": "kwd"`,
			}},
			{Name: "checkout.beyond", File: checkout, Replace: []string{
				`"subscription": "sub_8KcWR6Y8p3bfsrqADVj6KrjG"`, `"subscription": null`, `"amount_total": 540000`, `"amount_total": 99999999999999999`,
			}},
			{Name: "checkout.unpaid", File: checkout, Replace: []string{`"payment_status": "paid"`, `"payment_status": "unpaid"`}},
			{Name: "checkout.async", File: checkout, Replace: []string{`"type": "checkout.session.completed"`, `"type": "checkout.session.async_payment_succeeded"`}},
			{Name: "checkout.trial", File: checkout, Replace: []string{`"payment_status": "paid"`, `"payment_status": "no_payment_required"`, `"amount_total": 540000`, `"amount_total": 0`}},
			{Name: "checkout.free", File: checkout, Replace: []string{
				`"amount_total": 540000`, `"amount_total": 0`, `"subscription": "sub_8KcWR6Y8p3bfsrqADVj6KrjG"`, `"subscription": null`,
			}},
			{Name: "invoice.first", File: invoice, Replace: paid("subscription_create", "in_1", "7700")},
			{Name: "invoice.second", File: invoice, Replace: paid("subscription_cycle", "in_2", "7700", `"paid_at": 1789073999`, `"paid_at": 1791665999`)},
			{Name: "invoice.third", File: invoice, Replace: paid("subscription_cycle", "in_3", "7700", `"paid_at": 1789073999`, `"paid_at": 1793665999`)},
			{Name: "invoice.basil", File: invoice, Replace: paid("subscription_create", "in_4", "7700",
				`"subscription": "sub_8KcWR6Y8p3bfsrqADVj6KrjG"`, `"pricing": {}`, `"subscription": "sub_8KcWR6Y8p3bfsrqADVj6KrjG"`, `"parent": {"subscription_details": {"subscription": "sub_8KcWR6Y8p3bfsrqADVj6KrjG"}}`)},
			{Name: "invoice.single", File: invoice, Replace: paid("manual", "in_5", "12345",
				`"subscription": "sub_8KcWR6Y8p3bfsrqADVj6KrjG"`, `"pricing": {}`, `"subscription": "sub_8KcWR6Y8p3bfsrqADVj6KrjG"`, `"subscription": null`)},
			{Name: "subscription.trial", File: created, Replace: of()},
			{Name: "subscription.active", File: created, Replace: began()},
			{Name: "subscription.half-year", File: created, Replace: began(
				`"interval": "month",
                "interval_count": 1,
                "trial_period_days"`, `"interval": "month",
                "interval_count": 6,
                "trial_period_days"`,
			)},
			{Name: "subscription.quantity", File: created, Replace: updated(`{"quantity": 4}`)},
			{Name: "subscription.fewer", File: created, Replace: updated(`{"quantity": 12}`)},
			{Name: "subscription.items", File: created, Replace: updated(
				`{"items": {"data": [{"price": {"unit_amount": 100, "recurring": {"interval": "week", "interval_count": 1}}, "quantity": 1}]}}`,
			)},
			{Name: "subscription.renamed", File: created, Replace: updated(`{"description": null}`)},
			{Name: "subscription.paid-late", File: created, Replace: updated(`{"status": "incomplete"}`)},
			{Name: "subscription.deleted", File: created, Replace: began("evt_6OoYUlH6i9zuetmWCmCh1xW2", "evt_deleted", "customer.subscription.created", "customer.subscription.deleted",
				`"ended_at": null`, `"ended_at": 1792000000`, `"feedback": null`, `"feedback": "too_expensive"`, `"status": "active"`, `"status": "canceled"`)},
			{Name: "subscription.deleted-in-trial", File: created, Replace: of("customer.subscription.created", "customer.subscription.deleted",
				`"ended_at": null`, `"ended_at": 1790000000`, `"status": "trialing"`, `"status": "canceled"`)},
			{Name: "subscription.mixed", File: created, Replace: began(`"data": [
          {
            "id": "si_DNZMa9Z2iZHhyc"`, `"data": [
          {"price": {"unit_amount": 100, "recurring": {"interval": "day", "interval_count": 14}}, "quantity": 2},
          {"price": {"unit_amount": 120000, "recurring": {"interval": "year", "interval_count": 1}}},
          {"price": {"unit_amount": 300, "recurring": {"interval": "month", "interval_count": 3}}},
          {"price": {"unit_amount": 9900}, "quantity": 1},
          {
            "id": "si_DNZMa9Z2iZHhyc"`)},
			{Name: "subscription.plan", File: created, Replace: updated(`{"plan": {"amount": 500, "interval": "month", "interval_count": 1}, "quantity": 10}`)},
			{Name: "subscription.fortnight", File: created, Replace: updated(`{"plan": {"amount": 500, "interval": "fortnight"}}`)},
			{Name: "charge.refunded.krona", File: refunded, Replace: []string{`"currency": "usd"`, `"currency": "isk"`}},
			{Name: "charge.refunded.ariary", File: refunded, Replace: []string{`"currency": "usd"`, `"currency": "mga"`}},
			{Name: "charge.refunded.list", File: refunded, Replace: []string{
				`"previous_attributes"`, `"previous"`, `"refunded": true`, `"refunds": {"data": [{"amount": 40000, "reason": "requested_by_customer"}]}, "refunded": true`,
			}},
			{Name: "charge.refunded.unreadable", File: refunded, Replace: []string{`"amount_refunded": 540000`, `"amount_refunded": "all"`}},
			{Name: "charge.refunded.part", File: refunded, Replace: []string{
				`"amount_refunded": 540000`, `"amount_refunded": 250050`, `"amount_refunded": 0`, `"amount_refunded": 50`,
			}},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"id":"evt_1","type":"payout.paid","data":{"object":{"id":"po_1"}}}`},
		Threads: [][]string{
			{checkout, "subscription.active", "invoice.first", "invoice.second", "subscription.quantity"},
			{"checkout.trial", "subscription.trial", invoice, "invoice.second", "invoice.third", "subscription.deleted"},
			{"invoice.second", "invoice.third"},
		},
		Mends:  true,
		Update: *update,
	}
}

// sign is written after Stripe's description, apart from what Verify does.
func sign(d *providers.Delivery, secret string, at time.Time) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "." + string(d.Body)))
	d.Header.Set("Stripe-Signature", "t="+timestamp+",v1="+hex.EncodeToString(mac.Sum(nil))+",v0=00")
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }
