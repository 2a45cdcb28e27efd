// Package chargebee understands Chargebee's webhooks.
package chargebee

import (
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is Chargebee.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// The kinds that count.
const (
	kindCreated   = "subscription_created"
	kindActivated = "subscription_activated"
	kindCancelled = "subscription_cancelled"
	kindPaid      = "payment_succeeded"
	kindRefunded  = "payment_refunded"
)

// settingRep names the custom field that names the rep.
const settingRep = "rep_field"

// About describes Chargebee.
func (Provider) About() providers.About {
	sale := events.TypeSignupCompleted
	return providers.About{
		Name: "chargebee", Title: "Chargebee", Category: providers.Payment,
		Steps: []string{
			"In Chargebee open Settings, Configure Chargebee, Webhooks, and add a webhook.",
			"Paste {url}, tick \"Protect webhook URL with basic authentication\" and choose a user name and a password.",
			"Give the two here, with a colon between them.",
		},
		Secret: providers.Secret{
			Name:  "user name and password",
			Where: "You choose them when you add the webhook; give them here as user:password.",
		},
		Settings: []providers.Setting{{
			Name: settingRep, Default: "cf_rep",
			Help: "The custom field of your subscriptions or customers that names the rep, by e-mail address or name.",
		}},
		Kinds: []providers.Kind{
			{Name: kindCreated, Events: []string{sale}, Note: "if it is active at a price above 0"},
			{Name: kindActivated, Events: []string{sale}, Note: "the same, after a trial"},
			{Name: kindPaid, Events: []string{events.TypePaymentReceived, sale}, Note: "a sale if it is a subscription's first, or stands alone"},
			{Name: kindRefunded, Events: []string{events.TypePaymentRefunded}},
			{Name: kindCancelled, Events: []string{events.TypeSignupCancelled}, Note: "unless it ended within its trial"},
		},
		Verification: "user name and password (Basic authorization)",
		Idempotency:  "id (ev_...)",
		Deadline:     20 * time.Second,
		Limits: []string{
			"Nothing is signed: whoever knows user name and password can send deliveries.",
			"An upsell is not told of: Chargebee does not send what a subscription was before it changed.",
		},
		Confidence: providers.Captured,
		Redact:     providers.Redact{Headers: []string{"Authorization"}},
	}
}

// Verify compares user name and password.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, _ time.Time) error {
	return signature.Basic(d, secrets)
}

// Thread names the subscription; all else stands for itself.
func (Provider) Thread(d providers.Delivery) string {
	body, err := wire.JSON(d.Body)
	if err != nil {
		return ""
	}
	return thread(body.Get("content"))
}

func thread(content wire.Value) string {
	return wire.Line(content.First("subscription.id", "transaction.subscription_id", "invoice.subscription_id"), maxID)
}

const maxID = 200
