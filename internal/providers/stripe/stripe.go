// Package stripe understands Stripe's webhooks: checkouts, subscriptions, invoices and refunds.
//
// Fields move with the version of Stripe's API, which each account pins for itself. So objects are read field by field,
// where they stand or stood.
package stripe

import (
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is Stripe.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// The kinds that count.
const (
	kindCheckout      = "checkout.session.completed"
	kindCheckoutAsync = "checkout.session.async_payment_succeeded"
	kindInvoice       = "invoice.paid"
	kindCreated       = "customer.subscription.created"
	kindUpdated       = "customer.subscription.updated"
	kindDeleted       = "customer.subscription.deleted"
	kindRefunded      = "charge.refunded"
)

// settingRep names the metadata field that names the rep.
const settingRep = "rep_field"

// About describes Stripe.
func (Provider) About() providers.About {
	sale, paid := events.TypeSignupCompleted, events.TypePaymentReceived
	return providers.About{
		Name: "stripe", Title: "Stripe", Category: providers.Payment,
		Steps: []string{
			"In the Stripe dashboard open Developers, Webhooks, and add an endpoint.",
			"Paste {url} and choose checkout.session.completed, checkout.session.async_payment_succeeded, invoice.paid, " +
				"customer.subscription.created, customer.subscription.updated, customer.subscription.deleted and charge.refunded.",
			"Reveal the signing secret of the endpoint (whsec_...) and paste it here.",
		},
		Secret: providers.Secret{Name: "signing secret", Where: "Stripe dashboard, Developers, Webhooks, the endpoint's page."},
		Settings: []providers.Setting{{
			Name: settingRep, Default: "rep",
			Help: "The metadata field of your checkouts and subscriptions that names the rep, by e-mail address or name.",
		}},
		Kinds: []providers.Kind{
			{Name: kindCheckout, Events: []string{sale, paid}, Note: "if more than 0 was paid; a subscription's money is told by its invoice"},
			{Name: kindCheckoutAsync, Events: []string{sale, paid}, Note: "the same, paid later"},
			{Name: kindInvoice, Events: []string{sale, paid}, Note: "if more than 0 was paid; a sale if it is a subscription's first"},
			{Name: kindCreated, Events: []string{sale}, Note: "if it is active and no trial"},
			{Name: kindUpdated, Events: []string{sale}, Note: "an upsell if more is paid each month than before"},
			{Name: kindDeleted, Events: []string{events.TypeSignupCancelled}, Note: "unless it ended within its trial"},
			{Name: kindRefunded, Events: []string{events.TypePaymentRefunded}},
		},
		Verification: "HMAC-SHA256 of time and body",
		Idempotency:  "id (evt_...)",
		Limits: []string{
			"Every paid checkout counts as a sale, also of a customer who bought before.",
			"An upsell that was offered and declined is not known to Stripe.",
			"An endpoint of test mode counts like any other: connect it to an org of its own.",
			"Since the API versions of 2025 an invoice no longer names its payment: a refund is then linked by the customer alone.",
		},
		Confidence: providers.Captured,
	}
}

// scheme is how Stripe signs: the key is the whole text of the secret, whsec_ included. Signatures v0 count for nothing.
func scheme() signature.HMAC {
	return signature.HMAC{
		Signature: signature.Place{Header: "Stripe-Signature", Separator: ",", Prefix: "v1="},
		Encoding:  signature.Hex,
		Content:   "{time}.{body}",
		Time:      signature.Place{Header: "Stripe-Signature", Separator: ",", Prefix: "t="},
		Tolerance: 5 * time.Minute,
	}
}

// Verify checks the signature over time and body.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	return scheme().Verify(d, secrets, now)
}

// Thread names the subscription; all else stands for itself.
func (Provider) Thread(d providers.Delivery) string {
	body, err := wire.JSON(d.Body)
	if err != nil {
		return ""
	}
	return subscription(body.Get("type").Text(), body.Get("data", "object"))
}

// subscription returns the id of the subscription that an object is, or is about.
func subscription(kind string, object wire.Value) string {
	switch kind {
	case kindCreated, kindUpdated, kindDeleted:
		return wire.Line(object.Get("id").Text(), maxID)
	case kindCheckout, kindCheckoutAsync, kindInvoice:
		return wire.Line(object.First(
			"subscription", "subscription.id", "parent.subscription_details.subscription",
			"lines.data.0.subscription", "lines.data.0.parent.subscription_item_details.subscription",
		), maxID)
	}
	return ""
}

const maxID = 200
