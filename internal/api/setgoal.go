package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/metric"
)

// goalAnswer is what POST /v1/goals answers.
type goalAnswer struct {
	Goal     string          `json:"goal"`
	Event    string          `json:"event"` // id of the event that set it
	Outcome  events.Outcome  `json:"outcome"`
	Position events.Position `json:"position"`
}

// setGoal answers POST /v1/goals: the body is the payload of goal.set, its id may be left out. The same goal sent again
// is the same goal.
func (s *server) setGoal(c echo.Context, caller access.Caller) error {
	body, fields, err := readObject(c)
	if err != nil {
		return err
	}
	if _, given := fields["starts_on"]; !given {
		settings, err := s.deps.Warehouse.Settings(c.Request().Context(), caller.Org)
		if err != nil {
			return err
		}
		body = withMember(body, "starts_on", settings.Calendar().DayOf(s.deps.Clock()).String(), len(fields) == 0)
		fields["starts_on"] = nil
	}
	id, data := "", body
	if raw, given := fields["goal"]; given {
		if err := json.Unmarshal(raw, &id); err != nil || id == "" {
			return badBody([]fault{at("/goal", "must be a text that is not empty, or left out")})
		}
	} else {
		id = contentID(body)
		data = withMember(body, "goal", id, false)
	}
	draft, found := events.Draft{ID: "goal.set/" + id, Source: told, Type: events.TypeGoalSet, Data: data}.Check()
	faults := violations(found)
	if _, dated := fields["ends_on"]; !dated {
		faults = slices.DeleteFunc(faults, func(f fault) bool { return *f.Pointer == "/ends_on" })
		faults = append(faults, at("/ends_on",
			"is required: a goal without a date is a wish. Say by when it is to be reached, such as \"2027-03-31\"."))
	}
	if faults = append(faults, goalFaults(draft)...); len(faults) > 0 {
		return badBody(faults)
	}
	receipt, err := s.record(c, caller.Org, draft)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Location", goalPath(id))
	status := http.StatusCreated
	if receipt.Outcome == events.Duplicate {
		status = http.StatusOK
	}
	return c.JSON(status, goalAnswer{Goal: id, Event: receipt.ID, Outcome: receipt.Outcome, Position: receipt.Position})
}

// goalFaults says what a goal must be beyond what the event must be: something whose pace can be told.
func goalFaults(d events.Draft) []fault {
	var g events.GoalSet
	if json.Unmarshal(d.Data, &g) != nil || g.Metric == "" {
		return nil // was reported
	}
	var faults []fault
	if g.Goal == "." || g.Goal == ".." {
		faults = append(faults, at("/goal", "cannot stand in an address"))
	}
	def, ok := metric.Find(g.Metric)
	switch {
	case !ok:
		faults = append(faults, at("/metric", "is not defined; see /v1/metrics/definitions"))
	case !def.Additive():
		faults = append(faults, at("/metric", "is a ratio; a goal needs something that adds up, such as calls"))
	case !def.ByCurrency() && g.Currency != "":
		faults = append(faults, at("/currency", "must be left out: "+g.Metric+" is no amount"))
	case def.ByCurrency() && g.Currency == "":
		faults = append(faults, at("/currency", "is required for an amount: an ISO 4217 code such as \"EUR\""))
	}
	if g.Curve == events.CurveSeason {
		faults = append(faults, at("/curve", "season is not told yet; take straight, monthly or markers"))
	}
	return faults
}

// contentID names a goal that was given no name by what it is, so that sending it twice makes one goal.
func contentID(body []byte) string {
	draft, _ := events.Draft{Type: events.TypeGoalSet, Source: told, Data: body}.Check()
	sum := sha256.Sum256(draft.Data)
	return "g_" + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10]))
}

// withMember puts a member in front of the members of an object. What was given stays as it was given, so that what is
// wrong with it is found.
func withMember(object []byte, name, value string, empty bool) []byte {
	_, members, _ := bytes.Cut(object, []byte{'{'})
	data := fmt.Appendf(nil, `{%q:%q`, name, value)
	if !empty {
		data = append(data, ',')
	}
	return append(data, members...)
}
