// Package hubspot understands HubSpot's webhooks: the subscriptions of an app, and the action "Send a webhook" of workflows.
package hubspot

import (
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is HubSpot.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes HubSpot.
func (Provider) About() providers.About {
	all := []string{events.TypeLeadCaptured, events.TypeLeadQualified, events.TypeSignupCompleted}
	return providers.About{
		Name: "hubspot", Title: "HubSpot", Category: providers.Form,
		Steps: []string{
			"For a form: in HubSpot open Automation, then Workflows, make one that begins with a form submission, and add the action Send a webhook (POST) to {url} with all properties of the contact.",
			"In that action choose Use request signature in the header and enter your app's id.",
			"For new contacts and won deals: in your app open Webhooks, enter {url} as target URL, and subscribe to contact.creation, to contact.propertyChange of lifecyclestage, and to deal.propertyChange of dealstage.",
			"Paste the app's client secret here; for subscriptions also an access token with the scopes crm.objects.contacts.read and crm.objects.deals.read.",
		},
		Secret: providers.Secret{Name: "client secret", Where: "In the app's settings under Auth."},
		Token:  &providers.Token{Name: "access token", Where: "In the private app's settings under Auth. Needed for subscriptions only: they carry ids."},
		Settings: []providers.Setting{
			{Name: "won_stages", Help: "The internal names of the deal stages that mean a sale, with commas between.", Default: "closedwon"},
			{Name: "qualified_stages", Help: "The lifecycle stages that mean a qualified lead, with commas between.", Default: "salesqualifiedlead,opportunity"},
			{Name: "currency", Help: "The ISO 4217 currency of deals that name none, such as USD."},
		},
		Kinds: []providers.Kind{
			{Name: "contact.creation", Events: []string{events.TypeLeadCaptured}, Note: "details pending where there is no token"},
			{Name: "contact.propertyChange", Events: []string{events.TypeLeadQualified}, Note: "when lifecyclestage becomes a qualified one"},
			{Name: "deal.propertyChange", Events: []string{events.TypeSignupCompleted}, Note: "when dealstage becomes a won one"},
			{Name: "batch", Events: all, Note: "several of the above at once"},
			{Name: "workflow contact", Events: []string{events.TypeLeadCaptured, events.TypeLeadQualified}},
			{Name: "workflow deal", Events: []string{events.TypeSignupCompleted}, Note: "of a won deal"},
		},
		Verification: "HMAC-SHA256 of method, URL, body and time (v3), or SHA-256 (v2)",
		Idempotency:  "the object's id; eventId tells deliveries apart",
		Deadline:     30 * time.Second,
		Limits: []string{
			"Subscriptions carry ids only: names and amounts are fetched with the access token.",
			"A workflow with a customised body is not read here: connect it as plain, with a mapping.",
			"Let either the workflow or the subscription tell of a contact: of both, the last that arrives stands.",
			"The signature covers the URL: it must be the public one, to the letter. Version 2 covers no time: a delivery may be sent again by who has seen it, and counts once.",
		},
		Confidence: providers.Captured,
		Hosts:      []string{"api.hubapi.com"},
	}
}

func v3() signature.HMAC {
	return signature.HMAC{
		Signature: signature.Place{Header: "X-HubSpot-Signature-v3"},
		Content:   "{method}{uri}{body}{time}",
		Time:      signature.Place{Header: "X-HubSpot-Request-Timestamp"}, Unit: time.Millisecond,
		Tolerance: 5 * time.Minute,
	}
}

func v2() signature.HMAC {
	return signature.HMAC{
		Signature: signature.Place{Header: "X-HubSpot-Signature"}, Plain: true, Encoding: signature.Hex,
		Content: "{secret}{method}{url}{body}",
	}
}

// Verify checks the third version of the signature, or the second where there is no third.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	if d.Header.Get("X-HubSpot-Signature-v3") != "" {
		return v3().Verify(d, secrets, now)
	}
	return v2().Verify(d, secrets, now)
}

// Thread names the object that a workflow sends.
func (Provider) Thread(d providers.Delivery) string {
	body, err := wire.JSON(d.Body)
	if err != nil {
		return ""
	}
	return thread(body)
}

func thread(body wire.Value) string {
	switch {
	case body.Get("vid").Text() != "":
		return "contact/" + body.Get("vid").Text()
	case isDeal(body):
		return "deal/" + body.Get("objectId").Text()
	}
	return ""
}

func isDeal(body wire.Value) bool {
	return body.Get("objectType").Text() == "DEAL" && body.Get("objectId").Text() != ""
}

// Translate tells of the leads and sales in a delivery.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	switch {
	case err != nil:
		return providers.Output{}, err
	case body.IsList():
		return subscriptions(in, body.List())
	case thread(body) != "":
		return workflow(in, body), nil
	}
	return wire.Ignored("other", "", "is neither a subscription nor a whole contact or deal"), nil
}
