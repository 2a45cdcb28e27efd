package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
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
	Change   goals.Change `json:"change"` // what the answer did to it
}

// splitAnswer is what :split answers.
type splitAnswer struct {
	Position  events.Position `json:"position"`
	Outcome   events.Outcome  `json:"outcome"`
	Goal      string          `json:"goal"`
	Parts     []goalPartView  `json:"parts"`
	Over      any             `json:"over,omitempty"`   // by how much parts that stay ask for more than the goal does
	Closed    []string        `json:"closed,omitempty"` // the parts of parts that were given up
	OutOfStep []outOfStep     `json:"out_of_step,omitempty"`
}

// splitGoal makes goals for the quarters, months, weeks or days of a goal, which serve it and add up to it exactly. Its
// body is {"into": "week"}. A part without working time, or too small to get a whole unit, is left out. A goal that was
// split like this before is split anew: see goals.Whole.Anew.
func (s *server) splitGoal(a ask, g projections.Goal) error {
	_, fields, err := readObject(a.Context)
	if err != nil {
		return err
	}
	grain, err := readInto(fields)
	if err != nil {
		return err
	}
	whole, all, err := s.desk(a).Whole(a.ctx(), a.caller.Org, g.ID)
	if err != nil {
		return paceFailure(a, g.ID, err)
	}
	if had := goals.PartsOf(all, g.ID, grain); len(had) > 0 {
		return s.splitAnew(a, whole, all, had, grain)
	}
	var begins []calendar.Day
	for _, b := range buckets(a.calendar, grain, span{g.StartsOn, whole.Course.To + 1}) {
		begins = append(begins, b.from)
	}
	if len(begins) > maxParts {
		return badBody([]fault{at("/into", fmt.Sprintf("makes %d parts, the limit is %d: split into something longer first", len(begins), maxParts))})
	}
	if len(begins) < 2 {
		return badBody([]fault{at("/into", "makes one part only: the goal is no longer than that")})
	}
	var parts []goals.NewPart
	for _, p := range splitParts(whole.Course, begins, goals.Unit(whole.Metric), whole.Working) {
		parts = append(parts, goals.NewPart{Part: p, Goal: goals.PartID(g.ID, grain, p.From), Change: goals.Set})
	}
	return s.recordParts(a, whole, parts, splitAnswer{})
}

// readInto reads what a goal is to be split into.
func readInto(fields members) (calendar.Grain, error) {
	var faults []fault
	for name := range fields {
		if name != "into" {
			faults = append(faults, at("/"+name, "is not known here; known is into"))
		}
	}
	var into string
	raw, given := fields["into"]
	if !given {
		return "", badBody(append(faults, at("/into", "is required: one of quarter, month, week, day")))
	}
	grain, err := calendar.Daily, json.Unmarshal(raw, &into)
	if err == nil {
		grain, err = calendar.ParseGrain(into)
	}
	if err != nil || grain == calendar.Yearly {
		faults = append(faults, at("/into", "must be one of quarter, month, week, day"))
	}
	if len(faults) > 0 {
		return "", badBody(faults)
	}
	return grain, nil
}

// splitAnew makes the parts of a goal add up to it again.
func (s *server) splitAnew(a ask, w goals.Whole, all, had []projections.Goal, grain calendar.Grain) error {
	parts, over := w.Anew(had, grain, w.From(a.today()))
	var answer splitAnswer
	if over > 0 {
		answer.Over = quantity(w.Metric.Unit, over)
	}
	for _, p := range parts {
		switch p.Change {
		case goals.Closed:
			answer.Closed = append(answer.Closed, openParts(all, p.Goal, a.today())...)
		case goals.Revised:
			apart, err := s.below(a, all, p)
			if err != nil {
				return err
			}
			answer.OutOfStep = append(answer.OutOfStep, apart...)
		case goals.Kept, goals.Set:
		}
	}
	if n := len(parts) + len(answer.Closed); n > maxRecorded {
		return badBody([]fault{at("/into", fmt.Sprintf("changes %d goals, the limit is %d: split into something longer first", n, maxRecorded))})
	}
	return s.recordParts(a, w, parts, answer)
}

