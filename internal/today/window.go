package today

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"milemarker/events"
)

// free returns what is left of the day to work in: working hours and blocks from now on, without appointments, and
// without time that is set aside for support and admin.
func (in Input) free() []Window {
	left := slices.Clone(in.Works)
	for _, b := range in.Blocks {
		left = append(left, b.Window)
	}
	left = without(union(left), Window{0, in.Now})
	for _, m := range in.Meetings {
		left = without(left, m.Window)
	}
	for _, b := range in.Blocks {
		if b.Category == events.Support || b.Category == events.Admin {
			left = without(left, b.Window)
		}
	}
	return left
}

// window says when to do a step that takes so long: within the block that is set aside for it, from its beginning on if it
// does not fit in; the first of the day early otherwise, within the first quarter of the working hours, rounded up to the
// hour, or else by their end.
func (p *planner) window(s *events.Step, n Need, need time.Duration) {
	for _, b := range p.Blocks {
		if !b.serves(n) || b.To <= p.Now || slices.Contains(p.assigned, b.ID) {
			continue
		}
		p.assigned = append(p.assigned, b.ID)
		s.Timeblock = b.ID
		if b.From > p.Now {
			s.From = clock(b.From)
		}
		if length(within(p.free, b.Window)) >= need {
			s.Before = clock(b.To)
		}
		return
	}
	if !n.Lead || len(p.Works) == 0 {
		return
	}
	begins, ends := p.Works[0].From, p.Works[len(p.Works)-1].To
	early := (begins + (ends-begins)/4 + time.Hour - 1).Truncate(time.Hour)
	for _, by := range []time.Duration{early, ends} {
		if p.Now < by && by < 24*time.Hour && length(within(p.free, Window{0, by})) >= need {
			s.Before = clock(by)
			return
		}
	}
}

// serves tells whether a block is set aside for what a need asks for: by the name of its activity, else by its category.
func (b Block) serves(n Need) bool {
	if b.Capacity > 0 {
		return n.Metric == "appointments_held"
	}
	if b.Activity == "" {
		return b.Category == events.IncomeProducing && n.Lead || b.Category == events.LeadGenerating && n.Metric == "leads"
	}
	said := strings.ToLower(strings.Join(strings.Fields(strings.NewReplacer("_", " ", "-", " ").Replace(b.Activity)), " "))
	return slices.Contains(names(n.Metric), said)
}

// names returns what people call time for an activity.
func names(metric string) []string {
	own := strings.ReplaceAll(metric, "_", " ")
	switch metric {
	case "calls":
		return []string{own, "call", "calling", "dials", "cold calls", "prospecting"}
	case "leads":
		return []string{own, "lead generation", "invitations", "networking"}
	case "proposals_sent":
		return []string{own, "proposals", "offers"}
	case "appointments_scheduled":
		return []string{own, "scheduling", "appointment setting"}
	case "appointments_held":
		return []string{own, "appointments", "meetings"}
	}
	return []string{own}
}

// union joins windows that touch or overlap, in order.
func union(ws []Window) []Window {
	ws = slices.Clone(ws)
	slices.SortFunc(ws, func(a, b Window) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	var out []Window
	for _, w := range ws {
		switch n := len(out); {
		case w.To <= w.From:
		case n > 0 && w.From <= out[n-1].To:
			out[n-1].To = max(out[n-1].To, w.To)
		default:
			out = append(out, w)
		}
	}
	return out
}

// without returns what windows have outside of one.
func without(ws []Window, off Window) []Window {
	if off.To <= off.From {
		return ws
	}
	var out []Window
	for _, w := range ws {
		out = append(out, Window{w.From, min(w.To, off.From)}, Window{max(w.From, off.To), w.To})
	}
	return slices.DeleteFunc(out, func(w Window) bool { return w.To <= w.From })
}

// within returns what windows have inside of one.
func within(ws []Window, in Window) []Window {
	var out []Window
	for _, w := range ws {
		if w = (Window{max(w.From, in.From), min(w.To, in.To)}); w.From < w.To {
			out = append(out, w)
		}
	}
	return out
}

// take returns what is left of windows after the first of their time is taken.
func take(ws []Window, need time.Duration) []Window {
	var out []Window
	for _, w := range ws {
		used := min(need, w.To-w.From)
		need -= used
		if w.From += used; w.From < w.To {
			out = append(out, w)
		}
	}
	return out
}

func length(ws []Window) (sum time.Duration) {
	for _, w := range ws {
		sum += w.To - w.From
	}
	return sum
}

// clock shows a time of day; the end of the day is its last minute.
func clock(d time.Duration) string {
	d = min(d, 24*time.Hour-time.Minute)
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}
