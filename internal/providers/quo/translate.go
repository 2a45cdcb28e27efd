package quo

import (
	"cmp"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
	"milemarker/internal/providers/wire"
)

// Translate tells of a call that is over.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	kind, call := body.First("type", "event"), object(body)
	key := cmp.Or(in.Header.Get("Webhook-Id"), body.Get("id").Text(), kind+"/"+call.Get("id").Text())
	if kind != "call.completed" {
		return wire.Ignored(kind, key, "tells of nothing that counts"), nil
	}
	if call.Get("id").Text() == "" {
		return wire.Ignored(kind, key, "names no call"), nil
	}
	return dial.Told(in, kind, wire.Line(key, 500), read(call, body, in), ""), nil
}

func read(call, body wire.Value, in providers.Input) dial.Call {
	when := func(names ...string) time.Time { return wire.Time(call.First(names...), in.Zone) }
	answered, completed := when("answeredAt", "answered_at"), when("completedAt", "completed_at")
	told := wire.Time(body.First("createdAt", "created_at", "timestamp"), in.Zone)
	c := dial.Call{
		ID:        call.Get("id").Text(),
		Direction: events.Inbound,
		Outcome:   events.CallNoAnswer,
		At:        wire.Happened(in.Received, completed, told, answered),
	}
	if !told.IsZero() {
		c.Version.At = told.UnixMilli()
	}
	if strings.HasPrefix(call.Get("direction").Text(), "out") {
		c.Direction = events.Outbound
	}
	switch status := call.Get("status").Text(); {
	case call.First("answeredAt", "answered_at") != "":
		c.Outcome, c.Seconds = events.CallConversation, wire.Seconds(answered, completed)
		if duration, ok := call.Get("duration").Int(); ok && c.Seconds == 0 {
			c.Seconds = wire.Length(duration)
		}
	case call.Get("voicemail").IsObject() || status == "voicemail":
		c.Outcome = events.CallVoicemail
	case status == "busy":
		c.Outcome = events.CallBusy
	case status == "failed":
		c.Outcome = events.CallFailed
	}
	lead, own := ends(call, c.Direction)
	c.Contact = wire.Contact{Phone: lead}.Read(in.Region)
	c.Reps = dial.Reps(
		dial.Rep(providers.RepUser, call.First("userId", "user_id", "answeredBy")),
		dial.Rep(providers.RepPhone, wire.Phone(own, in.Region)),
	)
	return c
}

// ends returns the prospect's number and one's own. Where there are participants only, the caller is the first.
func ends(call wire.Value, direction string) (lead, own string) {
	from := call.First("from", "participants.0")
	to := call.First("to", "to.0", "participants.1")
	if direction == events.Outbound {
		return to, from
	}
	return from, to
}
