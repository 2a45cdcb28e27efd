package timeblocks

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"milemarker/events"
)

// Act is something that took time.
type Act struct {
	Event    string
	Type     string
	Rep      string
	Category string
	Activity string // as logged; may be empty
	Span
}

// ActTypes returns the types of events that took time.
func ActTypes() []string {
	return []string{events.TypeTimeLogged, events.TypeCallCompleted, events.TypeAppointmentHeld}
}

// Acts returns what events tell of time spent. A call and an appointment that was held are income-producing by their
// length, whether they were logged or not. Time logged and calls end at the event's time; an appointment that was held
// lasted for the seconds told from its beginning on, else for the time it was scheduled for. What has no length is left
// out.
func Acts(told []events.Event, slots map[string]Span) []Act {
	var acts []Act
	for _, e := range told {
		f, err := events.Facts(e)
		if err != nil {
			continue // counts nowhere
		}
		a := Act{Event: e.ID, Type: e.Type, Rep: e.Rep, Category: events.IncomeProducing}
		length := time.Duration(f.Seconds) * time.Second
		a.Span = Span{e.Time.Add(-length), e.Time}
		switch e.Type {
		case events.TypeTimeLogged:
			logged, err := events.DecodeData[events.TimeLogged](e)
			if err != nil {
				continue
			}
			a.Category, a.Activity = logged.Category, logged.Activity
		case events.TypeCallCompleted:
			a.Activity = "calls"
		case events.TypeAppointmentHeld:
			a.Activity = "appointments"
			a.Span = heldSpan(e, length, slots)
		default:
			continue
		}
		if a.Length() > 0 {
			acts = append(acts, a)
		}
	}
	return acts
}

func heldSpan(e events.Event, length time.Duration, slots map[string]Span) Span {
	held, err := events.DecodeData[events.AppointmentHeld](e)
	slot, known := slots[held.Appointment]
	if err != nil || !known {
		return Span{e.Time.Add(-length), e.Time}
	}
	if length == 0 {
		length = slot.Length()
	}
	return Span{slot.From, slot.From.Add(length)}
}

// Spent is how the time of a rep was spent.
type Spent struct {
	Total      time.Duration            // that was told of, each moment once
	Income     time.Duration            // of it income-producing
	ByCategory map[string]time.Duration // a moment under several counts for the first: income-producing, lead-generating, support, admin
	Share      *float64                 // Income / Total; nil while nothing was told
	N          int                      // events that it rests on
}

// Categories returns the categories of time in the order in which a moment told twice is claimed.
func Categories() []string {
	return []string{events.IncomeProducing, events.LeadGenerating, events.Support, events.Admin}
}

// Spend adds up the time that acts of one rep took within a window. A moment that was told twice, such as a call within
// logged time, counts once, for the category that stands first in Categories.
func Spend(acts []Act, window Span) Spent {
	s := Spent{ByCategory: map[string]time.Duration{}}
	var claimed []Span
	for _, category := range Categories() {
		before := length(union(claimed))
		for _, a := range acts {
			if part := a.within(window); a.Category == category && part.Length() > 0 {
				claimed = append(claimed, part)
				s.N++
			}
		}
		claimed = union(claimed)
		s.ByCategory[category] = length(claimed) - before
	}
	s.Total, s.Income = length(claimed), s.ByCategory[events.IncomeProducing]
	if s.Total > 0 {
		share := float64(s.Income) / float64(s.Total)
		s.Share = &share
	}
	return s
}

// Kept is what became of one occurrence of a block.
type Kept struct {
	Occurrence
	Spent time.Duration // of its time on its activity
}

// Missed tells whether nothing at all was done in it.
func (k Kept) Missed() bool { return k.Spent == 0 }

// Focus is how far planned blocks were spent on their activity.
type Focus struct {
	Planned time.Duration
	Kept    time.Duration
	Share   *float64 // Kept / Planned; nil while nothing was planned
	Blocks  []Kept
}

// Keep holds the occurrences of one rep's blocks against what the rep did. Time counts for a block when it lies within it
// and is of its activity; a block without one is kept by any time of its category. An appointment keeps a block that is
// there for appointments, a call one for calls, and either any that names neither.
func Keep(blocks []Occurrence, acts []Act) Focus {
	var f Focus
	for _, o := range blocks {
		var parts []Span
		for _, a := range acts {
			if part := a.within(o.Span); part.Length() > 0 && serves(a, o) {
				parts = append(parts, part)
			}
		}
		k := Kept{Occurrence: o, Spent: length(union(parts))}
		f.Planned += o.Length()
		f.Kept += k.Spent
		f.Blocks = append(f.Blocks, k)
	}
	if f.Planned > 0 {
		share := float64(f.Kept) / float64(f.Planned)
		f.Share = &share
	}
	return f
}

func serves(a Act, o Occurrence) bool {
	if o.Activity == "" || a.Activity == "" {
		return a.Category == o.Category
	}
	return strings.EqualFold(a.Activity, o.Activity) || o.Capacity > 0 && a.Type == events.TypeAppointmentHeld
}

// union joins spans that touch or overlap, in the order of time.
func union(spans []Span) []Span {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(x, y Span) int { return cmp.Or(x.From.Compare(y.From), x.To.Compare(y.To)) })
	var out []Span
	for _, s := range spans {
		if n := len(out); n > 0 && !s.From.After(out[n-1].To) {
			if s.To.After(out[n-1].To) {
				out[n-1].To = s.To
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

func length(spans []Span) (sum time.Duration) {
	for _, s := range spans {
		sum += s.Length()
	}
	return sum
}
