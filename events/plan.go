package events

import "fmt"

// TypePlanDrafted is the type of the event that keeps what a plan follows from.
const TypePlanDrafted = "plan.drafted"

// What a plan is for.
const (
	PlanMonthly = "monthly"
	PlanTotal   = "total"
	PlanResult  = "result"
)

// Where an assumption of a plan comes from.
const (
	Measured = "measured" // own numbers, nearly alone
	Shrunk   = "shrunk"   // own numbers, pulled towards those of others
	Assumed  = "assumed"  // nobody's numbers: a starting point
	Given    = "given"    // somebody said so
)

// PlanDrafted is the payload of plan.drafted: what a plan follows from. The plan itself is reckoned from it, and the same
// every time.
type PlanDrafted struct {
	Owner
	Plan        string           `json:"plan" rule:"required" doc:"The plan's id; the first event of it counts."`
	Title       string           `json:"title,omitzero" doc:"What the plan is called; no personal data."`
	Kind        string           `json:"kind" rule:"required,enum=monthly|total|result" doc:"Whether it is for income in the month that ends with the last day, for income until then, or for sign-ups until then."`
	Amount      Decimal          `json:"amount" rule:"required,min=0" doc:"The income, or the number of sign-ups."`
	Currency    string           `json:"currency,omitzero" rule:"format=currency" doc:"The currency of the income."`
	StartsOn    Date             `json:"starts_on" rule:"required" doc:"First day, local to the org."`
	EndsOn      Date             `json:"ends_on" rule:"required" doc:"Last day, local to the org."`
	Chance      Decimal          `json:"chance" rule:"required,min=0,max=1" doc:"The chance at which it is to succeed."`
	Stages      []string         `json:"stages" rule:"required,min=1,max=10" doc:"The metrics from the first activity to the sign-up."`
	Assumptions []PlanAssumption `json:"assumptions" rule:"required,max=100" doc:"What it leans on."`
	Ranks       []PlanRank       `json:"ranks,omitzero" rule:"max=30" doc:"The ranks of a team plan."`
	Season      []Decimal        `json:"season,omitzero" rule:"max=12" doc:"How much is done in each calendar month, January first, against the average."`
	Sizes       []Decimal        `json:"sizes,omitzero" rule:"max=100" doc:"How large single sales are against the average, which is 1."`
	Note        string           `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}

// PlanAssumption is one number that a plan leans on.
type PlanAssumption struct {
	Name   string  `json:"name" rule:"required,max=100" doc:"Its name, such as rate_signups."`
	Value  Decimal `json:"value" rule:"required,min=0" doc:"Its value."`
	Low    Decimal `json:"low,omitzero" rule:"min=0" doc:"Of a rate: the lower end of its 80 % interval."`
	High   Decimal `json:"high,omitzero" rule:"min=0" doc:"Of a rate: the upper end of its 80 % interval."`
	Source string  `json:"source" rule:"required,enum=measured|shrunk|assumed|given" doc:"Where it comes from."`
	N      Decimal `json:"n,omitzero" rule:"min=0" doc:"The owner's own observations behind it."`
	Weight Decimal `json:"weight,omitzero" rule:"min=0,max=1" doc:"How much they count against what is known of others."`
}

// PlanRank is a step of a team plan: what a month must show for its income.
type PlanRank struct {
	Name       string  `json:"name" rule:"required,max=100" doc:"What it is called."`
	OwnVolume  Decimal `json:"own_volume,omitzero" rule:"min=0" doc:"Volume of the own order and customers."`
	Sponsored  Decimal `json:"sponsored,omitzero" rule:"min=0" doc:"People sponsored personally who are active."`
	TeamSize   Decimal `json:"team_size,omitzero" rule:"min=0" doc:"Active people in the whole team."`
	TeamVolume Decimal `json:"team_volume,omitzero" rule:"min=0" doc:"Volume of all of them and of the own customers."`
	Income     Decimal `json:"income" rule:"required,min=0" doc:"Income of the month."`
}

// draftIsWhole checks what lies between the fields of plan.drafted.
func draftIsWhole(_ Draft, p PlanDrafted, report reporter) {
	p.checkOwner(report)
	checkSpan(p.StartsOn, p.EndsOn, report)
	if p.Amount == 0 {
		report("amount", "must be above 0")
	}
	if n := len(p.Season); n != 0 && n != 12 {
		report("season", "must hold one weight for each of the 12 months")
	}
	seen := map[string]bool{}
	for i, a := range p.Assumptions {
		if seen[a.Name] {
			report(fmt.Sprintf("assumptions/%d/name", i), "is given twice")
		}
		seen[a.Name] = true
	}
}
