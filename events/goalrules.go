package events

import "fmt"

// goalIsWhole checks what lies between the fields of goal.set.
func goalIsWhole(_ Draft, g GoalSet, report reporter) {
	g.checkOwner(report)
	if g.Target == 0 && g.Direction != AtMost {
		report("target", "must be above 0 unless direction is at_most")
	}
	checkSpan(g.StartsOn, g.EndsOn, report)
	checkCourse(g.Course, report)
	if g.Curve == "" && (g.Weights != nil || g.Markers != nil) {
		report("curve", "is required with weights or markers: monthly or markers")
	}
	if months := monthsTouched(g.StartsOn, g.EndsOn); g.Curve == CurveMonthly && months > 0 && len(g.Weights) > 0 && len(g.Weights) != months {
		report("weights", fmt.Sprintf("must hold one weight for each of the %d calendar months from starts_on to ends_on", months))
	}
	for i, m := range g.Markers {
		if m.On != "" && (g.StartsOn != "" && m.On < g.StartsOn || g.EndsOn != "" && m.On > g.EndsOn) {
			report(fmt.Sprintf("markers/%d/on", i), "must lie from starts_on to ends_on")
		}
		if m.Value > g.Target {
			report(fmt.Sprintf("markers/%d/value", i), "must not lie above the target")
		}
	}
	if g.Parent != "" && g.Parent == g.Goal {
		report("parent", "must be another goal")
	}
}

// revisionIsWhole checks what lies between the fields of goal.revised. Dates it does not name are those of the goal as it
// stands, which only the projection knows.
func revisionIsWhole(_ Draft, r GoalRevised, report reporter) {
	changed := r.Title != "" || r.Target != nil || r.EndsOn != "" || r.StatusRule != "" || r.Parent != "" ||
		r.Partner != "" || r.Why != "" || r.Curve != "" || r.Weights != nil || r.Markers != nil
	if !changed {
		report("", "must change something: title, target, ends_on, curve, weights, markers, status_rule, parent, partner or why")
	}
	checkSpan(r.EffectiveOn, r.EndsOn, report)
	checkCourse(r.Course, report)
	for i, m := range r.Markers {
		if m.On != "" && r.EndsOn != "" && m.On > r.EndsOn {
			report(fmt.Sprintf("markers/%d/on", i), "must not lie after ends_on")
		}
	}
	if r.Parent != "" && r.Parent == r.Goal {
		report("parent", "must be another goal")
	}
}

// planIsWhole checks what lies between the fields of plan.adopted.
func planIsWhole(_ Draft, p PlanAdopted, report reporter) {
	p.checkOwner(report)
	checkSpan(p.StartsOn, p.EndsOn, report)
}

// checkSpan reports a last day before the first.
func checkSpan(from, to Date, report reporter) {
	if from != "" && to != "" && to < from {
		report("ends_on", "must not lie before "+string(from))
	}
}

// checkCourse reports weights and markers that do not go with the curve or with one another.
func checkCourse(c Course, report reporter) {
	switch {
	case c.Curve == CurveMonthly && len(c.Weights) == 0:
		report("weights", "are required when curve is monthly")
	case c.Curve != CurveMonthly && c.Curve != "" && c.Weights != nil:
		report("weights", "go with curve monthly only")
	}
	switch {
	case c.Curve == CurveMarkers && len(c.Markers) == 0:
		report("markers", "are required when curve is markers")
	case c.Curve != CurveMarkers && c.Curve != "" && c.Markers != nil:
		report("markers", "go with curve markers only")
	}
	sum := Decimal(0)
	for i, w := range c.Weights {
		if w < 0 {
			report(fmt.Sprintf("weights/%d", i), "must not be below 0")
		}
		sum = max(sum, w)
	}
	if len(c.Weights) > 0 && sum == 0 {
		report("weights", "must not all be 0")
	}
	for i := 1; i < len(c.Markers); i++ {
		before, m := c.Markers[i-1], c.Markers[i]
		if m.On != "" && before.On != "" && m.On <= before.On {
			report(fmt.Sprintf("markers/%d/on", i), "must lie after the marker before")
		}
		if m.Value < before.Value {
			report(fmt.Sprintf("markers/%d/value", i), "must not be less than the marker before")
		}
	}
}

// monthsTouched counts the calendar months from the first to the last day, 0 if that cannot be told.
func monthsTouched(first, last Date) int {
	from, errFrom := first.Time()
	to, errTo := last.Time()
	if errFrom != nil || errTo != nil || to.Before(from) {
		return 0
	}
	return (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month()) + 1
}
