// Package aircall understands Aircall's webhooks.
package aircall

import (
	"fmt"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is Aircall.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes Aircall.
func (Provider) About() providers.About {
	told := []string{events.TypeCallCompleted, events.TypeLeadQualified, events.TypeLeadDisqualified}
	later := "what was told of the call is amended"
	return providers.About{
		Name: "aircall", Title: "Aircall", Category: providers.Dialer,
		Steps: []string{
			"In the Aircall dashboard open Integrations & API, then API Integrations, and add a Webhook.",
			"Paste {url} as its URL and choose the events call.ended, call.tagged, call.untagged and call.commented.",
			"Ask Aircall's API for the webhook (GET /v1/webhooks) and paste its token here.",
		},
		Secret: providers.Secret{
			Name:  "webhook token",
			Where: "The dashboard does not show it: GET https://api.aircall.io/v1/webhooks with your API id and token lists it.",
		},
		Settings: []providers.Setting{dial.Setting("tags", "Demo booked = qualified; Not interested = disqualified")},
		Kinds: []providers.Kind{
			{Name: "call.ended", Events: told, Note: "leads where a tag says so"},
			{Name: "call.tagged", Events: told, Note: later},
			{Name: "call.untagged", Events: told, Note: later},
			{Name: "call.commented", Events: told, Note: later},
			{Name: "call.assigned", Events: told, Note: later},
			{Name: "call.voicemail_left", Events: told, Note: later},
		},
		Verification: "token in the body",
		Idempotency:  "event, call and timestamp",
		Deadline:     5 * time.Second,
		Limits: []string{
			"Nothing is signed: whoever knows the token can send deliveries.",
			"A call that a machine picked up counts as a conversation unless a tag says otherwise.",
			"A tag that is taken off again does not take back the lead's qualification.",
		},
		Confidence: providers.Captured,
		Redact:     providers.Redact{Pointers: []string{"/token"}},
	}
}

// Verify compares the token in the body.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, _ time.Time) error {
	body, err := wire.JSON(d.Body)
	if err != nil {
		body = wire.Value{}
	}
	if err := signature.Equal(body.Get("token").Text(), secrets); err != nil {
		return fmt.Errorf("token in the body: %w", err)
	}
	return nil
}

// Thread names the call.
func (Provider) Thread(d providers.Delivery) string {
	body, err := wire.JSON(d.Body)
	if err != nil || body.Get("resource").Text() != "call" {
		return ""
	}
	return body.Get("data", "id").Text()
}
