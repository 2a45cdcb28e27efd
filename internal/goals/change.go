package goals

import (
	"fmt"
	"strings"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// Name returns what people call a goal on a day: its title, which of a part says its days; else its metric and its days, as the
// first page shows them.
func Name(g projections.Goal, on calendar.Day) string {
	terms := g.On(on)
	if _, part := Made(g); part || terms.Title != "" {
		return Title(g, on)
	}
	return Title(g, on) + ", " + spanOf(g, terms)
}

// ChangeSays tells a change of a goal's status in one plain sentence, with numbers as the sentence of its pace has them.
func ChangeSays(g projections.Goal, p events.PaceChanged, on calendar.Day) string {
	d, _ := metric.Find(g.Metric)
	words := func(status string) string { return strings.ReplaceAll(status, "_", " ") }
	text := fmt.Sprintf("%q is %s", Name(g, on), words(p.To))
	if p.From != "" {
		text += ", before that " + words(p.From)
	}
	course := pace.Goal{Kind: KindOf(d), Noun: strings.TrimSpace(p.Currency + " " + d.Noun)}
	actual := course.Say(p.Actual)
	course.Noun = ""
	line, most := "expected", ""
	if g.Direction == events.AtMost {
		line, most = "allowed", "at most "
	}
	if pace.Status(p.To).Final() { // it is held against the target then
		return fmt.Sprintf("%s: %s of %s%s.", text, actual, most, course.Say(g.On(on).Target))
	}
	return fmt.Sprintf("%s: %s against %s %s.", text, actual, course.Say(p.Expected), line)
}
