package justcall

import (
	"cmp"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
	"milemarker/internal/providers/wire"
)

// Translate tells of a call that is over. Updates carry the whole call again, with notes and disposition.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	kind, call := body.Get("type").Text(), body.Get("data")
	id := call.Get("id").Text()
	key := cmp.Or(body.Get("request_id").Text(), kind+"/"+id)
	rank := 0
	switch kind {
	case "call.missed", "call.voicemail":
	case "call.completed", "sd.call_completed":
		rank = 1
	case "call.updated", "sd.call_updated":
		rank = 2
	default:
		return wire.Ignored(kind, key, "tells of nothing that counts"), nil
	}
	if id == "" || !call.Get("call_info").IsObject() {
		return wire.Ignored(kind, key, "names no call"), nil
	}
	c := read(call, in)
	c.Version = dial.Version{Rank: rank, At: in.Received.UnixMilli()}
	return dial.Told(in, kind, key, c, ""), nil
}

func read(call wire.Value, in providers.Input) dial.Call {
	info, length := call.Get("call_info"), call.Get("call_duration")
	c := dial.Call{
		ID:        call.Get("id").Text(),
		Direction: events.Outbound,
		Outcome:   outcome(info.Get("type").Text()),
		Origin:    events.Origin{Campaign: wire.Label(call.Get("campaign", "name").Text())},
		Contact: wire.Contact{
			Name:  call.Get("contact_name").Text(),
			Phone: call.Get("contact_number").Text(),
			Email: call.Get("contact_email").Text(),
			Note:  info.Get("notes").Text(),
		}.ReadInternational(in.Region),
		Reps: dial.Reps(
			dial.Rep(providers.RepEmail, call.Get("agent_email").Text()),
			dial.Rep(providers.RepUser, call.Get("agent_id").Text()),
			dial.Rep(providers.RepPhone, wire.International(call.Get("justcall_number").Text(), in.Region)),
			dial.Rep(providers.RepName, call.Get("agent_name").Text()),
		),
	}
	if strings.EqualFold(info.Get("direction").Text(), "incoming") {
		c.Direction = events.Inbound
	}
	started := wire.Time(call.Get("call_date").Text()+" "+call.Get("call_time").Text(), time.UTC) // both are UTC, hours unpadded
	ended := started
	if total, ok := length.Get("total_duration").Int(); ok && !started.IsZero() {
		ended = started.Add(time.Duration(wire.Length(total)) * time.Second)
	}
	c.At = wire.Happened(in.Received, ended, started)
	if c.Outcome == events.CallConversation || c.Outcome == events.CallVoicemail {
		c.Seconds, _ = length.Get("conversation_time").Int()
	}
	c.Dispositions = append(c.Dispositions, info.Get("disposition").Text())
	for _, tag := range call.Get("tags").List() {
		c.Dispositions = append(c.Dispositions, cmp.Or(tag.Text(), tag.Get("name").Text()))
	}
	return c
}

// outcome reads the type of a call.
func outcome(text string) string {
	switch strings.ToLower(text) {
	case "answered":
		return events.CallConversation
	case "voicemail":
		return events.CallVoicemail
	case "busy":
		return events.CallBusy
	case "failed":
		return events.CallFailed
	}
	return events.CallNoAnswer // missed, unanswered, abandoned
}
