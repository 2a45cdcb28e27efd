package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/calendar"
	"milemarker/internal/plan"
	"milemarker/projections"
)

// planRoutes mounts what is about plans, the day and what is to come.
func (s *server) planRoutes(e *echo.Echo) {
	e.GET("/v1/plans", s.asked(s.listPlans))
	e.POST("/v1/plans", s.keyed(access.ScopeRead, s.drawPlan))
	e.GET("/v1/plans/:id", s.asked(s.onePlan))
	e.POST("/v1/plans/:id", s.keyed(access.ScopeIngest, s.adoptPlan))
	e.GET("/v1/plans/:id/compare/:other", s.asked(s.comparePlans))
	e.GET("/v1/today", s.keyed(access.ScopeRead, s.today))
	e.POST("/v1/today/steps/:step", s.keyed(access.ScopeIngest, s.stepDone))
	e.GET("/v1/forecast", s.asked(s.forecast))
	e.GET("/v1/forecast/grades", s.asked(s.forecastGrades))
	e.GET("/v1/forecast/backtest", s.asked(s.forecastBacktest))
}

// workingHours returns the working time of each day of an owner.
func (s *server) workingHours(a ask, owner events.Owner) (func(calendar.Day) time.Duration, error) {
	calendars, err := s.desk(a).Calendars(a.ctx(), a.caller.Org, time.Time{})
	if err != nil {
		return nil, err
	}
	return calendars.Of(owner).On, nil
}

// drawPlan answers POST /v1/plans: an income or a result and a date are enough. With keep=false nothing is recorded.
func (s *server) drawPlan(c echo.Context, caller access.Caller) error {
	a, err := s.ask(c, caller)
	if err != nil {
		return err
	}
	keep := a.query.choice("keep", "true", "false") == "true"
	grains := spreadGrains(a)
	if err := a.query.done(); err != nil {
		return err
	}
	if keep && !caller.May(access.ScopeIngest) {
		return forbidden(c, access.ScopeIngest)
	}
	_, fields, err := readObject(c)
	if err != nil {
		return err
	}
	request, faults := readPlan(fields)
	if len(faults) > 0 {
		return badBody(faults)
	}
	drafted, err := s.draftPlan(a, request)
	if err != nil {
		return err
	}
	draft, faults := draftOf(drafted)
	if len(faults) > 0 {
		return badBody(faults)
	}
	draft.Received = a.now // reckoning takes a while
	made, err := s.reckon(a, drafted)
	if err != nil {
		return err
	}
	p := projections.Plan{PlanDrafted: drafted, DraftedAt: a.now.Truncate(time.Microsecond)}
	if !keep {
		return c.JSON(http.StatusOK, planAnswer{Position: a.position, Outcome: "not_kept", Plan: viewPlan(a, p, made, grains)})
	}
	receipt, err := s.record(c, caller.Org, draft)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Location", planPath(drafted.Plan))
	status := http.StatusCreated
	if receipt.Outcome == events.Duplicate { // it stands as it was first drafted
		status = http.StatusOK
		if a.position, err = s.reach(c, caller.Org, receipt.Position); err != nil {
			return err
		}
		plans, err := s.plans(a)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(plans, func(x projections.Plan) bool { return x.Plan == drafted.Plan }); i >= 0 {
			p = plans[i]
		}
	}
	return c.JSON(status, planAnswer{
		Position: receipt.Position, Outcome: string(receipt.Outcome), Plan: viewPlan(a, p, made, grains),
	})
}

// planAnswer is a plan with what became of it.
type planAnswer struct {
	Position events.Position `json:"position"`
	Outcome  string          `json:"outcome,omitempty"`
	Plan     planView        `json:"plan"`
}

func planPath(id string) string { return "/v1/plans/" + url.PathEscape(id) }

// spreadGrains reads the parameter spread: by which grains a plan is laid out.
func spreadGrains(a ask) []calendar.Grain {
	var names []string
	for _, g := range calendar.Grains() {
		names = append(names, string(g))
	}
	var grains []calendar.Grain
	for _, name := range a.query.choices("spread", names...) {
		grains = append(grains, calendar.Grain(name))
	}
	if grains == nil {
		return []calendar.Grain{calendar.Quarterly, calendar.Monthly, calendar.Weekly}
	}
	return grains
}

