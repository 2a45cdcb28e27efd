// Package pandadoc understands PandaDoc's webhooks.
package pandadoc

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/offer"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is PandaDoc.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes PandaDoc.
func (Provider) About() providers.About {
	return providers.About{
		Name: "pandadoc", Title: "PandaDoc", Category: providers.Proposal,
		Steps: []string{
			"In PandaDoc open the Developer dashboard, then Configuration, then Webhooks, and create one.",
			"Paste {url} and choose the event Document state changed.",
			"Copy the webhook's shared key and paste it here.",
		},
		Secret:       providers.Secret{Name: "shared key", Where: "In the Developer dashboard beside the webhook."},
		Settings:     offer.Settings(),
		Kinds:        []providers.Kind{{Name: "document_state_changed", Events: offer.Types(), Note: "when it is sent, viewed, completed, paid or declined"}},
		Verification: "HMAC-SHA256 of the body, in the URL",
		Idempotency:  "event, document, status and time of the change",
		Limits: []string{
			"Of several recipients the first who signs counts as the prospect.",
			"A document that is recalled (voided) counts as neither accepted nor declined.",
		},
		Confidence: providers.Documented,
		Redact:     providers.Redact{Query: []string{"signature"}},
	}
}

func scheme() signature.HMAC {
	return signature.HMAC{Signature: signature.Place{Query: "signature"}, Encoding: signature.Hex}
}

// Verify checks the signature of the body.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	return scheme().Verify(d, secrets, now)
}

// maxBatch bounds the documents of one delivery.
const maxBatch = 100

// Thread names the document, if there is but one.
func (Provider) Thread(d providers.Delivery) string {
	body, err := wire.JSON(d.Body)
	if err != nil {
		return ""
	}
	id := body.First("0.data.id")
	for _, e := range body.List() {
		if e.Get("data", "id").Text() != id {
			return ""
		}
	}
	return id
}

// Translate tells what became of proposals.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	batch := body.List()
	if len(batch) > maxBatch {
		return providers.Output{}, fmt.Errorf("more than %d documents: %w", maxBatch, providers.ErrMalformed)
	}
	out := providers.Output{Kind: "document_state_changed"}
	var keys, others []string
	seen := map[string]bool{}
	state := in.State
	for _, e := range batch {
		kind, doc := e.Get("event").Text(), e.Get("data")
		keys = append(keys, strings.Join([]string{kind, doc.Get("id").Text(), doc.Get("status").Text(), doc.Get("date_modified").Text()}, "/"))
		o := read(in, doc)
		if kind != out.Kind || o.Step == 0 || o.ID == "" {
			others = append(others, kind+" "+doc.Get("status").Text())
			continue
		}
		told, kept := o.Tell(in, "pandadoc", keys[len(keys)-1], state)
		state = kept
		for _, e := range told {
			if id := e.Draft.Type + e.Key; !seen[id] {
				seen[id] = true
				out.Events = append(out.Events, e)
			}
		}
	}
	out.Key = wire.Line(strings.Join(keys, ","), 500)
	if len(out.Events) == 0 {
		kind := ""
		if len(others) > 0 {
			kind, _, _ = strings.Cut(others[0], " ")
		}
		return wire.Ignored(kind, out.Key, "neither sent, viewed, accepted nor declined"), nil
	}
	out.State = state
	return out, nil
}

func read(in providers.Input, doc wire.Value) offer.Offer {
	sender, r := doc.Get("sent_by"), recipient(doc)
	if !sender.Exists() {
		sender = doc.Get("created_by")
	}
	o := offer.Offer{
		ID: wire.Line(doc.Get("id").Text(), 150), Step: step(doc.Get("status").Text()),
		At:      wire.Happened(in.Received, wire.Time(doc.Get("date_modified").Text(), in.Zone)),
		Product: doc.Get("template", "name").Text(),
		Amount:  doc.Get("grand_total", "amount").Text(), Currency: doc.Get("grand_total", "currency").Text(),
		ValidUntil: wire.Time(doc.Get("expiration_date").Text(), in.Zone),
		Contact: wire.Contact{
			Name:  wire.Name(r.Get("first_name").Text(), r.Get("last_name").Text()),
			Email: r.Get("email").Text(), Phone: r.Get("phone").Text(),
			ExternalID: wire.External("pandadoc", r.Get("contact_id").Text()),
			Note:       doc.Get("name").Text(),
		}.Read(in.Region),
		Reps: []providers.Rep{
			{Kind: providers.RepEmail, Value: wire.Email(sender.Get("email").Text())},
			{Kind: providers.RepUser, Value: wire.Line(sender.First("membership_id", "id"), 100)},
			{Kind: providers.RepName, Value: wire.Name(sender.Get("first_name").Text(), sender.Get("last_name").Text())},
		},
	}
	o.Reps = slices.DeleteFunc(o.Reps, func(r providers.Rep) bool { return r.Value == "" })
	return o
}

func step(status string) offer.Step {
	switch status {
	case "document.sent":
		return offer.Sent
	case "document.viewed":
		return offer.Viewed
	case "document.completed", "document.paid":
		return offer.Accepted
	case "document.declined":
		return offer.Declined
	}
	return 0
}

// recipient is the prospect: the first who signs, else the first at all.
func recipient(doc wire.Value) wire.Value {
	for _, r := range doc.Get("recipients").List() {
		if r.Get("recipient_type").Text() == "SIGNER" {
			return r
		}
	}
	return doc.Get("recipients", "0")
}
