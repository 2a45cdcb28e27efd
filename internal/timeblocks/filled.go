package timeblocks

import (
	"cmp"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Appointment is one that was scheduled, as its events leave it.
type Appointment struct {
	ID    string
	Rep   string
	Open  bool // neither held nor cancelled, nor did the prospect stay away
	Inert bool // cancelled, or nobody came
	Span
}

// AppointmentTypes returns the types of events that appointments are folded from.
func AppointmentTypes() []string {
	return []string{
		events.TypeAppointmentScheduled, events.TypeAppointmentRescheduled, events.TypeAppointmentHeld,
		events.TypeAppointmentNoShow, events.TypeAppointmentCancelled,
	}
}

// DefaultLength is how long an appointment is taken to last that was scheduled without an end.
const DefaultLength = 30 * time.Minute

// Appointments makes appointments of their events, whatever order those come in: the schedule that was told last counts.
func Appointments(told []events.Event) []Appointment {
	told = slices.Clone(told)
	slices.SortStableFunc(told, func(x, y events.Event) int { return cmp.Or(x.Time.Compare(y.Time), cmp.Compare(rank(x), rank(y))) })
	at := map[string]int{}
	var out []Appointment
	for _, e := range told {
		ref, err := events.DecodeData[events.AppointmentHeld](e) // the reference is the same in all
		if err != nil || ref.Appointment == "" {
			continue
		}
		i, known := at[ref.Appointment]
		if !known {
			i = len(out)
			at[ref.Appointment] = i
			out = append(out, Appointment{ID: ref.Appointment, Rep: e.Rep, Open: true})
		}
		a := &out[i]
		switch e.Type {
		case events.TypeAppointmentScheduled, events.TypeAppointmentRescheduled:
			slot, err := events.DecodeData[events.AppointmentScheduled](e)
			if err != nil {
				continue
			}
			a.Span = Span{slot.StartsAt, slot.EndsAt}
			if slot.EndsAt.IsZero() {
				a.To = slot.StartsAt.Add(DefaultLength)
			}
			a.Open, a.Inert = true, false
		case events.TypeAppointmentHeld:
			a.Open = false
		default:
			a.Open, a.Inert = false, true
		}
	}
	return out
}

// rank orders what was told of the same instant: first that it is planned, then what became of it.
func rank(e events.Event) int { return slices.Index(AppointmentTypes(), e.Type) }

// Slots returns when appointments were to take place, by id.
func Slots(appointments []Appointment) map[string]Span {
	slots := map[string]Span{}
	for _, a := range appointments {
		if !a.From.IsZero() {
			slots[a.ID] = a.Span
		}
	}
	return slots
}

// Filled is how many of the appointments that fit into the blocked times to come are made.
type Filled struct {
	Days     []calendar.Day // the working days that were looked at
	Capacity int
	Made     int
	Share    *float64 // Made / Capacity; nil while nothing is blocked for appointments
}

// FilledDays is how many working days ahead blocks are looked at.
const FilledDays = 5

// Fill tells how far the blocks for appointments are filled that begin within the FilledDays working days after the day
// of now. Of the appointments within one block no more count than fit in, and each counts once.
func Fill(blocks []Block, appointments []Appointment, w calendar.Working, now time.Time) Filled {
	cal := w.Calendar()
	var f Filled
	for day := cal.DayOf(now) + 1; len(f.Days) < FilledDays && day < cal.DayOf(now)+60; day++ {
		if _, _, works := w.Hours(day); works {
			f.Days = append(f.Days, day)
		}
	}
	if len(f.Days) == 0 {
		return f
	}
	taken := map[string]bool{}
	window := Span{f.Days[0].In(cal.Location()), (f.Days[len(f.Days)-1] + 1).In(cal.Location())}
	for _, o := range Occurrences(blocks, cal, window.From, window.To) {
		if o.Capacity == 0 || !slices.Contains(f.Days, cal.DayOf(o.From)) {
			continue
		}
		made := 0
		for _, a := range appointments {
			inside := !a.From.Before(o.From) && a.From.Before(o.To)
			if inside && !a.Inert && a.Rep == o.Rep && !taken[a.ID] && made < o.Capacity {
				taken[a.ID] = true
				made++
			}
		}
		f.Capacity += o.Capacity
		f.Made += made
	}
	if f.Capacity > 0 {
		share := float64(f.Made) / float64(f.Capacity)
		f.Share = &share
	}
	return f
}
