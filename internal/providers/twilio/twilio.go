// Package twilio understands Twilio's voice status callbacks.
package twilio

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is Twilio.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// settingLegs chooses which legs of a call count.
const settingLegs = "legs"

// About describes Twilio.
func (Provider) About() providers.About {
	return providers.About{
		Name: "twilio", Title: "Twilio Voice", Category: providers.Dialer,
		Steps: []string{
			"For calls that your program places: give {url} as StatusCallback, with the event completed.",
			"For numbers that are called: in the Twilio console open the number, Voice configuration, and paste {url} as \"Call status changes\", method HTTP POST.",
			"Copy the auth token of the account and paste it here.",
		},
		Secret: providers.Secret{
			Name:  "auth token",
			Where: "Twilio console, Account info. While it is being replaced, add the secondary token too.",
		},
		Settings: []providers.Setting{{
			Name:    settingLegs,
			Help:    "Which calls count where one leads to another, as when a call is passed on: \"parent\", the first, or \"child\", the second.",
			Default: "parent",
		}},
		Kinds: []providers.Kind{
			{Name: "status-callback", Events: []string{events.TypeCallCompleted}, Note: "once the call is over"},
			{Name: "dial-action", Events: []string{events.TypeCallCompleted}, Note: "its outcome counts for more than the status callback's"},
		},
		Verification: "HMAC-SHA1 of the URL and the form's fields",
		Idempotency:  "CallSid",
		Limits: []string{
			"The address that Twilio calls must be exactly the one given here: it is part of the signature.",
			"Milemarker does not answer with TwiML: an action URL must be passed on by your own program.",
			"The rep is known by the number only: give each rep's number or client name in the rep's identities.",
		},
		Confidence: providers.Captured,
	}
}

// Verify checks the signature over the URL, with and without the usual port, and over the body: the fields of a form in
// the order of their names, or the hash that the URL names.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	u, err := url.Parse(d.URL)
	if err != nil {
		return fmt.Errorf("url: %w", providers.ErrSignature)
	}
	fields := ""
	if want := u.Query().Get("bodySHA256"); want != "" {
		sum := sha256.Sum256(d.Body)
		if !strings.EqualFold(want, hex.EncodeToString(sum[:])) { // no secret: the signature covers the URL
			return fmt.Errorf("hash of the body: %w", providers.ErrSignature)
		}
	} else if fields, err = sorted(d); err != nil {
		return err
	}
	var fault error
	for _, target := range targets(d.URL, *u) {
		scheme := signature.HMAC{
			Signature: signature.Place{Header: "X-Twilio-Signature"},
			Hash:      signature.SHA1,
			Content:   "{signed}",
			Vars:      func(providers.Delivery, string) string { return target + fields },
		}
		if fault = scheme.Verify(d, secrets, now); fault == nil {
			return nil
		}
	}
	return fault
}

// sorted joins names and values of a form.
func sorted(d providers.Delivery) (string, error) {
	if len(d.Body) == 0 {
		return "", nil
	}
	form, err := url.ParseQuery(string(d.Body))
	if err != nil {
		return "", fmt.Errorf("form: %w", providers.ErrSignature)
	}
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		b.WriteString(name)
		b.WriteString(form[name][0])
	}
	return b.String(), nil
}

// targets are the ways in which Twilio may write the URL that it signs.
func targets(given string, u url.URL) []string {
	port := "443"
	if u.Scheme == "http" {
		port = "80"
	}
	host := u.Host
	switch u.Port() {
	case "":
		u.Host += ":" + port
	case port:
		u.Host = u.Hostname()
	}
	if u.Host == host {
		return []string{given}
	}
	return []string{given, u.String()}
}

// Thread names the call.
func (Provider) Thread(d providers.Delivery) string {
	form, err := wire.Read(d)
	if err != nil {
		return ""
	}
	return form.Get("CallSid").Text()
}
