package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// maxParts bounds the parts of one goal: the days of a year.
const maxParts = 366

// goalPartView is one part of a goal that was split.
type goalPartView struct {
	Goal     string       `json:"goal"`
	StartsOn calendar.Day `json:"starts_on"`
	EndsOn   calendar.Day `json:"ends_on"`
	Target   any          `json:"target"`
}

// splitGoal makes goals for the quarters, months, weeks or days of a goal, which serve it and add up to it exactly. Its
// body is {"into": "week"}. A part without working time, or too small to get a whole unit, is left out.
func (s *server) splitGoal(a ask, g projections.Goal) error {
	_, fields, err := readObject(a.Context)
	if err != nil {
		return err
	}
	var into string
	if len(fields) != 1 || json.Unmarshal(fields["into"], &into) != nil {
		return badBody([]fault{at("/into", `is required, and nothing else: "quarter", "month", "week" or "day"`)})
	}
	grain, err := calendar.ParseGrain(into)
	if err != nil || grain == calendar.Yearly {
		return badBody([]fault{at("/into", `must be "quarter", "month", "week" or "day"`)})
	}
	st, err := s.desk(a).Standing(a.ctx(), a.caller.Org, g.ID, a.now, time.Time{})
	if err != nil {
		return paceFailure(a, g.ID, err)
	}
	var begins []calendar.Day
	for _, b := range buckets(a.calendar, grain, span{g.StartsOn, st.Terms.EndsOn + 1}) {
		begins = append(begins, b.from)
	}
	if len(begins) > maxParts {
		return badBody([]fault{at("/into", fmt.Sprintf("makes %d parts, the limit is %d: split into something longer first", len(begins), maxParts))})
	}
	if len(begins) < 2 {
		return badBody([]fault{at("/into", "makes one part only: the goal is no longer than that")})
	}
	parts := splitParts(st.Course, begins, unitOf(st.Metric), st.Working)
	drafts, views, err := partDrafts(g, st.Terms, grain, parts, st.Metric)
	if err != nil {
		return err
	}
	receipts, err := s.deps.Recorder.RecordTogether(a.ctx(), a.caller.Org, drafts)
	if err != nil {
		return err
	}
	outcome, position := events.Duplicate, events.Position(0)
	for _, r := range receipts {
		switch r.Outcome {
		case events.Rejected:
			return badBody(violations(r.Violations))
		case events.Conflict:
			return failed(http.StatusConflict, "The goal was split like this before, when it stood differently.",
				"Revise the parts one by one, or close them and split into something else.")
		case events.Appended:
			outcome = events.Appended
		default:
		}
		position = max(position, r.Position)
	}
	a.Response().Header().Set(positionHeader, strconv.FormatUint(uint64(position), 10))
	status := http.StatusCreated
	if outcome == events.Duplicate {
		status = http.StatusOK
	}
	return a.JSON(status, map[string]any{"position": position, "outcome": outcome, "goal": g.ID, "parts": views})
}

// splitParts takes a goal apart. A ratio is the same in every part; what adds up is divided.
func splitParts(g pace.Goal, begins []calendar.Day, unit events.Decimal, w calendar.Working) []pace.Part {
	parts := g.Split(begins, unit, w)
	var out []pace.Part
	for _, p := range parts {
		if g.Kind.Ratio() {
			p.Target = g.Target
		}
		if p.Target > 0 || g.Direction == pace.AtMost && w.Days(p.From, p.To+1) > 0 {
			out = append(out, p)
		}
	}
	return out
}

func partDrafts(
	g projections.Goal, terms projections.GoalTerms, grain calendar.Grain, parts []pace.Part, d metric.Definition,
) (drafts []events.Draft, views []goalPartView, err error) {
	for _, p := range parts {
		id := fmt.Sprintf("%s.%s.%s", g.ID, grain, p.From)
		data, err := json.Marshal(events.GoalSet{
			Owner: g.Owner, Goal: id, Title: terms.Title, Metric: g.Metric, Target: p.Target, Direction: g.Direction,
			Currency: g.Currency, StartsOn: events.Date(p.From.String()), EndsOn: events.Date(p.To.String()),
			StatusRule: terms.StatusRule, Parent: g.ID, Partner: terms.Partner,
		})
		if err != nil {
			return nil, nil, err
		}
		drafts = append(drafts, events.Draft{ID: "goal.set/" + id, Source: told, Type: events.TypeGoalSet, Data: data})
		views = append(views, goalPartView{Goal: id, StartsOn: p.From, EndsOn: p.To, Target: quantity(d.Unit, p.Target)})
	}
	return drafts, views, nil
}
