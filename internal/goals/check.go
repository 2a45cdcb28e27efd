package goals

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// Point is one point of the goal check, with what is found. It is advice: nothing is ever refused because of it.
type Point struct {
	Name   string // such as "achievable"
	Met    Met
	Finds  string // what is so, in a sentence
	Advice string // what would make it better, "" where nothing would
}

// Met tells how far a point is met.
type Met string

// How far.
const (
	Yes     Met = "yes"
	Partly  Met = "partly"
	No      Met = "no"
	Unknown Met = "unknown"
)

// Check looks at one goal from the sides that make a goal a good one (SMARTER, and the routine behind it). It returns what
// Standing does.
func (d Desk) Check(ctx context.Context, org, goal string, at time.Time) (Standing, []Point, error) {
	s, err := d.sit(ctx, org, time.Time{})
	if err != nil {
		return Standing{}, nil, err
	}
	g, ok := Find(s.goals, goal)
	if !ok {
		return Standing{}, nil, ErrNoGoal
	}
	st, err := s.stand(ctx, g, at)
	if err != nil {
		return st, nil, err
	}
	related, err := d.Reader.Declarations(ctx, projections.DeclarationQuery{
		Org: org, Types: []string{events.TypeGoalSet, events.TypeGoalRevised, events.TypeTimeblockPlanned},
	})
	if err != nil {
		return st, nil, fmt.Errorf("check of %s: %w", goal, err)
	}
	points := []Point{
		specific(st), measurable(st), achievable(st), s.relevant(st), s.crowding(st), dated(st),
		s.systematized(st, related), meaningful(st, related), s.activity(st), responsible(st), trackable(st),
	}
	return st, points, nil
}

func specific(st Standing) Point {
	return Point{Name: "specific", Met: Yes, Finds: fmt.Sprintf("It counts one thing: %s.", strings.ToLower(st.Metric.Title))}
}

func measurable(st Standing) Point {
	return Point{Name: "measurable", Met: Yes, Finds: fmt.Sprintf("It is %s.", targetWords(st))}
}

func targetWords(st Standing) string {
	words := "at least "
	if st.Course.Direction == pace.AtMost {
		words = "at most "
	}
	return strings.TrimSpace(words + st.Terms.Target.String() + " " + strings.TrimSpace(st.Currency+" "+st.Metric.Noun))
}

// achievable holds the goal against the owner's own speed.
func achievable(st Standing) Point {
	p := Point{Name: "achievable", Met: Unknown}
	speed := ""
	if c := st.Pace.Current; c != nil && st.Pace.Left.Days > 0 {
		speed = fmt.Sprintf(" It takes %s a working day from here; of late it has been %.3g.", st.Pace.Left.Day, c.Day)
	}
	switch o := st.Outlook; {
	case st.Pace.Status.Final():
		p.Met, p.Finds = Yes, fmt.Sprintf("It is over: %s.", st.Pace.Status)
		if st.Pace.Status != pace.Achieved {
			p.Met = No
		}
	case o == nil:
		p.Finds = fmt.Sprintf("There is too little history to say: it takes %d working days and %d events.",
			pace.OutlookDays, pace.OutlookEvents)
		p.Advice = "Work a while and look again; for now a target that you would bet on in one of two cases is a good one."
	default:
		p.Finds = fmt.Sprintf("At the speed of late it is reached with a chance of %.0f %%.%s", 100*o.Reach, speed)
		switch {
		case o.Reach >= 0.5:
			p.Met = Yes
		case o.Reach >= 0.1:
			p.Met = Partly
		default:
			p.Met = No
		}
		if p.Met != Yes {
			p.Advice = fmt.Sprintf("In one of two cases it would come to %s", o.Finish[1])
			if o.Reached[1] != nil {
				p.Advice += fmt.Sprintf(", and the target would be reached by %s", o.Reached[1])
			}
			p.Advice += ". Do more a day, ask for less, or take more time."
		}
	}
	return p
}

