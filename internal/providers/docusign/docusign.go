// Package docusign understands the webhooks of DocuSign Connect, in JSON.
package docusign

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/offer"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is DocuSign Connect.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes DocuSign Connect.
func (Provider) About() providers.About {
	return providers.About{
		Name: "docusign", Title: "DocuSign", Category: providers.Proposal,
		Steps: []string{
			"In DocuSign open Settings, then Connect, then Connect Keys, and add a secret key: paste it here.",
			"In Connect add a custom configuration with {url} as URL to publish, the data format REST v2.1 (JSON), and HMAC signatures included.",
			"Choose the envelope events sent, delivered, completed and declined, and include the data Custom Fields, Recipients and Sender.",
		},
		Secret: providers.Secret{Name: "Connect key", Where: "In Settings, Connect, Connect Keys."},
		Settings: append(offer.Settings(),
			providers.Setting{Name: "currency", Help: "The ISO 4217 currency of an amount that stands in a custom field named amount, such as USD."}),
		Kinds: []providers.Kind{
			{Name: "envelope-sent", Events: offer.Types()},
			{Name: "envelope-delivered", Events: offer.Types(), Note: "the envelope was opened"},
			{Name: "envelope-completed", Events: offer.Types()},
			{Name: "envelope-declined", Events: offer.Types()},
		},
		Verification: "HMAC-SHA256 of the body",
		Idempotency:  "envelope and event; DocuSign changes the body when it repeats a delivery",
		Deadline:     100 * time.Second,
		Limits: []string{
			"DocuSign knows no amounts: put one in a text custom field named amount, or amount_usd for its currency.",
			"Without included data a delivery names the envelope only.",
			"The older XML format is not read.",
		},
		Confidence: providers.Secondary,
	}
}

func scheme() signature.HMAC {
	return signature.HMAC{Signature: signature.Place{Header: "X-DocuSign-Signature-*"}}
}

// Verify checks the signatures of the body: there is one for each of the account's keys.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	return scheme().Verify(d, secrets, now)
}

// Thread names the envelope.
func (Provider) Thread(d providers.Delivery) string {
	body, err := wire.JSON(d.Body)
	if err != nil {
		return ""
	}
	return body.First("data.envelopeId")
}

// Translate tells what became of an envelope.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	kind, id := body.Get("event").Text(), wire.Line(body.First("data.envelopeId"), 150)
	key := kind + "/" + id
	step := step(kind)
	if step == 0 || id == "" {
		return wire.Ignored(kind, key, "neither sent, opened, completed nor declined"), nil
	}
	envelope := body.Get("data", "envelopeSummary")
	o := offer.Offer{
		ID: id, Step: step,
		At: wire.Happened(in.Received, wire.Time(envelope.Get(stamp(step)).Text(), in.Zone),
			wire.Time(envelope.Get("statusChangedDateTime").Text(), in.Zone), wire.Time(body.Get("generatedDateTime").Text(), in.Zone)),
		Contact: contact(in, envelope), Reps: reps(envelope.Get("sender")),
	}
	o.Amount, o.Currency = amount(in, envelope)
	o.Reason = envelope.First("recipients.signers.0.declinedReason")
	out := providers.Output{Kind: kind, Key: key}
	out.Events, out.State = o.Tell(in, "docusign", key, in.State)
	return out, nil
}

func step(kind string) offer.Step {
	switch kind {
	case "envelope-sent":
		return offer.Sent
	case "envelope-delivered":
		return offer.Viewed
	case "envelope-completed":
		return offer.Accepted
	case "envelope-declined":
		return offer.Declined
	}
	return 0
}

// stamp names the member that says when a step was taken.
func stamp(s offer.Step) string {
	return map[offer.Step]string{
		offer.Sent: "sentDateTime", offer.Viewed: "deliveredDateTime", offer.Accepted: "completedDateTime", offer.Declined: "declinedDateTime",
	}[s]
}

func contact(in providers.Input, envelope wire.Value) events.Contact {
	signer := envelope.Get("recipients", "signers", "0")
	notes := []string{envelope.Get("emailSubject").Text()}
	for _, f := range fields(envelope) {
		if !amountField.MatchString(f.name) && f.name != "currency" {
			notes = append(notes, f.name+": "+f.value)
		}
	}
	return wire.Contact{
		Name: signer.Get("name").Text(), Email: signer.Get("email").Text(), Note: wire.Note(notes...),
		Phone: signer.First("phoneNumber.number"),
	}.Read(in.Region)
}

func reps(sender wire.Value) []providers.Rep {
	return slices.DeleteFunc([]providers.Rep{
		{Kind: providers.RepEmail, Value: wire.Email(sender.Get("email").Text())},
		{Kind: providers.RepUser, Value: wire.Line(sender.Get("userId").Text(), 100)},
		{Kind: providers.RepName, Value: wire.Line(sender.Get("userName").Text(), 100)},
	}, func(r providers.Rep) bool { return r.Value == "" })
}

// field is one of an envelope's text custom fields.
type field struct{ name, value string }

func fields(envelope wire.Value) []field {
	var out []field
	for _, f := range envelope.Get("customFields", "textCustomFields").List() {
		if name, value := strings.ToLower(f.Get("name").Text()), f.Get("value").Text(); name != "" && value != "" {
			out = append(out, field{name, value})
		}
	}
	return out
}

var amountField = regexp.MustCompile(`^amount(?:_([a-z]{3}))?$`)

// amount looks for an amount among the custom fields.
func amount(in providers.Input, envelope wire.Value) (amount, currency string) {
	var named string
	for _, f := range fields(envelope) {
		if match := amountField.FindStringSubmatch(f.name); match != nil && amount == "" {
			amount, currency = f.value, match[1]
		}
		if f.name == "currency" {
			named = f.value
		}
	}
	return amount, cmp.Or(currency, named, in.Settings["currency"])
}
