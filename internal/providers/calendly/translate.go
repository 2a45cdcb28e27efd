package calendly

import (
	"cmp"
	"slices"
	"strings"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/booking"
	"milemarker/internal/providers/form"
	"milemarker/internal/providers/wire"
)

// Thread names the person: a booking that takes the place of another is a new invitee of theirs.
func (Provider) Thread(d providers.Delivery) string {
	body, err := wire.JSON(d.Body)
	if err != nil || kinds()[body.Get("event").Text()] == "" {
		return ""
	}
	payload := body.Get("payload")
	return booking.Thread(wire.Email(payload.Get("email").Text()), invitee(payload))
}

func kinds() map[string]booking.Kind {
	return map[string]booking.Kind{
		"invitee.created": booking.Booked, "invitee.canceled": booking.Cancelled,
		"invitee_no_show.created": booking.NoShow, "invitee_no_show.deleted": booking.Showed,
	}
}

// invitee is the id of a booking: the last parts of its URI. Of a no-show that is told by itself, it stands in it.
func invitee(payload wire.Value) string { return id(payload.First("uri", "invitee")) }

// id shortens a URI to what follows the host.
func id(uri string) string {
	uri = strings.TrimPrefix(uri, "https://api.calendly.com/scheduled_events/")
	return wire.Line(strings.Replace(uri, "/invitees/", "/", 1), 200)
}

// Translate tells of appointments, and of leads that a routing form captured.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	kind, payload := body.Get("event").Text(), body.Get("payload")
	name := invitee(payload)
	key := kind + "/" + name + "/" + body.Get("created_at").Text()
	what := kinds()[kind]
	switch {
	case name == "":
		return wire.Ignored(kind, key, "names no booking"), nil
	case kind == "routing_form_submission.created":
		return routed(in, kind, key, body), nil
	case what == "":
		return wire.Ignored(kind, key, "tells of nothing that counts"), nil
	}
	told := wire.Time(body.Get("created_at").Text(), in.Zone)
	f := booking.Fact{
		Booking: name, Kind: what, Order: told.UnixMilli(), At: told,
		Previous: id(payload.Get("old_invitee").Text()), Next: id(payload.Get("new_invitee").Text()),
		Moved:    payload.Get("rescheduled").Bool(),
		BookedAt: wire.Time(payload.Get("created_at").Text(), in.Zone),
		Details:  details(in, payload),
	}
	if told.IsZero() {
		f.Order = 0
	}
	switch what {
	case booking.Booked:
		f.At = cmp.Or(f.BookedAt, told)
	case booking.Cancelled:
		c := payload.Get("cancellation")
		f.At = cmp.Or(wire.Happened(in.Received, wire.Time(c.Get("created_at").Text(), in.Zone)), told)
		f.Reason = c.Get("reason").Text()
		f.CancelledBy = map[string]string{"invitee": "prospect", "host": "rep"}[c.Get("canceler_type").Text()]
	case booking.Showed:
	case booking.NoShow:
		f.At = cmp.Or(wire.Happened(in.Received, wire.Time(payload.Get("no_show", "created_at").Text(), in.Zone)), told)
	}
	return booking.Tell(in, kind, key, "calendly", f), nil
}

func details(in providers.Input, payload wire.Value) booking.Details {
	event := payload.Get("scheduled_event")
	contact, phone := wire.Contact{
		Name:  cmp.Or(payload.Get("name").Text(), wire.Name(payload.Get("first_name").Text(), payload.Get("last_name").Text())),
		Email: payload.Get("email").Text(), Phone: payload.Get("text_reminder_number").Text(),
	}, ""
	var notes []string
	for _, qa := range payload.Get("questions_and_answers").List() {
		question, answer := qa.Get("question").Text(), qa.Get("answer").Text()
		switch {
		case answer == "":
		case phone == "" && wire.Phone(answer, in.Region) != "" && form.Asks(question) == form.Phone:
			phone = answer
		case contact.Company == "" && form.Asks(question) == form.Company:
			contact.Company = answer
		default:
			notes = append(notes, question+": "+answer)
		}
	}
	contact.Phone, contact.Note = cmp.Or(phone, contact.Phone), wire.Note(notes...)
	d := booking.Details{
		Contact: contact.Read(in.Region),
		Origin: events.Origin{
			Source:   cmp.Or(wire.Label(payload.Get("tracking", "utm_source").Text()), wire.Label(in.Settings["source"])),
			Campaign: wire.Label(payload.Get("tracking", "utm_campaign").Text()),
			Product:  wire.Label(event.Get("name").Text()),
		},
		Slot: slot(in, event),
	}
	host := event.Get("event_memberships", "0")
	d.Reps = []providers.Rep{
		{Kind: providers.RepEmail, Value: wire.Email(host.Get("user_email").Text())},
		{Kind: providers.RepUser, Value: wire.Line(strings.TrimPrefix(host.Get("user").Text(), "https://api.calendly.com/users/"), 100)},
		{Kind: providers.RepName, Value: wire.Line(host.Get("user_name").Text(), 100)},
	}
	d.Reps = slices.DeleteFunc(d.Reps, func(r providers.Rep) bool { return r.Value == "" })
	return d
}

func slot(in providers.Input, event wire.Value) events.Slot {
	s := events.Slot{StartsAt: wire.Time(event.Get("start_time").Text(), in.Zone)}
	if end := wire.Time(event.Get("end_time").Text(), in.Zone); end.After(s.StartsAt) {
		s.EndsAt = end
	}
	place := event.Get("location")
	s.Location = wire.Line(place.First("join_url", "location"), 500)
	switch kind := place.Get("type").Text(); {
	case kind == "":
	case kind == "physical":
		s.Channel = "in_person"
	case strings.HasSuffix(kind, "_call"):
		s.Channel = "phone"
	case strings.Contains(kind, "conference"), strings.Contains(kind, "zoom"), strings.Contains(kind, "webex"), strings.Contains(kind, "teams"), strings.Contains(kind, "goto"):
		s.Channel = "video"
	default:
		s.Channel = "other"
	}
	return s
}

// routed tells of the lead that a routing form is.
func routed(in providers.Input, kind, key string, body wire.Value) providers.Output {
	payload := body.Get("payload")
	s := form.Submission{
		ID: invitee(payload), At: wire.Time(payload.Get("created_at").Text(), in.Zone),
		Answers: []form.Answer{
			{Names: []string{"utm_source"}, Value: payload.Get("tracking", "utm_source").Text()},
			{Names: []string{"utm_campaign"}, Value: payload.Get("tracking", "utm_campaign").Text()},
		},
	}
	for _, qa := range payload.Get("questions_and_answers").List() {
		s.Answers = append(s.Answers, form.Answer{Names: []string{qa.Get("question").Text()}, Value: qa.Get("answer").Text()})
	}
	return providers.Output{Kind: kind, Key: key, Events: []providers.Event{s.Event(in, "calendly")}}
}
