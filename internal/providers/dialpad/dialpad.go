// Package dialpad understands Dialpad's call events.
package dialpad

import (
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is Dialpad.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes Dialpad.
func (Provider) About() providers.About {
	told := []string{events.TypeCallCompleted, events.TypeLeadQualified, events.TypeLeadDisqualified}
	return providers.About{
		Name: "dialpad", Title: "Dialpad", Category: providers.Dialer,
		Steps: []string{
			"Create a webhook by Dialpad's API: POST /api/v2/webhooks with hook_url {url} and secret set to the secret shown here.",
			"Subscribe it to calls: POST /api/v2/subscriptions/call with that webhook's id and call_states [\"hangup\", \"voicemail_uploaded\"].",
		},
		Secret:   providers.Secret{Name: "secret", Ours: true, Where: "It is made here; hand it over when you create the webhook."},
		Settings: []providers.Setting{dial.Setting("call labels", "Hot lead = qualified")},
		Kinds: []providers.Kind{
			{Name: "hangup", Events: told, Note: "leads where a label says so"},
			{Name: "voicemail_uploaded", Events: told, Note: "what was told of the call is amended"},
		},
		Verification: "the body is a JSON Web Token, HS256",
		Idempotency:  "call_id, state and event_timestamp",
		Limits: []string{
			"A webhook made without the secret sends plain JSON, which is refused.",
			"The legs of a call through a department or call centre are joined by its entry point; of several people who took part, the last counts.",
		},
		Confidence: providers.Captured,
	}
}

// Verify checks the token that the body is.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	_, err := signature.JWT(string(d.Body), secrets, now, 0)
	return err
}

// Thread names the call, all its legs together.
func (Provider) Thread(d providers.Delivery) string {
	call, err := read(d)
	if err != nil {
		return ""
	}
	return call.First("entry_point_call_id", "master_call_id", "call_id")
}

// read takes the event out of its token.
func read(d providers.Delivery) (wire.Value, error) {
	if payload := signature.Payload(d.Body); payload != nil {
		return wire.JSON(payload)
	}
	return wire.JSON(d.Body)
}
