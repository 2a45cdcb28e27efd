package main

import "strings"

// fixture is one delivery of a provider.
type fixture struct {
	provider string
	file     string // in the provider's testdata
	secret   string
	sign     func(s *signer, r *request)
	media    string // "" goes by the file's name
	query    string // that the user adds to the URL
	header   map[string]string
	settings map[string]string
}

func (f fixture) mediaType() string {
	switch {
	case f.media != "":
		return f.media
	case strings.HasSuffix(f.file, ".form"):
		return "application/x-www-form-urlencoded"
	}
	return "application/json"
}

// cases are all providers' fixtures, in an order in which they might arrive.
func cases() []fixture {
	const (
		text     = "example-secret-0123456789abcdef"
		standard = "whsec_ZXhhbXBsZS1zZWNyZXQtMDEyMzQ1Njc4OWFiY2RlZg=="
		jotform  = "multipart/form-data; boundary=----jotformFixtureBoundary7MA4YWxk"
	)
	return []fixture{
		{provider: "twilio", file: "status_callback.completed.form", secret: text, sign: twilio},
		{provider: "aircall", file: "call.ended.answered.json", secret: "45d1c7b0a9e84f12b3c4d5e6f7a8b9c0", sign: unsigned},
		{provider: "callrail", file: "post_call.json", secret: text, sign: sha1Base64("Signature"), query: "?type=post_call"},
		{provider: "callrail", file: "form_submission.json", secret: text, sign: sha1Base64("Signature"), query: "?type=form_submission"},
		{provider: "dialpad", file: "call.hangup.connected.json", secret: text, sign: wholeJWT},
		{provider: "ringcentral", file: "telephony.disconnected.json", secret: text, sign: header("Verification-Token")},
		{provider: "ringcentral", file: "telephony.setup.json", secret: text, sign: header("Verification-Token")},
		{provider: "ringcentral", file: "telephony.answered.json", secret: text, sign: header("Verification-Token")},
		{provider: "justcall", file: "call.completed.json", secret: text, sign: justcall},
		{provider: "justcall", file: "sd.call_completed.json", secret: text, sign: justcall},
		{provider: "quo", file: "call.completed.legacy.json", secret: "ZXhhbXBsZS1zZWNyZXQtMDEyMzQ1Njc4OWFiY2RlZg==", sign: quo},
		{provider: "phoneburner", file: "api_calldone.json", secret: text, sign: inURL},
		{provider: "vonage", file: "completed.json", secret: text, sign: vonage},
		{provider: "typeform", file: "form_response.json", secret: text, sign: sha256Base64("Typeform-Signature", "sha256=")},
		{provider: "jotform", file: "submission.multipart", secret: text, sign: inURL, media: jotform},
		{provider: "tally", file: "FORM_RESPONSE.json", secret: text, sign: sha256Base64("Tally-Signature", "")},
		{provider: "googleforms", file: "form_submit.json", secret: text, sign: standardWebhooks},
		{provider: "hubspot", file: "subscription_batch.json", secret: text, sign: hubspot},
		{provider: "hubspot", file: "workflow_webhook.contact.json", secret: text, sign: hubspot},
		{provider: "facebook", file: "leadgen.json", secret: text, sign: sha256Hex("X-Hub-Signature-256", "sha256=")},
		{provider: "calendly", file: "invitee.created.json", secret: text, sign: timed("Calendly-Webhook-Signature")},
		{provider: "calendly", file: "invitee.canceled.json", secret: text, sign: timed("Calendly-Webhook-Signature")},
		{provider: "calendly", file: "invitee_no_show.created.json", secret: text, sign: timed("Calendly-Webhook-Signature")},
		{provider: "calcom", file: "BOOKING_CREATED.json", secret: text, sign: sha256Hex("X-Cal-Signature-256", "")},
		{provider: "calcom", file: "BOOKING_CANCELLED.json", secret: text, sign: sha256Hex("X-Cal-Signature-256", "")},
		{provider: "calcom", file: "MEETING_ENDED.flat.json", secret: text, sign: sha256Hex("X-Cal-Signature-256", "")},
		{provider: "acuity", file: "scheduled.form", secret: text, sign: sha256Base64("X-Acuity-Signature", "")},
		{provider: "acuity", file: "canceled.form", secret: text, sign: sha256Base64("X-Acuity-Signature", "")},
		{provider: "pandadoc", file: "document_state_changed.sent.json", secret: text, sign: inQuery},
		{provider: "pandadoc", file: "document_state_changed.viewed.json", secret: text, sign: inQuery},
		{provider: "pandadoc", file: "document_state_changed.completed.json", secret: text, sign: inQuery},
		{provider: "docusign", file: "envelope-sent.json", secret: text, sign: sha256Base64("X-DocuSign-Signature-1", "")},
		{provider: "docusign", file: "envelope-delivered.json", secret: text, sign: sha256Base64("X-DocuSign-Signature-1", "")},
		{provider: "docusign", file: "envelope-completed.json", secret: text, sign: sha256Base64("X-DocuSign-Signature-1", "")},
		{provider: "stripe", file: "checkout.session.completed.json", secret: text, sign: timed("Stripe-Signature")},
		{provider: "stripe", file: "customer.subscription.created.json", secret: text, sign: timed("Stripe-Signature")},
		{provider: "stripe", file: "invoice.paid.json", secret: text, sign: timed("Stripe-Signature")},
		{provider: "stripe", file: "charge.refunded.json", secret: text, sign: timed("Stripe-Signature")},
		{provider: "paypal", file: "BILLING.SUBSCRIPTION.ACTIVATED.json", secret: "WH-EXAMPLE", sign: paypal},
		{provider: "paypal", file: "PAYMENT.SALE.COMPLETED.json", secret: "WH-EXAMPLE", sign: paypal},
		{provider: "paypal", file: "CHECKOUT.ORDER.COMPLETED.json", secret: "WH-EXAMPLE", sign: paypal},
		{
			provider: "shopify", file: "orders_paid.json", secret: text, sign: sha256Base64("X-Shopify-Hmac-Sha256", ""),
			header: map[string]string{
				"X-Shopify-Topic": "orders/paid", "X-Shopify-Shop-Domain": "northfield-demo.myshopify.com",
				"X-Shopify-Event-Id": "0f1e2d3c-0001-4a5b-8c9d-35044f5f7d28",
			},
		},
		{provider: "chargebee", file: "subscription_created.json", secret: "hook_user:" + text, sign: basic},
		{provider: "standardwebhooks", file: "event.json", secret: standard, sign: standardWebhooks},
		{provider: "cloudevents", file: "structured.json", secret: text, sign: bearer, media: "application/cloudevents+json"},
		{provider: "plain", file: "plain.flat.json", secret: text, sign: inURL},
		{provider: "plain", file: "plain.form", secret: text, sign: inURL},
	}
}
