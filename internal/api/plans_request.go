package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"milemarker/events"
	"milemarker/internal/metric"
	"milemarker/internal/plan"
)

// planRequest is the body of POST /v1/plans. Of its fields, an income (or a result) and a date are enough.
type planRequest struct {
	events.Owner
	Plan        string                    `json:"plan"`
	Title       string                    `json:"title"`
	Income      *events.Decimal           `json:"income"`
	Per         string                    `json:"per"`
	Result      *events.Decimal           `json:"result"`
	Currency    string                    `json:"currency"`
	By          events.Date               `json:"by"`
	StartsOn    events.Date               `json:"starts_on"`
	Chance      *events.Decimal           `json:"chance"`
	Stages      []string                  `json:"stages"`
	Ranks       []events.PlanRank         `json:"ranks"`
	Season      []events.Decimal          `json:"season"`
	Assumptions map[string]events.Decimal `json:"assumptions"`
	Note        string                    `json:"note"`
}

// planFields are the members that the body of POST /v1/plans may have.
func planFields() []string {
	return []string{
		"owner_kind", "owner", "plan", "title", "income", "per", "result", "currency", "by", "starts_on", "chance", "stages",
		"ranks", "season", "assumptions", "note",
	}
}

// readPlan reads the body member by member, so that each that is wrong is named.
func readPlan(fields map[string]json.RawMessage) (planRequest, []fault) {
	var r planRequest
	var faults []fault
	for name, raw := range fields {
		if !slices.Contains(planFields(), name) {
			faults = append(faults, at("/"+name, "is no member of a plan; there are: "+strings.Join(planFields(), ", ")))
			continue
		}
		one, _ := json.Marshal(map[string]json.RawMessage{name: raw}) // what was parsed can be written
		if err := json.Unmarshal(one, &r); err != nil {
			faults = append(faults, at("/"+name, "cannot be read: want "+planForms(name)))
		}
	}
	if len(faults) > 0 {
		return r, faults
	}
	return r, r.faults()
}

// mostAmount is the largest income, and number of sign-ups, that an event can hold.
const mostAmount = 999_999_999_999

// The ranges of what a plan may ask for, in words.
const (
	amountRange = "more than 0 and at most 999999999999, with at most 4 fraction digits"
	chanceRange = "from 0.5 to 0.99, with at most 4 fraction digits"
)

// planResult is the metric that the stages of a plan end with: what the income comes of.
const planResult = "signups"

// outside says whether a number was given that lies outside of a range.
func outside(given *events.Decimal, least, most float64) bool {
	return given != nil && (given.Float64() < least || given.Float64() > most)
}

// planForms says what form a member has.
func planForms(name string) string {
	switch name {
	case "income", "result":
		return "a number such as 5000, " + amountRange
	case "chance":
		return "a number such as \"0.8\", " + chanceRange
	case "stages":
		return "a list of metrics such as [\"calls\", \"signups\"]"
	case "ranks":
		return "a list of objects with name, own_volume, sponsored, team_size, team_volume and income"
	case "season":
		return "a list of 12 numbers"
	case "assumptions":
		return "an object of numbers with at most 4 fraction digits, by the assumption's name"
	default:
		return "a text"
	}
}

// faults says what is missing or contradicts itself.
func (r planRequest) faults() []fault {
	var faults []fault
	switch {
	case r.Income == nil && r.Result == nil:
		faults = append(faults, at("/income", "is required, or result: say what is to come of it, such as 5000 a month"))
	case r.Income != nil && r.Result != nil:
		faults = append(faults, at("/result", "must be left out when income is given"))
	}
	if outside(r.Income, 1.0/events.Scale, mostAmount) {
		faults = append(faults, at("/income", "must be "+amountRange))
	}
	if outside(r.Result, 1.0/events.Scale, mostAmount) {
		faults = append(faults, at("/result", "must be "+amountRange))
	}
	if outside(r.Chance, 0.5, 0.99) {
		faults = append(faults, at("/chance", "must be "+chanceRange))
	}
	if r.By == "" {
		faults = append(faults, at("/by", "is required: by when, such as \"2027-12-31\""))
	}
	if r.Per != "" && r.Per != "month" && r.Per != "total" {
		faults = append(faults, at("/per", "must be month or total"))
	} else if r.Per != "" && r.Income == nil {
		faults = append(faults, at("/per", "goes with income only"))
	}
	if len(r.Ranks) > 0 && (r.Per == "total" || r.Result != nil) {
		faults = append(faults, at("/ranks", "go with an income a month"))
	}
	for i, rank := range r.Ranks {
		if rank.Income <= 0 {
			faults = append(faults, at(fmt.Sprintf("/ranks/%d/income", i), "is required: what a month of that rank brings, more than 0"))
		}
	}
	before := len(faults)
	for i, s := range r.Stages {
		d, ok := metric.Find(s)
		switch {
		case !ok || !d.Additive() || d.Unit != metric.Count || s == "events":
			faults = append(faults, at(fmt.Sprintf("/stages/%d", i), "must be a metric that counts, such as calls; see /v1/metrics/definitions"))
		case slices.Contains(r.Stages[:i], s):
			faults = append(faults, at(fmt.Sprintf("/stages/%d", i), "is given twice"))
		}
	}
	if n := len(r.Stages); n > plan.MaxStages || r.Stages != nil && n == 0 {
		faults = append(faults, at("/stages", fmt.Sprintf("must name 1 to %d metrics", plan.MaxStages)))
	} else if n > 0 && len(faults) == before && r.Stages[n-1] != planResult {
		faults = append(faults, at("/stages", "must end with "+planResult+": what comes of the work before it, such as [\"calls\", \""+planResult+"\"]"))
	}
	return faults
}