// plans returns the org's plans. One that cannot be read is logged and left out.
func (s *server) plans(a ask) ([]projections.Plan, error) {
	records, err := s.deps.Warehouse.Declarations(a.ctx(), projections.DeclarationQuery{
		Org: a.caller.Org, Types: projections.PlanTypes(),
	})
	if err != nil {
		return nil, err
	}
	plans, err := projections.FoldPlans(records)
	if err != nil {
		s.deps.Logger.WarnContext(a.ctx(), "plan events left out", "org", a.caller.Org, "error", err)
	}
	return plans, nil
}

// plan returns the plan of an id.
func (s *server) plan(a ask, id string) (projections.Plan, error) {
	plans, err := s.plans(a)
	if err != nil {
		return projections.Plan{}, err
	}
	i := slices.IndexFunc(plans, func(p projections.Plan) bool { return p.Plan == id })
	if i < 0 {
		return projections.Plan{}, failed(http.StatusNotFound,
			fmt.Sprintf("There is no plan %.200q up to position %d.", id, a.position), "If it was just drawn up, ask with min_position.")
	}
	return plans[i], nil
}

// listPlans answers GET /v1/plans, the latest first.
func (s *server) listPlans(a ask) error {
	rep := a.query.one("rep")
	adopted := a.query.choice("adopted", "", "true", "false")
	if err := a.query.done(); err != nil {
		return err
	}
	plans, err := s.plans(a)
	if err != nil {
		return err
	}
	views := []planSummary{}
	for _, p := range slices.Backward(plans) {
		owned := rep == "" || p.OwnerKind == events.OwnerRep && p.Owner.Owner == rep
		if owned && (adopted == "" || (adopted == "true") == (p.Adopted != nil)) {
			views = append(views, summary(p))
		}
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "plans": views})
}

// onePlan answers GET /v1/plans/{id}.
func (s *server) onePlan(a ask) error {
	grains := spreadGrains(a)
	if err := a.query.done(); err != nil {
		return err
	}
	p, err := s.plan(a, pathID(a.Context))
	if err != nil {
		return err
	}
	made, err := s.reckon(a, p.PlanDrafted)
	if err != nil {
		return err
	}
	return a.JSON(http.StatusOK, planAnswer{Position: a.position, Plan: viewPlan(a, p, made, grains)})
}

// differenceView is an assumption that two plans do not share.
type differenceView struct {
	Name string  `json:"name"`
	A    float64 `json:"a"`
	B    float64 `json:"b"`
}

// comparePlans answers GET /v1/plans/{id}/compare/{other}.
func (s *server) comparePlans(a ask) error {
	if err := a.query.done(); err != nil {
		return err
	}
	var views [2]planView
	var assumed [2][]plan.Assumption
	for i, id := range []string{pathID(a.Context), unescaped(a.Context, "other")} {
		p, err := s.plan(a, id)
		if err != nil {
			return err
		}
		made, err := s.reckon(a, p.PlanDrafted)
		if err != nil {
			return err
		}
		views[i] = viewPlan(a, p, made, nil)
		for _, x := range p.Assumptions {
			assumed[i] = append(assumed[i], plan.Assumption{Name: x.Name, Value: x.Value.Float64()})
		}
	}
	differences := []differenceView{}
	for _, d := range plan.Differences(assumed[0], assumed[1]) {
		differences = append(differences, differenceView(d))
	}
	return a.JSON(http.StatusOK, map[string]any{
		"position": a.position, "a": views[0], "b": views[1], "differences": differences,
		"sentence": compared(views[0], views[1]),
	})
}

// compared says which of two plans takes less.
func compared(a, b planView) string {
	unreached := func(v planView) bool { return len(v.Sure.Stages) == 0 && v.Sure.Verdict == string(plan.Infeasible) }
	if unreached(a) || unreached(b) {
		return "At least one of the two cannot be reached."
	}
	name := func(v planView) string { return strings.TrimSpace(v.Title + " (" + v.Plan + ")") }
	x, y := a.Sure.HoursPerWeek, b.Sure.HoursPerWeek
	switch {
	case x < y:
		return fmt.Sprintf("%s takes %.1f hours a week, %s %.1f: the first takes less.", name(a), x, name(b), y)
	case x > y:
		return fmt.Sprintf("%s takes %.1f hours a week, %s %.1f: the second takes less.", name(a), x, name(b), y)
	default:
		return fmt.Sprintf("Both take %.1f hours a week.", x)
	}
}

// unescaped returns a parameter of the path, as pathID does.
func unescaped(c echo.Context, name string) string {
	v := c.Param(name)
	if c.Request().URL.RawPath == "" {
		return v
	}
	if plain, err := url.PathUnescape(v); err == nil {
		return plain
	}
	return v
}
