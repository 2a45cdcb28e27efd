package pace

import (
	"fmt"
	"strings"
	"time"

	"milemarker/events"
)

// sentence states the pace in plain words: facts, never blame.
func (g Goal) sentence(p Pace, loc *time.Location) string {
	done := g.amount(p.Actual)
	switch {
	case p.Status == NotBegun:
		return g.ahead(p)
	case p.Status == Abandoned:
		return fmt.Sprintf("%s of %s when it was given up", done, g.number(g.Target))
	case g.Kind.Ratio():
		return g.ratioSentence(p, loc)
	case p.Status == Achieved || p.Status == Missed:
		return done + g.end(p)
	}
	line := "expected"
	if g.Direction == AtMost {
		line = "allowed"
	}
	s := fmt.Sprintf("%s against %s %s by %s", done, g.number(p.Expected), line, moment(p.At.In(loc)))
	return s + g.verdict(p) + g.way(p)
}

// ahead says what a goal will ask for that has not begun.
func (g Goal) ahead(p Pace) string {
	begins := "begins on " + g.From.Time().Format("Monday, 2 January 2006")
	if g.Kind.Ratio() {
		return fmt.Sprintf("%s: %s %s %s", begins, g.Noun, g.least(), g.ratioNumber(g.Target))
	}
	s := fmt.Sprintf("%s: %s in %s", begins, g.amount(g.Target), workingDays(p.Left.Days))
	if g.Direction == AtMost {
		return fmt.Sprintf("%s: at most %s in %s", begins, g.amount(g.Target), workingDays(p.Left.Days))
	}
	if p.Left.Days > 1 {
		s += fmt.Sprintf(", %s a day", g.number(g.up(p.Left.Day)))
	}
	return s
}

// end says how it came out.
func (g Goal) end(p Pace) string {
	target := g.number(g.Target)
	switch {
	case p.Status == Missed && g.Direction == AtMost:
		return fmt.Sprintf(" where at most %s was wanted: missed by %s", target, g.number(p.Actual-g.Target))
	case p.Status == Missed:
		return fmt.Sprintf(" of %s: missed by %s", target, g.number(g.Target-p.Actual))
	case g.Direction == AtMost:
		return fmt.Sprintf(" of at most %s: achieved", target)
	case p.Left.Days > 0:
		return fmt.Sprintf(" of %s: achieved with %s left", target, workingDays(p.Left.Days))
	default:
		return fmt.Sprintf(" of %s: achieved", target)
	}
}

// verdict says what the gap means.
func (g Goal) verdict(p Pace) string {
	if p.Rule == Strict {
		switch p.Status {
		case AtRisk:
			return ", within a tenth of the line, so you are at risk"
		case OffTrack:
			return ", more than a tenth from the line, so you are off track"
		default:
			return ", so you are on track"
		}
	}
	often, seldom := g.gap(p, p.Limits.AtRisk), g.gap(p, p.Limits.OffTrack)
	switch p.Status {
	case Ahead:
		return ", better than luck explains: you are ahead"
	case AtRisk:
		return fmt.Sprintf("; luck often explains a gap of %s but seldom one near %s, so you are at risk", often, seldom)
	case OffTrack:
		return fmt.Sprintf("; luck explains a gap of %s at most, so you are off track", seldom)
	default:
		behind := g.whole(p.Expected) - p.Actual
		if g.Direction == AtLeast && behind > 0 || g.Direction == AtMost && behind < 0 {
			return fmt.Sprintf("; luck explains a gap of %s, so you are on track", often)
		}
		return ", so you are on track"
	}
}

// way says what it takes from here, for those who are behind.
func (g Goal) way(p Pace) string {
	if p.Status != AtRisk && p.Status != OffTrack {
		return ""
	}
	if g.Direction == AtMost {
		return fmt.Sprintf(": %s more may come by the end", g.number(p.Left.Total))
	}
	switch p.Left.Days {
	case 0:
		return fmt.Sprintf(": %s more and no working day left", g.number(p.Left.Total))
	case 1:
		return fmt.Sprintf(": %s more in 1 working day", g.number(p.Left.Total))
	}
	return fmt.Sprintf(": %s more in %s, %s a day", g.number(p.Left.Total), workingDays(p.Left.Days),
		g.number(g.up(p.Left.Day)))
}

// gap is the distance of a limit from the line, as the sentence shows the line.
func (g Goal) gap(p Pace, limit events.Decimal) string {
	d := g.whole(p.Expected) - limit
	if g.Direction == AtMost {
		d = -d
	}
	return g.number(max(0, d))
}

// amount is a number with what is counted.
func (g Goal) amount(d events.Decimal) string {
	noun := g.Noun
	if g.Kind == Counts && d == events.Scale {
		noun = strings.TrimSuffix(noun, "s")
	}
	return strings.TrimSpace(g.number(d) + " " + noun)
}

// number shows a count as a whole number and all else with at most two decimals.
func (g Goal) number(d events.Decimal) string {
	if g.Kind == Counts {
		return grouped(g.whole(d).String())
	}
	return grouped(roundTo(d, events.Scale/100).String())
}

// whole rounds a count.
func (g Goal) whole(d events.Decimal) events.Decimal {
	if g.Kind != Counts {
		return d
	}
	return roundTo(d, events.Scale)
}

// up rounds a count up: a tenth of a call cannot be made.
func (g Goal) up(d events.Decimal) events.Decimal {
	if rest := d % events.Scale; g.Kind == Counts && rest > 0 {
		return d + events.Scale - rest
	}
	return d
}

// roundTo rounds to a multiple of unit, half away from zero.
func roundTo(d, unit events.Decimal) events.Decimal { return mulDiv(d, 1, int64(unit)) * unit }

// grouped puts commas between the thousands.
func grouped(s string) string {
	whole, fraction, cut := strings.Cut(s, ".")
	digits := strings.TrimPrefix(whole, "-")
	var b strings.Builder
	b.WriteString(whole[:len(whole)-len(digits)])
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if cut {
		b.WriteString("." + fraction)
	}
	return b.String()
}

// moment names an instant of the week: "Wednesday noon", "Friday 16:30", "the end of Sunday".
func moment(t time.Time) string {
	switch t.Format("15:04") {
	case "00:00":
		return "the end of " + t.AddDate(0, 0, -1).Weekday().String()
	case "12:00":
		return t.Weekday().String() + " noon"
	default:
		return t.Format("Monday 15:04")
	}
}

func workingDays(n int) string {
	if n == 1 {
		return "1 working day"
	}
	return fmt.Sprintf("%d working days", n)
}
