package events

import "time"

// The types of kind appointment.
const (
	TypeAppointmentScheduled   = "appointment.scheduled"
	TypeAppointmentRescheduled = "appointment.rescheduled"
	TypeAppointmentHeld        = "appointment.held"
	TypeAppointmentNoShow      = "appointment.no_show"
	TypeAppointmentCancelled   = "appointment.cancelled"
)

func appointmentTypes() []definition {
	return []definition{
		define[AppointmentScheduled](TypeAppointmentScheduled, "An appointment was made; credit goes to the rep who made it."),
		define[AppointmentRescheduled](TypeAppointmentRescheduled, "An appointment was moved; neither a show nor a no-show."),
		define[AppointmentHeld](TypeAppointmentHeld, "An appointment took place; credit goes to the rep who held it."),
		define[AppointmentNoShow](TypeAppointmentNoShow, "The prospect did not come."),
		define[AppointmentCancelled](TypeAppointmentCancelled, "An appointment was called off beforehand."),
	}
}

// AppointmentRef identifies an appointment in all its events.
type AppointmentRef struct {
	Appointment string `json:"appointment" rule:"required" doc:"The appointment's id, the same in all its events."`
}

// Slot is when an appointment is to be and where.
type Slot struct {
	StartsAt time.Time `json:"starts_at" rule:"required" doc:"When the appointment begins."`
	EndsAt   time.Time `json:"ends_at,omitzero" rule:"after=starts_at" doc:"When the appointment ends."`
	Channel  string    `json:"channel,omitzero" rule:"enum=in_person|phone|video|other" doc:"How the two meet."`
	Location string    `json:"location,omitzero" rule:"private,multiline,max=500" doc:"Where they meet: an address or a link."`
}

// AppointmentScheduled is the payload of appointment.scheduled.
type AppointmentScheduled struct {
	Contact
	Origin
	AppointmentRef
	Slot
}

// AppointmentRescheduled is the payload of appointment.rescheduled.
type AppointmentRescheduled struct {
	Contact
	Origin
	AppointmentRef
	Slot
	Reason string `json:"reason,omitzero" doc:"Why; no personal data."`
}

// AppointmentHeld is the payload of appointment.held.
type AppointmentHeld struct {
	Contact
	Origin
	AppointmentRef
	Seconds  int64 `json:"seconds,omitzero" rule:"min=0,max=86400" doc:"Length of the appointment in seconds."`
	Inferred bool  `json:"inferred,omitzero" doc:"Nobody said so: its end passed without a no-show or a cancellation."`
}

// AppointmentNoShow is the payload of appointment.no_show.
type AppointmentNoShow struct {
	Contact
	Origin
	AppointmentRef
	Reason string `json:"reason,omitzero" doc:"Why; no personal data."`
}

// AppointmentCancelled is the payload of appointment.cancelled.
type AppointmentCancelled struct {
	Contact
	Origin
	AppointmentRef
	CancelledBy string `json:"cancelled_by,omitzero" rule:"enum=prospect|rep" doc:"Who called it off."`
	Reason      string `json:"reason,omitzero" doc:"Why; no personal data."`
}
