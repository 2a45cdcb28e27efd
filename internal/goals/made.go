package goals

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/projections"
)

// madeAs takes the id of a part apart into what was divided and the grain, as PartID puts it together, with or without the
// number of a part that stands in another's place; ok is false for ids of other goals.
func madeAs(id string) (base string, into calendar.Grain, ok bool) {
	for _, grain := range calendar.Grains() {
		i := strings.LastIndex(id, "."+string(grain)+".")
		if i <= 0 {
			continue
		}
		day, _, _ := strings.Cut(id[i+len(grain)+2:], ".")
		if _, err := calendar.ParseDay(day); err == nil && len(id[:i]) > len(base) {
			base, into, ok = id[:i], grain, true
		}
	}
	return base, into, ok
}

// Made tells whether a goal, as it stands in the end, was made as a part of the goal that it serves: by a split of that
// goal, or together with it by the adoption of a plan, which divides months into weeks under the name of the whole.
func Made(g projections.Goal) (into calendar.Grain, ok bool) {
	base, into, ok := madeAs(g.ID)
	if parent := Final(g).Parent; !ok || parent == "" || parent != base {
		above, _, part := madeAs(parent)
		ok = ok && part && above == base
	}
	return into, ok
}

// MadeOf returns all parts that were made of a goal, and the parts of these, each behind what it is a part of.
func MadeOf(all []projections.Goal, id string) []projections.Goal {
	out, known := []projections.Goal(nil), map[string]bool{id: true}
	for of := []string{id}; len(of) > 0; of = of[1:] {
		for _, g := range all {
			if _, ok := Made(g); ok && Final(g).Parent == of[0] && !known[g.ID] {
				known[g.ID] = true
				out, of = append(out, g), append(of, g.ID)
			}
		}
	}
	return out
}

// wholeOf returns the goal that a goal is in the end a part of; of one that is no part itself.
func wholeOf(all []projections.Goal, g projections.Goal) projections.Goal {
	for range all { // a circle ends as well
		_, part := Made(g)
		above, known := Find(all, Final(g).Parent)
		if !part || !known {
			break
		}
		g = above
	}
	return g
}

// Title returns the title of a goal on a day: as it was named, else what it counts. The title of a part says its span too,
// since it shares the rest with its neighbours: "Calls of the team, November 2026".
func Title(g projections.Goal, on calendar.Day) string {
	terms := g.On(on)
	d, _ := metric.Find(g.Metric)
	title := cmp.Or(terms.Title, d.Title, g.Metric)
	into, ok := Made(g)
	if !ok || strings.Contains(title, spanOf(g, terms)) { // parts that an adopted plan makes are named by their days
		return title
	}
	return title + ", " + spanWords(into, g.StartsOn, terms.EndsOn)
}

func spanOf(g projections.Goal, terms projections.GoalTerms) string {
	return fmt.Sprintf("%s to %s", g.StartsOn, terms.EndsOn)
}

// spanWords says the days of a part as people do.
func spanWords(into calendar.Grain, from, to calendar.Day) string {
	first, last := from.In(time.UTC), to.In(time.UTC)
	switch into {
	case calendar.Daily:
		return first.Format("2 January 2006")
	case calendar.Weekly:
		return "week of " + first.Format("2 January")
	case calendar.Monthly:
		return first.Format("January 2006")
	default:
		if first.Month() == last.Month() && first.Year() == last.Year() {
			return last.Format("January 2006")
		}
		return first.Format("January 2006") + " to " + last.Format("January 2006")
	}
}
