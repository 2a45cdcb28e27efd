package api

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/plan"
	"milemarker/projections"
)

// mostGoals is how many goals the adoption of a plan may set: all are recorded in one piece.
const mostGoals = 900

// adoptPlan answers POST /v1/plans/{id}:adopt: the plan becomes goals and a daily mode of operation, all or nothing.
func (s *server) adoptPlan(c echo.Context, caller access.Caller) error {
	id, ok := strings.CutSuffix(pathID(c), ":adopt")
	if !ok {
		return echo.ErrNotFound
	}
	a, err := s.askPlainly(c, caller)
	if err != nil {
		return err
	}
	grains, err := readAdoption(c)
	if err != nil {
		return err
	}
	p, err := s.plan(a, id)
	if err != nil {
		return err
	}
	made, err := s.reckonBy(a, p.PlanDrafted, plan.Reckon)
	if err != nil {
		return err
	}
	if made.Needed == 0 && made.Rank == "" {
		return failed(http.StatusConflict, "There is nothing to adopt: "+made.Words+".", "Draw up a plan for more, or for a later date.")
	}
	if len(made.Sure.Stages) == 0 {
		return failed(http.StatusConflict, "The plan cannot be reached: "+made.Words+".", "Draw up another one.")
	}
	ad := adoption{plan: p, made: made, calendar: a.calendar, grains: grains}
	drafts, goals, err := ad.drafts()
	if err != nil {
		return err
	}
	if len(goals) > mostGoals {
		return badBody([]fault{at("/grains", fmt.Sprintf(
			"make %d goals of this plan; at most %d are possible: leave out the finest of them", len(goals), mostGoals))})
	}
	last, outcome, err := s.adopt(a, p, drafts)
	if err != nil {
		return err
	}
	c.Response().Header().Set(positionHeader, strconv.FormatUint(uint64(last), 10))
	status := http.StatusCreated
	if outcome == events.Duplicate {
		status = http.StatusOK
	}
	answer := map[string]any{"position": last, "outcome": outcome, "plan": p.Plan, "goals": goals}
	former, err := s.stillRunning(a, p)
	if err != nil {
		s.deps.Logger.WarnContext(a.ctx(), "former plans", "org", a.caller.Org, "error", err) // the plan is adopted all the same
	}
	if len(former) > 0 {
		answer["still_running"] = former
	}
	return c.JSON(status, answer)
}

// adopt records the drafts of an adoption. Where the read models know of one already, the events of it tell whether this
// is the same: the ledger would have to be asked about each.
func (s *server) adopt(a ask, p projections.Plan, drafts []events.Draft) (last events.Position, outcome events.Outcome, err error) {
	if p.Adopted != nil {
		last, same, err := s.stands(a, drafts)
		switch {
		case err != nil:
			return 0, "", err
		case same:
			return last, events.Duplicate, nil
		case last > 0:
			return 0, events.Conflict, adoptedBefore(last)
		}
	}
	receipts, err := s.deps.Recorder.RecordTogether(a.ctx(), a.caller.Org, drafts)
	if err != nil {
		return 0, "", err
	}
	return together(receipts)
}

// stands tells whether the events that drafts would make stand already, all with the same content; last is the highest
// position of those that stand in any case.
func (s *server) stands(a ask, drafts []events.Draft) (last events.Position, same bool, err error) {
	records, err := s.deps.Warehouse.Declarations(a.ctx(), projections.DeclarationQuery{
		Org: a.caller.Org, Types: []string{events.TypePlanAdopted, events.TypeGoalSet},
	})
	if err != nil {
		return 0, false, err
	}
	known := map[string]events.Record{}
	for _, r := range records {
		known[r.Event.ID] = r
	}
	same = true
	for _, d := range drafts {
		r, ok := known[d.ID]
		if !ok {
			same = false
			continue
		}
		digest, err := s.deps.Recorder.Digest(a.ctx(), a.caller.Org, d)
		if err != nil {
			return 0, false, err
		}
		last = max(last, r.Position)
		same = same && r.Event.Digest == digest
	}
	return last, same, nil
}