// relevant looks whether the goal serves the one above it, and whether those that serve it add up to it.
func (s *sitting) relevant(st Standing) Point {
	p := Point{Name: "relevant", Met: Yes}
	above, has := Find(s.goals, st.Terms.Parent)
	switch {
	case st.Terms.Parent == "":
		p.Met, p.Finds = Partly, "It serves no goal above it."
		p.Advice = "If it is a step towards something greater, say so with parent."
	case !has:
		p.Met, p.Finds, p.Advice = No, "The goal that it serves is not known.", "Set that goal, or name another as parent."
	case above.Closed != nil:
		p.Met, p.Finds = Partly, fmt.Sprintf("It serves %q, which is closed.", titleOf(above, st.Day))
		p.Advice = "Ask whether it still matters."
	case st.Goal.StartsOn < above.StartsOn || st.Terms.EndsOn > above.On(st.Day).EndsOn:
		p.Met, p.Finds = Partly, fmt.Sprintf("It serves %q, but reaches beyond its time.", titleOf(above, st.Day))
		p.Advice = "Revise one of the two."
	default:
		p.Finds = fmt.Sprintf("It serves %q.", titleOf(above, st.Day))
	}
	sum, parts := events.Decimal(0), 0
	for _, g := range Serving(s.goals, st.Goal.ID, st.Day) {
		if g.Metric == st.Goal.Metric && g.Currency == st.Goal.Currency && g.Direction == st.Goal.Direction {
			sum, parts = sum+g.On(st.Day).Target, parts+1
		}
	}
	if parts > 0 && !st.Course.Kind.Ratio() {
		p.Finds += fmt.Sprintf(" The %d goals on the same number that serve it come to %s of %s.", parts, sum, st.Terms.Target)
		if sum < st.Terms.Target && st.Course.Direction == pace.AtLeast {
			p.Met, p.Advice = Partly, strings.TrimSpace(p.Advice+" Raise them, or this goal is missed although all of them are achieved.")
		}
	}
	return p
}

// crowding looks whether another goal wants the same time.
func (s *sitting) crowding(st Standing) Point {
	var others []string
	for _, g := range s.goals {
		terms := g.On(st.Day)
		apart := terms.EndsOn < st.Goal.StartsOn || g.StartsOn > st.Terms.EndsOn || terms.EndsOn < st.Day
		nested := Above(s.goals, g.ID, st.Goal.ID, st.Day) || Above(s.goals, st.Goal.ID, g.ID, st.Day) ||
			terms.Parent != "" && terms.Parent == st.Terms.Parent
		if g.Owner == st.Goal.Owner && g.Closed == nil && !apart && !nested {
			others = append(others, titleOf(g, st.Day))
		}
	}
	p := Point{Name: "focused", Met: Yes, Finds: "No other goal of its owner wants the same time."}
	if n := len(others); n > 0 {
		p.Finds = fmt.Sprintf("Beside it run: %s.", strings.Join(others[:min(n, 5)], ", "))
	}
	if len(others) > 2 {
		p.Met, p.Advice = No, "Three at a time are enough: decide which of them can wait for the next quarter."
	}
	return p
}

func dated(st Standing) Point {
	return Point{Name: "dated", Met: Yes, Finds: fmt.Sprintf("It runs from %s to %s, with %d working days left.",
		st.Goal.StartsOn, st.Terms.EndsOn, st.Pace.Left.Days)}
}

// systematized looks for what is done again and again.
func (s *sitting) systematized(st Standing, related []events.Record) Point {
	p := Point{Name: "systematized", Met: Yes, Finds: "An adopted plan stands behind it."}
	for _, r := range s.plans {
		plan, err := events.DecodeData[events.PlanAdopted](r.Event)
		if err == nil && (plan.Goal == st.Goal.ID || plan.Goal != "" && Above(s.goals, st.Goal.ID, plan.Goal, st.Day)) {
			return p
		}
	}
	for _, r := range related {
		if r.Event.Type == events.TypeTimeblockPlanned && st.Goal.Owner == (events.Owner{OwnerKind: events.OwnerRep, Owner: r.Event.Rep}) {
			p.Met, p.Finds = Partly, "Its owner sets time aside, but no adopted plan names it."
			p.Advice = "Adopt a plan, so that each week knows what it has to bring."
			return p
		}
	}
	p.Met, p.Finds = No, "No plan and no time set aside stand behind it."
	p.Advice = "Block the same hours each week for what leads to it, or adopt a plan."
	return p
}

