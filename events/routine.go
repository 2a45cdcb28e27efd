package events

import "fmt"

// The types of kind routine.
const (
	TypeDayplanSet      = "dayplan.set"
	TypeDayplanStepDone = "dayplan.step_done"
	TypePrioritySet     = "priority.set"
	TypeReviewCompleted = "review.completed"
	TypeHassleRaised    = "hassle.raised"
	TypeHassleResolved  = "hassle.resolved"
	TypePartnerLinked   = "partner.linked"
	TypeReviewSkipped   = "review.skipped"
	TypeReviewCommented = "review.commented"
	TypeRoutineSet      = "routine.set"
)

func routineTypes() []definition {
	return []definition{
		define[DayplanSet](TypeDayplanSet, "A day was planned; the last event of a rep's day is the plan."),
		define[DayplanStepDone](TypeDayplanStepDone, "A step of a day's plan was done."),
		define(TypePrioritySet, "The priorities of a quarter were set; the last event of an owner's quarter stands.", priorityIsWhole),
		define(TypeReviewCompleted, "A review took place.", reviewIsOf),
		define(TypeHassleRaised, "Something stands in the way.", hassleIsOf),
		define[HassleResolved](TypeHassleResolved, "What stood in the way is gone."),
		define(TypePartnerLinked, "Two reps agreed to hold one another to their goals; event.voided ends it.", partnerIsAnother),
		define(TypeReviewSkipped, "A review was left out on purpose.", skipIsOf),
		define[ReviewCommented](TypeReviewCommented, "A partner, or somebody of a small group, said something about how a rep stands."),
		define(TypeRoutineSet, "A rep, a team or the org chose which reviews to hold; the last event of each stands.", routineIsOf),
	}
}

// DayplanSet is the payload of dayplan.set.
type DayplanSet struct {
	Day   Date   `json:"day" rule:"required" doc:"The day, local to the org."`
	Steps []Step `json:"steps" rule:"required,min=1,max=20" doc:"What to do; 3 to 5 steps are best."`
	Note  string `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`

	LeftOut []LeftOut `json:"left_out,omitzero" rule:"max=50" doc:"What the day was asked for and has no room for."`
}

// LeftOut is something that a day was asked for and its plan leaves out.
type LeftOut struct {
	Kind   string  `json:"kind,omitzero" rule:"enum=activity|first_call|rebook|follow_up|settle|hold|block" doc:"What kind of step it would be."`
	Metric string  `json:"metric,omitzero" rule:"format=metric" doc:"The metric that counts it."`
	Count  Decimal `json:"count,omitzero" rule:"min=0" doc:"How many are left out."`
	Goal   string  `json:"goal,omitzero" doc:"The id of the goal that asks for it."`
	Reason string  `json:"reason" rule:"required,enum=no_time|enough_steps|enough_people" doc:"no_time: the hours that are left of the day are taken; enough_steps: five steps are enough; enough_people: five people are enough for one step."`
}

// Step is one step of a day's plan.
type Step struct {
	Step   string  `json:"step" rule:"required" doc:"The step's id within the day."`
	Metric string  `json:"metric,omitzero" rule:"format=metric" doc:"The metric that counts it."`
	Count  Decimal `json:"count,omitzero" rule:"min=0" doc:"How many."`
	Before string  `json:"before,omitzero" rule:"format=clock" doc:"The time of day before which to do it, local to the org."`
	Goal   string  `json:"goal,omitzero" doc:"The id of the goal that it serves."`
	Text   string  `json:"text,omitzero" rule:"private,multiline" doc:"The step in words."`

	Kind  string    `json:"kind,omitzero" rule:"enum=activity|first_call|rebook|follow_up|settle|hold|block" doc:"What kind of step it is: so much of an activity, leads to call for the first time, no-shows to rebook, proposals to follow up, appointments that are over to tell the outcome of, appointments to hold, a time block to keep."`
	Days  int64     `json:"days,omitzero" rule:"min=0,max=366" doc:"Of follow_up: for how many days nothing was heard, at least."`
	Items []StepFor `json:"items,omitzero" doc:"The prospects whom it is about, or the appointments."`

	From      string  `json:"from,omitzero" rule:"format=clock" doc:"The time of day from which to do it, local to the org."`
	Timeblock string  `json:"timeblock,omitzero" doc:"The id of the time block that is set aside for it."`
	Activity  string  `json:"activity,omitzero" rule:"max=100" doc:"Of block: what the time is set aside for; no personal data."`
	Minutes   int64   `json:"minutes,omitzero" rule:"min=0,max=1440" doc:"How long it is reckoned to take, in minutes."`
	Behind    Decimal `json:"behind,omitzero" rule:"min=0" doc:"How far behind its line the goal was."`
	Asked     Decimal `json:"asked,omitzero" rule:"min=0" doc:"How many the goal, or the plan, asked for; count is less where the hours left do not hold as many."`
	Source    string  `json:"source,omitzero" rule:"enum=goal|plan|usual" doc:"Of activity: who asks for it: a goal, the adopted plan, or what is usual on the rep's working days."`
}