// maxRecorded is how many events can be recorded together.
const maxRecorded = 1000

// recordParts records what is to become of the parts of a goal, all or nothing, and answers with them.
func (s *server) recordParts(a ask, w goals.Whole, parts []goals.NewPart, answer splitAnswer) error {
	answer.Goal, answer.Outcome, answer.Position, answer.Parts = w.Goal.ID, events.Duplicate, a.position, []goalPartView{}
	drafts, err := closings(answer.Closed, "the goal that it was a part of was revised")
	if err != nil {
		return err
	}
	for _, p := range parts {
		answer.Parts = append(answer.Parts, goalPartView{
			Goal: p.Goal, StartsOn: p.From, EndsOn: p.To, Target: quantity(w.Metric.Unit, p.Target), Change: p.Change,
		})
		draft, err := partDraft(w.Goal, p)
		if err != nil {
			return err
		}
		if p.Change != goals.Kept {
			drafts = append(drafts, draft)
		}
	}
	if len(drafts) > 0 {
		receipts, err := s.deps.Recorder.RecordTogether(a.ctx(), a.caller.Org, drafts)
		if err != nil {
			return err
		}
		if answer.Outcome, answer.Position, err = recordedParts(receipts); err != nil {
			return err
		}
	}
	a.Response().Header().Set(positionHeader, strconv.FormatUint(uint64(answer.Position), 10))
	status := http.StatusOK
	if answer.Outcome == events.Appended && !slices.ContainsFunc(parts, func(p goals.NewPart) bool { return p.Change != goals.Set }) {
		status = http.StatusCreated
	}
	return a.JSON(status, answer)
}

// recordedParts says what became of drafts that were recorded together.
func recordedParts(receipts []events.Receipt) (outcome events.Outcome, position events.Position, err error) {
	outcome = events.Duplicate
	for _, r := range receipts {
		switch r.Outcome {
		case events.Conflict, events.Rejected:
			err = failed(http.StatusConflict, "The goal or its parts were changed meanwhile.", "Split it once more.")
			if r.Outcome == events.Rejected && len(r.Violations) > 0 && r.Violations[0].Pointer != "" {
				return outcome, position, badBody(violations(r.Violations))
			}
		case events.Appended:
			outcome = events.Appended
		default:
		}
		position = max(position, r.Position)
	}
	return outcome, position, err
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

// partDraft is the event that makes a part what it is to be. Its id follows from the part and, of a revision, from what
// stood before: whoever repeats a split whose answer was lost records nothing twice.
func partDraft(g projections.Goal, p goals.NewPart) (events.Draft, error) {
	var payload any
	d := events.Draft{Source: told, Type: events.TypeGoalSet, ID: "goal.set/" + p.Goal}
	ends := events.Date(p.To.String())
	switch p.Change {
	case goals.Closed:
		d.Type, d.ID = events.TypeGoalClosed, "goal.closed/"+p.Goal
		payload = events.GoalClosed{Goal: p.Goal, Result: string(pace.Abandoned), Reason: "the goal that it was a part of was revised"}
	case goals.Revised:
		d.Type, d.ID = events.TypeGoalRevised, "goal.revised/"+p.Goal+"/"
		payload = events.GoalRevised{
			Goal: p.Goal, EffectiveOn: events.Date(p.On.String()), Target: &p.Target, EndsOn: ends, Reason: "its goal was split anew",
		}
	default:
		terms := goals.Final(g)
		payload = events.GoalSet{
			Owner: g.Owner, Goal: p.Goal, Title: terms.Title, Metric: g.Metric, Target: p.Target, Direction: g.Direction,
			Currency: g.Currency, StartsOn: events.Date(p.From.String()), EndsOn: ends,
			StatusRule: terms.StatusRule, Parent: g.ID, Partner: terms.Partner,
		}
	}
	var err error
	if d.Data, err = json.Marshal(payload); err != nil {
		return d, errors.New("a part's event cannot be written")
	}
	if p.Change == goals.Revised {
		d.ID += contentAfter(uint64(p.Was.Position), d.Data)
	}
	return d, nil
}
