package goals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/pace"
	"milemarker/internal/routine"
	"milemarker/internal/timeblocks"
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

// Beside tells what a desk cannot see: what is sealed, and who sent events. Without a function its point goes by what can be
// seen.
type Beside struct {
	// Why tells whether an event of the goal says, sealed, why it matters.
	Why func(ctx context.Context, e events.Event) (bool, error)

	// Sources returns the CloudEvents sources of the events behind a number, sorted.
	Sources func(ctx context.Context, b Behind) ([]string, error)
}

// Check looks at one goal from the sides that make a goal a good one (SMARTER, and the routine behind it). It returns what
// Standing does.
func (d Desk) Check(ctx context.Context, org, goal string, at time.Time, beside Beside) (Standing, []Point, error) {
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
	c := check{sitting: s, st: st, beside: beside}
	if err := c.read(ctx); err != nil {
		return st, nil, fmt.Errorf("check of %s: %w", goal, err)
	}
	points := []Point{specific(st), measurable(st)}
	for _, look := range []func(context.Context) (Point, error){
		c.achievable, c.relevant, c.focused, c.dated, c.systematized, c.meaningful, c.activity, c.responsible, c.trackable,
	} {
		p, err := look(ctx)
		if err != nil {
			return st, nil, fmt.Errorf("check of %s: %w", goal, err)
		}
		points = append(points, p)
	}
	return st, points, nil
}

// check is one look at a goal.
type check struct {
	*sitting

	st     Standing
	beside Beside
	said   []events.Record // of this goal: goal.set and goal.revised
	plans  []projections.Plan
	blocks []timeblocks.Block
	book   routine.Book
	work   work
}

