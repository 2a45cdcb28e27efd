// Package today makes the plan for one day: three to five concrete steps, out of what goals still need, what is in the
// day's calendar and which people wait for a next step. A day's plan is made once and then stands; what happens ticks it
// off.
//
// The hours that are left bound what is asked for: appointments and time set aside for something else are taken off first,
// people who wait come before numbers, and what has no room is named. On a day off nothing is asked for but what is booked.
//
// The package is pure: what is needed, what waits and what happened are arguments. Of ours it imports events alone.
package today

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"milemarker/events"
)

// The kinds of steps, as dayplan.set names them.
const (
	Activity  = "activity"   // so much of something that a metric counts
	FirstCall = "first_call" // leads that nobody called yet
	Rebook    = "rebook"     // people who did not come, and nothing new was agreed
	FollowUp  = "follow_up"  // proposals of which nothing was heard since
	Settle    = "settle"     // appointments of the day that are over, and nobody said what became of them
	Hold      = "hold"       // appointments of the day, still to come or under way
	Keep      = "block"      // time that is set aside for what no other step is about
)

// Who asks for an activity.
const (
	ByGoal  = "goal"
	ByPlan  = "plan"  // the adopted plan, where no goal is set on it
	ByHabit = "usual" // what is usual on the rep's working days; asked for only where there is little else
)

// Why something is left out.
const (
	NoTime       = "no_time"       // the hours left are taken
	EnoughSteps  = "enough_steps"  // five steps are enough
	EnoughPeople = "enough_people" // five people are enough for a step
)

// Need is how much of an activity the day asks for.
type Need struct {
	Metric  string
	Count   float64 // today, what was done of it already included; rounded up
	Done    float64 // of it, by now
	Minutes float64 // of work for each; 0 where it is not known
	Behind  float64 // how far behind its line it is, as a share of the line; 0 or less if it is not
	Units   float64 // the same, counted; 0 or less if it is not
	Goal    string  // the id of the goal that asks for it
	Source  string  // ByGoal, ByPlan or ByHabit
	Lead    bool    // it is the first stage of the plan: everything begins with it
}

// Waiting is somebody who waits for a next step.
type Waiting struct {
	Prospect string
	Kind     string
	Since    time.Time
	Event    string // id of the event that calls for the step
}

// Window is a part of the day by the wall clock, counted from midnight.
type Window struct{ From, To time.Duration }

// Meeting is an appointment in the day's calendar.
type Meeting struct {
	ID       string
	Prospect string
	Event    string // id of the event by which it was agreed
	Settled  bool   // it was told what became of it
	Window
}

// Block is time that was set aside.
type Block struct {
	ID       string
	Category string // such as events.IncomeProducing
	Activity string // what is to be done; may be empty
	Capacity int    // appointments that fit in; 0 unless it is kept for appointments
	Window
}

// Input is everything that a day's plan follows from.
type Input struct {
	Needs    []Need
	Waiting  []Waiting
	Meetings []Meeting
	Blocks   []Block
	Works    []Window      // the working hours of the day; none on a day off
	Quiet    int           // days without a word after which a proposal is followed up
	Now      time.Duration // the wall clock since midnight
}

// Day is what comes of it.
type Day struct {
	Steps   []events.Step
	LeftOut []events.LeftOut
}

// Bounds of a day's plan.
const (
	most      = 5 // steps
	few       = 3 // steps, up to which what is usual is asked for
	mostItems = 5 // people in one step
)

// minutesFor returns what a step takes for each of its people: starting points, not findings.
func minutesFor(kind string) float64 {
	if kind == FollowUp {
		return 10
	}
	return 5
}

// Plan returns the steps of the day: first what everything begins with, then the people who wait, then the appointments,
// then what is furthest behind, then time set aside for something else.
func Plan(in Input) Day {
	p := &planner{Input: in, free: in.free()}
	settle, over := p.meetings(Settle)
	hold, booked := p.meetings(Hold)
	if len(in.Works) == 0 && len(in.Blocks) == 0 { // a day off
		if booked {
			p.add(hold)
		}
		if over {
			p.add(settle)
		}
		return p.Day
	}
	calls := slices.ContainsFunc(in.Needs, func(n Need) bool { return n.Metric == "calls" && asked(n) >= 1 })
	in.Needs = slices.DeleteFunc(slices.Clone(in.Needs), func(n Need) bool {
		return asked(n) < 1 || booked && n.Metric == "appointments_held" ||
			calls && n.Metric == "conversations" // they come of the calls, in the same time
	})
	needs := slices.DeleteFunc(slices.Clone(in.Needs), func(n Need) bool { return n.Source == ByHabit })
	slices.SortStableFunc(needs, func(a, b Need) int {
		return cmp.Or(cmp.Compare(lead(b), lead(a)), cmp.Compare(b.Behind, a.Behind))
	})
	people := p.people(len(needs) > 0)
	first := len(needs) > 0 && needs[0].Lead
	if first {
		p.activity(needs[0])
		needs = needs[1:]
	}
	for _, s := range people {
		p.add(s)
	}
	if booked {
		p.add(hold)
	}
	if over {
		p.add(settle)
	}
	for _, n := range needs {
		p.activity(n)
	}
	p.keep()
	for _, n := range in.Needs {
		known := slices.ContainsFunc(p.Steps, func(s events.Step) bool { return s.Metric == n.Metric })
		if n.Source == ByHabit && !known && len(p.Steps) < few {
			p.activity(n)
		}
	}
	return p.Day
}

func lead(n Need) int {
	if n.Lead {
		return 1
	}
	return 0
}

