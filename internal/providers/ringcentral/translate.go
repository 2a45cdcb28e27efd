package ringcentral

import (
	"encoding/json"
	"slices"
	"strings"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/wire"
)

// Translate adds a notification to what is known of its session, and tells of the call once all have hung up.
func (p Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	filter, key := body.Get("event").Text(), body.Get("uuid").Text()
	id := p.Thread(in.Delivery)
	if !strings.HasSuffix(filter, "/"+kindSession) || id == "" || key == "" {
		return wire.Ignored(filter, key, "tells of no call"), nil
	}
	var known session
	if json.Unmarshal(in.State, &known) != nil {
		known = session{}
	}
	told := read(body.Get("body"), in)
	if known = merge(known, told); !known.stands(in, id) {
		known = told
	}
	state, err := json.Marshal(known)
	if err != nil {
		state = nil // texts, numbers and flags only
	}
	out := providers.Output{Kind: kindSession, Key: key, State: state}
	if !known.over() {
		out.Ignored = "the call is not over"
		return out, nil
	}
	call, ok := known.call(in, id)
	if !ok {
		out.Ignored = "nobody from outside took part"
		return out, nil
	}
	out.Events = call.Events("")
	return out, nil
}

func read(body wire.Value, in providers.Input) session {
	s := session{Parties: map[string]party{}}
	sequence, _ := body.Get("sequence").Int()
	var at int64
	if t := wire.Happened(in.Received, wire.Time(body.Get("eventTime").Text(), in.Zone)); !t.IsZero() {
		at = t.UnixMilli()
	}
	for _, given := range body.Get("parties").List() {
		id := wire.Line(given.Get("id").Text(), 100)
		if id == "" {
			continue
		}
		p := party{Latest: latest{
			Sequence:  sequence,
			Direction: events.Inbound,
			Extension: given.Get("extensionId").Text(),
			From:      end(given.Get("from")),
			To:        end(given.Get("to")),
		}}
		if strings.EqualFold(given.Get("direction").Text(), "outbound") {
			p.Latest.Direction = events.Outbound
		}
		switch status := given.Get("status"); status.Get("code").Text() {
		case "Answered", "Hold", "Parked":
			p.Answered = true
			if status.Get("code").Text() == "Answered" {
				p.AnsweredAt = at
			}
		case "Voicemail", "VMScreening":
			p.Voicemail = true
		case "Disconnected", "Gone":
			p.Ended, p.EndedAt = true, at
			if reason := status.Get("reason").Text(); slices.Contains(reasons(), reason) {
				p.Reason = reason
			}
		}
		s.Parties[id] = p
	}
	return merge(session{}, s)
}

// reasons are those that say more than that nobody answered.
func reasons() []string { return []string{"TargetBusy", "Busy", "UserBusy"} }

func end(v wire.Value) endpoint {
	return endpoint{
		Phone:     wire.Line(v.Get("phoneNumber").Text(), 50),
		Name:      wire.Name(v.Get("name").Text()),
		Extension: wire.Line(v.Get("extensionId").Text(), 50),
		Number:    wire.Line(v.Get("extensionNumber").Text(), 50),
	}
}
