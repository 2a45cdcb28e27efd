package events

import "time"

// The types of kind time.
const (
	TypeTimeLogged       = "time.logged"
	TypeTimeblockPlanned = "timeblock.planned"
	TypeTimeblockSkipped = "timeblock.skipped"
	TypeTimeblockMoved   = "timeblock.moved"
)

// The categories of time.
const (
	IncomeProducing = "income_producing"
	LeadGenerating  = "lead_generating"
	Support         = "support"
	Admin           = "admin"
)

func timeTypes() []definition {
	return []definition{
		define[TimeLogged](TypeTimeLogged, "Time was spent; the event's time is the end of it."),
		define[TimeblockPlanned](TypeTimeblockPlanned, "Time was set aside for an activity."),
		define[TimeblockSkipped](TypeTimeblockSkipped, "A time block does not take place on a day; known beforehand, it counts as neither kept nor missed."),
		define[TimeblockMoved](TypeTimeblockMoved, "A time block takes place at another time than planned, once; the last word on its day stands."),
	}
}

// TimeLogged is the payload of time.logged.
type TimeLogged struct {
	Category string `json:"category" rule:"required,enum=income_producing|lead_generating|support|admin" doc:"What the time was for."`
	Minutes  int64  `json:"minutes" rule:"required,min=1,max=1440" doc:"Time spent, in minutes."`
	Activity string `json:"activity,omitzero" rule:"max=100" doc:"What was done; no personal data."`
	Product  string `json:"product,omitzero" rule:"max=100" doc:"The product in question."`
	Note     string `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}

// TimeblockPlanned is the payload of timeblock.planned. The last event of a block's id is the plan; event.voided takes a
// block off.
type TimeblockPlanned struct {
	Timeblock string    `json:"timeblock" rule:"required" doc:"The block's id."`
	Category  string    `json:"category" rule:"required,enum=income_producing|lead_generating|support|admin" doc:"What the time is for."`
	StartsAt  time.Time `json:"starts_at" rule:"required" doc:"When the block, or the first of its row, begins."`
	EndsAt    time.Time `json:"ends_at" rule:"required,after=starts_at" doc:"When the block, or the first of its row, ends."`
	RRule     string    `json:"rrule,omitzero" rule:"format=rrule" doc:"How it repeats, as an RFC 5545 rule in the org's zone."`
	Activity  string    `json:"activity,omitzero" rule:"max=100" doc:"What is to be done, such as calls; no personal data."`
	Capacity  int64     `json:"capacity,omitzero" rule:"min=0,max=1000" doc:"How many appointments fit in, for a block kept for appointments."`
	Note      string    `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}

// TimeblockSkipped is the payload of timeblock.skipped.
type TimeblockSkipped struct {
	Timeblock string `json:"timeblock" rule:"required" doc:"The block's id."`
	Day       Date   `json:"day" rule:"required" doc:"The day, local to the org."`
	Reason    string `json:"reason,omitzero" doc:"Why; no personal data."`
}

// TimeblockMoved is the payload of timeblock.moved.
type TimeblockMoved struct {
	Timeblock string    `json:"timeblock" rule:"required" doc:"The block's id."`
	Day       Date      `json:"day" rule:"required" doc:"The day on which it was planned, local to the org."`
	StartsAt  time.Time `json:"starts_at" rule:"required" doc:"When it begins instead."`
	EndsAt    time.Time `json:"ends_at" rule:"required,after=starts_at" doc:"When it ends instead."`
	Reason    string    `json:"reason,omitzero" doc:"Why; no personal data."`
}
