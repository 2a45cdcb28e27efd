// Package standardwebhooks understands deliveries by the Standard Webhooks specification, which Svix sends too.
package standardwebhooks

import (
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/mapped"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider takes Standard Webhooks.
type Provider struct{ mapped mapped.Translator }

// New returns the provider.
func New() Provider { return Provider{mapped.New()} }

// About describes Standard Webhooks.
func (Provider) About() providers.About {
	return providers.About{
		Name: "standardwebhooks", Title: "Standard Webhooks (your own systems, Svix)", Category: providers.Generic,
		Steps: []string{
			"Have your system post JSON to {url}, best as {\"type\": ..., \"timestamp\": ..., \"data\": {...}}.",
			"Sign with any library of standardwebhooks.com and the secret from here, written as whsec_ and the secret if the library wants it so.",
			"Use the types and fields of docs/EVENTS.md and nothing is left to do; for others, say what they mean in a mapping.",
		},
		Secret:       providers.Secret{Name: "signing secret", Ours: true, Where: "In your system's configuration. A secret of your own is whsec_ and 24 to 64 bytes in base64."},
		Settings:     []providers.Setting{mapped.Setting()},
		Kinds:        []providers.Kind{{Name: "any type", Events: events.Types(), Note: "of this product's vocabulary, or as the mapping says"}},
		Verification: "HMAC-SHA256 of id, time and body",
		Idempotency:  "webhook-id",
		Limits:       []string{"Signatures by key pair (v1a) are not read."},
		Confidence:   providers.Documented,
	}
}

// prefix is what the headers begin with: Svix has names of its own.
func prefix(d providers.Delivery) string {
	if d.Header.Get("webhook-signature") == "" && d.Header.Get("svix-signature") != "" {
		return "svix-"
	}
	return "webhook-"
}

// Verify checks the signature of id, time and body.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	return signature.StandardWebhooks(prefix(d), signature.Base64Key).Verify(d, secrets, now)
}

// Translate takes what speaks of this vocabulary as it is, and applies the connection's mapping to all else.
func (p Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	kind, id := body.Get("type").Text(), in.Header.Get(prefix(in.Delivery)+"id")
	at := wire.Time(body.Get("timestamp").Text(), in.Zone)
	if e, ok := mapped.Own(in, kind, id, at, body.Get("data").Raw()); ok {
		return providers.Output{Kind: kind, Key: wire.Line(id, 500), Events: []providers.Event{e}}, nil
	}
	headers := map[string]string{}
	if id != "" {
		headers["webhook-id"] = id
	}
	return p.mapped.Translate(in, kind, id, body, headers)
}