// asked returns how many a need comes to.
func asked(n Need) float64 { return math.Ceil(n.Count - 1e-9) }

// planner is a day's plan in the making.
type planner struct {
	Input
	Day

	free     []Window // of the hours left, what is not taken yet
	calls    float64  // first calls, which count as calls
	assigned []string // ids of blocks that a step is about
}

// add takes a step in, unless there are enough.
func (p *planner) add(s events.Step) bool {
	if len(p.Steps) == most {
		p.leave(events.LeftOut{Kind: s.Kind, Metric: s.Metric, Count: s.Count, Goal: s.Goal, Reason: EnoughSteps})
		return false
	}
	s.Step = strconv.Itoa(len(p.Steps) + 1)
	p.Steps = append(p.Steps, s)
	return true
}

func (p *planner) leave(l events.LeftOut) { p.LeftOut = append(p.LeftOut, l) }

// meetings makes a step of the day's appointments that are over and not settled, or of those that are not over yet.
func (p *planner) meetings(kind string) (events.Step, bool) {
	meetings := slices.DeleteFunc(slices.Clone(p.Meetings), func(m Meeting) bool {
		return (kind == Settle) != (m.To <= p.Now) || kind == Settle && m.Settled
	})
	slices.SortFunc(meetings, func(a, b Meeting) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.ID, b.ID)) })
	s := events.Step{Kind: kind, Count: whole(float64(len(meetings)))}
	if kind == Hold {
		s.Metric = "appointments_held"
	}
	for _, m := range meetings {
		s.Items = append(s.Items, events.StepFor{Prospect: m.Prospect, Event: m.Event, Appointment: m.ID, At: clock(m.From)})
		if kind == Hold {
			s.Minutes += int64((m.To - m.From).Minutes())
		}
	}
	s.Minutes = min(s.Minutes, 24*60)
	return s, len(meetings) > 0
}

// people makes steps of those who wait: new leads the latest first, all others the longest waiting. Where there are
// numbers to reach too, people get half of the time that is left.
func (p *planner) people(shared bool) (steps []events.Step) {
	room := length(p.free).Minutes()
	if shared {
		room /= 2
	}
	for _, kind := range []string{FirstCall, Rebook, FollowUp} {
		waiting := slices.DeleteFunc(slices.Clone(p.Waiting), func(w Waiting) bool { return w.Kind != kind })
		slices.SortStableFunc(waiting, func(a, b Waiting) int {
			if kind == FirstCall {
				return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.Prospect, b.Prospect))
			}
			return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Prospect, b.Prospect))
		})
		if over := len(waiting) - mostItems; over > 0 {
			p.leave(events.LeftOut{Kind: kind, Count: whole(float64(over)), Reason: EnoughPeople})
			waiting = waiting[:mostItems]
		}
		each := minutesFor(kind)
		if fit := int(room / each); fit < len(waiting) {
			p.leave(events.LeftOut{Kind: kind, Count: whole(float64(len(waiting) - fit)), Reason: NoTime})
			waiting = waiting[:fit]
		}
		if len(waiting) == 0 {
			continue
		}
		s := events.Step{Kind: kind, Count: whole(float64(len(waiting))), Minutes: int64(each) * int64(len(waiting))}
		if kind == FollowUp {
			s.Days = int64(p.Quiet)
		}
		for _, w := range waiting {
			s.Items = append(s.Items, events.StepFor{Prospect: w.Prospect, Event: w.Event})
		}
		room -= float64(s.Minutes)
		p.free = take(p.free, time.Duration(s.Minutes)*time.Minute)
		if kind == FirstCall {
			p.calls = float64(len(waiting))
		}
		steps = append(steps, s)
	}
	return steps
}

// activity makes a step of a need, as much of it as the hours left hold.
func (p *planner) activity(n Need) {
	want, done := asked(n), math.Floor(n.Done)
	count, beside := want, 0.0
	if n.Metric == "calls" {
		beside = p.calls
	}
	if rest := max(0, want-done-beside); n.Minutes > 0 && rest > 0 {
		fit := math.Floor(length(p.free).Minutes()/n.Minutes + 1e-9)
		count = want - max(0, rest-fit)
	}
	if count < want && len(p.Steps) < most && n.Source != ByHabit {
		p.leave(events.LeftOut{Kind: Activity, Metric: n.Metric, Count: whole(want - count), Goal: n.Goal, Reason: NoTime})
	}
	if count < 1 || count <= done && count < want {
		return
	}
	s := events.Step{
		Kind: Activity, Metric: n.Metric, Count: whole(count), Goal: n.Goal, Source: n.Source,
		Behind: whole(math.Floor(max(0, n.Units))),
	}
	if count < want {
		s.Asked = whole(want)
	}
	need := time.Duration(max(0, count-done-beside) * n.Minutes * float64(time.Minute))
	s.Minutes = min(int64(math.Ceil(need.Minutes())), 24*60)
	p.window(&s, n, need)
	if p.add(s) {
		p.free = take(p.free, need)
	}
}

// keep makes steps of the time that is set aside for what no step is about.
func (p *planner) keep() {
	for _, b := range p.Blocks {
		if b.Capacity > 0 || b.To <= p.Now || slices.Contains(p.assigned, b.ID) || len(p.Steps) == most {
			continue
		}
		p.add(events.Step{
			Kind: Keep, Timeblock: b.ID, Activity: cmp.Or(b.Activity, b.Category), Count: events.Scale, From: clock(b.From),
			Before: clock(b.To), Minutes: min(int64((b.To - b.From).Minutes()), 24*60),
		})
	}
}

func whole(n float64) events.Decimal { return events.Decimal(n) * events.Scale }
