package api

import (
	"fmt"
	"math"
	"slices"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/internal/metric"
	"milemarker/projections"
)

// outOfStep is a goal whose parts do not add up to it, or lie otherwise than its line and days have them.
type outOfStep struct {
	Goal    string         `json:"goal"`
	Into    calendar.Grain `json:"into"`
	Target  any            `json:"target"`
	Parts   any            `json:"parts"` // what they come to; of a ratio, what one of them asks for
	By      any            `json:"by"`    // parts - target
	Because string         `json:"because,omitempty"`
	Mend    string         `json:"mend"`
}

func viewSum(s goals.Sum, d metric.Definition) outOfStep {
	v := outOfStep{
		Goal: s.Goal, Into: s.Into, Target: quantity(d.Unit, s.Target), Parts: quantity(d.Unit, s.Parts),
		By: quantity(d.Unit, s.Parts-s.Target), Mend: fmt.Sprintf(`POST %s:split {"into": %q}`, goalPath(s.Goal), s.Into),
	}
	if s.Parts == s.Target {
		v.Because = "the parts add up, but its line or its days are others now"
	}
	return v
}

// apart names the divisions of a goal, as it is to stand, that no longer fit it. Parts that add up are named only where the
// split that mends it would change them.
func (s *server) apart(a ask, all []projections.Goal, g projections.Goal) ([]outOfStep, error) {
	d, _ := metric.Find(g.Metric)
	var out []outOfStep
	for _, sum := range goals.SumsOf(all, g) {
		if sum.Parts == sum.Target {
			stays, err := s.stays(a, all, g, sum.Into)
			if err != nil {
				return nil, err
			}
			if stays {
				continue
			}
		}
		out = append(out, viewSum(sum, d))
	}
	return out, nil
}

// stays tells whether a goal that is split once more keeps all parts as they are.
func (s *server) stays(a ask, all []projections.Goal, g projections.Goal, into calendar.Grain) (bool, error) {
	w, err := s.desk(a).WholeAs(a.ctx(), a.caller.Org, g)
	if err != nil {
		return false, paceFailure(a, g.ID, err)
	}
	parts, _ := w.Anew(goals.PartsOf(all, g.ID, into), into, w.From(a.today()))
	return !slices.ContainsFunc(parts, func(p goals.NewPart) bool { return p.Change != goals.Kept }), nil
}

// afterAll is behind every event: a goal at it was changed after its parts.
const afterAll = events.Position(math.MaxUint64)

// below names what the revision of a part puts out of step: the parts of the part.
func (s *server) below(a ask, all []projections.Goal, p goals.NewPart) ([]outOfStep, error) {
	g := p.Was.Revised(events.GoalRevised{
		EffectiveOn: events.Date(p.On.String()), Target: &p.Target, EndsOn: events.Date(p.To.String()),
	})
	if p.To != goals.Final(p.Was).EndsOn {
		g.Position = afterAll
	}
	return s.apart(a, all, g)
}

// around names what a revision of a goal puts out of step: its own parts, and those of the goal that it is a part of. A line
// that runs otherwise can put the parts out of step too, even where they still add up.
func (s *server) around(a ask, was, g projections.Goal) ([]outOfStep, error) {
	all, err := s.desk(a).Goals(a.ctx(), a.caller.Org)
	if err != nil {
		return nil, err
	}
	before, after := goals.Final(was), goals.Final(g)
	if before.EndsOn != after.EndsOn || !sameCourse(before.Course, after.Course) {
		g.Position = afterAll
	}
	if i := slices.IndexFunc(all, func(other projections.Goal) bool { return other.ID == g.ID }); i >= 0 {
		all[i] = g
	}
	out, err := s.apart(a, all, g)
	if err != nil {
		return nil, err
	}
	above, ok := goals.Find(all, after.Parent)
	into, part := goals.Made(g)
	if !ok || !part {
		return out, nil
	}
	more, err := s.apart(a, all, above)
	for _, v := range more {
		if v.Into == into {
			out = append(out, v)
		}
	}
	return out, err
}

func sameCourse(a, b events.Course) bool {
	return a.Curve == b.Curve && slices.Equal(a.Weights, b.Weights) && slices.Equal(a.Markers, b.Markers)
}
