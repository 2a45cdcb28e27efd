// Package justcall understands JustCall's webhooks.
package justcall

import (
	"net/url"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is JustCall.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes JustCall.
func (Provider) About() providers.About {
	told := []string{events.TypeCallCompleted, events.TypeLeadQualified, events.TypeLeadDisqualified}
	return providers.About{
		Name: "justcall", Title: "JustCall", Category: providers.Dialer,
		Steps: []string{
			"In JustCall open Profile, APIs and Webhooks, Webhooks.",
			"Paste {url} for call.completed and call.updated, and for sd.call_completed and sd.call_updated if you use the Sales Dialer.",
			"Copy the API secret from the same page and paste it here.",
		},
		Secret:   providers.Secret{Name: "API secret", Where: "JustCall, Profile, APIs and Webhooks."},
		Settings: []providers.Setting{dial.Setting("dispositions and tags", "Demo booked = qualified; Not interested = disqualified")},
		Kinds: []providers.Kind{
			{Name: "call.completed", Events: told, Note: "leads where a disposition says so"},
			{Name: "call.updated", Events: told, Note: "what was told of the call is amended"},
			{Name: "call.missed", Events: told},
			{Name: "call.voicemail", Events: told},
			{Name: "sd.call_completed", Events: told, Note: "the same from the Sales Dialer"},
			{Name: "sd.call_updated", Events: told, Note: "the same from the Sales Dialer"},
		},
		Verification: "HMAC-SHA256 of the secret, the URL, the type and the time",
		Idempotency:  "request_id",
		Limits: []string{
			"The signature does not cover what a delivery says: whoever sees one can send others for 5 minutes.",
			"The address that JustCall calls must be exactly the one given here: it is part of the signature.",
			"A disposition that is changed later does not take back the lead's qualification.",
		},
		Confidence: providers.Documented,
	}
}

// tolerance is ours: JustCall names none.
const tolerance = 5 * time.Minute

// scheme is how JustCall signs. The URL is the one that is kept, not the one in the body.
func scheme() signature.HMAC {
	return signature.HMAC{
		Signature: signature.Place{Header: "X-Justcall-Signature"},
		Encoding:  signature.Hex,
		Content:   "{secret}|{address}|{type}|{time}",
		Time:      signature.Place{Header: "X-Justcall-Request-Timestamp"},
		Tolerance: tolerance,
		Vars: func(d providers.Delivery, name string) string {
			if name == "address" {
				return url.QueryEscape(d.URL)
			}
			body, err := wire.JSON(d.Body)
			if err != nil {
				return ""
			}
			return body.Get("type").Text()
		},
	}
}

// Verify checks the signature, which covers the type alone of all that stands in the body.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	return scheme().Verify(d, secrets, now)
}

// Thread names the call.
func (Provider) Thread(d providers.Delivery) string {
	body, err := wire.JSON(d.Body)
	if err != nil {
		return ""
	}
	return body.Get("data", "id").Text()
}