// together says what became of drafts that were to be recorded all or not at all: all are appended, or all stood already,
// or nothing was written.
func together(receipts []events.Receipt) (last events.Position, outcome events.Outcome, err error) {
	stood := 0
	for _, r := range receipts {
		last = max(last, r.Position)
		switch r.Outcome {
		case events.Conflict:
			return 0, r.Outcome, adoptedBefore(r.Position)
		case events.Duplicate:
			stood++
		case events.Rejected:
			outcome = events.Rejected
		case events.Appended:
		}
	}
	switch {
	case stood == len(receipts):
		return last, events.Duplicate, nil
	case stood > 0:
		return 0, events.Conflict, adoptedBefore(last)
	case outcome == events.Rejected:
		return 0, outcome, badBody(violations(receipts[0].Violations))
	default:
		return last, events.Appended, nil
	}
}

func adoptedBefore(at events.Position) error {
	return failed(http.StatusConflict, fmt.Sprintf("The plan was adopted already, otherwise than now: see position %d.", at),
		"Draw up the plan anew, under another id, and adopt that.")
}

// readAdoption reads by which grains goals are wanted: quarters, months and weeks unless it is said.
func readAdoption(c echo.Context) ([]calendar.Grain, error) {
	usual := []calendar.Grain{calendar.Quarterly, calendar.Monthly, calendar.Weekly}
	if c.Request().ContentLength == 0 {
		return usual, nil
	}
	body, fields, err := readObject(c)
	if err != nil {
		return nil, err
	}
	for name := range fields {
		if name != "grains" {
			return nil, badBody([]fault{at("/"+pointerEscape(name), "is no member of an adoption; there is: grains")})
		}
	}
	var wanted struct{ Grains []calendar.Grain }
	if err := json.Unmarshal(body, &wanted); err != nil {
		return nil, badBody([]fault{at("/grains", "must be a list of year, quarter, month, week, day")})
	}
	if fields["grains"] == nil {
		return usual, nil
	}
	var grains []calendar.Grain // from coarse to fine
	for _, g := range slices.Backward(calendar.Grains()) {
		if slices.Contains(wanted.Grains, g) {
			grains = append(grains, g)
		}
	}
	for i, g := range wanted.Grains {
		if !slices.Contains(calendar.Grains(), g) || slices.Contains(wanted.Grains[:i], g) {
			return nil, badBody([]fault{at(fmt.Sprintf("/grains/%d", i), "must be one of year, quarter, month, week, day, each once")})
		}
	}
	return grains, nil
}

// adoption turns a plan into goals.
type adoption struct {
	plan     projections.Plan
	made     plan.Plan
	calendar calendar.Calendar
	grains   []calendar.Grain
}

// drafts returns the events: the adoption, then for each stage the goal for the whole plan and those nested in it.
func (ad adoption) drafts() ([]events.Draft, []string, error) {
	var drafts []events.Draft
	var goals []string
	for i := range ad.made.Sure.Stages {
		for _, g := range ad.nested(i) {
			d, err := ad.draft(events.TypeGoalSet, g.Goal, g)
			if err != nil {
				return nil, nil, err
			}
			drafts, goals = append(drafts, d), append(goals, g.Goal)
		}
	}
	d, err := ad.draft(events.TypePlanAdopted, ad.plan.Plan, ad.adopted())
	if err != nil {
		return nil, nil, err
	}
	return append([]events.Draft{d}, drafts...), goals, nil
}

func (ad adoption) draft(typ, id string, payload any) (events.Draft, error) {
	data, err := json.Marshal(payload)
	if err != nil {
		return events.Draft{}, err
	}
	rep := ""
	if ad.plan.OwnerKind == events.OwnerRep {
		rep = ad.plan.Owner.Owner
	}
	d, found := events.Draft{ID: typ + "/" + id, Source: told, Type: typ, Rep: rep, Data: data}.Check()
	if len(found) > 0 {
		return d, fmt.Errorf("%s of plan %s: %s %s", typ, ad.plan.Plan, found[0].Pointer, found[0].Detail)
	}
	return d, nil
}

