// Package acuity understands the webhooks of Acuity Scheduling.
package acuity

import (
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/signature"
)

// Provider is Acuity Scheduling.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes Acuity Scheduling.
func (Provider) About() providers.About {
	all := []string{
		events.TypeAppointmentScheduled, events.TypeAppointmentRescheduled, events.TypeAppointmentCancelled,
		events.TypeAppointmentNoShow, events.TypeAppointmentHeld, events.TypeLeadCaptured,
	}
	return providers.About{
		Name: "acuity", Title: "Acuity Scheduling", Category: providers.Calendar,
		Steps: []string{
			"In Acuity open Integrations, then API, and view the credentials: user id and API key.",
			"Open Integrations, then Webhooks, and enter {url} for new, rescheduled, canceled and changed appointments.",
			"Paste the API key here as the secret, and user id and API key with a colon between as the token.",
		},
		Secret: providers.Secret{Name: "API key", Where: "Under Integrations, API: the key of the account's main admin."},
		Token:  &providers.Token{Name: "user id and API key", Where: "Under Integrations, API, written as 12345678:abcdef..."},
		Settings: []providers.Setting{
			{Name: "source", Help: "The lead source of people who book here."},
			{Name: "held_labels", Help: "The appointment labels that mean that it took place, with commas between.", Default: "Completed"},
		},
		Kinds: []providers.Kind{
			{Name: "scheduled", Events: all, Note: "a lead, details pending, where there is no token"},
			{Name: "rescheduled", Events: all},
			{Name: "canceled", Events: all},
			{Name: "changed", Events: all, Note: "no-shows and labels too"},
		},
		Verification: "HMAC-SHA256 of the body",
		Idempotency:  "action and id of the appointment",
		Limits: []string{
			"A delivery holds ids only: person and time are fetched with the token.",
			"What is fetched is the appointment as it is by then. Of two moves in quick succession only the last may show.",
			"Acuity says neither when an appointment was made nor when it was called off: the time of receipt is taken.",
			"Orders of packages and gift certificates are kept and not counted.",
		},
		Confidence: providers.Documented,
		Hosts:      []string{"acuityscheduling.com"},
	}
}

func scheme() signature.HMAC {
	return signature.HMAC{Signature: signature.Place{Header: "X-Acuity-Signature"}}
}

// Verify checks the signature of the body.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	return scheme().Verify(d, secrets, now)
}
