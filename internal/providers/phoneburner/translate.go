package phoneburner

import (
	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
	"milemarker/internal/providers/wire"
)

// Translate tells of a call that is over.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, kind, err := read(in.Delivery)
	if err != nil {
		return providers.Output{}, err
	}
	call := id(body)
	if kind != kindDone || body.Get("call_id").Text() == "" {
		return wire.Ignored(kind, kind+"/"+call, "tells of nothing that counts"), nil
	}
	started := wire.Time(body.Get("start_time").Text(), in.Zone)
	ended := wire.Time(body.Get("end_time").Text(), in.Zone)
	agent, contact := body.Get("agent"), body.Get("contact")
	c := dial.Call{
		Version:      dial.Version{At: in.Received.UnixMilli()},
		ID:           call,
		Direction:    events.Outbound,
		Outcome:      events.CallNoAnswer,
		At:           wire.Happened(in.Received, ended, started),
		Origin:       events.Origin{Campaign: wire.Label(body.Get("custom_data", "campaign").Text())},
		Dispositions: []string{body.Get("status").Text()},
		Contact: wire.Contact{
			Name:       wire.Name(contact.Get("first_name").Text(), contact.Get("last_name").Text()),
			Company:    contact.First("company", "company_name"),
			Phone:      contact.Get("phone").Text(),
			Email:      contact.First("email", "email_address"),
			ExternalID: external(contact),
			Note:       wire.Note(body.Get("status").Text(), body.Get("call_notes").Text()),
		}.Read(in.Region),
		Reps: dial.Reps(
			dial.Rep(providers.RepEmail, agent.First("email", "email_address")),
			dial.Rep(providers.RepUser, agent.Get("user_id").Text()),
			dial.Rep(providers.RepName, wire.Name(agent.Get("first_name").Text(), agent.Get("last_name").Text())),
		),
	}
	if body.Get("connected").Bool() {
		c.Outcome = events.CallConversation
	}
	if seconds, ok := body.Get("duration").Int(); ok {
		c.Seconds = seconds
	} else {
		c.Seconds = wire.Seconds(started, ended)
	}
	return dial.Told(in, kind, kind+"/"+call, c, dispositions), nil
}

// external returns the id of the person in one's own system, which PhoneBurner was given, or else in PhoneBurner.
func external(contact wire.Value) string {
	if own := wire.Line(contact.Get("external_id").Text(), 200); own != "" {
		return own
	}
	return wire.External("phoneburner", contact.Get("user_id").Text())
}
