package calcom

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

// Thread names the person: a booking that was moved is a new one of theirs.
func (Provider) Thread(d providers.Delivery) string {
	body, err := wire.JSON(d.Body)
	if err != nil {
		return ""
	}
	payload := body.Get("payload")
	if kind(body, payload) == "" {
		return ""
	}
	return booking.Thread(wire.Email(attendee(payload).Get("email").Text()), uid(payload))
}

func uid(payload wire.Value) string { return wire.Line(payload.First("uid", "bookingUid"), 150) }

// attendee is the prospect: the first who is invited.
func attendee(payload wire.Value) wire.Value { return payload.Get("attendees", "0") }

// kind tells what a delivery says of a booking, "" if nothing.
func kind(body, payload wire.Value) booking.Kind {
	switch body.Get("triggerEvent").Text() {
	case "BOOKING_CREATED", "BOOKING_RESCHEDULED":
		return booking.Booked
	case "BOOKING_CANCELLED":
		return booking.Cancelled
	case "BOOKING_NO_SHOW_UPDATED":
		if attendee(payload).Get("noShow").Text() == "false" {
			return booking.Showed
		}
		return booking.NoShow
	case "AFTER_GUESTS_CAL_VIDEO_NO_SHOW":
		return booking.NoShow
	}
	return ""
}

// Translate tells of appointments, and of leads that a form captured.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	trigger, payload := body.Get("triggerEvent").Text(), body.Get("payload")
	what, name := kind(body, payload), uid(payload)
	key := trigger + "/" + cmp.Or(name, body.Get("uid").Text()) + "/" + body.Get("createdAt").Text()
	switch {
	case trigger == "FORM_SUBMITTED" || trigger == "FORM_SUBMITTED_NO_EVENT":
		return submitted(in, trigger, key, body), nil
	case trigger == "MEETING_ENDED" || trigger == "MEETING_STARTED":
		return wire.Ignored(trigger, key, "says what time it is, not whether somebody came"), nil
	case trigger == "BOOKING_REQUESTED" || trigger == "BOOKING_REJECTED":
		return wire.Ignored(trigger, key, "an appointment is made when the booking is confirmed"), nil
	case what == "" || name == "":
		return wire.Ignored(trigger, key, "tells of nothing that counts"), nil
	}
	at := wire.Time(body.Get("createdAt").Text(), in.Zone)
	f := booking.Fact{
		Booking: name, Previous: wire.Line(payload.Get("rescheduleUid").Text(), 150), Kind: what,
		At: at, Details: details(in, payload),
		Reason: payload.First("cancellationReason"), CancelledBy: cancelledBy(payload),
	}
	if !at.IsZero() {
		f.Order = at.UnixMilli()
	}
	return booking.Tell(in, wire.Kind(trigger), key, "calcom", f), nil
}

// cancelledBy tells the sides apart by the e-mail address.
func cancelledBy(payload wire.Value) string {
	switch by := payload.Get("cancelledBy").Text(); {
	case by == "":
		return ""
	case strings.EqualFold(by, attendee(payload).Get("email").Text()):
		return "prospect"
	case strings.EqualFold(by, payload.Get("organizer", "email").Text()):
		return "rep"
	}
	return ""
}

func details(in providers.Input, payload wire.Value) booking.Details {
	guest, host := attendee(payload), payload.Get("organizer")
	answers := payload.Get("responses")
	contact := wire.Contact{
		Name:  cmp.Or(guest.Get("name").Text(), answers.First("name.value")),
		Email: guest.Get("email").Text(),
		Phone: cmp.Or(answers.First("phone.value", "attendeePhoneNumber.value", "smsReminderNumber.value"), guest.First("phoneNumber")),
	}
	var notes []string
	for _, name := range answers.Names() {
		answer := answers.Get(name, "value").Text()
		switch label := cmp.Or(answers.Get(name, "label").Text(), name); {
		case answer == "" || slices.Contains([]string{"name", "email", "phone", "location", "guests", "attendeePhoneNumber", "smsReminderNumber"}, name):
		case contact.Company == "" && form.Asks(label) == form.Company:
			contact.Company = answer
		default:
			notes = append(notes, strings.ReplaceAll(label, "_", " ")+": "+answer)
		}
	}
	contact.Note = wire.Note(notes...)
	d := booking.Details{
		Contact: contact.Read(in.Region),
		Origin:  events.Origin{Source: wire.Label(in.Settings["source"]), Product: wire.Label(payload.First("eventTitle", "type"))},
		Slot:    slot(in, payload),
		Reps: []providers.Rep{
			{Kind: providers.RepEmail, Value: wire.Email(host.Get("email").Text())},
			{Kind: providers.RepUser, Value: wire.Line(host.First("username", "id"), 100)},
			{Kind: providers.RepName, Value: wire.Line(host.Get("name").Text(), 100)},
		},
	}
	d.Reps = slices.DeleteFunc(d.Reps, func(r providers.Rep) bool { return r.Value == "" })
	return d
}

func slot(in providers.Input, payload wire.Value) events.Slot {
	s := events.Slot{StartsAt: wire.Time(payload.Get("startTime").Text(), in.Zone)}
	if end := wire.Time(payload.Get("endTime").Text(), in.Zone); end.After(s.StartsAt) {
		s.EndsAt = end
	}
	place := payload.Get("location").Text()
	s.Location = wire.Line(cmp.Or(payload.First("metadata.videoCallUrl"), place), 500)
	switch {
	case place == "":
	case strings.Contains(place, "integrations:") || strings.Contains(place, "://"):
		s.Channel = "video"
	case wire.Phone(place, in.Region) != "":
		s.Channel = "phone"
	case strings.EqualFold(place, "inPerson"):
		s.Channel = "in_person"
	}
	return s
}

// submitted tells of the lead that a routing form is.
func submitted(in providers.Input, trigger, key string, body wire.Value) providers.Output {
	payload := body.Get("payload")
	s := form.Submission{
		ID:   wire.Line(cmp.Or(payload.First("responseId", "formResponseId", "submissionId"), key), 300),
		Form: payload.Get("formName").Text(), At: wire.Time(body.Get("createdAt").Text(), in.Zone),
	}
	answers := payload.Get("responses")
	for _, name := range answers.Names() {
		a := answers.Get(name)
		s.Answers = append(s.Answers, form.Answer{
			Names: []string{cmp.Or(a.Get("label").Text(), name), name}, Value: cmp.Or(a.Get("value").Text(), a.Text()),
		})
	}
	return providers.Output{Kind: trigger, Key: key, Events: []providers.Event{s.Event(in, "calcom")}}
}
