package goals

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/internal/plan"
	"milemarker/projections"
)

// workedDays is how far back is looked for how long things take.
const workedDays = 180

// How much must have happened so that lengths are measured, and how much a call takes besides the talk.
const (
	enoughLengths  = 5
	enoughResults  = 5
	handlingOfCall = 2 // minutes
)

// work is what the owner did of late, and how long each takes.
type work struct {
	counts  map[string]float64 // of activities
	minutes map[string]each
}

// each is how long one of something takes.
type each struct {
	minutes float64
	basis   string // measured or assumed
}

// worked reads what the owner did within the last half year.
func (c *check) worked(ctx context.Context) (work, error) {
	w := work{counts: map[string]float64{}, minutes: map[string]each{}}
	rows, err := c.Reader.Metrics(ctx, projections.MetricQuery{
		Org: c.org, Grain: calendar.Daily, From: c.st.Day - workedDays, To: c.st.Day + 1,
		GroupBy: []projections.Dimension{projections.ByType, projections.ByOutcome}, Where: where(c.st.Goal.Owner, metric.Definition{}, ""),
	})
	if err != nil {
		return w, err
	}
	var sums []metric.Row
	lengths, told := map[string]int64{}, map[string]uint64{}
	for _, r := range rows {
		sums = append(sums, metric.Row{Type: r.Group[0], Outcome: r.Group[1], Count: r.Count, Seconds: r.Seconds})
		if r.Seconds > 0 {
			lengths[r.Group[0]] += r.Seconds
			told[r.Group[0]] += r.Count
		}
	}
	for _, name := range activities() {
		d, ok := metric.Find(name)
		if v, has := metric.Evaluate(d, sums); ok && has {
			w.counts[name] = v.Number.Float64()
		}
		w.minutes[name] = assumedEach(name)
	}
	for name, typ := range map[string]string{"calls": events.TypeCallCompleted, "appointments_held": events.TypeAppointmentHeld} {
		if n := told[typ]; n >= enoughLengths {
			m := float64(lengths[typ]) / 60 / float64(n)
			if name == "calls" {
				m += handlingOfCall
			}
			w.minutes[name] = each{m, "measured"}
		}
	}
	return w, nil
}

// assumedEach returns how long one of an activity takes while nothing is known, as plans have it.
func assumedEach(name string) each {
	switch name {
	case "minutes":
		return each{1, "by itself"}
	case "call_seconds":
		return each{1. / 60, "by itself"}
	}
	for _, q := range plan.Quantities([]string{name}, false) {
		if q.Name == "minutes_"+name {
			return each{q.Default, "assumed"}
		}
	}
	return each{}
}

// chain are the activities whose time a result takes: each is work of its own, so that no minute counts twice.
func chain() []string {
	return []string{"leads", "calls", "appointments_scheduled", "appointments_held", "proposals_sent"}
}

// perUnit returns how long one unit of a goal's number takes: of an activity by its length, of a result all the work of the
// last half year for each that came of it. ok is false where nothing can be said.
func (w work) perUnit(name string, result, happened float64) (e each, ok bool) {
	if slices.Contains(activities(), name) {
		e = w.minutes[name]
		return e, e.minutes > 0
	}
	sum := 0.0
	for _, activity := range chain() {
		sum += w.counts[activity] * w.minutes[activity].minutes
	}
	if happened < enoughResults || result <= 0 || sum <= 0 {
		return each{}, false
	}
	return each{sum / result, "measured"}, true
}

// hoursLeft holds what a goal still needs against the hours that there are; need is 0 where nothing can be said.
type hoursLeft struct {
	need, have float64
	each       each
	from       string // who says what hours there are
}

// hours returns how many hours a goal still takes, and how many there are for it: by the adopted plan, else by the time that
// is set aside, else by the calendar.
func (c *check) hours() (h hoursLeft) {
	st := c.st
	if st.Course.Kind.Ratio() || st.Course.Direction != pace.AtLeast || st.Pace.Status.Final() {
		return h
	}
	result, happened := 0.0, 0.0
	for _, d := range st.Done.Days {
		if d.On >= st.Day-workedDays && d.On <= st.Day {
			result, happened = result+d.Of.Float64(), happened+max(d.Happened, 0)
		}
	}
	if st.Course.Kind == pace.Counts {
		happened = result
	}
	e, ok := c.work.perUnit(st.Goal.Metric, result, happened)
	if !ok {
		return h
	}
	h.each, h.need = e, st.Pace.Left.Total.Float64()*e.minutes/60
	h.have, h.from = c.hoursGiven()
	return h
}

