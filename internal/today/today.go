// Package today makes the plan for one day: three to five concrete steps, out of what goals still need, what is in the
// day's calendar and which people wait for a next step. A day's plan is made once and then stands; what happens ticks it
// off.
//
// The package is pure: what is needed, what waits and what happened are arguments. Of ours it imports events alone.
package today

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"milemarker/events"
)

// The kinds of steps, as dayplan.set names them.
const (
	Activity  = "activity"   // so much of something that a metric counts
	FirstCall = "first_call" // leads that nobody called yet
	Rebook    = "rebook"     // people who did not come, and nothing new was agreed
	FollowUp  = "follow_up"  // proposals of which nothing was heard since
)

// Need is how much of an activity the day asks for.
type Need struct {
	Metric string
	Count  float64 // today, what was done of it already included; rounded up
	Behind float64 // how far behind its line it is, as a share of the line; 0 or less if it is not
	Goal   string  // the id of the goal that asks for it
	Lead   bool    // it is the first stage of the plan: everything begins with it
}

// Waiting is somebody who waits for a next step.
type Waiting struct {
	Prospect string
	Kind     string
	Since    time.Time
	Event    string // id of the event that calls for the step
}

// Input is everything that a day's plan follows from.
type Input struct {
	Needs        []Need
	Waiting      []Waiting
	Appointments int           // in the calendar of the day
	Quiet        int           // days without a word after which a proposal is followed up
	Begins, Ends time.Duration // the working hours of the day, by the wall clock since midnight
	Now          time.Duration // the wall clock since midnight
}

// Bounds of a day's plan.
const (
	most      = 5 // steps
	mostItems = 5 // people in one step
)

// Plan returns the steps of the day: first what everything begins with, then the people who wait, then the appointments,
// then what is furthest behind.
func Plan(in Input) []events.Step {
	var steps []events.Step
	needs := slices.DeleteFunc(slices.Clone(in.Needs), func(n Need) bool { return math.Ceil(n.Count-1e-9) < 1 })
	slices.SortStableFunc(needs, func(a, b Need) int {
		if a.Lead != b.Lead {
			return cmp.Compare(lead(b), lead(a))
		}
		return cmp.Compare(b.Behind, a.Behind)
	})
	rest := needs
	if len(needs) > 0 && needs[0].Lead {
		steps, rest = append(steps, in.activity(needs[0])), needs[1:]
	}
	for _, kind := range []string{FirstCall, Rebook, FollowUp} {
		if s, ok := in.people(kind); ok {
			steps = append(steps, s)
		}
	}
	if in.Appointments > 0 {
		steps = append(steps, events.Step{
			Kind: Activity, Metric: "appointments_held", Count: events.Decimal(in.Appointments) * events.Scale,
		})
		rest = slices.DeleteFunc(slices.Clone(rest), func(n Need) bool { return n.Metric == "appointments_held" })
	}
	for _, n := range rest {
		steps = append(steps, in.activity(n))
	}
	steps = steps[:min(len(steps), most)]
	for i := range steps {
		steps[i].Step = strconv.Itoa(i + 1)
	}
	return steps
}

func lead(n Need) int {
	if n.Lead {
		return 1
	}
	return 0
}

// activity makes a step of a need. The first of the day is to be done early: within the first quarter of the working
// hours, rounded up to the hour, unless that has passed.
func (in Input) activity(n Need) events.Step {
	s := events.Step{
		Kind: Activity, Metric: n.Metric, Count: events.Decimal(math.Ceil(n.Count-1e-9)) * events.Scale, Goal: n.Goal,
	}
	if !n.Lead || in.Ends <= in.Begins {
		return s
	}
	early := (in.Begins + (in.Ends-in.Begins)/4 + time.Hour - 1).Truncate(time.Hour)
	for _, by := range []time.Duration{early, in.Ends} {
		if in.Now < by && by < 24*time.Hour {
			s.Before = fmt.Sprintf("%02d:%02d", int(by.Hours()), int(by.Minutes())%60)
			break
		}
	}
	return s
}

// people makes a step of those who wait for the same thing: new leads the latest first, all others the longest waiting.
func (in Input) people(kind string) (events.Step, bool) {
	var waiting []Waiting
	for _, w := range in.Waiting {
		if w.Kind == kind {
			waiting = append(waiting, w)
		}
	}
	slices.SortStableFunc(waiting, func(a, b Waiting) int {
		if kind == FirstCall {
			return b.Since.Compare(a.Since)
		}
		return a.Since.Compare(b.Since)
	})
	waiting = waiting[:min(len(waiting), mostItems)]
	s := events.Step{Kind: kind, Count: events.Decimal(len(waiting)) * events.Scale}
	if kind == FollowUp {
		s.Days = int64(in.Quiet)
	}
	for _, w := range waiting {
		s.Items = append(s.Items, events.StepFor{Prospect: w.Prospect, Event: w.Event})
	}
	return s, len(waiting) > 0
}

// Words says a step in plain words; noun is what its metric counts, where no better words are known.
func Words(s events.Step, noun string) string {
	n := s.Count.String()
	one := s.Count == events.Scale
	text := ""
	switch s.Kind {
	case FirstCall:
		text = "Call " + n + plural(one, " new lead", " new leads") + " for the first time"
	case Rebook:
		text = "Rebook " + n + plural(one, " no-show", " no-shows")
	case FollowUp:
		text = fmt.Sprintf("Follow up %s%s older than %d days", n, plural(one, " proposal", " proposals"), s.Days)
	default:
		text = deed(s.Metric, n, noun, one)
	}
	switch {
	case text == "" || s.Count == 0 && s.Kind == "":
		return "Step " + s.Step
	case s.Before != "":
		return text + " before " + s.Before
	default:
		return text
	}
}

// deed says what is to be done so that a metric counts n.
func deed(metric, n, noun string, one bool) string {
	switch metric {
	case "appointments_held":
		return "Hold " + n + plural(one, " appointment", " appointments")
	case "appointments_scheduled":
		return "Schedule " + n + plural(one, " appointment", " appointments")
	case "proposals_sent":
		return "Send " + n + plural(one, " proposal", " proposals")
	case "leads":
		return "Find " + n + plural(one, " lead", " leads")
	}
	if noun == "" {
		return ""
	}
	return n + " " + plural(one, strings.TrimSuffix(noun, "s"), noun)
}

func plural(one bool, singular, several string) string {
	if one {
		return singular
	}
	return several
}
