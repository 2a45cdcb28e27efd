// Package plain understands JSON and forms that follow no scheme at all: what people build in Zapier, Make or n8n, and what
// their own systems post. What it means is said by a mapping.
package plain

import (
	"fmt"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/mapped"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider takes plain JSON and forms.
type Provider struct{ mapped mapped.Translator }

// New returns the provider.
func New() Provider { return Provider{mapped.New()} }

// tokenHeader carries the secret where the URL does not.
const tokenHeader = "X-Ingest-Token"

// About describes plain deliveries.
func (Provider) About() providers.About {
	return providers.About{
		Name: "plain", Title: "Plain JSON or form (Zapier, Make, n8n, your own systems)", Category: providers.Generic,
		Steps: []string{
			"Zapier: add the action Webhooks by Zapier, POST, with {url} as URL and the payload type JSON or form. Make: add the module HTTP, Make a request. n8n: add the node HTTP Request.",
			"Send one object with keys such as event (lead, call, appointment, deal_won ...), name, email, phone, rep, amount, currency, time and, so that a repetition counts once, external_id.",
			"Other keys and other words are fine too: say what they mean in a mapping, and try it against a sample before you save it.",
		},
		Secret: providers.Secret{
			Name: "token", Ours: true, InURL: true,
			Where: "It is the last part of the URL: keep the URL to yourself. It may come in the header " + tokenHeader + " or as a bearer token instead.",
		},
		Settings:     []providers.Setting{mapped.Setting()},
		Kinds:        []providers.Kind{{Name: "delivery", Events: events.Types(), Note: "as the mapping says"}},
		Verification: "secret in the URL or in a header",
		Idempotency:  "as the mapping says; external_id or id, else what the event is made of and its day",
		Limits: []string{
			"Nothing is signed: whoever knows the URL can send deliveries.",
			"Without an id, two equal events on one day count once.",
		},
		Confidence: providers.Documented,
		Redact:     providers.Redact{Headers: []string{tokenHeader, "Authorization"}},
	}
}

// Verify compares the header's token, or else the last part of the URL.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, _ time.Time) error {
	if token := d.Header.Get(tokenHeader); token != "" {
		return headed(signature.Equal(token, secrets))
	}
	if scheme, token, _ := strings.Cut(d.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return headed(signature.Equal(strings.TrimSpace(token), secrets))
	}
	return signature.InURL(d, secrets)
}

func headed(err error) error {
	if err != nil {
		return fmt.Errorf("token in the header: %w", err)
	}
	return nil
}

// Translate applies the connection's mapping.
func (p Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.Read(in.Delivery)
	if err != nil {
		return providers.Output{}, err
	}
	headers := map[string]string{}
	for name := range in.Header {
		if lower := strings.ToLower(name); lower != strings.ToLower(tokenHeader) && lower != "authorization" && lower != "cookie" {
			headers[lower] = in.Header.Get(name)
		}
	}
	return p.mapped.Translate(in, "delivery", "", body, headers)
}
