// Package calendly understands Calendly's webhooks.
package calendly

import (
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/signature"
)

// Provider is Calendly.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes Calendly.
func (Provider) About() providers.About {
	all := []string{
		events.TypeAppointmentScheduled, events.TypeAppointmentRescheduled, events.TypeAppointmentCancelled, events.TypeAppointmentNoShow,
	}
	return providers.About{
		Name: "calendly", Title: "Calendly", Category: providers.Calendar,
		Steps: []string{
			"In Calendly open Integrations, then API & Webhooks, and make a personal access token.",
			"With it, POST https://api.calendly.com/webhook_subscriptions with the url {url}, your organization, the scope organization, a signing_key (the secret from here) and the events invitee.created, invitee.canceled, invitee_no_show.created, invitee_no_show.deleted and, if you use them, routing_form_submission.created.",
			"Calendly needs a paid plan for webhooks.",
		},
		Secret: providers.Secret{Name: "signing key", Ours: true, Where: "It goes along as signing_key when the subscription is made."},
		Settings: []providers.Setting{
			{Name: "source", Help: "The lead source, where the booking does not pass on utm_source."},
		},
		Kinds: []providers.Kind{
			{Name: "invitee.created", Events: all, Note: "rescheduled, where it takes the place of another booking"},
			{Name: "invitee.canceled", Events: all, Note: "not cancelled, where it was moved"},
			{Name: "invitee_no_show.created", Events: all},
			{Name: "invitee_no_show.deleted", Events: all, Note: "takes the no-show back"},
			{Name: "routing_form_submission.created", Events: []string{events.TypeLeadCaptured}},
		},
		Verification: "HMAC-SHA256 of time and body",
		Idempotency:  "the invitee's URI and what happened to it",
		Limits: []string{
			"That an appointment was held is never told: it can be inferred when its time has passed.",
			"Bookings without an e-mail address are not recognised as the same person's.",
			"The events of an invitee repeat what became of it before, so that none is missing if a delivery was.",
		},
		Confidence: providers.Documented,
		Redact:     providers.Redact{Pointers: []string{"/payload/cancel_url", "/payload/reschedule_url"}},
	}
}

func scheme() signature.HMAC {
	return signature.HMAC{
		Signature: signature.Place{Header: "Calendly-Webhook-Signature", Separator: ",", Prefix: "v1="}, Encoding: signature.Hex,
		Content: "{time}.{body}", Time: signature.Place{Header: "Calendly-Webhook-Signature", Separator: ",", Prefix: "t="},
		Tolerance: 3 * time.Minute,
	}
}

// Verify checks the signature of time and body.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	return scheme().Verify(d, secrets, now)
}
