package routine

import (
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// State is what became of a review so far.
type State string

// The states of a review; see the package comment.
const (
	ToCome  State = "to_come"
	Open    State = "open"
	Overdue State = "overdue"
	Missed  State = "missed"
	Done    State = "done"
	Skipped State = "skipped"
)

// Due is the review of one span.
type Due struct {
	Rhythm Rhythm `json:"rhythm"`
	Span
	State     State     `json:"state,omitempty"` // "" where it is not shared
	Opens     time.Time `json:"opens"`
	OverdueAt time.Time `json:"overdue"`
	Review    *Review   `json:"-"` // that was held or skipped, nil while there is none
}

// Current returns an owner's newest review that may be held by now, whether it was held or not. ok is false if there is
// none within the last year, as for somebody who never works.
func (b Book) Current(o events.Owner, rhythm Rhythm, w calendar.Working, now time.Time) (due Due, ok bool) {
	cal := w.Calendar()
	span := SpanOf(rhythm, cal, cal.DayOf(now))
	for oldest := cal.DayOf(now) - 2*366; span.To > oldest; span = span.before(rhythm, cal) {
		at, reviewed := opens(rhythm, span, w)
		if !reviewed || at.After(now) {
			continue
		}
		return b.due(o, rhythm, span, at, w, now, true), true
	}
	return Due{}, false
}

// due tells the state of one review: one that might be held before somebody chose to hold it is not overdue; newest says that no later one may be held yet.
func (b Book) due(
	o events.Owner, rhythm Rhythm, span Span, opens time.Time, w calendar.Working, now time.Time, newest bool,
) Due {
	d := Due{Rhythm: rhythm, Span: span, Opens: opens.UTC(), OverdueAt: overdue(rhythm, span, w).UTC(), State: Open}
	d.Review = b.held(o, rhythm, span)
	switch {
	case d.Review != nil && d.Review.Skipped:
		d.State = Skipped
	case d.Review != nil:
		d.State = Done
	case now.Before(opens):
		d.State = ToCome
	case !newest:
		d.State = Missed
	case !now.Before(d.OverdueAt) && !b.since(o).After(opens):
		d.State = Overdue
	}
	return d
}

// held returns the review of a span that was held, else the one that was skipped, else nil.
func (b Book) held(o events.Owner, rhythm Rhythm, span Span) *Review {
	var found *Review
	for i, r := range b.Reviews {
		if r.Owner == o && r.Rhythm == rhythm && span.From <= r.Day && r.Day <= span.To && (found == nil || !r.Skipped) {
			found = &b.Reviews[i]
		}
	}
	return found
}

// At returns the review of the span that a day lies in.
func (b Book) At(o events.Owner, rhythm Rhythm, day calendar.Day, w calendar.Working, now time.Time) Due {
	span := SpanOf(rhythm, w.Calendar(), day)
	at, ok := opens(rhythm, span, w)
	if !ok {
		at = span.To.In(w.Calendar().Location())
	}
	current, some := b.Current(o, rhythm, w, now)
	return b.due(o, rhythm, span, at, w, now, !some || span.From >= current.From)
}

// History returns an owner's reviews of a rhythm, newest first, at most limit: those held and skipped, and between them
// those missed, back to the first one that was ever held.
func (b Book) History(o events.Owner, rhythm Rhythm, w calendar.Working, now time.Time, limit int) []Due {
	cal := w.Calendar()
	first, some := cal.DayOf(now)+1, false
	for _, r := range b.Reviews {
		if r.Owner == o && r.Rhythm == rhythm && r.Day < first {
			first, some = r.Day, true
		}
	}
	out := []Due{}
	current, ok := b.Current(o, rhythm, w, now)
	if !some || !ok {
		return out
	}
	newest := true
	for span := SpanOf(rhythm, cal, cal.DayOf(now)); span.To >= first && len(out) < limit; span = span.before(rhythm, cal) {
		at, reviewed := opens(rhythm, span, w)
		held := b.held(o, rhythm, span)
		if held == nil && (!reviewed || span.From > current.From) {
			continue
		}
		out = append(out, b.due(o, rhythm, span, at, w, now, newest && span.From >= current.From))
		newest = newest && span.From > current.From
	}
	return out
}
