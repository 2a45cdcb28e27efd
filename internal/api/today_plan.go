package api

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/plan"
	"milemarker/internal/today"
	"milemarker/projections"
)

// What waits is looked for this far back, and a proposal is followed up after so many days without a word.
const (
	waitingDays = 60
	quietDays   = 5
	waitingMost = 20
)

// planDay makes the steps of a day from what goals need, what the calendar holds and who waits.
func (s *server) planDay(d dayOfRep) (today.Day, error) {
	in := today.Input{Quiet: quietDays, Now: d.clock(d.now)}
	for _, span := range d.working.Spans(d.day) {
		in.Works = append(in.Works, today.Window{From: d.clock(span.From), To: d.clock(span.To)})
	}
	for _, b := range d.blocks {
		in.Blocks = append(in.Blocks, today.Block{
			ID: b.Block, Category: b.Category, Activity: b.Activity, Capacity: b.Capacity,
			Window: today.Window{From: d.clock(b.From), To: d.clock(b.To)},
		})
	}
	for _, m := range d.agenda {
		in.Meetings = append(in.Meetings, today.Meeting{
			ID: m.ID, Prospect: m.Prospect, Event: m.Event, Settled: d.settled(m.ID),
			Window: today.Window{From: d.clock(m.Begins), To: d.clock(d.ends(m))},
		})
	}
	if len(in.Works)+len(in.Blocks) == 0 {
		return today.Plan(in), nil // a day off
	}
	waiting, err := s.deps.Prospects.NextSteps(d.ctx(), projections.NextStepQuery{
		Org: d.caller.Org, Rep: d.rep, Since: d.now.AddDate(0, 0, -waitingDays), Quiet: d.now.AddDate(0, 0, -quietDays),
		Until: d.now, Limit: waitingMost,
	})
	if err != nil {
		return today.Day{}, err
	}
	for _, w := range waiting {
		in.Waiting = append(in.Waiting, today.Waiting(w))
	}
	if in.Needs, err = s.needs(d); err != nil {
		return today.Day{}, err
	}
	return today.Plan(in), nil
}

// needs returns how much of each activity is asked for today: by the rep's goals, else by the adopted plan, else by what
// is usual.
func (s *server) needs(d dayOfRep) ([]today.Need, error) {
	desk := s.desk(d.ask)
	all, err := desk.Goals(d.ctx(), d.caller.Org)
	if err != nil {
		return nil, err
	}
	adopted, err := s.adoptedPlan(d)
	if err != nil {
		return nil, err
	}
	usual, err := s.usual(d)
	if err != nil {
		return nil, err
	}
	minutes, err := s.minutesEach(d, adopted)
	if err != nil {
		return nil, err
	}
	lead := "calls"
	if adopted != nil && len(adopted.Stages) > 0 {
		lead = adopted.Stages[0]
	}
	var out []today.Need
	for _, name := range activities() {
		var open []projections.Goal // on this activity, the shortest first
		for _, g := range all {
			mine := g.Owner == events.Owner{OwnerKind: events.OwnerRep, Owner: d.rep}
			if mine && g.Metric == name && g.Direction == events.AtLeast && g.StartsOn <= d.day && isOpen(g, d.day) {
				open = append(open, g)
			}
		}
		slices.SortStableFunc(open, func(x, y projections.Goal) int {
			return cmp.Compare(x.On(d.day).EndsOn-x.StartsOn, y.On(d.day).EndsOn-y.StartsOn)
		})
		if len(open) > 2 { // the nearest says what the rhythm asks for, the farthest what was left undone so far
			open = []projections.Goal{open[0], open[len(open)-1]}
		}
		need := today.Need{Metric: name, Lead: name == lead, Done: d.counts[name], Minutes: minutes(name), Source: today.ByGoal}
		for _, g := range open {
			st, err := desk.Standing(d.ctx(), d.caller.Org, g.ID, d.now, time.Time{})
			if err != nil {
				continue // a goal without a pace asks for nothing
			}
			left := max(0, st.Pace.Left.Total.Float64()) + d.counts[name]
			behind := -st.Pace.Margin.Float64()
			if st.Pace.Left.Days > 0 && left/float64(st.Pace.Left.Days) > need.Count {
				need.Count, need.Goal, need.Units = left/float64(st.Pace.Left.Days), g.ID, behind
			}
			if st.Pace.Expected > 0 {
				need.Behind = max(need.Behind, behind/st.Pace.Expected.Float64())
			}
		}
		if len(open) == 0 {
			need.Count, need.Source = askedByPlan(d, adopted, name), today.ByPlan
		}
		if len(open) == 0 && need.Count == 0 && name != "minutes" { // time that was spent is no aim
			need.Count, need.Source, need.Lead = usual[name], today.ByHabit, false
		}
		out = append(out, need)
	}
	return out, nil
}