// effort is what the goals of a stage ask for: of the activities what makes the result sure, of the result what is needed.
func (ad adoption) effort(stage int) plan.Effort {
	if stage == len(ad.made.Sure.Stages)-1 {
		return ad.made.Average
	}
	return ad.made.Sure
}

// goalID names a goal of the plan.
func (ad adoption) goalID(stage int, part string) string {
	return ad.plan.Plan + "." + ad.made.Sure.Stages[stage].Name + part
}

// nested returns the goals of a stage, each behind the one that it serves. Parts in which nothing is to be done have none.
func (ad adoption) nested(stage int) []events.GoalSet {
	whole := ad.goal(stage, "", ad.plan.From, ad.plan.By, "")
	if whole.Target == 0 {
		return nil
	}
	if last := len(ad.made.Sure.Stages) - 1; stage != last && ad.effort(last).Stages[last].Count > 0 {
		whole.Parent = ad.goalID(last, "")
	}
	return append([]events.GoalSet{whole}, ad.parts(stage, whole.Goal, ad.plan.From, ad.plan.By, ad.grains)...)
}

// parts returns the goals of a stage from day a to day b, by the first of the grains and within it by the others.
func (ad adoption) parts(stage int, parent string, a, b calendar.Day, grains []calendar.Grain) []events.GoalSet {
	if len(grains) == 0 {
		return nil
	}
	var goals []events.GoalSet
	split := ad.effort(stage).Split(ad.calendar, grains[0], a, b)
	for _, part := range split {
		if part.Counts[stage] == 0 {
			continue
		}
		g := ad.goal(stage, "."+string(grains[0])+"."+part.From.String(), part.From, part.To, parent)
		goals = append(goals, g)
		goals = append(goals, ad.parts(stage, g.Goal, part.From, part.To, grains[1:])...)
	}
	return goals
}

func (ad adoption) goal(stage int, part string, from, to calendar.Day, parent string) events.GoalSet {
	name := ad.made.Sure.Stages[stage].Name
	title := name
	if d, ok := metric.Find(name); ok {
		title = d.Title
	}
	e := ad.effort(stage)
	g := events.GoalSet{
		Owner: ad.plan.Owner, Goal: ad.goalID(stage, part), Metric: name, Direction: events.AtLeast,
		Title:  fmt.Sprintf("%s, %s to %s", title, from, to),
		Target: events.Decimal(e.Between(stage, from, to)) * events.Scale, StatusRule: events.StatusByLuck, Parent: parent,
		StartsOn: events.Date(from.String()), EndsOn: events.Date(to.String()),
	}
	if months := e.Split(ad.calendar, calendar.Monthly, from, to); len(months) > 1 {
		g.Curve = events.CurveMonthly
		for _, m := range months {
			g.Weights = append(g.Weights, events.Decimal(m.Counts[stage])*events.Scale)
		}
	}
	return g
}

// adopted returns the daily mode of operation.
func (ad adoption) adopted() events.PlanAdopted {
	stages := ad.made.Sure.Stages
	a := events.PlanAdopted{
		Owner: ad.plan.Owner, Plan: ad.plan.Plan, StartsOn: ad.plan.StartsOn, EndsOn: ad.plan.EndsOn,
		Chance: decimal(min(1, math.Floor(ad.made.Sure.Chance*1e4)/1e4)), Rates: map[string]events.Decimal{},
	}
	if last := len(stages) - 1; ad.effort(last).Stages[last].Count > 0 {
		a.Goal = ad.goalID(last, "")
	}
	for i, s := range stages {
		per, count := "week", s.PerWeek
		if i == 0 {
			per, count = "day", s.PerDay
		}
		a.Activities = append(a.Activities, events.PlannedActivity{Metric: s.Name, Per: per, Count: decimal(count)})
	}
	for _, x := range ad.plan.Assumptions {
		if name, ok := strings.CutPrefix(x.Name, "rate_"); ok {
			a.Rates[name] = x.Value
		} else if x.Name == "average_sale" {
			a.Rates[x.Name] = x.Value
		}
	}
	return a
}
