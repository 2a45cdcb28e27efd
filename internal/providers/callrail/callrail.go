// Package callrail understands CallRail's webhooks.
package callrail

import (
	"net/url"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is CallRail.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// settingCurrency names the currency of a call's value.
const settingCurrency = "currency"

// About describes CallRail.
func (Provider) About() providers.About {
	told := []string{events.TypeCallCompleted, events.TypeLeadQualified, events.TypeLeadDisqualified}
	return providers.About{
		Name: "callrail", Title: "CallRail", Category: providers.Dialer,
		Steps: []string{
			"In CallRail open Settings, Integrations, Webhooks, and switch them on for the company.",
			"Paste {url}?type=post_call for Post-Call, {url}?type=call_modified for Call Modified, {url}?type=outbound_post_call for Outbound Post-Call and {url}?type=form_submission for Form Submission.",
			"Copy the signing key from the same page and paste it here.",
		},
		Secret: providers.Secret{Name: "signing key", Where: "CallRail, Settings, Integrations, Webhooks."},
		Settings: []providers.Setting{
			dial.Setting("tags", "demo = qualified; spam = disqualified"),
			{Name: settingCurrency, Help: "The ISO 4217 currency of the value that you give a call, such as USD. Without it values are left out."},
		},
		Kinds: []providers.Kind{
			{Name: "post_call", Events: told, Note: "leads by the call's lead status, or where a tag says so"},
			{Name: "outbound_post_call", Events: told, Note: "leads by the call's lead status, or where a tag says so"},
			{Name: "call_modified", Events: told, Note: "what was told of the call is amended"},
			{Name: "form_submission", Events: []string{events.TypeLeadCaptured}},
		},
		Verification: "HMAC-SHA1 of the body",
		Idempotency:  "type and id",
		Limits: []string{
			"CallRail does not say in a delivery what it tells of: the type at the end of the URL does. Without it the form of the body decides.",
			"Form submissions follow the reference alone: check the first one.",
		},
		Confidence: providers.Captured,
	}
}

// scheme is how CallRail signs.
func scheme() signature.HMAC {
	return signature.HMAC{Signature: signature.Place{Header: "Signature"}, Hash: signature.SHA1}
}

// Verify checks the signature over the body.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	return scheme().Verify(d, secrets, now)
}

// Thread names the call; a form stands for itself.
func (Provider) Thread(d providers.Delivery) string {
	body, err := wire.Read(d)
	if err != nil || kindOf(d, body) == "form_submission" {
		return ""
	}
	return body.Get("id").Text()
}

// kindOf says what a delivery tells of: by the URL, or else by what it holds.
func kindOf(d providers.Delivery, body wire.Value) string {
	if u, err := url.Parse(d.URL); err == nil {
		if named := u.Query().Get("type"); named != "" {
			return wire.Kind(strings.ReplaceAll(strings.ToLower(named), "-", "_"))
		}
	}
	switch {
	case body.Get("form_data").Exists() || body.Get("form_url").Exists():
		return "form_submission"
	case body.Get("duration").Text() == "" && body.Get("formatted_duration").Text() == "":
		return "pre_call"
	case body.Get("direction").Text() == "outbound":
		return "outbound_post_call"
	}
	return "post_call"
}
