// Package cloudevents understands CloudEvents 1.0 over HTTP: one in the body, several in the body, or one in the headers.
package cloudevents

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/mapped"
	"milemarker/internal/providers/signature"
)

// Provider takes CloudEvents.
type Provider struct{ mapped mapped.Translator }

// New returns the provider.
func New() Provider { return Provider{mapped.New()} }

// About describes CloudEvents.
func (Provider) About() providers.About {
	return providers.About{
		Name: "cloudevents", Title: "CloudEvents", Category: providers.Generic,
		Steps: []string{
			"Have your system or your event broker post CloudEvents 1.0 to {url}: structured, batched or binary.",
			"Let it send the token from here as Authorization: Bearer, or sign by Standard Webhooks with it, or append it to the URL as its last part.",
			"Use the types and fields of docs/EVENTS.md and nothing is left to do; for others, say what they mean in a mapping.",
		},
		Secret: providers.Secret{
			Name: "token", Ours: true, InURL: true,
			Where: "It is the last part of the URL; it may come as a bearer token, or be the secret of Standard Webhooks, instead.",
		},
		Settings:     []providers.Setting{mapped.Setting()},
		Kinds:        []providers.Kind{{Name: "any type", Events: events.Types(), Note: "of this product's vocabulary, or as the mapping says"}},
		Verification: "bearer token, HMAC-SHA256 of id, time and body (Standard Webhooks), or secret in the URL",
		Idempotency:  "source and id",
		Limits: []string{
			"A batch is taken whole or not at all: one event that cannot be read makes a dead letter of the delivery.",
			"Events in other formats than JSON are not read.",
		},
		Confidence: providers.Documented,
		Redact:     providers.Redact{Headers: []string{"Authorization"}},
	}
}

// Verify checks the signature, or else the bearer token, or else the last part of the URL.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	if d.Header.Get("webhook-signature") != "" {
		return signature.StandardWebhooks("webhook-", signature.Base64Key).Verify(d, secrets, now)
	}
	if scheme, token, _ := strings.Cut(d.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return signature.Equal(strings.TrimSpace(token), secrets)
	}
	return signature.InURL(d, secrets)
}

// origin is a host that may be told that it may send.
var origin = regexp.MustCompile(`^[A-Za-z0-9.:_-]{1,253}$`)

var rate = regexp.MustCompile(`^[0-9]{1,9}$`)

// Handshake answers the request by which a sender asks whether it may send (CloudEvents, HTTP webhooks, section 4).
func (Provider) Handshake(d providers.Delivery, _ providers.Secrets) (providers.Reply, bool) {
	if d.Method != http.MethodOptions {
		return providers.Reply{}, false
	}
	from := d.Header.Get("WebHook-Request-Origin")
	reply := providers.Reply{Status: http.StatusOK, Header: http.Header{"Allow": {"POST"}}}
	if !origin.MatchString(from) {
		reply.Status = http.StatusMethodNotAllowed
		return reply, true
	}
	reply.Header.Set("WebHook-Allowed-Origin", from)
	allowed := "*"
	if wanted := d.Header.Get("WebHook-Request-Rate"); rate.MatchString(wanted) {
		allowed = wanted
	}
	reply.Header.Set("WebHook-Allowed-Rate", allowed)
	return reply, true
}
