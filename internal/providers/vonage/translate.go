package vonage

import (
	"cmp"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Translate tells of a call that is over, and remembers that a machine picked up.
func (p Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.Read(in.Delivery)
	if err != nil {
		return providers.Output{}, err
	}
	kind, id := body.Get("status").Text(), p.Thread(in.Delivery)
	key := id + "/" + kind
	if claims, err := wire.JSON(signature.Payload([]byte(signature.Bearer(in.Delivery)))); err == nil {
		key = cmp.Or(claims.Get("jti").Text(), key)
	}
	outcome, rank := "", 1
	switch kind {
	case "completed":
		outcome = events.CallConversation
	case "busy":
		outcome = events.CallBusy
	case "failed":
		outcome = events.CallFailed
	case "cancelled", "unanswered", "timeout", "rejected":
		outcome = events.CallNoAnswer
	case "machine":
		rank = 0
	default:
		return wire.Ignored(kind, key, "tells of nothing that counts"), nil
	}
	if id == "" {
		return wire.Ignored(kind, key, "names no call"), nil
	}
	c := read(body, in, id, outcome)
	c.Version.Rank = rank
	out := dial.Told(in, kind, wire.Line(key, 500), c, "")
	if len(out.Events) == 0 {
		out.Ignored = "the call is not over"
	}
	return out, nil
}

func read(body wire.Value, in providers.Input, id, outcome string) dial.Call {
	sent := wire.Time(body.Get("timestamp").Text(), in.Zone)
	c := dial.Call{
		ID:        id,
		Direction: events.Inbound,
		Outcome:   outcome,
		At:        wire.Happened(in.Received, wire.Time(body.Get("end_time").Text(), in.Zone), sent),
		Machine:   outcome == "",
	}
	if !sent.IsZero() {
		c.Version.At = sent.UnixMilli()
	}
	if outcome == events.CallConversation {
		c.Seconds, _ = body.Get("duration").Int()
	}
	lead, own := body.Get("from").Text(), body.Get("to").Text()
	if body.Get("direction").Text() == "outbound" {
		c.Direction, lead, own = events.Outbound, own, lead
	}
	c.Contact = wire.Contact{Phone: lead}.ReadInternational(in.Region)
	c.Reps = dial.Reps(dial.Rep(providers.RepPhone, wire.International(own, in.Region)))
	return c
}
