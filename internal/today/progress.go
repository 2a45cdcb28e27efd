package today

import (
	"slices"
	"time"

	"milemarker/events"
)

// Touch is something that happened on the day with a person, or whenever with an appointment.
type Touch struct {
	Prospect    string
	Appointment string
	Type        string
	At          time.Time
}

// Progress is how far a step has come.
type Progress struct {
	Done  float64
	Of    float64
	Whole bool   // the step is done
	By    string // "events" if they say so, "hand" if somebody did, "" while it is not done
	Items []bool // of the step's people: whether it is done for them
}

// Tick tells how far a step has come: counted is what its metric counts of the day or, of time set aside, the minutes that
// were spent on it, touches is what happened with its people and appointments, byHand whether somebody said that it is
// done. Time that is set aside is kept when half of it was spent on what it is for.
func Tick(s events.Step, counted float64, touches []Touch, byHand bool) Progress {
	p := Progress{Of: s.Count.Float64()}
	switch {
	case len(s.Items) > 0:
		p.Of = float64(len(s.Items))
		for _, item := range s.Items {
			done := slices.ContainsFunc(touches, func(t Touch) bool {
				same := t.Appointment == "" && t.Prospect == item.Prospect
				if s.Kind == Hold || s.Kind == Settle {
					same = t.Appointment == item.Appointment
				}
				return same && slices.Contains(answers(s.Kind), t.Type)
			})
			p.Items = append(p.Items, done)
			if done {
				p.Done++
			}
		}
	case s.Kind == Keep:
		p.Done, p.Of = min(counted, float64(s.Minutes)), float64(s.Minutes)
	case s.Metric != "":
		p.Done = counted
	}
	switch {
	case p.Of > 0 && p.Done >= p.Of, s.Kind == Keep && p.Done > 0 && 2*p.Done >= p.Of:
		p.Whole, p.By = true, "events"
	case byHand:
		p.Whole, p.By = true, "hand"
	}
	return p
}

// answers returns the types of events that take a step for a person.
func answers(kind string) []string {
	met := []string{
		events.TypeAppointmentScheduled, events.TypeAppointmentRescheduled, events.TypeAppointmentHeld, events.TypeSignupCompleted,
	}
	switch kind {
	case Hold, Settle:
		return []string{
			events.TypeAppointmentHeld, events.TypeAppointmentNoShow, events.TypeAppointmentCancelled,
			events.TypeAppointmentRescheduled,
		}
	case FirstCall:
		return append(met, events.TypeCallCompleted)
	case Rebook:
		return append(met, events.TypeLeadDisqualified, events.TypeAppointmentCancelled)
	default:
		return append(met, events.TypeCallCompleted, events.TypeProposalAccepted, events.TypeProposalDeclined, events.TypeProposalSent)
	}
}
