// Package shopify understands Shopify's webhooks of orders and refunds.
package shopify

import (
	"cmp"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is Shopify.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// The topics that count.
const (
	topicPaid      = "orders/paid"
	topicCancelled = "orders/cancelled"
	topicRefunded  = "refunds/create"
	topicCustomer  = "customers/create"
)

// settingTest lets test orders count.
const settingTest = "test_orders"

// About describes Shopify.
func (Provider) About() providers.About {
	return providers.About{
		Name: "shopify", Title: "Shopify", Category: providers.Payment,
		Steps: []string{
			"In the Shopify admin open Settings, Notifications, Webhooks, and create a webhook for each event, in JSON.",
			"Paste {url} for Order payment, Order cancellation and Refund create.",
			"Copy the text that the page says webhooks are signed with and paste it here (for an app: its client secret).",
		},
		Secret: providers.Secret{Name: "signing secret", Where: "Shopify admin, Settings, Notifications, Webhooks, below the list; or the app's client secret."},
		Settings: []providers.Setting{{
			Name: settingTest, Default: "ignore", Help: "\"count\" lets test orders count; else they are kept and ignored.",
		}},
		Kinds: []providers.Kind{
			{Name: topicPaid, Events: []string{events.TypeSignupCompleted, events.TypePaymentReceived}, Note: "a renewal of a subscription is a payment only"},
			{Name: topicCancelled, Events: []string{events.TypeSignupCancelled}, Note: "if it had been paid"},
			{Name: topicRefunded, Events: []string{events.TypePaymentRefunded}},
			{Name: topicCustomer, Events: []string{events.TypeLeadCaptured}},
		},
		Verification: "HMAC-SHA256 of the body",
		Idempotency:  "X-Shopify-Event-Id, else X-Shopify-Webhook-Id",
		Deadline:     5 * time.Second,
		Limits: []string{
			"Every paid order counts as a sale, also of a customer who bought before.",
			"Amounts are those in the shop's own currency.",
			"Who sold is known of orders with an attributed member of staff only.",
		},
		Confidence: providers.Captured,
	}
}

// scheme is how Shopify signs.
func scheme() signature.HMAC {
	return signature.HMAC{Signature: signature.Place{Header: "X-Shopify-Hmac-Sha256"}}
}

// Verify checks the signature over the body.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	return scheme().Verify(d, secrets, now)
}

// key returns what Shopify tells deliveries apart by.
func key(d providers.Delivery, object wire.Value) string {
	return wire.Line(cmp.Or(d.Header.Get("X-Shopify-Event-Id"), d.Header.Get("X-Shopify-Webhook-Id"),
		object.Get("id").Text()+"/"+object.First("updated_at", "created_at")), 200)
}

// topicOf says what a delivery tells of: the header, or else what it holds.
func topicOf(d providers.Delivery, object wire.Value) string {
	if topic := d.Header.Get("X-Shopify-Topic"); topic != "" {
		return wire.Kind(topic)
	}
	switch {
	case object.Get("order_id").Exists() && object.Get("transactions").Exists():
		return topicRefunded
	case object.Get("financial_status").Text() == "paid" && object.Get("total_price").Exists():
		return topicPaid
	}
	return "unknown"
}
