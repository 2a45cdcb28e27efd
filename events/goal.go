package events

// The types of kind goal.
const (
	TypeGoalSet     = "goal.set"
	TypeGoalRevised = "goal.revised"
	TypeGoalClosed  = "goal.closed"
	TypePlanAdopted = "plan.adopted"
)

// The senses of a goal's target.
const (
	AtLeast = "at_least"
	AtMost  = "at_most"
)

// The rules by which a goal's status is told.
const (
	StatusByLuck = "luck"
	StatusStrict = "strict"
)

// The curves of a goal's line.
const (
	CurveStraight = "straight"
	CurveMonthly  = "monthly"
	CurveSeason   = "season"
	CurveMarkers  = "markers"
)

// The kinds of owner.
const (
	OwnerRep  = "rep"
	OwnerTeam = "team"
	OwnerOrg  = "org"
)

func goalTypes() []definition {
	return []definition{
		define(TypeGoalSet, "A goal was set: a metric, a number and a date.", goalIsWhole),
		define(TypeGoalRevised, "A goal was changed from a day on; what it was before stays.", revisionIsWhole),
		define[GoalClosed](TypeGoalClosed, "A goal came to its end."),
		define(TypePlanDrafted, "A plan was drawn up: a result by a date, and what it leans on.", draftIsWhole),
		define(TypePlanAdopted, "A plan was chosen: what to do so that a goal is reached.", planIsWhole),
	}
}

// Owner is whose goal, plan or forecast it is.
type Owner struct {
	OwnerKind string `json:"owner_kind" rule:"enum=rep|team|org,default=org" doc:"Whether it is a rep's, a team's or the org's; absent: the org's."`
	Owner     string `json:"owner,omitzero" rule:"max=100" doc:"The rep or team; left out for the org."`
}

// checkOwner reports an owner that is missing or too many.
func (o Owner) checkOwner(report reporter) {
	switch {
	case o.Owner == "" && (o.OwnerKind == OwnerRep || o.OwnerKind == OwnerTeam):
		report("owner", "is required when owner_kind is "+o.OwnerKind+": the "+o.OwnerKind+"'s id")
	case o.Owner != "" && o.OwnerKind == "":
		report("owner_kind", "is required with owner: rep or team")
	case o.Owner != "" && o.OwnerKind == OwnerOrg:
		report("owner", "must be left out when owner_kind is org")
	}
}

// Course is how a goal's line runs from its start to its target.
type Course struct {
	Curve   string    `json:"curve,omitzero" rule:"enum=straight|monthly|season|markers" doc:"straight by working time; monthly by weights; season by the owner's own history; markers from one mile marker to the next. Absent in goal.set: straight."`
	Weights []Decimal `json:"weights,omitzero" rule:"max=1200" doc:"For monthly: the weight of each calendar month that the goal touches, first to last."`
	Markers []Marker  `json:"markers,omitzero" doc:"For markers: how much is to be reached by the end of which day, in order."`
}

// Marker is a mile marker: how much is to be reached by the end of a day.
type Marker struct {
	On    Date    `json:"on" rule:"required" doc:"The day."`
	Value Decimal `json:"value" rule:"required,min=0" doc:"What is to be reached by its end, from the goal's start."`
}