// StepFor is one prospect of a step.
type StepFor struct {
	Prospect    string `json:"prospect,omitzero" doc:"The prospect's id; absent: an appointment with nobody named."`
	Event       string `json:"event" rule:"required" doc:"The id of the event that calls for the step."`
	Appointment string `json:"appointment,omitzero" doc:"The id of the appointment."`
	At          string `json:"at,omitzero" rule:"format=clock" doc:"When the appointment begins, local to the org."`
}

// DayplanStepDone is the payload of dayplan.step_done.
type DayplanStepDone struct {
	Day   Date    `json:"day" rule:"required" doc:"The day, local to the org."`
	Step  string  `json:"step" rule:"required" doc:"The step's id within the day."`
	Count Decimal `json:"count,omitzero" rule:"min=0" doc:"How many."`
	Note  string  `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}

// PrioritySet is the payload of priority.set.
type PrioritySet struct {
	Owner
	StartsOn   Date       `json:"starts_on" rule:"required" doc:"First day of the quarter, local to the org."`
	EndsOn     Date       `json:"ends_on" rule:"required" doc:"Last day of the quarter, local to the org."`
	Priorities []Priority `json:"priorities" rule:"required,min=1,max=3" doc:"At most three."`
	Note       string     `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}

// Priority is one thing that matters most in a quarter.
type Priority struct {
	Priority string `json:"priority" rule:"required" doc:"The priority's id."`
	Goal     string `json:"goal,omitzero" doc:"The id of the goal that it serves."`
	Text     string `json:"text,omitzero" rule:"private,multiline" doc:"The priority in words."`
}

func priorityIsWhole(_ Draft, p PrioritySet, report reporter) {
	p.checkOwner(report)
	checkSpan(p.StartsOn, p.EndsOn, report)
	seen := map[string]bool{}
	for i, one := range p.Priorities {
		if one.Priority != "" && seen[one.Priority] {
			report(fmt.Sprintf("priorities/%d/priority", i), "is the id of another priority: each needs one of its own")
		}
		seen[one.Priority] = true
	}
}

// Whose says that a part of the routine is a team's or the org's. The event's rep is then who leads it.
type Whose struct {
	OwnerKind string `json:"owner_kind,omitzero" rule:"enum=team|org" doc:"Whether it is a team's or the org's; absent: the event's rep's."`
	Owner     string `json:"owner,omitzero" rule:"max=100" doc:"The team."`
}

// Of returns the owner, where rep is the event's rep.
func (w Whose) Of(rep string) Owner {
	if w.OwnerKind == "" {
		return Owner{OwnerKind: OwnerRep, Owner: rep}
	}
	return Owner(w)
}

func (w Whose) check(report reporter) {
	switch {
	case w.OwnerKind == OwnerTeam && w.Owner == "":
		report("owner", "is required when owner_kind is team: the team's id")
	case w.OwnerKind != OwnerTeam && w.Owner != "":
		report("owner", "is for a team: say owner_kind too, or leave it out")
	}
}

func reviewIsOf(_ Draft, p ReviewCompleted, report reporter) { p.check(report) }

func skipIsOf(_ Draft, p ReviewSkipped, report reporter) { p.check(report) }

func hassleIsOf(_ Draft, p HassleRaised, report reporter) { p.check(report) }

func routineIsOf(_ Draft, p RoutineSet, report reporter) { p.check(report) }

