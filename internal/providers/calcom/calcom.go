// Package calcom understands Cal.com's webhooks.
package calcom

import (
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/form"
	"milemarker/internal/providers/signature"
)

// Provider is Cal.com.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes Cal.com.
func (Provider) About() providers.About {
	all := []string{
		events.TypeAppointmentScheduled, events.TypeAppointmentRescheduled, events.TypeAppointmentCancelled, events.TypeAppointmentNoShow,
	}
	return providers.About{
		Name: "calcom", Title: "Cal.com", Category: providers.Calendar,
		Steps: []string{
			"In Cal.com open Settings, then Developer, then Webhooks, and add one.",
			"Paste {url} as subscriber URL and the secret from here as secret. Leave the payload template off.",
			"Choose the triggers booking created, rescheduled, cancelled, no-show updated and, if you use routing forms, form submitted.",
		},
		Secret:   providers.Secret{Name: "secret", Ours: true, Where: "In the webhook's settings under Secret."},
		Settings: form.Settings(""),
		Kinds: []providers.Kind{
			{Name: "BOOKING_CREATED", Events: all},
			{Name: "BOOKING_RESCHEDULED", Events: all},
			{Name: "BOOKING_CANCELLED", Events: all},
			{Name: "BOOKING_NO_SHOW_UPDATED", Events: all, Note: "and takes a no-show back"},
			{Name: "AFTER_GUESTS_CAL_VIDEO_NO_SHOW", Events: all},
			{Name: "FORM_SUBMITTED", Events: []string{events.TypeLeadCaptured}},
			{Name: "FORM_SUBMITTED_NO_EVENT", Events: []string{events.TypeLeadCaptured}},
		},
		Verification: "HMAC-SHA256 of the body",
		Idempotency:  "uid of the booking and what happened to it",
		Limits: []string{
			"Cal.com sends each delivery once: what could not be delivered is missing.",
			"Without a secret Cal.com signs with the words no-secret-provided, and nothing is let in.",
			"MEETING_ENDED comes by the clock even if nobody came, so it counts for nothing: that an appointment was held can be inferred when its time has passed.",
			"Of a booking with several attendees the first counts.",
		},
		Confidence: providers.Captured,
	}
}

func scheme() signature.HMAC {
	return signature.HMAC{Signature: signature.Place{Header: "X-Cal-Signature-256"}, Encoding: signature.Hex}
}

// Verify checks the signature of the body.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	return scheme().Verify(d, secrets, now)
}
