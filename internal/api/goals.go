package api

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/internal/metric"
	"milemarker/projections"
)

// goalView is a goal as it stands on a day.
type goalView struct {
	Goal       string          `json:"goal"`
	Title      string          `json:"title"`
	Metric     string          `json:"metric"`
	Target     any             `json:"target"` // money as a string, all else as a number
	Direction  string          `json:"direction"`
	Currency   string          `json:"currency,omitempty"`
	OwnerKind  string          `json:"owner_kind"`
	Owner      string          `json:"owner,omitempty"`
	StartsOn   calendar.Day    `json:"starts_on"`
	EndsOn     calendar.Day    `json:"ends_on"`
	StatusRule string          `json:"status_rule"`
	Curve      string          `json:"curve"`
	Weights    []any           `json:"weights,omitempty"`
	Markers    []markerView    `json:"markers,omitempty"`
	Parent     string          `json:"parent,omitempty"`
	Partner    string          `json:"partner,omitempty"`
	Revised    []calendar.Day  `json:"revised_on,omitempty"` // days from which it stood differently
	Closed     *closingView    `json:"closed,omitempty"`
	Position   events.Position `json:"position"`
	Pace       string          `json:"pace"` // where its pace is
}

type markerView struct {
	On    calendar.Day `json:"on"`
	Value any          `json:"value"`
}

type closingView struct {
	At     time.Time `json:"at"`
	Result string    `json:"result"`
	Reason string    `json:"reason,omitempty"`
}

func viewGoal(g projections.Goal, on calendar.Day) goalView {
	d, _ := metric.Find(g.Metric)
	terms := g.On(on)
	v := goalView{
		Goal: g.ID, Title: goals.Title(g, on), Metric: g.Metric, Target: quantity(d.Unit, terms.Target), Direction: g.Direction,
		Currency: g.Currency, OwnerKind: g.Owner.OwnerKind, Owner: g.Owner.Owner, StartsOn: g.StartsOn, EndsOn: terms.EndsOn,
		StatusRule: terms.StatusRule, Curve: cmp.Or(terms.Course.Curve, events.CurveStraight), Parent: terms.Parent,
		Partner: terms.Partner, Revised: g.Revisions(), Position: g.Position, Pace: goalPath(g.ID) + "/pace",
	}
	for _, w := range terms.Course.Weights {
		v.Weights = append(v.Weights, quantity(metric.Ratio, w))
	}
	for _, m := range terms.Course.Markers {
		if day, err := calendar.ParseDay(string(m.On)); err == nil {
			v.Markers = append(v.Markers, markerView{On: day, Value: quantity(d.Unit, m.Value)})
		}
	}
	if g.Closed != nil {
		v.Closed = &closingView{At: g.Closed.At, Result: g.Closed.Result, Reason: g.Closed.Reason}
	}
	return v
}

func goalPath(id string) string { return "/v1/goals/" + url.PathEscape(id) }

// desk tells how goals stand, as of the moment of the question.
func (s *server) desk(a ask) goals.Desk {
	return goals.Desk{Reader: s.deps.Warehouse, Logger: s.deps.Logger, Now: func() time.Time { return a.now }}
}

// listGoals answers GET /v1/goals.
func (s *server) listGoals(a ask) error {
	on, given := a.query.day("on")
	open := a.query.choice("open", "false", "true") == "true"
	if err := a.query.done(); err != nil {
		return err
	}
	if !given {
		on = a.today()
	}
	all, err := s.desk(a).Goals(a.ctx(), a.caller.Org)
	if err != nil {
		return err
	}
	views := []goalView{}
	for _, g := range all {
		if !open || isOpen(g, on) {
			views = append(views, viewGoal(g, on))
		}
	}
	if wantsCSV(a.Context) {
		return writeCSV(a.Context, "goals", goalsHeader(), views, goalCells)
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "goals": views})
}

// isOpen tells whether a goal has neither been closed nor run out before a day.
func isOpen(g projections.Goal, on calendar.Day) bool {
	return g.Closed == nil && g.On(on).EndsOn >= on
}

// oneGoal answers GET /v1/goals/{id}.
func (s *server) oneGoal(a ask) error {
	on, given := a.query.day("on")
	if err := a.query.done(); err != nil {
		return err
	}
	if !given {
		on = a.today()
	}
	g, err := s.goal(a)
	if err != nil {
		return err
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "goal": viewGoal(g, on)})
}

// goal returns the goal that the path names.
func (s *server) goal(a ask) (projections.Goal, error) {
	all, err := s.desk(a).Goals(a.ctx(), a.caller.Org)
	if err != nil {
		return projections.Goal{}, err
	}
	id := pathID(a.Context)
	i := slices.IndexFunc(all, func(g projections.Goal) bool { return g.ID == id })
	if i < 0 {
		return projections.Goal{}, noGoal(a, id)
	}
	return all[i], nil
}

func noGoal(a ask, id string) error {
	return failed(http.StatusNotFound, fmt.Sprintf("There is no goal %.200q up to position %d.", id, a.position),
		"If it was just set, ask with min_position.")
}

// pathID returns the id that the path names. The router leaves escapes in it where the path has some that matter.
func pathID(c echo.Context) string { return pathParam(c, "id") }

func pathParam(c echo.Context, name string) string {
	id := c.Param(name)
	if c.Request().URL.RawPath == "" {
		return id
	}
	if plain, err := url.PathUnescape(id); err == nil {
		return plain
	}
	return id
}

func goalsHeader() []string {
	return []string{
		"goal", "title", "metric", "target", "direction", "currency", "owner_kind", "owner", "starts_on", "ends_on",
		"status_rule", "curve", "parent", "partner", "result",
	}
}

func goalCells(v goalView) []cell {
	result := ""
	if v.Closed != nil {
		result = v.Closed.Result
	}
	return []cell{
		text(v.Goal), text(v.Title), text(v.Metric), value(v.Target), cell(v.Direction), text(v.Currency),
		cell(v.OwnerKind), text(v.Owner), cell(v.StartsOn.String()), cell(v.EndsOn.String()), cell(v.StatusRule),
		cell(v.Curve), text(v.Parent), text(v.Partner), cell(result),
	}
}
