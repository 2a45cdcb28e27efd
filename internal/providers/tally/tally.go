// Package tally understands Tally's webhooks.
package tally

import (
	"cmp"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/form"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is Tally.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes Tally.
func (Provider) About() providers.About {
	return providers.About{
		Name: "tally", Title: "Tally", Category: providers.Form,
		Steps: []string{
			"In Tally open the form, then Integrations, and connect Webhooks.",
			"Paste {url} as its endpoint URL.",
			"Add a signing secret: the secret from here.",
		},
		Secret:       providers.Secret{Name: "signing secret", Ours: true, Where: "In the webhook's settings under Signing secret."},
		Settings:     form.Settings("tally"),
		Kinds:        []providers.Kind{{Name: "FORM_RESPONSE", Events: []string{events.TypeLeadCaptured}}},
		Verification: "HMAC-SHA256 of the body",
		Idempotency:  "id of the submission",
		Deadline:     10 * time.Second,
		Limits:       []string{"Without a signing secret Tally signs nothing, and nothing is let in."},
		Confidence:   providers.Documented,
	}
}

func scheme() signature.HMAC {
	return signature.HMAC{Signature: signature.Place{Header: "Tally-Signature"}}
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
	kind, data := body.Get("eventType").Text(), body.Get("data")
	key := data.First("submissionId", "responseId")
	if kind != "FORM_RESPONSE" || key == "" {
		return wire.Ignored(kind, cmp.Or(key, body.Get("eventId").Text()), "tells of nothing that counts"), nil
	}
	s := form.Submission{
		ID: key, Form: data.Get("formName").Text(),
		At: wire.Happened(in.Received, wire.Time(data.Get("createdAt").Text(), in.Zone), wire.Time(body.Get("createdAt").Text(), in.Zone)),
	}
	for _, f := range data.Get("fields").List() {
		s.Answers = append(s.Answers, form.Answer{
			Names: []string{f.Get("label").Text(), f.Get("key").Text()},
			Kind: map[string]form.Kind{
				"INPUT_EMAIL": form.Email, "INPUT_PHONE_NUMBER": form.Phone, "FILE_UPLOAD": form.Skip, "SIGNATURE": form.Skip,
			}[f.Get("type").Text()],
			Value: value(f),
		})
	}
	return providers.Output{Kind: kind, Key: key, Events: []providers.Event{s.Event(in, "tally")}}, nil
}

// value writes a field's answer as text: what was chosen is told by ids, whose wording is among the field's options.
func value(f wire.Value) string {
	wording := map[string]string{}
	for _, o := range f.Get("options").List() {
		wording[o.Get("id").Text()] = o.Get("text").Text()
	}
	given := f.Get("value")
	chosen := []wire.Value{given}
	if given.IsList() {
		chosen = given.List()
	}
	var texts []string
	for _, c := range chosen {
		if text := cmp.Or(wording[c.Text()], c.Text()); text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, ", ")
}
