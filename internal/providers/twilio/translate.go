package twilio

import (
	"strings"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
	"milemarker/internal/providers/wire"
)

// Translate tells of a call that is over.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	form, err := wire.Read(in.Delivery)
	if err != nil {
		return providers.Output{}, err
	}
	id, parent := form.Get("CallSid").Text(), form.Get("ParentCallSid").Text()
	kind, status, seconds, rank := "status-callback", form.Get("CallStatus"), form.Get("CallDuration"), 0
	switch {
	case form.Get("RecordingStatus").Exists():
		kind = "recording-status-callback"
	case form.Get("DialCallStatus").Exists():
		kind, status, seconds, rank = "dial-action", form.Get("DialCallStatus"), form.Get("DialCallDuration"), 1
	case !status.Exists():
		kind = "unknown"
	}
	sequence, _ := form.Get("SequenceNumber").Int()
	key := id + "/" + status.Text() + "/" + form.Get("SequenceNumber").Text()
	result, over := outcome(status.Text(), form.Get("AnsweredBy").Text())
	switch countsChildren := in.Settings[settingLegs] == "child"; {
	case id == "" || kind != "status-callback" && kind != "dial-action":
		return wire.Ignored(kind, key, "tells of nothing that counts"), nil
	case !over:
		return wire.Ignored(kind, key, "the call is not over"), nil
	case rank == 0 && countsChildren != (parent != ""):
		return wire.Ignored(kind, key, "another leg of the call counts"), nil
	}
	c := dial.Call{
		Version:   dial.Version{Rank: rank, At: sequence},
		ID:        id,
		Direction: events.Outbound,
		Outcome:   result,
		At:        wire.Happened(in.Received, wire.Time(form.Get("Timestamp").Text(), in.Zone)),
	}
	if c.Outcome == events.CallConversation || c.Outcome == events.CallVoicemail {
		c.Seconds, _ = seconds.Int()
	}
	lead, rep := form.Get("To").Text(), form.Get("From").Text()
	if !strings.HasPrefix(form.Get("Direction").Text(), "outbound") {
		c.Direction, lead, rep = events.Inbound, rep, lead
	}
	c.Contact = wire.Contact{Phone: lead}.Read(in.Region)
	c.Reps = dial.Reps(line(rep, in.Region)...)
	return dial.Told(in, kind, key, c, ""), nil
}

// outcome reads a call's status, and what answering machine detection found if it is on.
func outcome(status, answeredBy string) (outcome string, over bool) {
	switch status {
	case "completed":
		if answeredBy == "fax" {
			return events.CallFailed, true
		}
		if strings.HasPrefix(answeredBy, "machine") {
			return events.CallVoicemail, true
		}
		return events.CallConversation, true // a person, or nobody looked
	case "busy":
		return events.CallBusy, true
	case "no-answer", "canceled":
		return events.CallNoAnswer, true
	case "failed":
		return events.CallFailed, true
	}
	return "", false
}

// line names a rep by number, or by a client or SIP address.
func line(text, region string) []providers.Rep {
	if phone := wire.Phone(text, region); phone != "" {
		return []providers.Rep{dial.Rep(providers.RepPhone, phone)}
	}
	_, name, _ := strings.Cut(text, ":")
	return []providers.Rep{dial.Rep(providers.RepUser, name)}
}
