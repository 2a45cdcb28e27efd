package routine

import (
	"time"

	"milemarker/internal/calendar"
)

// Rhythm is how often a review is held.
type Rhythm string

// The rhythms.
const (
	Morning   Rhythm = "morning"
	Evening   Rhythm = "evening"
	Weekly    Rhythm = "weekly"
	Monthly   Rhythm = "monthly"
	Quarterly Rhythm = "quarterly"
	Yearly    Rhythm = "yearly"
)

// Rhythms returns all rhythms, from short to long.
func Rhythms() []Rhythm { return []Rhythm{Morning, Evening, Weekly, Monthly, Quarterly, Yearly} }

// Grain returns the length of the span that a review looks at.
func (r Rhythm) Grain() calendar.Grain {
	switch r {
	case Weekly:
		return calendar.Weekly
	case Monthly:
		return calendar.Monthly
	case Quarterly:
		return calendar.Quarterly
	case Yearly:
		return calendar.Yearly
	default:
		return calendar.Daily
	}
}

// grace is how many working days after its span a review is still in time.
func (r Rhythm) grace() int {
	return map[Rhythm]int{Weekly: 1, Monthly: 3, Quarterly: 5, Yearly: 10}[r]
}

// morningGrace is how much working time may pass before the morning's review is overdue.
const morningGrace = 2 * time.Hour

// Span is the days that one review looks at, both inclusive.
type Span struct {
	From calendar.Day `json:"from"`
	To   calendar.Day `json:"to"`
}

// SpanOf returns the span of a rhythm that a day lies in.
func SpanOf(r Rhythm, cal calendar.Calendar, day calendar.Day) Span {
	from := cal.Bucket(r.Grain(), day)
	return Span{from, cal.Next(r.Grain(), from) - 1}
}

// before returns the span right before s.
func (s Span) before(r Rhythm, cal calendar.Calendar) Span { return SpanOf(r, cal, s.From-1) }

// opens returns when the review of a span may be held; ok is false for a span without a working day: nothing is to be
// reviewed.
func opens(r Rhythm, s Span, w calendar.Working) (at time.Time, ok bool) {
	for day := s.To; day >= s.From; day-- {
		from, to, works := w.Hours(day)
		if !works {
			continue
		}
		if r == Evening {
			return to, true
		}
		return from, true
	}
	return time.Time{}, false
}

// overdue returns when the review of a span is no longer in time.
func overdue(r Rhythm, s Span, w calendar.Working) time.Time {
	switch r {
	case Morning:
		from, to, _ := w.Hours(s.To)
		if at, ok := w.After(from, morningGrace); ok && at.Before(to) {
			return at
		}
		return to
	case Evening:
		for day := s.To + 1; day < s.To+60; day++ {
			if from, _, works := w.Hours(day); works {
				return from
			}
		}
	default:
	}
	left := r.grace()
	for day := s.To + 1; day < s.To+120; day++ {
		if _, to, works := w.Hours(day); works {
			if left--; left <= 0 {
				return to
			}
		}
	}
	return (s.To + 1).In(w.Calendar().Location())
}
