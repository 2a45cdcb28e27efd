package timeblocks

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/teambition/rrule-go"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Block is one version of a time block, or of a row of them, as an event planned it.
type Block struct {
	ID       string
	Event    string // id of the event that planned it
	Rep      string
	Category string // what the time is for, such as events.IncomeProducing
	Activity string // what is to be done, such as calls; may be empty
	Capacity int    // appointments that fit in; 0 for a block that is not kept for appointments
	Starts   time.Time
	Ends     time.Time
	Rule     string // RFC 5545, "" for a block that stands alone

	From  time.Time // since when this is the plan: zero for the first version
	Until time.Time // until when: zero for the last
	Skips []calendar.Day
	at    events.Position
}

// Types returns the types of events that blocks are folded from.
func Types() []string { return []string{events.TypeTimeblockPlanned, events.TypeTimeblockSkipped} }

// Fold makes blocks of timeblock.planned and timeblock.skipped records, in the order of their positions; others change
// nothing. The versions of a block follow one another. The error names the records that could not be read: the blocks are
// right without them.
func Fold(records []events.Record) ([]Block, error) {
	var blocks []Block
	var unread []error
	last := map[string]int{} // the newest version of each id
	for _, r := range records {
		switch r.Event.Type {
		case events.TypeTimeblockPlanned:
			p, err := events.DecodeData[events.TimeblockPlanned](r.Event)
			if err == nil {
				err = CheckRule(p.RRule)
			}
			if err != nil {
				unread = append(unread, fmt.Errorf("time block %s at position %d: %w", r.Event.ID, r.Position, err))
				continue
			}
			b := Block{
				ID: p.Timeblock, Event: r.Event.ID, Rep: r.Event.Rep, Category: p.Category, Activity: p.Activity,
				Capacity: int(p.Capacity), Starts: p.StartsAt, Ends: p.EndsAt, Rule: p.RRule, at: r.Position,
			}
			if i, ok := last[b.ID]; ok {
				b.From, b.Skips = r.Event.Time, slices.Clone(blocks[i].Skips)
				blocks[i].Until = r.Event.Time
			}
			last[b.ID] = len(blocks)
			blocks = append(blocks, b)
		case events.TypeTimeblockSkipped:
			p, err := events.DecodeData[events.TimeblockSkipped](r.Event)
			day, dayErr := calendar.ParseDay(string(p.Day))
			if err = errors.Join(err, dayErr); err != nil {
				unread = append(unread, fmt.Errorf("time block %s at position %d: %w", r.Event.ID, r.Position, err))
				continue
			}
			for i := range blocks {
				if blocks[i].ID == p.Timeblock {
					blocks[i].Skips = append(blocks[i].Skips, day)
				}
			}
		}
	}
	return blocks, errors.Join(unread...)
}

// CheckRule says what is wrong with a recurrence rule; none is fine. What would repeat within a day is refused.
func CheckRule(rule string) error {
	if rule == "" {
		return nil
	}
	o, err := rrule.StrToROption(rule)
	if err != nil {
		return fmt.Errorf("rule %.100q: %w", rule, err)
	}
	if o.Freq > rrule.DAILY || len(o.Byhour)+len(o.Byminute)+len(o.Bysecond) > 0 {
		return fmt.Errorf("rule %.100q: must not repeat within a day", rule)
	}
	if _, err := rrule.NewRRule(*o); err != nil {
		return fmt.Errorf("rule %.100q: %w", rule, err)
	}
	return nil
}

// Span is the time from one instant to another.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Length returns how long the span is, never negative.
func (s Span) Length() time.Duration { return max(s.To.Sub(s.From), 0) }

// within returns the part of s that lies in w; it has no length if there is none.
func (s Span) within(w Span) Span {
	if s.From.Before(w.From) {
		s.From = w.From
	}
	if s.To.After(w.To) {
		s.To = w.To
	}
	return s
}

// Occurrence is one time that a block takes place.
type Occurrence struct {
	Block    string `json:"timeblock"`
	Rep      string `json:"rep,omitempty"`
	Category string `json:"category"`
	Activity string `json:"activity,omitempty"`
	Capacity int    `json:"capacity,omitempty"`
	Span
}

// maxOccurrences bounds how often one block may take place within what is asked for: ten times a day for a year.
const maxOccurrences = 3660

// Occurrences returns when blocks take place between two instants, those that overlap an end included, in the order of
// their beginnings. The rule runs by the wall clock of the calendar's zone: a block at nine stays at nine when the clocks
// change.
func Occurrences(blocks []Block, cal calendar.Calendar, from, to time.Time) []Occurrence {
	var out []Occurrence
	for _, b := range blocks {
		for _, start := range b.starts(cal.Location(), from, to) {
			s := b.span(start, cal.Location())
			planned := !start.Before(b.From) && (b.Until.IsZero() || start.Before(b.Until))
			if planned && s.To.After(from) && s.From.Before(to) && !slices.Contains(b.Skips, cal.DayOf(start)) {
				out = append(out, Occurrence{
					Block: b.ID, Rep: b.Rep, Category: b.Category, Activity: b.Activity, Capacity: b.Capacity, Span: s,
				})
			}
		}
	}
	slices.SortStableFunc(out, func(x, y Occurrence) int { return x.From.Compare(y.From) })
	return out
}

// starts returns when the block begins, from before `from` on, so that what overlaps it is there.
func (b Block) starts(loc *time.Location, from, to time.Time) []time.Time {
	if b.Rule == "" {
		return []time.Time{b.Starts.In(loc)}
	}
	o, err := rrule.StrToROptionInLocation(b.Rule, loc)
	if err != nil {
		return nil // was refused by Fold
	}
	o.Dtstart = b.Starts.In(loc)
	rule, err := rrule.NewRRule(*o)
	if err != nil {
		return nil
	}
	var out []time.Time
	next := rule.Iterator()
	earliest := from.Add(-b.Ends.Sub(b.Starts) - 2*time.Hour) // an hour of the clocks' change on either side
	for t, ok := next(); ok && t.Before(to) && len(out) < maxOccurrences; t, ok = next() {
		if !t.Before(earliest) {
			out = append(out, t)
		}
	}
	return out
}

// span returns the occurrence that begins at start: as long by the wall clock as the first one is.
func (b Block) span(start time.Time, loc *time.Location) Span {
	first, last := b.Starts.In(loc), b.Ends.In(loc)
	days := int(calendar.DayOf(last) - calendar.DayOf(first))
	y, m, d := start.Date()
	end := time.Date(y, m, d+days, last.Hour(), last.Minute(), last.Second(), 0, loc)
	if !end.After(start) { // the clock skipped it
		end = start.Add(b.Ends.Sub(b.Starts))
	}
	return Span{start.UTC(), end.UTC()}
}

// Standing returns those versions that are the plan now, without blocks that are over.
func Standing(blocks []Block) []Block {
	return slices.DeleteFunc(slices.Clone(blocks), func(b Block) bool { return !b.Until.IsZero() })
}