// ReviewCompleted is the payload of review.completed.
type ReviewCompleted struct {
	Whose
	Rhythm   string           `json:"rhythm" rule:"required,enum=morning|evening|weekly|monthly|quarterly|yearly" doc:"Which review it was."`
	Day      Date             `json:"day" rule:"required" doc:"The day, or the last day of the span, that was reviewed, local to the org."`
	Partner  string           `json:"partner,omitzero" rule:"max=100" doc:"The rep with whom it was held."`
	Minutes  int64            `json:"minutes,omitzero" rule:"min=0,max=1440" doc:"How long it took, in minutes."`
	Goals    []string         `json:"goals,omitzero" doc:"Ids of the goals that were looked at."`
	Kept     []PromiseOutcome `json:"kept,omitzero" doc:"What became of earlier promises."`
	Promises []Promise        `json:"promises,omitzero" doc:"What is promised until the next review."`
	Hassles  []string         `json:"hassles,omitzero" doc:"Ids of the open hassles that were talked over."`
	Note     string           `json:"note,omitzero" rule:"private,multiline" doc:"What was said."`
}

// Promise is what somebody undertakes to do.
type Promise struct {
	Promise string `json:"promise" rule:"required" doc:"The promise's id."`
	DueOn   Date   `json:"due_on,omitzero" doc:"The day by whose end it is to be kept."`
	Goal    string `json:"goal,omitzero" doc:"The id of the goal that it serves."`
	Text    string `json:"text,omitzero" rule:"private,multiline" doc:"The promise in words."`
}

// PromiseOutcome is what became of a promise.
type PromiseOutcome struct {
	Promise string `json:"promise" rule:"required" doc:"The promise's id."`
	Done    bool   `json:"done" rule:"required" doc:"Whether it was kept."`
}

// HassleRaised is the payload of hassle.raised.
type HassleRaised struct {
	Whose
	Hassle string `json:"hassle" rule:"required" doc:"The hassle's id."`
	Text   string `json:"text" rule:"required,private,multiline" doc:"What stands in the way."`
	Goal   string `json:"goal,omitzero" doc:"The id of the goal that it endangers."`
}

// HassleResolved is the payload of hassle.resolved.
type HassleResolved struct {
	Hassle string `json:"hassle" rule:"required" doc:"The hassle's id."`
	Text   string `json:"text,omitzero" rule:"private,multiline" doc:"How it was resolved."`
}

// PartnerLinked is the payload of partner.linked: the event's rep shows the partner what is listed, and nothing else.
type PartnerLinked struct {
	Partner string   `json:"partner" rule:"required,max=100" doc:"The partner's rep id."`
	Shares  []string `json:"shares" rule:"required,min=1,max=4,enum=goals|numbers|promises|reviews" doc:"What the partner may see."`
	EndsOn  Date     `json:"ends_on,omitzero" doc:"Last day of it, local to the org."`
	Note    string   `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}

func partnerIsAnother(d Draft, p PartnerLinked, report reporter) {
	if p.Partner != "" && p.Partner == d.Rep {
		report("partner", "must be another rep")
	}
}

// ReviewSkipped is the payload of review.skipped.
type ReviewSkipped struct {
	Whose
	Rhythm string `json:"rhythm" rule:"required,enum=morning|evening|weekly|monthly|quarterly|yearly" doc:"Which review it was."`
	Day    Date   `json:"day" rule:"required" doc:"The day, or the last day of the span, that was not reviewed, local to the org."`
	Reason string `json:"reason" rule:"required" doc:"Why; no personal data."`
}

// ReviewCommented is the payload of review.commented: the event's rep is whose numbers they are.
type ReviewCommented struct {
	By     string `json:"by" rule:"required,max=100" doc:"Who said it: a rep's id, or the name on the link by which it was said."`
	Link   string `json:"link,omitzero" rule:"max=100" doc:"The id of the link by which it was said."`
	Review string `json:"review,omitzero" doc:"The id of the review's event that it is about."`
	Goal   string `json:"goal,omitzero" doc:"The id of the goal that it is about."`
	Text   string `json:"text" rule:"required,private,multiline" doc:"What was said."`
}

// RoutineSet is the payload of routine.set. What a rep has not chosen is as with its team, then the org.
type RoutineSet struct {
	Whose
	Rhythms []string `json:"rhythms,omitzero" rule:"max=6,enum=morning|evening|weekly|monthly|quarterly|yearly" doc:"The reviews that are held; none: the routine rests."`
	Note    string   `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}
