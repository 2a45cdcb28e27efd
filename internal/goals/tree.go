package goals

import (
	"slices"

	"milemarker/internal/calendar"
	"milemarker/projections"
)

// Find returns the goal of an id.
func Find(all []projections.Goal, id string) (g projections.Goal, ok bool) {
	i := slices.IndexFunc(all, func(g projections.Goal) bool { return g.ID == id })
	if i < 0 {
		return projections.Goal{}, false
	}
	return all[i], true
}

// Serving returns the goals that serve another directly, as they stood on a day.
func Serving(all []projections.Goal, id string, on calendar.Day) []projections.Goal {
	var out []projections.Goal
	for _, g := range all {
		if g.On(on).Parent == id {
			out = append(out, g)
		}
	}
	return out
}

// Above tells whether a goal serves another, directly or through others, or is that other.
func Above(all []projections.Goal, id, other string, on calendar.Day) bool {
	for range all { // a circle ends as well
		if id == other {
			return true
		}
		g, ok := Find(all, id)
		if id = g.On(on).Parent; !ok || id == "" {
			return false
		}
	}
	return true
}