// meaningful looks whether the owner said why; what was said stays sealed.
func meaningful(st Standing, related []events.Record) Point {
	for _, r := range related {
		var goal string
		switch r.Event.Type {
		case events.TypeGoalSet:
			set, err := events.DecodeData[events.GoalSet](r.Event)
			if goal = set.Goal; err != nil {
				continue
			}
		case events.TypeGoalRevised:
			revised, err := events.DecodeData[events.GoalRevised](r.Event)
			if goal = revised.Goal; err != nil {
				continue
			}
		}
		if goal == st.Goal.ID && r.Event.Sealed != "" {
			return Point{Name: "meaningful", Met: Yes, Finds: "Its owner wrote down what it is for; it is shown at each review."}
		}
	}
	return Point{
		Name: "meaningful", Met: No, Finds: "Nobody wrote down what it is for.",
		Advice: "Say why it matters to you, in your own words, with why: it is sealed, and shown at each review.",
	}
}

// activities are the metrics of what one can simply do.
func activities() []string {
	return []string{"calls", "conversations", "appointments_scheduled", "appointments_held", "proposals_sent", "leads", "minutes", "call_seconds"}
}

func (s *sitting) activity(st Standing) Point {
	p := Point{Name: "activity-based", Met: Yes}
	if slices.Contains(activities(), st.Goal.Metric) {
		p.Finds = "It is an activity itself: doing it is in its owner's hands."
		return p
	}
	for _, g := range Serving(s.goals, st.Goal.ID, st.Day) {
		if slices.Contains(activities(), g.Metric) && g.Closed == nil {
			p.Finds = fmt.Sprintf("%q feeds it.", titleOf(g, st.Day))
			return p
		}
	}
	p.Met, p.Finds = No, "It is a result, and no goal on an activity feeds it."
	p.Advice = "Set a goal on what leads to it, such as calls or appointments, with this one as parent."
	return p
}

func responsible(st Standing) Point {
	p := Point{Name: "responsible", Met: Yes, Finds: fmt.Sprintf("%s owns it, and %s holds them to it.", st.Goal.Owner.Owner, st.Terms.Partner)}
	switch {
	case st.Goal.Owner.OwnerKind == events.OwnerOrg:
		p.Met, p.Finds = Partly, "It is the org's: everybody's, and so easily nobody's."
		p.Advice = "Give it, or parts of it, to people and teams."
	case st.Terms.Partner == "":
		p.Met, p.Finds = Partly, fmt.Sprintf("%s owns it; nobody is named to hold them to it.", st.Goal.Owner.Owner)
		p.Advice = "Name a partner."
	}
	return p
}

// trackable looks whether what it counts really arrives.
func trackable(st Standing) Point {
	const fresh calendar.Day = 30
	n, last := 0.0, calendar.Day(math.MinInt32)
	for _, d := range st.Done.Days {
		if d.On > st.Day-fresh {
			n += max(d.Happened, d.Of.Float64())
			last = max(last, d.On)
		}
	}
	if n == 0 {
		return Point{
			Name: "trackable", Met: No, Finds: fmt.Sprintf("Nothing of what it counts has arrived within %d days.", fresh),
			Advice: "See that something records it: a connection, an import, or the owner.",
		}
	}
	return Point{Name: "trackable", Met: Yes, Finds: fmt.Sprintf("What it counts arrives: %.0f within %d days, last on %s.", n, fresh, last)}
}

func titleOf(g projections.Goal, on calendar.Day) string {
	d, _ := metric.Find(g.Metric)
	for _, t := range []string{g.On(on).Title, d.Title} {
		if t != "" {
			return t
		}
	}
	return g.ID
}
