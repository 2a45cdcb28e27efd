package aircall

import (
	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
	"milemarker/internal/providers/wire"
)

// Translate tells of a call once it has ended. What comes after that carries the whole call again: the newest stands.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	kind, call := body.Get("event").Text(), body.Get("data")
	id, at := call.Get("id").Text(), body.Get("timestamp")
	key := kind + "/" + id + "/" + at.Text()
	var rank int64
	switch kind {
	case "call.ended":
	case "call.tagged", "call.untagged", "call.commented", "call.assigned", "call.voicemail_left":
		rank = 1
	default:
		return wire.Ignored(kind, key, "tells of nothing that counts"), nil
	}
	if id == "" || call.Get("status").Text() != "done" {
		return wire.Ignored(kind, key, "the call has not ended"), nil
	}
	seconds, _ := at.Int()
	told := read(call, in)
	told.Version = dial.Version{At: seconds*2 + rank}
	return dial.Told(in, kind, key, told, ""), nil
}

func read(call wire.Value, in providers.Input) dial.Call {
	answered, ended := wire.Time(call.Get("answered_at").Text(), in.Zone), wire.Time(call.Get("ended_at").Text(), in.Zone)
	started := wire.Time(call.Get("started_at").Text(), in.Zone)
	c := dial.Call{
		ID:        call.Get("id").Text(),
		Direction: events.Outbound,
		Outcome:   events.CallNoAnswer,
		At:        wire.Happened(in.Received, ended, answered, started),
		Reps: dial.Reps(
			dial.Rep(providers.RepEmail, call.Get("user", "email").Text()),
			dial.Rep(providers.RepUser, call.Get("user", "id").Text()),
			dial.Rep(providers.RepPhone, wire.Phone(call.First("number.digits", "number.e164_digits"), in.Region)),
			dial.Rep(providers.RepName, call.Get("user", "name").Text()),
		),
	}
	if call.Get("direction").Text() == "inbound" {
		c.Direction = events.Inbound
	}
	switch {
	case call.Get("answered_at").Exists():
		c.Outcome, c.Seconds = events.CallConversation, wire.Seconds(answered, ended)
	case call.Get("voicemail").Text() != "":
		c.Outcome = events.CallVoicemail
	}
	var notes []string
	for _, comment := range call.Get("comments").List() {
		notes = append(notes, comment.Get("content").Text())
	}
	for _, tag := range call.Get("tags").List() {
		c.Dispositions = append(c.Dispositions, tag.Get("name").Text())
	}
	contact := call.Get("contact")
	c.Contact = wire.Contact{
		Name:       wire.Name(contact.Get("first_name").Text(), contact.Get("last_name").Text()),
		Company:    contact.Get("company_name").Text(),
		Phone:      call.First("raw_digits", "contact.phone_numbers.0.value"),
		Email:      contact.First("emails.0.value"),
		ExternalID: wire.External("aircall", contact.Get("id").Text()),
		Note:       wire.Note(notes...),
	}.Read(in.Region)
	return c
}
