package goals

import (
	"fmt"
	"slices"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// Change is what becomes of a part when its goal is split anew.
type Change string

// The changes.
const (
	Kept    Change = "kept"
	Revised Change = "revised"
	Set     Change = "set"    // there was none for these days
	Closed  Change = "closed" // given up: it lies beyond the goal, or there is nothing left for it
)

// NewPart is a part of a goal as it is to stand after the goal was split anew.
type NewPart struct {
	pace.Part

	Goal   string // the part's id
	Change Change
	On     calendar.Day // of Revised: the first day on which it stands so
	Was    projections.Goal
}

// Whole is a goal that is split.
type Whole struct {
	Goal    projections.Goal
	Course  pace.Goal // its line after all its revisions
	Metric  metric.Definition
	Working calendar.Working // of its owner
	Today   calendar.Day     // on which it is split
}

// Anew splits a goal anew that was split by a grain before, so that its parts add up to it as it stands after all its
// revisions. on is the day from which on: today, or the day of a revision that is yet to be effective.
//
// Parts that ended before that day, and parts that were closed with a result, stay as they are. The others, the part that
// runs on that day among them, share what is left of the target along the goal's line; see pace.Goal.Rest. Where the goal
// now ends later there are new parts, where it ends earlier the last ones are given up, and so is a part for which nothing
// is left. Where no part runs on the day of a revision that is yet to come, the new ones begin with it. While the parts
// add up and nothing was revised after them, all stay: to split again changes nothing.
//
// The parts come in the order of their days. over is by how much those that stay ask for more than the whole goal does:
// then nothing is left to share, and they cannot add up.
func (w Whole) Anew(parts []projections.Goal, into calendar.Grain, on calendar.Day) (out []NewPart, over events.Decimal) {
	var open []projections.Goal
	taken := map[string]bool{}
	rest, newest := w.Course.Target, events.Position(0)
	begun := w.first(into, on)
	var fixed []pace.Part
	for _, p := range parts {
		taken[p.ID], newest = true, max(newest, p.Position)
		t := Final(p)
		switch {
		case givenUp(p):
		case p.Closed != nil || t.EndsOn < on:
			part := pace.Part{From: p.StartsOn, To: t.EndsOn, Target: t.Target}
			out, fixed = append(out, NewPart{Part: part, Goal: p.ID, Change: Kept}), append(fixed, part)
			rest -= t.Target
			if t.EndsOn < on {
				begun = max(begun, t.EndsOn+1)
			}
		default:
			open = append(open, p)
		}
	}
	running := slices.IndexFunc(open, func(p projections.Goal) bool { return p.StartsOn <= on })
	switch {
	case running >= 0:
		for _, p := range open {
			if p.StartsOn <= on {
				begun = p.StartsOn
			}
		}
	case on > w.Today: // the days before the revision are still as the goal was, which asked nothing more of them
		begun = max(begun, on)
	}
	shares := w.shares(w.spans(into, begun, fixed), rest)
	if !w.Course.Kind.Ratio() {
		over = max(-rest, 0)
	}
	changed := w.match(open, shares, into, on, taken)
	if newest > w.Goal.Position && w.inStep(open, changed, rest) {
		changed = changed[:0]
		for _, p := range open {
			t := Final(p)
			part := pace.Part{From: p.StartsOn, To: t.EndsOn, Target: t.Target}
			changed = append(changed, NewPart{Part: part, Goal: p.ID, Change: Kept, Was: p, On: on})
		}
	}
	out = append(out, changed...)
	slices.SortStableFunc(out, func(a, b NewPart) int { return int(a.From - b.From) })
	return out, over
}

// first returns the first day of the part that runs on a day.
func (w Whole) first(into calendar.Grain, on calendar.Day) calendar.Day {
	if on <= w.Course.From {
		return w.Course.From
	}
	return max(w.Course.From, w.Working.Calendar().Bucket(into, on))
}

// spans divides the goal's days from one on by a grain, without those of parts that stay.
func (w Whole) spans(into calendar.Grain, from calendar.Day, fixed []pace.Part) []pace.Part {
	var spans []pace.Part
	c := w.Working.Calendar()
	for from <= w.Course.To {
		next := min(c.Next(into, c.Bucket(into, from)), w.Course.To+1)
		if !slices.ContainsFunc(fixed, func(f pace.Part) bool { return f.From < next && from <= f.To }) {
			spans = append(spans, pace.Part{From: from, To: next - 1})
		}
		from = next
	}
	return spans
}

// shares gives the spans what is left. A span that gets nothing is left out, unless the goal is to stay below its target
// and there is work in the span.
func (w Whole) shares(spans []pace.Part, rest events.Decimal) []pace.Part {
	var out []pace.Part
	for _, p := range w.Course.Rest(spans, rest, Unit(w.Metric), w.Working) {
		if w.Course.Kind.Ratio() {
			p.Target = w.Course.Target
		}
		if p.Target > 0 || w.Course.Direction == pace.AtMost && w.Working.Days(p.From, p.To+1) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// match says what becomes of the open parts, and which are new.
func (w Whole) match(open []projections.Goal, shares []pace.Part, into calendar.Grain, on calendar.Day, taken map[string]bool) []NewPart {
	var out []NewPart
	for _, p := range open {
		t := Final(p)
		i := slices.IndexFunc(shares, func(s pace.Part) bool { return s.From == p.StartsOn })
		if i < 0 {
			out = append(out, NewPart{Part: pace.Part{From: p.StartsOn, To: t.EndsOn, Target: t.Target}, Goal: p.ID, Change: Closed, Was: p})
			continue
		}
		n := NewPart{Part: shares[i], Goal: p.ID, Change: Kept, Was: p, On: on}
		shares = slices.Delete(slices.Clone(shares), i, i+1)
		if n.Target != t.Target || n.To != t.EndsOn {
			n.Change = Revised
			if days := p.Revisions(); len(days) > 0 { // what was said for a later day would stand above it
				n.On = max(on, days[len(days)-1])
			}
		}
		out = append(out, n)
	}
	for _, s := range shares {
		id := PartID(w.Goal.ID, into, s.From)
		for n := 2; taken[id]; n++ { // the part that had the name was given up
			id = fmt.Sprintf("%s.%d", PartID(w.Goal.ID, into, s.From), n)
		}
		out = append(out, NewPart{Part: s, Goal: id, Change: Set})
	}
	return out
}

// inStep tells whether the open parts need no change. Numbers come to what is left, within the goal's days: a day that no
// part covers is one that nothing was left for. Ratios cover all days.
func (w Whole) inStep(open []projections.Goal, changed []NewPart, rest events.Decimal) bool {
	if w.Course.Kind.Ratio() {
		return !slices.ContainsFunc(changed, func(p NewPart) bool { return p.Change != Kept })
	}
	sum := events.Decimal(0)
	for _, p := range open {
		t := Final(p)
		if t.EndsOn > w.Course.To {
			return false
		}
		sum += t.Target
	}
	return sum == rest
}
