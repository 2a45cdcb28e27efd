package today

import (
	"fmt"
	"strings"

	"milemarker/events"
)

// Words says a step in plain words, in those that were given to it where there are any; noun is what its metric counts,
// where no better words are known.
func Words(s events.Step, noun string) string {
	if s.Text != "" {
		return s.Text
	}
	text := deedOf(s, noun)
	switch {
	case text == "" || s.Count == 0 && s.Kind == "":
		return "Step " + s.Step
	case s.From != "" && s.Before != "":
		return text + " " + s.From + "-" + s.Before
	case s.From != "":
		return text + " from " + s.From
	case s.Before != "":
		return text + " before " + s.Before
	default:
		return text
	}
}

func deedOf(s events.Step, noun string) string {
	n := s.Count.String()
	one := s.Count == events.Scale
	switch s.Kind {
	case FirstCall:
		return "Call " + n + plural(one, " new lead", " new leads") + " for the first time"
	case Rebook:
		return "Rebook " + n + plural(one, " no-show", " no-shows")
	case FollowUp:
		return fmt.Sprintf("Follow up %s%s older than %d days", n, plural(one, " proposal", " proposals"), s.Days)
	case Hold:
		return "Prepare and hold " + n + plural(one, " appointment", " appointments") + times(", at ", s.Items)
	case Settle:
		return "Say what became of " + n + plural(one, " appointment", " appointments") + times(", of ", s.Items)
	case Keep:
		return "Keep the time for " + strings.ReplaceAll(s.Activity, "_", " ")
	default:
		return deed(s.Metric, n, noun, one)
	}
}

// times lists when appointments begin, after a word that says so.
func times(word string, items []events.StepFor) string {
	var at []string
	for _, item := range items {
		if item.At != "" {
			at = append(at, item.At)
		}
	}
	switch n := len(at); n {
	case 0:
		return ""
	case 1:
		return word + at[0]
	default:
		return word + strings.Join(at[:n-1], ", ") + " and " + at[n-1]
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

// Why says why a step is part of the day; goal is what people call the goal that asks for it.
func Why(s events.Step, goal string) string {
	one := s.Count == events.Scale
	switch s.Kind {
	case FirstCall:
		return plural(one, "Nobody has called yet: a fresh lead cools fast.", "Nobody has called them yet: a fresh lead cools fast, so the newest come first.")
	case Rebook:
		return plural(one, "Nobody came, and nothing new was agreed.", "They did not come, and nothing new was agreed.")
	case FollowUp:
		return fmt.Sprintf("Nothing was heard for more than %d days after the proposal went out.", s.Days)
	case Hold:
		return plural(one, "It is in the calendar of today.", "They are in the calendar of today.")
	case Settle:
		return plural(one, "It is over: held, a no-show, put off or called off?", "They are over: held, no-shows, put off or called off?")
	case Keep:
		return "The time is set aside in the calendar of today."
	}
	whole := s.Count
	if s.Asked > 0 {
		whole = s.Asked
	}
	var text string
	switch s.Source {
	case ByGoal:
		text = fmt.Sprintf("%q asks for %s today", goal, whole)
		if s.Behind > 0 {
			text += fmt.Sprintf("; it is %s behind its line", s.Behind)
		}
	case ByPlan:
		text = fmt.Sprintf("The adopted plan asks for %s a day", whole)
	case ByHabit:
		text = "It is what a usual working day brings"
	default:
		return ""
	}
	if s.Asked > s.Count {
		text += fmt.Sprintf("; the hours left hold %s", s.Count)
	}
	return text + "."
}

// Left says what was left out, and why; noun is what its metric counts.
func Left(l events.LeftOut, noun string) string {
	what := deedOf(events.Step{Kind: l.Kind, Metric: l.Metric, Count: l.Count}, noun)
	if l.Kind == FollowUp {
		what = "Follow up " + l.Count.String() + plural(l.Count == events.Scale, " proposal", " proposals")
	}
	why := map[string]string{
		NoTime: "the hours left of the day are taken", EnoughSteps: "five steps are enough for a day",
		EnoughPeople: "five people are enough for a step",
	}[l.Reason]
	return what + ": " + why
}

func plural(one bool, singular, several string) string {
	if one {
		return singular
	}
	return several
}
