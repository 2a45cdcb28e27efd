package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
)

// stepDone answers POST /v1/today/steps/{step}:done: a step of today's plan was done that no event tells of.
func (s *server) stepDone(c echo.Context, caller access.Caller) error {
	step, ok := strings.CutSuffix(unescaped(c, "step"), ":done")
	if !ok {
		return echo.ErrNotFound
	}
	a, err := s.askPlainly(c, caller)
	if err != nil {
		return err
	}
	body, fields, err := readObject(c)
	if err != nil {
		return err
	}
	var wanted struct {
		Rep  string
		Note string
	}
	if err := json.Unmarshal(body, &wanted); err != nil || wanted.Rep == "" {
		return badBody([]fault{at("/rep", "is required: whose step it is")})
	}
	for name := range fields {
		if name != "rep" && name != "note" {
			return badBody([]fault{at("/"+pointerEscape(name), "is no member here; there are: rep, note")})
		}
	}
	p, err := s.dayPlan(a, wanted.Rep, a.today())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.Steps, func(s events.Step) bool { return s.Step == step })
	if i < 0 {
		return failed(http.StatusNotFound, fmt.Sprintf("There is no step %.200q in today's plan up to position %d.", step, a.position),
			"See GET /v1/today for the steps that there are; if the plan was just made, ask with min_position.")
	}
	data, err := json.Marshal(events.DayplanStepDone{
		Day: events.Date(a.today().String()), Step: step, Count: p.Steps[i].Count, Note: wanted.Note,
	})
	if err != nil {
		return err
	}
	draft, found := events.Draft{
		ID: dayID(events.TypeDayplanStepDone, wanted.Rep, a.today()) + "/" + url.PathEscape(step), Source: told,
		Type: events.TypeDayplanStepDone, Rep: wanted.Rep, Data: data,
	}.Check()
	if len(found) > 0 {
		return badBody(violations(found))
	}
	receipt, err := s.record(c, caller.Org, draft)
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if receipt.Outcome == events.Duplicate {
		status = http.StatusOK
	}
	return c.JSON(status, map[string]any{"position": receipt.Position, "outcome": receipt.Outcome, "step": step})
}
