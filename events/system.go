package events

import (
	"fmt"
	"slices"
)

// The types of kind system.
const (
	TypeEventVoided    = "event.voided"
	TypeProspectLinked = "prospect.linked"
	TypeProspectErased = "prospect.erased"
	TypePaceChanged    = "pace.changed"
	TypeForecastIssued = "forecast.issued"
	TypeOrgConfigured  = "org.configured"
)

func systemTypes() []definition {
	return []definition{
		define(TypeEventVoided, "An event was wrong and no longer counts.", voidsAnother),
		define[ProspectLinked](TypeProspectLinked, "Several prospect ids turned out to be one person."),
		define(TypeProspectErased, "A person asked to be forgotten: what the ledger has sealed of them can no longer be read.", erasesSomebody),
		define[PaceChanged](TypePaceChanged, "A goal's status changed and held."),
		define(TypeForecastIssued, "A forecast was made, to be graded later.", forecastIsWhole),
		define(TypeOrgConfigured, "The org's settings changed; what is absent stays as it was.", settingsAreWhole),
	}
}

// EventVoided is the payload of event.voided.
type EventVoided struct {
	Event  string `json:"event" rule:"required" doc:"The id of the event that no longer counts; it may be recorded later than this one."`
	Reason string `json:"reason" rule:"required" doc:"Why; no personal data."`
	Note   string `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}

func voidsAnother(d Draft, v EventVoided, report reporter) {
	if v.Event != "" && v.Event == d.ID {
		report("event", "must be another event")
	}
}

// ProspectLinked is the payload of prospect.linked.
type ProspectLinked struct {
	Prospects []string `json:"prospects" rule:"required,min=2,max=100,format=prospect" doc:"Prospect ids of one person."`
	Reason    string   `json:"reason,omitzero" doc:"How it was found out; no personal data."`
}

// ProspectErased is the payload of prospect.erased. The event's subject, data.person and data.prospects are who is erased:
// one person.
type ProspectErased struct {
	Person    *Person  `json:"person,omitzero" rule:"private" doc:"Who is erased, when the event has no subject."`
	Prospects []string `json:"prospects,omitzero" rule:"max=1000,format=prospect" doc:"Further prospect ids of the same person."`
	Reason    string   `json:"reason,omitzero" rule:"enum=request|retention|mistake" doc:"Why."`
}

// Erases returns the prospect ids that a recorded prospect.erased names, each once.
func Erases(e Event) ([]string, error) {
	payload, err := DecodeData[ProspectErased](e)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, id := range slices.Concat([]string{e.Prospect}, e.Aliases, payload.Prospects) {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func erasesSomebody(d Draft, e ProspectErased, report reporter) {
	if d.Subject == "" && len(e.Prospects) == 0 && (e.Person == nil || *e.Person == (Person{})) {
		report("person", "is required when the event has no subject: say who is to be erased")
	}
}

// The statuses of a goal.
const (
	OffTrack = "off_track"
	AtRisk   = "at_risk"
	OnTrack  = "on_track"
	Ahead    = "ahead"
	Achieved = "achieved"
	Missed   = "missed"
)

// PaceChanged is the payload of pace.changed. The event's time is when the new status began.
type PaceChanged struct {
	Goal     string  `json:"goal" rule:"required" doc:"The goal's id."`
	From     string  `json:"from,omitzero" rule:"enum=off_track|at_risk|on_track|ahead|achieved|missed" doc:"The status before; absent the first time."`
	To       string  `json:"to" rule:"required,enum=off_track|at_risk|on_track|ahead|achieved|missed" doc:"The status now."`
	Actual   Decimal `json:"actual" rule:"required" doc:"What had been reached, in the goal's unit."`
	Expected Decimal `json:"expected" rule:"required" doc:"What the line asked for, in the goal's unit."`
	Currency string  `json:"currency,omitzero" rule:"format=currency" doc:"The currency of both, when they are amounts."`
	Position int64   `json:"position,omitzero" rule:"min=0" doc:"The ledger position up to which it was reckoned."`
}

// ForecastIssued is the payload of forecast.issued.
type ForecastIssued struct {
	Owner
	Forecast string     `json:"forecast" rule:"required" doc:"The forecast's id."`
	Metric   string     `json:"metric" rule:"required,format=metric" doc:"What is forecast."`
	Currency string     `json:"currency,omitzero" rule:"format=currency" doc:"The currency, when the metric is an amount."`
	AsOf     Date       `json:"as_of" rule:"required" doc:"The last day whose events it knew, local to the org."`
	Method   string     `json:"method" rule:"required,max=100" doc:"Name and version of the method."`
	Leans    []string   `json:"leans,omitzero" doc:"What it leans on where own history is short."`
	Spans    []Forecast `json:"spans" rule:"required,min=1,max=100" doc:"One entry for each span, such as a week."`
}

// Forecast is what is expected of one span.
type Forecast struct {
	StartsOn Date    `json:"starts_on" rule:"required" doc:"First day of the span, local to the org."`
	EndsOn   Date    `json:"ends_on" rule:"required" doc:"Last day of the span, local to the org."`
	P10      Decimal `json:"p10" rule:"required" doc:"The value that is undershot in 1 of 10 cases."`
	P50      Decimal `json:"p50" rule:"required" doc:"The value that is undershot in 1 of 2 cases."`
	P90      Decimal `json:"p90" rule:"required" doc:"The value that is undershot in 9 of 10 cases."`
}

func forecastIsWhole(_ Draft, f ForecastIssued, report reporter) {
	f.checkOwner(report)
	for _, s := range f.Spans {
		if s.StartsOn != "" && s.EndsOn != "" && s.EndsOn < s.StartsOn {
			report("spans", "must each end on or after their first day")
		}
		if s.P50 < s.P10 || s.P90 < s.P50 {
			report("spans", "must each have p10 <= p50 <= p90")
		}
	}
}

// OrgConfigured is the payload of org.configured. What is absent stays as it was.
type OrgConfigured struct {
	Zone                 string            `json:"zone,omitzero" rule:"format=zone,max=64" doc:"IANA time zone in which the org's days run."`
	WeekStart            string            `json:"week_start,omitzero" rule:"enum=monday|tuesday|wednesday|thursday|friday|saturday|sunday" doc:"First day of the week."`
	FiscalYearStartMonth int64             `json:"fiscal_year_start_month,omitzero" rule:"min=1,max=12" doc:"Month in which the fiscal year begins, from 1."`
	Currency             string            `json:"currency,omitzero" rule:"format=currency" doc:"The org's own currency."`
	Country              string            `json:"country,omitzero" rule:"format=country" doc:"Country, or region of one, in which the org works."`
	Teams                map[string]string `json:"teams,omitzero" rule:"max=10000" doc:"The team of each rep; replaces the whole map."`
	TeamChanges          map[string]string `json:"team_changes,omitzero" rule:"max=10000" doc:"New teams of single reps; those of all others stay."`
	Teamless             []string          `json:"teamless,omitzero" rule:"max=10000" doc:"Reps who are in no team from now on; those of all others stay."`
	IncomeProducing      *Producing        `json:"income_producing,omitzero" doc:"Which categories of logged time count as income-producing, from a day on."`
}

// Producing says which categories of logged time count as income-producing besides income_producing itself. Calls and
// appointments that were held always do.
type Producing struct {
	Categories   []string `json:"categories" rule:"required,max=4,enum=income_producing|lead_generating|support|admin" doc:"The categories; income_producing counts whether it is named or not, so an empty list means it alone."`
	EffectiveOn  Date     `json:"effective_on,omitzero" doc:"First day on which it holds; days before keep what held on them. Absent: the day of the event."`
	WholeHistory bool     `json:"whole_history,omitzero" doc:"It holds for all days, past ones among them, in the place of all that was said before."`
}

// settingsAreWhole checks what lies between the fields of org.configured.
func settingsAreWhole(_ Draft, o OrgConfigured, report reporter) {
	p := o.IncomeProducing
	if p == nil {
		return
	}
	if p.WholeHistory && p.EffectiveOn != "" {
		report("income_producing/effective_on", "must be left out with whole_history: it holds for all days")
	}
	for i, c := range p.Categories {
		if slices.Contains(p.Categories[:i], c) {
			report(fmt.Sprintf("income_producing/categories/%d", i), "is given twice")
		}
	}
}
