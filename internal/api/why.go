package api

import (
	"net/http"

	"milemarker/events"
	"milemarker/internal/goals"
	"milemarker/internal/pace"
)

// whyView is a gap taken apart.
type whyView struct {
	Position events.Position `json:"position"`
	Goal     string          `json:"goal"`
	Actual   any             `json:"actual"`
	Expected any             `json:"expected"`
	Margin   any             `json:"margin"`
	Status   pace.Status     `json:"status"`
	Causes   []causeView     `json:"causes"`
	Sentence string          `json:"sentence"`
}

type causeView struct {
	Metric  string  `json:"metric"`
	Title   string  `json:"title"`
	Actual  float64 `json:"actual"`
	Assumed float64 `json:"assumed"`
	Source  string  `json:"source"` // of the assumption
	N       float64 `json:"n"`      // how much own history stands behind it
	Weight  float64 `json:"weight"` // how much that counts against everybody's
	Ratio   float64 `json:"ratio"`
	Part    any     `json:"part"`  // of the margin: all parts add up to it
	Share   float64 `json:"share"` // of the parts with the margin's sign
	Luck    bool    `json:"within_luck"`
	Thin    bool    `json:"nothing_yet,omitempty"`
}

// goalWhy answers GET /v1/goals/{id}/why.
func (s *server) goalWhy(a ask) error {
	moment := readInstant(a)
	known := readKnown(a, moment)
	if err := a.query.done(); err != nil {
		return err
	}
	id := pathID(a.Context)
	why, err := s.desk(a).Why(a.ctx(), a.caller.Org, id, moment, known)
	if err != nil {
		return paceFailure(a, id, err)
	}
	st := why.Standing
	show := func(d events.Decimal) any { return quantity(st.Metric.Unit, d) }
	v := whyView{
		Position: a.position, Goal: id, Actual: show(st.Pace.Actual), Expected: show(st.Pace.Expected),
		Margin: show(st.Pace.Margin), Status: st.Pace.Status, Causes: []causeView{}, Sentence: why.Sentence,
	}
	for _, c := range why.Causes {
		v.Causes = append(v.Causes, causeView{
			Metric: c.Name, Title: c.Title, Actual: rounded(c.Actual), Assumed: rounded(c.Assumed), Source: c.Source,
			N: rounded(c.N), Weight: rounded(c.Weight), Ratio: rounded(c.Ratio), Part: show(c.Part), Share: rounded(c.Share), Luck: c.Luck, Thin: c.Thin,
		})
	}
	return a.JSON(http.StatusOK, v)
}

// pointView is one point of the goal check.
type pointView struct {
	Point  string    `json:"point"`
	Met    goals.Met `json:"met"`
	Finds  string    `json:"finds"`
	Advice string    `json:"advice,omitempty"`
}

// goalCheck answers GET /v1/goals/{id}/check.
func (s *server) goalCheck(a ask) error {
	moment := readInstant(a)
	if err := a.query.done(); err != nil {
		return err
	}
	id := pathID(a.Context)
	_, points, err := s.desk(a).Check(a.ctx(), a.caller.Org, id, moment, s.besideCheck(a))
	if err != nil {
		return paceFailure(a, id, err)
	}
	views := []pointView{}
	for _, p := range points {
		views = append(views, pointView{p.Name, p.Met, p.Finds, p.Advice})
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "goal": id, "points": views})
}
