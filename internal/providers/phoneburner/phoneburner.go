// Package phoneburner understands PhoneBurner's dial session callbacks.
package phoneburner

import (
	"net/url"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is PhoneBurner.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

const kindDone = "api_calldone"

// dispositions are what PhoneBurner's own texts mean, as an account has them at first.
const dispositions = `No Answer = no_answer; Left Message = voicemail; Left Voicemail = voicemail; Voicemail = voicemail
Busy = busy; Busy Signal = busy; Bad Number = failed; Bad Phone = failed; Disconnected = failed; Fax = failed
Set Appointment = conversation qualified; Interested = conversation qualified
Not Interested = conversation disqualified; Do Not Call = conversation disqualified`

// About describes PhoneBurner.
func (Provider) About() providers.About {
	setting := dial.Setting("dispositions", "Set Appointment = conversation qualified; Left Message = voicemail")
	setting.Default = dispositions
	return providers.About{
		Name: "phoneburner", Title: "PhoneBurner", Category: providers.Dialer,
		Steps: []string{
			"In PhoneBurner open Settings, Dial Session, Callbacks, or give the callbacks with each dial session by the API.",
			"Paste {url} for api_calldone.",
			"Look through the table of dispositions: their texts are those of your account.",
		},
		Secret: providers.Secret{
			Name: "secret address", Ours: true, InURL: true,
			Where: "It is the last part of the address: show the address to nobody.",
		},
		Settings: []providers.Setting{setting},
		Kinds: []providers.Kind{{
			Name: kindDone, Events: []string{events.TypeCallCompleted, events.TypeLeadQualified, events.TypeLeadDisqualified},
			Note: "outcome and leads by the table of dispositions",
		}},
		Verification: "secret in the address",
		Idempotency:  "ds_id and call_id",
		Deadline:     3 * time.Second,
		Limits: []string{
			"Nothing is signed: whoever knows the address can send deliveries.",
			"Times come without a zone: they are read in the zone of the connection.",
			"An appointment is set without a time: connect the calendar to count appointments.",
		},
		Confidence: providers.Captured,
		Redact:     providers.Redact{Pointers: []string{"/webhook_meta/session_token", "/body/webhook_meta/session_token"}},
	}
}

// Verify compares the last part of the address.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, _ time.Time) error {
	return signature.InURL(d, secrets)
}

// Thread names the call.
func (Provider) Thread(d providers.Delivery) string {
	body, _, err := read(d)
	if err != nil || body.Get("call_id").Text() == "" {
		return ""
	}
	return id(body)
}

// read takes off the wrapper that some accounts have, and says what a delivery tells of: by what it holds, or the URL.
func read(d providers.Delivery) (body wire.Value, kind string, err error) {
	if body, err = wire.Read(d); err != nil {
		return wire.Value{}, "", err
	}
	if inner := body.Get("body"); inner.IsObject() {
		body = inner
	} else if inner := inner.Embedded(); inner.IsObject() {
		body = inner
	}
	if u, err := url.Parse(d.URL); err == nil && u.Query().Get("type") != "" {
		return body, wire.Kind(u.Query().Get("type")), nil
	}
	switch {
	case body.Get("call_id").Text() == "":
		return body, "unknown", nil
	case body.First("status", "end_time", "duration") == "":
		return body, "api_callbegin", nil
	}
	return body, kindDone, nil
}

// id names a call: call_id may be unique by itself, but nobody says so.
func id(body wire.Value) string {
	return wire.Line(body.Get("ds_id").Text(), 100) + "/" + wire.Line(body.Get("call_id").Text(), 100)
}
