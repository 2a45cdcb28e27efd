// Package quo understands the webhooks of Quo, formerly OpenPhone, in both generations.
package quo

import (
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is Quo.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes Quo.
func (Provider) About() providers.About {
	return providers.About{
		Name: "quo", Title: "Quo (OpenPhone)", Category: providers.Dialer,
		Steps: []string{
			"In Quo open Settings, Webhooks, and create a webhook.",
			"Paste {url} and choose the event call.completed.",
			"Reveal the signing secret of the webhook and paste it here.",
		},
		Secret:       providers.Secret{Name: "signing secret", Where: "Quo, Settings, Webhooks, the webhook's page."},
		Kinds:        []providers.Kind{{Name: "call.completed", Events: []string{events.TypeCallCompleted}}},
		Verification: "HMAC-SHA256 of time and body; Standard Webhooks since the API of 2026-03-30",
		Idempotency:  "webhook-id, before that id",
		Limits: []string{
			"The body of the API of 2026-03-30 is not published: it is read as the one before, wherever the call stands in it.",
			"The rep is known by user id and number only.",
		},
		Confidence: providers.Secondary,
	}
}

// legacy is how OpenPhone signs: "hmac;1;<milliseconds>;<signature>", several with commas between.
func legacy() signature.HMAC {
	return signature.HMAC{
		Signature: signature.Place{Header: "Openphone-Signature", Separator: ",", Prefix: "hmac;1;", Timed: ";"},
		Key:       signature.Base64Key,
		Content:   "{time}.{body}",
		Unit:      time.Millisecond,
		Tolerance: 5 * time.Minute,
	}
}

// Verify checks the signature of whichever generation the delivery is.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	if d.Header.Get("Webhook-Signature") != "" {
		return signature.StandardWebhooks("Webhook-", signature.Base64Key).Verify(d, secrets, now)
	}
	return legacy().Verify(d, secrets, now)
}

// Thread names the call.
func (Provider) Thread(d providers.Delivery) string {
	body, err := wire.JSON(d.Body)
	if err != nil {
		return ""
	}
	return object(body).Get("id").Text()
}

// object finds the call.
func object(body wire.Value) wire.Value {
	for _, path := range [][]string{{"data", "object"}, {"data", "call"}, {"data", "resource"}} {
		if call := body.Get(path...); call.IsObject() {
			return call
		}
	}
	return body.Get("data")
}
