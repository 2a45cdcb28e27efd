// Package jotform understands Jotform's webhooks.
package jotform

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/form"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is Jotform.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes Jotform.
func (Provider) About() providers.About {
	return providers.About{
		Name: "jotform", Title: "Jotform", Category: providers.Form,
		Steps: []string{
			"In Jotform open the form, then Settings, then Integrations, and choose WebHooks.",
			"Paste {url} and complete the integration.",
		},
		Secret:   providers.Secret{Name: "address", Ours: true, InURL: true, Where: "It is the last part of the URL: keep the URL to yourself."},
		Settings: form.Settings("jotform"),
		Kinds: []providers.Kind{{
			Name: "submission", Events: []string{events.TypeLeadCaptured, events.TypeAppointmentScheduled},
			Note: "an appointment where the form has one",
		}},
		Verification: "secret in the URL",
		Idempotency:  "id of the submission",
		Limits: []string{
			"Jotform signs nothing: whoever knows the URL can send deliveries.",
			"Questions are known by the names that Jotform makes of their wording, such as q4_contactNumber.",
			"No time of submission is sent: the time of receipt is taken.",
		},
		Confidence: providers.Captured,
	}
}

// Verify compares the last part of the URL.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, _ time.Time) error {
	return signature.InURL(d, secrets)
}

// question is the name of an answer; the other fields are Jotform's own.
var question = regexp.MustCompile(`^q\d+_(.+)$`)

// Translate tells of the lead that a submission is, and of the appointments that were chosen in it.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.Form(in.Delivery)
	if err != nil {
		return providers.Output{}, err
	}
	key := strings.TrimSpace(body.Get("submissionID"))
	raw := wire.Fields(body).Get("rawRequest").Embedded()
	if key == "" || !raw.IsObject() {
		return wire.Ignored("other", key, "is not a submission"), nil
	}
	s := form.Submission{ID: key, Form: body.Get("formTitle")}
	out := providers.Output{Kind: "submission", Key: key}
	var slots []slot
	for _, name := range raw.Names() {
		match := question.FindStringSubmatch(name)
		if match == nil {
			continue
		}
		v := raw.Get(name)
		if at, ok := appointment(v, in.Zone); ok {
			slots = append(slots, slot{name, at})
		}
		if first, last := v.Get("first").Text(), v.Get("last").Text(); first != "" || last != "" {
			s.Answers = append(s.Answers, form.Answer{Names: []string{match[1], name}, Kind: form.Name, Value: wire.Name(first, v.Get("middle").Text(), last)})
			continue
		}
		s.Answers = append(s.Answers, form.Answer{Names: []string{match[1], name}, Value: value(v)})
	}
	out.Events = append(out.Events, s.Event(in, "jotform"))
	lead, reps := s.Lead(in, "jotform")
	for _, chosen := range slots {
		e := chosen.event(key, lead)
		e.Reps = reps
		out.Events = append(out.Events, e)
	}
	return out, nil
}

// value writes an answer as text: of several parts, all that hold something.
func value(v wire.Value) string {
	switch {
	case v.Get("full").Text() != "":
		return v.Get("full").Text()
	case v.Get("phone").Text() != "":
		return v.Get("area").Text() + v.Get("phone").Text()
	case v.IsObject():
		var parts []string
		for _, name := range v.Names() {
			if text := v.Get(name).Text(); text != "" && name != "implementation" {
				parts = append(parts, text)
			}
		}
		return strings.Join(parts, ", ")
	case v.IsList():
		var parts []string
		for _, e := range v.List() {
			if text := e.Text(); text != "" {
				parts = append(parts, text)
			}
		}
		return strings.Join(parts, ", ")
	}
	return v.Text()
}

// slot is an appointment that was chosen in a form.
type slot struct {
	question string
	when     events.Slot
}

// appointment reads the answer of Jotform's appointment field. Its zone is written "America/New_York (GMT-04:00)".
func appointment(v wire.Value, zone *time.Location) (events.Slot, bool) {
	if v.Get("implementation").Text() == "" || v.Get("date").Text() == "" {
		return events.Slot{}, false
	}
	name, _, _ := strings.Cut(v.Get("timezone").Text(), " ")
	if own, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
		zone = own
	}
	start := wire.Time(v.Get("date").Text(), zone)
	if start.IsZero() {
		return events.Slot{}, false
	}
	s := events.Slot{StartsAt: start}
	if minutes, err := strconv.Atoi(v.Get("duration").Text()); err == nil && minutes > 0 && minutes <= 24*60 {
		s.EndsAt = start.Add(time.Duration(minutes) * time.Minute)
	}
	return s, true
}

// event is the appointment of the person that the lead names.
func (s slot) event(submission string, lead events.LeadCaptured) providers.Event {
	id := submission + "/" + s.question
	return providers.Event{
		Key: id,
		Draft: wire.Draft(events.TypeAppointmentScheduled, time.Time{}, events.AppointmentScheduled{
			Contact: events.Contact{Person: lead.Person}, Origin: lead.Origin,
			AppointmentRef: events.AppointmentRef{Appointment: wire.Line("jotform:"+id, 100)}, Slot: s.when,
		}),
	}
}