// GoalSet is the payload of goal.set.
type GoalSet struct {
	Owner
	Course
	Goal       string  `json:"goal" rule:"required" doc:"The goal's id."`
	Title      string  `json:"title,omitzero" doc:"What the goal is called; no personal data. Absent: the name of the metric."`
	Metric     string  `json:"metric" rule:"required,format=metric" doc:"The metric that is counted."`
	Target     Decimal `json:"target" rule:"required,min=0" doc:"The number to reach, or to stay below."`
	Direction  string  `json:"direction,omitzero" rule:"enum=at_least|at_most,default=at_least" doc:"Whether to reach the target or to stay below it."`
	Currency   string  `json:"currency,omitzero" rule:"format=currency" doc:"The currency of the target, when the metric is an amount."`
	StartsOn   Date    `json:"starts_on" rule:"required" doc:"First day, local to the org."`
	EndsOn     Date    `json:"ends_on" rule:"required" doc:"Last day, local to the org: a goal without a date is a wish."`
	StatusRule string  `json:"status_rule,omitzero" rule:"enum=luck|strict,default=luck" doc:"Whether the status allows for luck or takes the line strictly."`
	Parent     string  `json:"parent,omitzero" doc:"The id of the goal that this one serves."`
	Why        string  `json:"why,omitzero" rule:"private,multiline" doc:"Why it matters to the person."`
	Partner    string  `json:"partner,omitzero" rule:"max=100" doc:"The rep who holds the owner to it."`
	Note       string  `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}

// GoalRevised is the payload of goal.revised: what is absent stays as it was. A changed curve comes with its weights or
// markers.
type GoalRevised struct {
	Course
	Goal        string   `json:"goal" rule:"required" doc:"The goal's id."`
	EffectiveOn Date     `json:"effective_on" rule:"required" doc:"First day on which the goal stands as revised."`
	Title       string   `json:"title,omitzero" doc:"What the goal is called; no personal data."`
	Target      *Decimal `json:"target,omitzero" rule:"min=0" doc:"The number to reach, or to stay below."`
	EndsOn      Date     `json:"ends_on,omitzero" doc:"Last day, local to the org."`
	StatusRule  string   `json:"status_rule,omitzero" rule:"enum=luck|strict" doc:"Whether the status allows for luck or takes the line strictly."`
	Parent      string   `json:"parent,omitzero" doc:"The id of the goal that this one serves."`
	Partner     string   `json:"partner,omitzero" rule:"max=100" doc:"The rep who holds the owner to it."`
	Reason      string   `json:"reason,omitzero" doc:"Why it was revised; no personal data."`
	Why         string   `json:"why,omitzero" rule:"private,multiline" doc:"Why it matters to the person."`
	Note        string   `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}

// GoalClosed is the payload of goal.closed.
type GoalClosed struct {
	Goal   string `json:"goal" rule:"required" doc:"The goal's id."`
	Result string `json:"result" rule:"required,enum=achieved|missed|abandoned" doc:"How it ended."`
	Reason string `json:"reason,omitzero" doc:"Why; no personal data."`
	Note   string `json:"note,omitzero" rule:"private,multiline" doc:"What was learnt."`
}

// PlanAdopted is the payload of plan.adopted: the activities by which a goal is to be reached.
type PlanAdopted struct {
	Owner
	Plan       string             `json:"plan" rule:"required" doc:"The plan's id; the last event of it is the plan."`
	Goal       string             `json:"goal,omitzero" doc:"The id of the goal that it serves."`
	StartsOn   Date               `json:"starts_on" rule:"required" doc:"First day, local to the org."`
	EndsOn     Date               `json:"ends_on" rule:"required" doc:"Last day, local to the org."`
	Chance     Decimal            `json:"chance,omitzero" rule:"min=0,max=1" doc:"The chance at which it was reckoned, such as 0.8."`
	Activities []PlannedActivity  `json:"activities" rule:"required,min=1,max=100" doc:"What is to be done."`
	Rates      map[string]Decimal `json:"rates,omitzero" rule:"max=100" doc:"The rates that it leans on, by metric."`
	Note       string             `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}

// PlannedActivity is one activity of a plan.
type PlannedActivity struct {
	Metric string  `json:"metric" rule:"required,format=metric" doc:"The metric that counts the activity."`
	Per    string  `json:"per" rule:"required,enum=day|week|month|quarter|year" doc:"The span in which the count is to be reached."`
	Count  Decimal `json:"count" rule:"required,min=0" doc:"How much of it in each span."`
}
