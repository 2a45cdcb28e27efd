package goals

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// ever is a day behind all others: On(ever) is a goal as it stands after all its revisions.
const ever = calendar.Day(math.MaxInt32)

// Final returns the goal as it stands after all its revisions, those that are yet to be effective among them.
func Final(g projections.Goal) projections.GoalTerms { return g.On(ever) }

// Unit returns the unit in which the targets of a metric's goals are split: cents, or whole things.
func Unit(d metric.Definition) events.Decimal {
	if d.Unit == metric.Money {
		return events.Scale / 100
	}
	return events.Scale
}

// PartID names the part of a goal that begins on a day when the goal is split by a grain.
func PartID(goal string, into calendar.Grain, from calendar.Day) string {
	return fmt.Sprintf("%s.%s.%s", goal, into, from)
}

// PartsOf returns the parts that a goal was split into by a grain, by their first days: goals that serve it and are named
// as its parts.
func PartsOf(all []projections.Goal, goal string, into calendar.Grain) []projections.Goal {
	var parts []projections.Goal
	for _, g := range all {
		if strings.HasPrefix(g.ID, goal+"."+string(into)+".") && Final(g).Parent == goal {
			parts = append(parts, g)
		}
	}
	slices.SortStableFunc(parts, func(a, b projections.Goal) int { return int(a.StartsOn - b.StartsOn) })
	return parts
}

// givenUp tells whether a part was given up: it asks for nothing any more.
func givenUp(g projections.Goal) bool {
	return g.Closed != nil && g.Closed.Result == string(pace.Abandoned)
}

// Sum is what the parts of a goal, split by a grain, come to.
type Sum struct {
	Goal   string
	Into   calendar.Grain
	Target events.Decimal // of the goal
	Parts  events.Decimal // theirs together; of a ratio, of which each asks for the same, that of an open one that differs
}

// SumsOf returns what the parts of a goal come to, by each grain that it was split into. Parts that were given up count no
// more.
func SumsOf(all []projections.Goal, g projections.Goal) []Sum {
	d, _ := metric.Find(g.Metric)
	terms := Final(g)
	var sums []Sum
	for _, into := range calendar.Grains() {
		parts := slices.DeleteFunc(PartsOf(all, g.ID, into), givenUp)
		if len(parts) == 0 {
			continue
		}
		s := Sum{Goal: g.ID, Into: into, Target: terms.Target}
		if !d.Additive() {
			s.Parts = terms.Target
		}
		for _, p := range parts {
			t := Final(p)
			switch {
			case d.Additive():
				s.Parts += t.Target
			case p.Closed == nil && t.Target != terms.Target:
				s.Parts = t.Target
			}
		}
		sums = append(sums, s)
	}
	return sums
}
