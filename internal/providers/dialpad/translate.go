package dialpad

import (
	"cmp"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
	"milemarker/internal/providers/wire"
)

// Translate tells of a call that ended. A leg with somebody on the line counts for more than one that rang, and that for
// more than the department's through which it came.
func (p Provider) Translate(in providers.Input) (providers.Output, error) {
	call, err := read(in.Delivery)
	if err != nil {
		return providers.Output{}, err
	}
	kind := call.Get("state").Text()
	key := call.Get("call_id").Text() + "/" + kind + "/" + call.Get("event_timestamp").Text()
	switch id := p.Thread(in.Delivery); {
	case kind != "hangup" && kind != "voicemail_uploaded":
		return wire.Ignored(kind, key, "tells of nothing that counts"), nil
	case id == "":
		return wire.Ignored(kind, key, "names no call"), nil
	default:
		return dial.Told(in, kind, key, told(call, in, id), ""), nil
	}
}

func told(call wire.Value, in providers.Input, id string) dial.Call {
	when := func(name string) string { return call.Get(name).Text() }
	connected, ended := wire.Time(when("date_connected"), in.Zone), wire.Time(when("date_ended"), in.Zone)
	sent, _ := call.Get("event_timestamp").Int()
	target := call.Get("target")
	person := target.Get("type").Text() == "user"
	answered := call.Get("date_connected").Exists() && (person || call.Get("operator_call_id").Exists())
	c := dial.Call{
		Version:   dial.Version{At: sent},
		ID:        id,
		Direction: events.Inbound,
		Outcome:   events.CallNoAnswer,
		At:        wire.Happened(in.Received, ended, connected, wire.Time(when("event_timestamp"), in.Zone)),
		Contact: wire.Contact{
			Name:       call.Get("contact", "name").Text(),
			Phone:      cmp.Or(when("external_number"), call.Get("contact", "phone").Text()),
			Email:      call.Get("contact", "email").Text(),
			ExternalID: wire.External("dialpad", call.Get("contact", "id").Text()),
		}.Read(in.Region),
	}
	if when("direction") == "outbound" {
		c.Direction = events.Outbound
	}
	switch {
	case answered:
		c.Outcome, c.Seconds = events.CallConversation, talk(call)
		if c.Seconds == 0 {
			c.Seconds = wire.Seconds(connected, ended)
		}
	case call.First("voicemail_link", "voicemail_recording_id") != "":
		c.Outcome = events.CallVoicemail
	}
	if person {
		c.Version.Rank = 1
		if answered {
			c.Version.Rank = 2
		}
		c.Reps = dial.Reps(
			dial.Rep(providers.RepEmail, target.Get("email").Text()),
			dial.Rep(providers.RepUser, target.Get("id").Text()),
			dial.Rep(providers.RepPhone, wire.Phone(cmp.Or(when("internal_number"), target.Get("phone").Text()), in.Region)),
			dial.Rep(providers.RepName, target.Get("name").Text()),
		)
	}
	for _, label := range call.Get("labels").List() {
		c.Dispositions = append(c.Dispositions, label.Text())
	}
	return c
}

// talk returns the seconds somebody was on the line; Dialpad writes milliseconds, with a fraction.
func talk(call wire.Value) int64 {
	for _, name := range []string{"talk_time", "duration"} {
		if ms, ok := call.Get(name).Int(); ok && ms > 0 {
			return wire.Length(ms / 1000)
		}
	}
	return 0
}
