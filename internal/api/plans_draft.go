package api

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"milemarker/events"
	"milemarker/internal/plan"
)

// draftPlan turns a request into what is recorded of a plan: every number that it leans on, with its source.
func (s *server) draftPlan(a ask, r planRequest) (events.PlanDrafted, error) {
	p := events.PlanDrafted{
		Owner: r.Owner, Plan: r.Plan, Title: r.Title, Kind: events.PlanMonthly, Currency: r.Currency, StartsOn: r.StartsOn,
		EndsOn: r.By, Chance: 8000, Stages: r.Stages, Ranks: r.Ranks, Season: r.Season, Note: r.Note,
	}
	if p.OwnerKind == "" && p.Owner.Owner == "" {
		p.OwnerKind = events.OwnerOrg
	}
	if p.StartsOn == "" {
		p.StartsOn = events.Date(a.today().String())
	}
	if r.Chance != nil {
		p.Chance = *r.Chance
	}
	if r.Result != nil {
		p.Kind, p.Amount = events.PlanResult, *r.Result
	} else {
		p.Amount = *r.Income
		if r.Per == "total" {
			p.Kind = events.PlanTotal
		}
		if p.Currency == "" {
			p.Currency = a.settings.Currency
		}
	}
	e, err := s.gather(a, p.Owner, usualStages(p.Stages), p.Currency)
	if err != nil {
		return p, err
	}
	if p.Stages == nil {
		p.Stages = usualStages(nil)
		if own, _ := e.count("proposals_sent"); own == 0 {
			p.Stages = slices.DeleteFunc(p.Stages, func(s string) bool { return s == "proposals_sent" })
			if e, err = s.gather(a, p.Owner, p.Stages, p.Currency); err != nil {
				return p, err
			}
		}
	}
	if p.Kind != events.PlanResult {
		for _, size := range e.sizes() {
			p.Sizes = append(p.Sizes, decimal(size))
		}
	}
	hours, err := s.workingHours(a, p.Owner)
	if err != nil {
		return p, err
	}
	if e.ledger, err = s.measure(a, e, p); err != nil {
		return p, err
	}
	var faults []fault
	p.Assumptions, faults = assumptions(p, e, r.Assumptions, fullWeek(hours, a.today()))
	if len(faults) > 0 {
		return p, badBody(faults)
	}
	p.Season = seasonOf(p)
	if p.Plan == "" {
		p.Plan = idOfPlan(p)
	}
	return p, nil
}

// usualStages returns the way that is taken unless another is given.
func usualStages(given []string) []string {
	if given != nil {
		return given
	}
	return []string{"calls", "conversations", "appointments_scheduled", "appointments_held", "proposals_sent", "signups"}
}

// assumptions resolves everything that the plan leans on: what was said, else what the evidence says.
func assumptions(
	p events.PlanDrafted, e evidence, said map[string]events.Decimal, hoursAWeek float64,
) ([]events.PlanAssumption, []fault) {
	var out []events.PlanAssumption
	var faults []fault
	var names []string
	assumed := map[string]float64{}
	for _, q := range quantities(p) {
		names = append(names, q.Name)
		q = starting(q, p, hoursAWeek, assumed)
		known := e.of(q.Name, p.Stages)
		if q.Name == "recurring_now" {
			known.Known = e.ledger.book.income(assumed["commission_share"])
		}
		a := plan.Assume(q, known)
		if m, ok := plan.SeasonMonth(q.Name); ok {
			a = e.ledger.seasonal(q, m, p.Season)
		}
		if v, ok := said[q.Name]; ok {
			if v < 0 || v.Float64() > q.Max || v == 0 && (strings.HasPrefix(q.Name, "rate_") || q.Name == "hours_per_week") {
				faults = append(faults, at("/assumptions/"+q.Name, fmt.Sprintf("is the %s: want more than 0 and at most %v", q.Title, q.Max)))
			}
			a = plan.Say(q.Name, v.Float64())
		}
		assumed[q.Name] = a.Value
		out = append(out, events.PlanAssumption{
			Name: a.Name, Value: decimal(a.Value), Low: decimal(a.Low), High: decimal(a.High), Source: string(a.Source),
			N: decimal(a.N), Weight: decimal(a.Weight),
		})
	}
	for name := range said {
		if !slices.Contains(names, name) {
			faults = append(faults, at("/assumptions/"+pointerEscape(name), "is nothing that this plan leans on; there are: "+strings.Join(names, ", ")))
		}
	}
	return out, faults
}

// pointerEscape writes a name as a part of a JSON pointer.
func pointerEscape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// decimal returns the nearest decimal.
func decimal(x float64) events.Decimal { return events.Decimal(math.Round(x * events.Scale)) }

// idOfPlan names a plan that was given no name by what it is.
func idOfPlan(p events.PlanDrafted) string {
	body, _ := json.Marshal(p) // strings, numbers and lists of them always marshal
	sum := sha256.Sum256(body)
	return "plan_" + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10]))
}

// draftOf makes the event that keeps a plan.
func draftOf(p events.PlanDrafted) (events.Draft, []fault) {
	data, err := json.Marshal(p)
	if err != nil {
		return events.Draft{}, []fault{at("", "cannot be written: "+err.Error())}
	}
	rep := ""
	if p.OwnerKind == events.OwnerRep {
		rep = p.Owner.Owner
	}
	d, found := events.Draft{
		ID: events.TypePlanDrafted + "/" + p.Plan, Source: told, Type: events.TypePlanDrafted, Rep: rep, Data: data,
	}.Check()
	faults := violations(found)
	for i := range faults { // the body calls some members by other names
		pointer := *faults[i].Pointer
		for from, to := range map[string]string{"/ends_on": "/by", "/amount": "/income", "/kind": "/per"} {
			if pointer == from {
				pointer = to
			}
		}
		if pointer == "/income" && p.Kind == events.PlanResult {
			pointer = "/result"
		}
		faults[i].Pointer = &pointer
	}
	return d, faults
}