// hoursGiven returns the hours from the moment of the check to the end of the goal.
func (c *check) hoursGiven() (hours float64, from string) {
	st := c.st
	cal := c.settings.Calendar()
	begin, end := st.At, (st.Terms.EndsOn + 1).In(cal.Location())
	if first := st.Goal.StartsOn.In(cal.Location()); first.After(begin) {
		begin = first
	}
	for _, p := range c.plans {
		if p.Adopted == nil || p.Adopted.Goal == "" || !Above(c.goals, st.Goal.ID, p.Adopted.Goal, st.Day) {
			continue
		}
		for _, a := range p.Assumptions {
			if a.Name == "hours_per_week" {
				weeks := max(0, end.Sub(begin).Hours()/(7*24))
				return a.Value.Float64() * weeks, "the adopted plan gives it"
			}
		}
	}
	if set := c.setAside(cal.DayOf(begin), st.Terms.EndsOn+1); set > 0 {
		return set, "are set aside in the calendar for what brings income"
	}
	people := max(1, len(c.reps()))
	return st.Working.Between(begin, end).Hours() * float64(people), "are working hours"
}

// tight is the share of the hours from which on there is no slack.
const tight = 0.8

// judgeHours says whether the hours hold what is needed.
func judgeHours(h hoursLeft) (met Met, finds, advice string) {
	if h.need <= 0 {
		return Unknown, "", ""
	}
	finds = fmt.Sprintf("What is left takes about %s of work (%.3g minutes each, %s); %s.", hourWords(h.need), h.each.minutes, h.each.basis, givenWords(h))
	switch share := h.need / max(h.have, 1e-9); {
	case share > 1:
		return No, finds, fmt.Sprintf("The hours do not hold it: %s more are needed, or a smaller target, or less time for each.", hourWords(h.need-h.have))
	case share > tight:
		return Partly, finds, "The hours hold it, but barely: keep them free."
	}
	return Yes, finds, ""
}

func givenWords(h hoursLeft) string {
	if h.from == "the adopted plan gives it" {
		return h.from + " " + hourWords(h.have)
	}
	return hourWords(h.have) + " " + h.from
}

func hourWords(h float64) string {
	if h >= 9.95 {
		return fmt.Sprintf("%.0f hours", h)
	}
	return fmt.Sprintf("%.1f hours", h)
}

// worse returns the worse of two verdicts; what is not known does not count against what is.
func worse(a, b Met) Met {
	order := []Met{No, Partly, Yes, Unknown}
	return order[min(slices.Index(order, a), slices.Index(order, b))]
}

// achievable holds the goal against the owner's own speed, and against the hours that there are.
func (c *check) achievable(_ context.Context) (Point, error) {
	st := c.st
	p := Point{Name: "achievable", Met: Unknown}
	if st.Pace.Status.Final() {
		p.Met, p.Finds = Yes, fmt.Sprintf("It is over: %s.", st.Pace.Status)
		if st.Pace.Status != pace.Achieved {
			p.Met = No
		}
		return p, nil
	}
	if o := st.Outlook; o == nil {
		p.Finds = fmt.Sprintf("There is too little history for a chance: it takes %d working days and %d events.", pace.OutlookDays, pace.OutlookEvents)
		p.Advice = "Work a while and look again; for now a target that you would bet on in one of two cases is a good one."
	} else {
		p.Met, p.Finds = likely(o.Reach), fmt.Sprintf("At the speed of late it is reached with a chance of %.0f %%.", 100*o.Reach)
		if s := st.Pace.Current; s != nil && st.Pace.Left.Days > 0 {
			p.Finds += fmt.Sprintf(" It takes %s a working day from here; of late it has been %s.", perDay(st, st.Pace.Left.Day.Float64()), perDay(st, s.Day))
		}
		if p.Met != Yes {
			p.Advice = fmt.Sprintf("In one of two cases it would come to %s", inWords(st, o.Finish[1]))
			if o.Reached[1] != nil {
				p.Advice += fmt.Sprintf(", and the target would be reached by %s", o.Reached[1])
			}
			p.Advice += ". Do more a day, ask for less, or take more time."
		}
	}
	met, finds, advice := judgeHours(c.hours())
	p.Met = worse(p.Met, met)
	p.Finds += sentence(finds)
	p.Advice += sentence(advice)
	return p, nil
}

