package callrail

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
	"milemarker/internal/providers/wire"
)

// Translate tells of calls that are over, and of forms.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.Read(in.Delivery)
	if err != nil {
		return providers.Output{}, err
	}
	kind, id := kindOf(in.Delivery, body), body.Get("id").Text()
	key := kind + "/" + id
	rank := 0
	switch kind {
	case "form_submission":
		return form(in, body, key), nil
	case "call_modified":
		rank = 1
	case "post_call", "outbound_post_call":
	default:
		return wire.Ignored(kind, key, "tells of nothing that counts"), nil
	}
	if id == "" || body.Get("duration").Text() == "" && !body.Get("answered").Exists() {
		return wire.Ignored(kind, key, "the call is not over"), nil
	}
	c := call(in, body)
	c.Version = dial.Version{Rank: rank, At: in.Received.UnixMilli()}
	return dial.Told(in, kind, key, c, ""), nil
}

func call(in providers.Input, body wire.Value) dial.Call {
	started := wire.Time(body.First("start_time", "timestamp", "created_at"), in.Zone)
	seconds, _ := body.Get("duration").Int()
	ended := started
	if !started.IsZero() {
		ended = started.Add(time.Duration(wire.Length(seconds)) * time.Second)
	}
	c := dial.Call{
		ID:        body.Get("id").Text(),
		Direction: events.Inbound,
		Outcome:   events.CallNoAnswer,
		At:        wire.Happened(in.Received, ended, started),
		Origin:    origin(body),
		Reps: dial.Reps(
			dial.Rep(providers.RepEmail, body.Get("agent_email").Text()),
			dial.Rep(providers.RepPhone, wire.Phone(body.First("business_phone_number", "destinationnum"), in.Region)),
		),
		Qualified:    body.Get("lead_status").Text() == "good_lead",
		Disqualified: slices.Contains([]string{"not_a_lead", "not_a_good_lead"}, body.Get("lead_status").Text()),
		Contact: wire.Contact{
			Name:       body.First("customer_name", "callername"),
			Phone:      body.First("customer_phone_number", "callernum"),
			ExternalID: wire.External("callrail", body.Get("person_id").Text()),
			Note:       body.Get("note").Text(),
		}.Read(in.Region),
	}
	if body.Get("direction").Text() == "outbound" {
		c.Direction = events.Outbound
	}
	switch {
	case body.Get("voicemail").Bool():
		c.Outcome, c.Seconds = events.CallVoicemail, seconds
	case body.Get("answered").Bool():
		c.Outcome, c.Seconds = events.CallConversation, seconds
	}
	for _, tag := range body.Get("tags").List() {
		c.Dispositions = append(c.Dispositions, cmp.Or(tag.Text(), tag.Get("name").Text()))
	}
	if amount, ok := wire.Money(body.Get("value").Text()); ok {
		c.Worth, _ = wire.Price(amount, true, in.Settings[settingCurrency])
	}
	return c
}

func form(in providers.Input, body wire.Value, key string) providers.Output {
	id := body.First("id", "form_submission_id")
	data := body.Get("form_data")
	if id == "" || !data.IsObject() && body.First("customer_email", "customer_phone_number") == "" {
		return wire.Ignored("form_submission", key, "names nobody")
	}
	contact := wire.Contact{
		Name:       cmp.Or(body.Get("customer_name").Text(), data.First("name", "Name", "full_name")),
		Phone:      cmp.Or(body.Get("customer_phone_number").Text(), data.First("phone", "Phone", "phone_number")),
		Email:      cmp.Or(body.Get("customer_email").Text(), data.First("email", "Email", "email_address")),
		ExternalID: wire.External("callrail", body.Get("person_id").Text()),
		Note:       answers(data),
	}
	at := wire.Happened(in.Received, wire.Time(body.First("submitted_at", "timestamp", "created_at"), in.Zone))
	return providers.Output{Kind: "form_submission", Key: key, Events: []providers.Event{{
		Key: id, Amends: true, Draft: wire.Draft(events.TypeLeadCaptured, at, events.LeadCaptured{Contact: contact.Read(in.Region), Origin: origin(body)}),
	}}}
}

// answers writes what else was filled in, a line each.
func answers(data wire.Value) string {
	var lines []string
	for _, name := range data.Names() {
		text := data.Get(name).Text()
		if text == "" || slices.Contains([]string{"name", "full_name", "phone", "phone_number", "email", "email_address"}, strings.ToLower(name)) {
			continue
		}
		lines = append(lines, name+": "+text)
	}
	return wire.Note(lines...)
}

func origin(body wire.Value) events.Origin {
	return events.Origin{
		Source:   wire.Label(body.First("utm_source", "source_name", "formatted_tracking_source", "referrer")),
		Campaign: wire.Label(body.First("utm_campaign", "campaign")),
	}
}
