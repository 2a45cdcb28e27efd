// Package typeform understands Typeform's webhooks.
package typeform

import (
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/form"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is Typeform.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes Typeform.
func (Provider) About() providers.About {
	return providers.About{
		Name: "typeform", Title: "Typeform", Category: providers.Form,
		Steps: []string{
			"In Typeform open the form, then Connect, then Webhooks, and add a webhook.",
			"Paste {url} as its endpoint.",
			"Edit the webhook, paste the secret from here as its Secret, and switch the webhook on.",
		},
		Secret:   providers.Secret{Name: "secret", Ours: true, Where: "In the webhook's settings under Secret."},
		Settings: form.Settings("typeform"),
		Kinds: []providers.Kind{
			{Name: "form_response", Events: []string{events.TypeLeadCaptured}},
		},
		Verification: "HMAC-SHA256 of the body",
		Idempotency:  "token of the response",
		Limits: []string{
			"Responses that were broken off (form_response_partial) are kept and not counted.",
			"Hidden fields named utm_source, utm_campaign and owner become source, campaign and rep.",
		},
		Confidence: providers.Documented,
	}
}

func scheme() signature.HMAC {
	return signature.HMAC{Signature: signature.Place{Header: "Typeform-Signature", Prefix: "sha256="}}
}

// Verify checks the signature of the body.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	return scheme().Verify(d, secrets, now)
}

// Translate tells of the lead that a response is.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	kind, response := body.Get("event_type").Text(), body.Get("form_response")
	key := response.Get("token").Text()
	if key == "" {
		key = body.Get("event_id").Text()
	}
	if kind != "form_response" || key == "" {
		return wire.Ignored(kind, key, "tells of nothing that counts"), nil
	}
	s := form.Submission{
		ID: key, Form: response.Get("definition", "title").Text(),
		At:      wire.Happened(in.Received, wire.Time(response.Get("submitted_at").Text(), in.Zone), wire.Time(response.Get("landed_at").Text(), in.Zone)),
		Answers: answers(response),
	}
	return providers.Output{Kind: kind, Key: key, Events: []providers.Event{s.Event(in, "typeform")}}, nil
}

// answers joins answers with their questions by the field's id: questions that were left out have no answer, so their
// places do not match.
func answers(response wire.Value) []form.Answer {
	titles := map[string]string{}
	for _, f := range response.Get("definition", "fields").List() {
		titles[f.Get("id").Text()] = f.Get("title").Text()
	}
	var out []form.Answer
	for _, a := range response.Get("answers").List() {
		kind := a.Get("type").Text()
		out = append(out, form.Answer{
			Names: []string{titles[a.First("field.id")], a.First("field.ref")},
			Kind:  map[string]form.Kind{"email": form.Email, "phone_number": form.Phone}[kind],
			Value: value(kind, a.Get(kind)),
		})
	}
	hidden := response.Get("hidden")
	for _, name := range hidden.Names() {
		out = append(out, form.Answer{Names: []string{name}, Value: hidden.Get(name).Text()})
	}
	return out
}

// value writes one answer as text.
func value(kind string, v wire.Value) string {
	switch kind {
	case "choice":
		return v.First("label", "other")
	case "choices":
		var labels []string
		for _, label := range append(v.Get("labels").List(), v.Get("other")) {
			if text := label.Text(); text != "" {
				labels = append(labels, text)
			}
		}
		return strings.Join(labels, ", ")
	case "payment":
		return v.First("amount")
	}
	return v.Text()
}
