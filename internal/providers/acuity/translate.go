package acuity

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/booking"
	"milemarker/internal/providers/form"
	"milemarker/internal/providers/merge"
	"milemarker/internal/providers/wire"
)

var number = regexp.MustCompile(`^[0-9]{1,30}$`)

// read returns what a delivery says: its action and the appointment's id, "" if it concerns none.
func read(d providers.Delivery) (action, id string, err error) {
	body, err := wire.Form(d)
	if err != nil {
		return "", "", err
	}
	action = strings.TrimPrefix(strings.TrimSpace(body.Get("action")), "appointment.")
	id = strings.TrimSpace(body.Get("id"))
	if !slices.Contains([]string{"scheduled", "rescheduled", "canceled", "changed"}, action) || !number.MatchString(id) {
		return action, "", nil
	}
	return action, id, nil
}

// Thread names the appointment.
func (Provider) Thread(d providers.Delivery) string {
	_, id, err := read(d)
	if err != nil {
		return ""
	}
	return id
}

// Translate tells of an appointment, once its details are there.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	action, id, err := read(in.Delivery)
	if err != nil {
		return providers.Output{}, err
	}
	key := action + "/" + id
	if id == "" {
		return wire.Ignored(action, key, "concerns no appointment"), nil
	}
	answer, known := in.Details["appointment"]
	if !known && !in.Pending {
		return providers.Output{Kind: action, Key: key, Wants: []providers.Want{{
			Name: "appointment", URL: "https://acuityscheduling.com/api/v1/appointments/" + id, Auth: providers.AuthBasic,
		}}}, nil
	}
	s := sighting{Action: action, Received: in.Received.UnixMilli()}
	if v, err := wire.JSON(answer); err == nil && v.Get("id").Text() == id {
		s.look(in, v)
	}
	kept := parse(in.State)
	kept.add(s)
	return providers.Output{Kind: action, Key: key, State: kept.text(), Events: merge.Sound(kept.events(in, id))}, nil
}

// look takes in the appointment as the API shows it.
func (s *sighting) look(in providers.Input, v wire.Value) {
	s.Known = true
	s.Cancelled, s.NoShow = v.Get("canceled").Bool(), v.Get("noShow").Bool()
	s.Held = slices.ContainsFunc(v.Get("labels").List(), func(l wire.Value) bool {
		return labelled(in.Settings["held_labels"], l.Get("name").Text())
	})
	s.Details = booking.Details{Contact: contact(in, v), Origin: events.Origin{
		Source: wire.Label(in.Settings["source"]), Product: wire.Label(v.Get("type").Text()),
	}}
	s.Details.Slot.StartsAt = wire.Time(v.Get("datetime").Text(), in.Zone)
	if minutes, err := strconv.Atoi(v.Get("duration").Text()); err == nil && minutes > 0 && minutes <= 24*60 && !s.Details.Slot.StartsAt.IsZero() {
		s.Details.Slot.EndsAt = s.Details.Slot.StartsAt.Add(time.Duration(minutes) * time.Minute)
	}
	s.Details.Slot.Location = wire.Line(v.Get("location").Text(), 500)
	for _, rep := range []providers.Rep{
		{Kind: providers.RepUser, Value: v.Get("calendarID").Text()},
		{Kind: providers.RepName, Value: wire.Line(v.Get("calendar").Text(), 100)},
	} {
		if rep.Value != "" {
			s.Details.Reps = append(s.Details.Reps, rep)
		}
	}
}

// labelled tells whether the setting names a label.
func labelled(setting, label string) bool {
	if strings.TrimSpace(setting) == "" {
		setting = "Completed"
	}
	return label != "" && slices.ContainsFunc(strings.Split(setting, ","), func(s string) bool {
		return strings.EqualFold(strings.TrimSpace(s), label)
	})
}

func contact(in providers.Input, v wire.Value) events.Contact {
	c := wire.Contact{
		Name:  wire.Name(v.Get("firstName").Text(), v.Get("lastName").Text()),
		Phone: v.Get("phone").Text(), Email: v.Get("email").Text(),
	}
	notes := []string{v.Get("notes").Text()}
	for _, f := range v.Get("forms").List() {
		for _, answer := range f.Get("values").List() {
			question, text := answer.Get("name").Text(), answer.Get("value").Text()
			switch {
			case text == "":
			case c.Company == "" && form.Asks(question) == form.Company:
				c.Company = text
			default:
				notes = append(notes, question+": "+text)
			}
		}
	}
	c.Note = wire.Note(notes...)
	return c.Read(in.Region)
}
