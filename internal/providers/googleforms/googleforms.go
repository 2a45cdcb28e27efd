// Package googleforms understands what the script beside it (on_form_submit.gs) sends from Google Forms, which has no
// webhooks of its own.
package googleforms

import (
	_ "embed"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/form"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

//go:embed on_form_submit.gs
var script string

// Provider is Google Forms.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes Google Forms.
func (Provider) About() providers.About {
	return providers.About{
		Name: "googleforms", Title: "Google Forms", Category: providers.Form,
		Steps: []string{
			"In Google Forms open the form, then the menu with the three dots, then Apps Script.",
			"Paste this script in place of what is there, and save it:\n\n" + script,
			"Open Project Settings and add two script properties: INGEST_URL with the value {url}, and INGEST_SECRET with the secret from here.",
			"Open Triggers, add a trigger for onFormSubmit, from the form, on form submit, and grant what Google asks for.",
		},
		Secret:       providers.Secret{Name: "INGEST_SECRET", Ours: true, Where: "In the script's project settings, as the script property INGEST_SECRET."},
		Settings:     form.Settings("google_forms"),
		Kinds:        []providers.Kind{{Name: "form_submit", Events: []string{events.TypeLeadCaptured}}},
		Verification: "HMAC-SHA256 of id, time and body (Standard Webhooks)",
		Idempotency:  "id of the response",
		Limits: []string{
			"The respondent's address is told only if the form collects e-mail addresses.",
			"Google runs the script with the rights of whoever installed it; it must be installed once for each form.",
		},
		Confidence: providers.Unconfirmed,
	}
}

func scheme() signature.HMAC { return signature.StandardWebhooks("webhook-", signature.Text) }

// Verify checks the signature of id, time and body.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	return scheme().Verify(d, secrets, now)
}

// Translate tells of the lead that a response is.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	key := body.Get("response_id").Text()
	if body.Get("source").Text() != "google_forms" || key == "" {
		return wire.Ignored(body.Get("source").Text(), key, "is not of the script for Google Forms"), nil
	}
	s := form.Submission{
		ID: key, Form: body.Get("form_title").Text(),
		At:      wire.Happened(in.Received, wire.Time(body.Get("submitted_at").Text(), in.Zone)),
		Answers: []form.Answer{{Names: []string{"respondent"}, Kind: form.Email, Value: body.Get("respondent_email").Text()}},
	}
	for _, a := range body.Get("answers").List() {
		s.Answers = append(s.Answers, form.Answer{
			Names: []string{a.Get("title").Text(), a.Get("item_id").Text()}, Value: value(a.Get("value")),
		})
	}
	return providers.Output{Kind: "form_submit", Key: key, Events: []providers.Event{s.Event(in, "google_forms")}}, nil
}

// value writes an answer as text; of a grid it is a list of lists.
func value(v wire.Value) string {
	if !v.IsList() {
		return v.Text()
	}
	var texts []string
	for _, e := range v.List() {
		if text := e.Text(); text != "" {
			texts = append(texts, text)
			continue
		}
		for _, inner := range e.List() {
			texts = append(texts, inner.Text())
		}
	}
	return strings.Join(texts, ", ")
}