// askedByPlan returns how much of an activity an adopted plan asks for on a working day, 0 if nothing.
func askedByPlan(d dayOfRep, adopted *projections.Plan, name string) float64 {
	if adopted == nil || d.day < adopted.From || d.day > adopted.By {
		return 0
	}
	week := d.calendar.Bucket(calendar.Weekly, d.day)
	for _, a := range adopted.Adopted.Activities {
		if a.Metric != name {
			continue
		}
		if a.Per == "week" {
			return a.Count.Float64() / float64(max(1, d.working.Days(week, week+7)))
		}
		return a.Count.Float64()
	}
	return 0
}

// usualDays is how far back is looked for what is usual.
const usualDays = 28

// usual returns what a working day of the last weeks brought of each activity, on average.
func (s *server) usual(d dayOfRep) (map[string]float64, error) {
	out, days := map[string]float64{}, d.working.Days(d.day-usualDays, d.day)
	if days == 0 {
		return out, nil
	}
	counts, err := s.countsOf(d, span{d.day - usualDays, d.day})
	for _, name := range activities() {
		out[name] = math.Floor(counts[name] / float64(days))
	}
	return out, err
}

// minutesEach returns what tells how many minutes of work one of an activity takes: as the adopted plan has it, else as
// measured or assumed. A minute takes a minute, whatever it is for.
func (s *server) minutesEach(d dayOfRep, adopted *projections.Plan) (func(name string) float64, error) {
	known := map[string]float64{}
	if adopted != nil {
		for _, x := range adopted.Assumptions {
			if name, ok := strings.CutPrefix(x.Name, minutesOf); ok {
				known[name] = x.Value.Float64()
			}
		}
	}
	found, err := s.gather(d.ask, events.Owner{OwnerKind: events.OwnerRep, Owner: d.rep}, nil, "")
	if err != nil {
		return nil, err
	}
	return func(name string) float64 {
		if v, ok := known[name]; ok {
			return v
		}
		if name == "minutes" {
			return 1
		}
		for _, q := range plan.Quantities([]string{name}, false) {
			if q.Name == minutesOf+name {
				return plan.Assume(q, found.of(q.Name, []string{name})).Value
			}
		}
		return 0
	}, nil
}

// minutesOf begins the names of assumptions about how long things take.
const minutesOf = "minutes_"

// activities are the metrics of which a day can be asked to bring some: what one does, not what comes of it.
func activities() []string {
	return []string{"calls", "leads", "appointments_scheduled", "proposals_sent", "conversations", "minutes"}
}

// adoptedPlan returns the plan that the rep adopted last, nil if there is none.
func (s *server) adoptedPlan(d dayOfRep) (*projections.Plan, error) {
	plans, err := s.plans(d.ask)
	if err != nil {
		return nil, err
	}
	var last *projections.Plan
	for i, p := range plans {
		if p.Adopted != nil && p.Owner == (events.Owner{OwnerKind: events.OwnerRep, Owner: d.rep}) && (last == nil || p.Position > last.Position) {
			last = &plans[i]
		}
	}
	return last, nil
}
