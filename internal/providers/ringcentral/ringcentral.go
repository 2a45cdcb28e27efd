// Package ringcentral understands RingCentral's telephony session notifications.
package ringcentral

import (
	"cmp"
	"fmt"
	"net/http"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is RingCentral.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

const kindSession = "telephony/sessions"

// About describes RingCentral.
func (Provider) About() providers.About {
	return providers.About{
		Name: "ringcentral", Title: "RingCentral", Category: providers.Dialer,
		Steps: []string{
			"Create a subscription by RingCentral's API: POST /restapi/v1.0/subscription.",
			"Give it the event filter /restapi/v1.0/account/~/telephony/sessions (or .../extension/~/telephony/sessions for one person).",
			"Give it the delivery mode {\"transportType\": \"WebHook\", \"address\": \"{url}\", \"verificationToken\": the secret shown here}.",
			"Renew the subscription before it expires.",
		},
		Secret: providers.Secret{
			Name: "verification token", Ours: true,
			Where: "It is made here; hand it over as deliveryMode.verificationToken of the subscription.",
		},
		Kinds:        []providers.Kind{{Name: kindSession, Events: []string{events.TypeCallCompleted}, Note: "once every party has hung up; amended if more comes to light"}},
		Verification: "token in the header Verification-Token",
		Idempotency:  "uuid",
		Deadline:     3 * time.Second,
		Limits: []string{
			"Nothing is signed: whoever knows the token can send deliveries.",
			"A subscription whose address fails is blacklisted for good: delete it and create it again.",
			"Subscriptions expire: RingCentral sends nothing more until they are renewed.",
			"Calls between two extensions do not count.",
		},
		Confidence: providers.Documented,
		Redact:     providers.Redact{Headers: []string{"Verification-Token", "Validation-Token"}},
	}
}

// Verify compares the token, which an older page of the documentation calls Validation-Token.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, _ time.Time) error {
	if err := signature.Equal(cmp.Or(d.Header.Get("Verification-Token"), d.Header.Get("Validation-Token")), secrets); err != nil {
		return fmt.Errorf("header Verification-Token: %w", err)
	}
	return nil
}

// maxToken keeps the whole reply below the 1,024 bytes that RingCentral takes.
const maxToken = 256

// Handshake sends back the token that comes with an empty body when a subscription is created.
func (Provider) Handshake(d providers.Delivery, _ providers.Secrets) (providers.Reply, bool) {
	token := d.Header.Get("Validation-Token")
	if token == "" || len(token) > maxToken || len(d.Body) > 0 || d.Method != http.MethodPost {
		return providers.Reply{}, false
	}
	return providers.Reply{Header: http.Header{"Validation-Token": {token}, "Content-Type": {"application/json"}}}, true
}

// Thread names the session.
func (Provider) Thread(d providers.Delivery) string {
	body, err := wire.JSON(d.Body)
	if err != nil {
		return ""
	}
	return body.Get("body", "telephonySessionId").Text()
}
