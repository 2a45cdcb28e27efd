package pace

import (
	"fmt"
	"time"

	"milemarker/events"
)

// ratioSentence states how a ratio stands: "close rate 25 % (5 of 20) where at least 30 % is wanted; ...".
func (g Goal) ratioSentence(p Pace, loc *time.Location) string {
	if p.Of == 0 {
		s := fmt.Sprintf("%s %s %s is wanted", g.Noun, g.least(), g.ratioNumber(g.Target))
		if p.Status == Missed {
			return s + ": missed, for there was nothing to tell it by"
		}
		return s + "; there is nothing yet to tell it by"
	}
	s := fmt.Sprintf("%s %s%s where %s %s is wanted", g.Noun, g.ratioNumber(p.Actual), g.out(p), g.least(), g.ratioNumber(g.Target))
	switch p.Status {
	case Achieved:
		return s + ": achieved"
	case Missed:
		return s + ": missed"
	default:
		s += ", by " + moment(p.At.In(loc))
	}
	if p.Rule == Strict {
		return s + g.verdict(p)
	}
	often, seldom := g.ratioGap(p.Limits.AtRisk), g.ratioGap(p.Limits.OffTrack)
	behind := p.Margin < 0
	if g.Direction == AtMost {
		behind = p.Margin > 0
	}
	switch {
	case p.Status == Ahead:
		return s + ", better than luck explains: you are ahead"
	case p.Status == AtRisk:
		return s + fmt.Sprintf("; luck often explains a gap of %s but seldom one near %s, so you are at risk", often, seldom)
	case p.Status == OffTrack:
		return s + fmt.Sprintf("; luck explains a gap of %s at most, so you are off track", seldom)
	case behind:
		return s + fmt.Sprintf("; luck explains a gap of %s, so you are on track", often)
	default:
		return s + ", so you are on track"
	}
}

func (g Goal) least() string {
	if g.Direction == AtMost {
		return "at most"
	}
	return "at least"
}

// out says what a share is made of.
func (g Goal) out(p Pace) string {
	if g.Kind != Share {
		return ""
	}
	return fmt.Sprintf(" (%s of %s)", grouped(p.Part.String()), grouped(p.Of.String()))
}

// ratioNumber shows a share in percent, with one decimal at most, and any other ratio with two.
func (g Goal) ratioNumber(d events.Decimal) string {
	if g.Kind == Share {
		return roundTo(d*100, events.Scale/10).String() + " %"
	}
	return grouped(roundTo(d, events.Scale/100).String())
}

// ratioGap is the distance of a limit from the target.
func (g Goal) ratioGap(limit events.Decimal) string {
	d := g.Target - limit
	if g.Direction == AtMost {
		d = -d
	}
	if d = max(0, d); g.Kind == Share {
		return roundTo(d*100, events.Scale/10).String() + " points"
	}
	return g.ratioNumber(d)
}