// read reads what a check needs besides the standing.
func (c *check) read(ctx context.Context) error {
	own := []string{events.TypeGoalSet, events.TypeGoalRevised}
	records, err := c.Reader.Declarations(ctx, projections.DeclarationQuery{
		Org: c.org, Types: slices.Concat(own, projections.PlanTypes(), timeblocks.Types(), routine.Types()),
	})
	if err != nil {
		return err
	}
	for _, r := range records {
		var about struct{ Goal string }
		if slices.Contains(own, r.Event.Type) && json.Unmarshal(r.Event.Data, &about) == nil && about.Goal == c.st.Goal.ID {
			c.said = append(c.said, r)
		}
	}
	var unread [3]error // was told where it was folded first
	c.plans, unread[0] = projections.FoldPlans(records)
	c.blocks, unread[1] = timeblocks.Fold(records)
	c.book, unread[2] = routine.Fold(c.settings.Calendar(), records)
	c.book = c.book.WithTeams(c.settings.Teams)
	if err := errors.Join(unread[:]...); err != nil {
		c.Logger.DebugContext(ctx, "declarations left out", "org", c.org, "error", err)
	}
	c.work, err = c.worked(ctx)
	return err
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

// relevant looks whether the goal serves the one above it, and whether those that serve it add up to it.
func (c *check) relevant(_ context.Context) (Point, error) {
	s, st := c.sitting, c.st
	p := Point{Name: "relevant", Met: Yes}
	above, has := Find(s.goals, st.Terms.Parent)
	switch {
	case st.Terms.Parent == "":
		p.Met, p.Finds = Partly, "It serves no goal above it."
		p.Advice = "If it is a step towards something greater, say so with parent."
	case !has:
		p.Met, p.Finds, p.Advice = No, "The goal that it serves is not known.", "Set that goal, or name another as parent."
	case above.Closed != nil:
		p.Met, p.Finds = Partly, fmt.Sprintf("It serves %q, which is closed.", Title(above, st.Day))
		p.Advice = "Ask whether it still matters."
	case st.Goal.StartsOn < above.StartsOn || st.Terms.EndsOn > above.On(st.Day).EndsOn:
		p.Met, p.Finds = Partly, fmt.Sprintf("It serves %q, but reaches beyond its time.", Title(above, st.Day))
		p.Advice = "Revise one of the two."
	default:
		p.Finds = fmt.Sprintf("It serves %q.", Title(above, st.Day))
	}
	if st.Course.Kind.Ratio() {
		return p, nil
	}
	short := false
	for _, d := range c.divisions() {
		p.Finds += fmt.Sprintf(" The %s %s of %s.", d.words(), d.sum, st.Terms.Target)
		short = short || d.sum < st.Terms.Target && st.Course.Direction == pace.AtLeast
	}
	if short {
		p.Met, p.Advice = Partly, strings.TrimSpace(p.Advice+" Raise them, or this goal is missed although all of them are achieved.")
	}
	return p, nil
}

// division is a goal divided once: into its months, its weeks, or the goals that people set to serve it.
type division struct {
	into  calendar.Grain // "" for goals that people set
	goals int
	sum   events.Decimal
}

func (d division) words() string {
	switch {
	case d.into != "" && d.goals == 1:
		return "one " + string(d.into) + " that it is split into comes to"
	case d.into != "":
		return fmt.Sprintf("%d %ss that it is split into come to", d.goals, d.into)
	case d.goals == 1:
		return "one goal on the same number that serves it comes to"
	}
	return fmt.Sprintf("%d goals on the same number that serve it come to", d.goals)
}

// divisions returns what serves the goal directly on the same number, each division by itself: months and weeks of one goal
// are the same twice. What was given up asks for nothing.
func (c *check) divisions() []division {
	by := map[calendar.Grain]division{}
	for _, g := range Serving(c.goals, c.st.Goal.ID, c.st.Day) {
		if givenUp(g) || g.Metric != c.st.Goal.Metric || g.Currency != c.st.Goal.Currency || g.Direction != c.st.Goal.Direction {
			continue
		}
		into, part := Made(g)
		if !part {
			into = ""
		}
		d := by[into]
		by[into] = division{into, d.goals + 1, d.sum + g.On(c.st.Day).Target}
	}
	var out []division
	for _, into := range append(calendar.Grains(), "") {
		if d, ok := by[into]; ok {
			out = append(out, d)
		}
	}
	return out
}

func (c *check) dated(_ context.Context) (Point, error) {
	return Point{Name: "dated", Met: Yes, Finds: fmt.Sprintf("It runs from %s to %s, with %d working days left.",
		c.st.Goal.StartsOn, c.st.Terms.EndsOn, c.st.Pace.Left.Days)}, nil
}

// activities are the metrics of what one can simply do.
func activities() []string {
	return []string{"calls", "conversations", "appointments_scheduled", "appointments_held", "proposals_sent", "leads", "minutes", "call_seconds"}
}

// activity looks for a goal on what one can simply do that feeds this one: below it, or below one above it that counts the
// same.
func (c *check) activity(_ context.Context) (Point, error) {
	p := Point{Name: "activity-based", Met: Yes}
	if slices.Contains(activities(), c.st.Goal.Metric) {
		p.Finds = "It is an activity itself: doing it is in its owner's hands."
		return p, nil
	}
	for _, g := range c.goals {
		terms := g.On(c.st.Day)
		running := g.Closed == nil && g.StartsOn <= c.st.Terms.EndsOn && terms.EndsOn >= c.st.Day
		if running && slices.Contains(activities(), g.Metric) && c.feeds(g) {
			p.Finds = fmt.Sprintf("%q feeds it.", Title(g, c.st.Day))
			return p, nil
		}
	}
	p.Met, p.Finds = No, "It is a result, and no goal on an activity feeds it."
	p.Advice = "Set a goal on what leads to it, such as calls or appointments, with this one as parent."
	return p, nil
}

// feeds tells whether a goal serves the goal that is checked, or one above it on the same number.
func (c *check) feeds(g projections.Goal) bool {
	for _, above := range c.goals {
		same := above.Metric == c.st.Goal.Metric && above.Owner == c.st.Goal.Owner
		if same && Above(c.goals, c.st.Goal.ID, above.ID, c.st.Day) && g.ID != above.ID && Above(c.goals, g.ID, above.ID, c.st.Day) {
			return true
		}
	}
	return false
}