// perDay shows how much comes on a working day: money to the cent, what is counted to three digits.
func perDay(st Standing, n float64) string {
	if st.Metric.Unit == metric.Money {
		return fmt.Sprintf("%.2f", n)
	}
	if n >= 100 {
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprintf("%.3g", n)
}

// inWords shows a number of the goal, money to the cent.
func inWords(st Standing, n events.Decimal) string {
	if st.Metric.Unit == metric.Money {
		return fmt.Sprintf("%.2f", n.Float64())
	}
	return n.String()
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

// likely says how far a chance makes a goal achievable: one that is reached in half of all cases is.
func likely(chance float64) Met {
	switch {
	case chance >= 0.5:
		return Yes
	case chance >= 0.1:
		return Partly
	}
	return No
}

// focused looks whether other goals of the owner want the same time: how many there are, and whether a working day holds
// what all activities together ask for.
func (c *check) focused(ctx context.Context) (Point, error) {
	st := c.st
	others := map[string]string{} // their titles, by the goal that they are parts of: a goal and its parts are one
	own := wholeOf(c.goals, st.Goal).ID
	daily := map[string]float64{} // hours a working day by activity: of several goals on one the hardest
	for _, g := range c.goals {
		terms := g.On(st.Day)
		if g.Owner != st.Goal.Owner || g.Closed != nil {
			continue
		}
		apart := terms.EndsOn < st.Goal.StartsOn || g.StartsOn > st.Terms.EndsOn || terms.EndsOn < st.Day
		nested := Above(c.goals, g.ID, st.Goal.ID, st.Day) || Above(c.goals, st.Goal.ID, g.ID, st.Day) ||
			terms.Parent != "" && terms.Parent == st.Terms.Parent
		if !apart && !nested && wholeOf(c.goals, g).ID != own {
			whole := wholeOf(c.goals, g)
			others[whole.ID] = Title(whole, st.Day)
		}
		if slices.Contains(activities(), g.Metric) && g.StartsOn <= st.Day && terms.EndsOn >= st.Day {
			each, err := c.stand(ctx, g, st.At)
			if err != nil {
				continue // has no pace, and asks for nothing
			}
			if each.Course.Direction == pace.AtLeast {
				hours := each.Pace.Left.Day.Float64() * c.work.minutes[g.Metric].minutes / 60
				daily[g.Metric] = max(daily[g.Metric], hours)
			}
		}
	}
	p := Point{Name: "focused", Met: Yes, Finds: "No other goal of its owner wants the same time."}
	if n := len(others); n > 0 {
		titles := slices.Sorted(maps.Values(others))
		p.Finds = fmt.Sprintf("Beside it run %d: %s.", n, strings.Join(titles[:min(n, 5)], ", "))
	}
	if len(others) > 2 {
		p.Met, p.Advice = No, "Three at a time are enough: decide which of them can wait for the next quarter."
	}
	need, have := 0.0, c.dayHours()
	for _, name := range activities() {
		need += daily[name]
	}
	if len(daily) > 1 && have > 0 {
		p.Finds += fmt.Sprintf(" All activities together take %s of the %s of a working day.", hourWords(need), hourWords(have))
		if need > have {
			p.Met, p.Advice = No, cmp.Or(p.Advice, "They crowd one another out: a day does not hold them all.")
		} else if need > tight*have {
			p.Met = worse(p.Met, Partly)
		}
	}
	return p, nil
}

// dayHours returns the hours of a usual working day of the owner, of all its members together.
func (c *check) dayHours() float64 {
	from, days, sum := c.st.Day, 0, time.Duration(0)
	for d := from; d < from+28; d++ {
		if on := c.st.Working.On(d); on > 0 {
			days, sum = days+1, sum+on
		}
	}
	return sum.Hours() / float64(max(1, days)) * float64(max(1, len(c.reps())))
}
