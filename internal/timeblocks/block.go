package timeblocks

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

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
	Moves map[calendar.Day]Move // by the day on which it was planned

	words   map[calendar.Day]string // id of the event that was the last to say something of a day
	made    time.Time               // when it was planned
	version int                     // how many versions were before
	at      events.Position
}

// Move is one occurrence that takes place at another time than planned.
type Move struct {
	Span
	made  time.Time
	times int // how often the day was moved by now
}

// Types returns the types of events that blocks are folded from.
func Types() []string {
	return []string{events.TypeTimeblockPlanned, events.TypeTimeblockSkipped, events.TypeTimeblockMoved}
}

// Fold makes blocks of the records of Types, in the order of their positions; others change nothing. The versions of a
// block follow one another; of what was said about one day of it the last word counts. The error names the records that
// could not be read: the blocks are right without them.
func Fold(records []events.Record) ([]Block, error) {
	var blocks []Block
	var unread []error
	last := map[string]int{} // the newest version of each id
	for _, r := range records {
		var err error
		switch r.Event.Type {
		case events.TypeTimeblockPlanned:
			blocks, err = plan(blocks, last, r)
		case events.TypeTimeblockSkipped:
			err = skip(blocks, r.Event)
		case events.TypeTimeblockMoved:
			err = move(blocks, r.Event)
		}
		if err != nil {
			unread = append(unread, fmt.Errorf("time block %s at position %d: %w", r.Event.ID, r.Position, err))
		}
	}
	return blocks, errors.Join(unread...)
}

func plan(blocks []Block, last map[string]int, r events.Record) ([]Block, error) {
	p, err := events.DecodeData[events.TimeblockPlanned](r.Event)
	if err == nil {
		err = CheckRule(p.RRule)
	}
	if err != nil {
		return blocks, err
	}
	b := Block{
		ID: p.Timeblock, Event: r.Event.ID, Rep: r.Event.Rep, Category: p.Category, Activity: p.Activity,
		Capacity: int(p.Capacity), Starts: p.StartsAt, Ends: p.EndsAt, Rule: p.RRule, at: r.Position,
		Moves: map[calendar.Day]Move{}, words: map[calendar.Day]string{}, made: r.Event.Time,
	}
	if i, ok := last[b.ID]; ok {
		was := &blocks[i]
		b.From, b.Skips, b.Moves, b.version = r.Event.Time, slices.Clone(was.Skips), maps.Clone(was.Moves), was.version+1
		b.words, was.Until = maps.Clone(was.words), r.Event.Time
	}
	last[b.ID] = len(blocks)
	return append(blocks, b), nil
}

func skip(blocks []Block, e events.Event) error {
	p, err := events.DecodeData[events.TimeblockSkipped](e)
	day, dayErr := calendar.ParseDay(string(p.Day))
	if err = errors.Join(err, dayErr); err != nil {
		return err
	}
	for i := range blocks {
		if blocks[i].ID == p.Timeblock {
			blocks[i].Skips = append(blocks[i].Skips, day)
			delete(blocks[i].Moves, day)
			blocks[i].words[day] = e.ID
		}
	}
	return nil
}

func move(blocks []Block, e events.Event) error {
	p, err := events.DecodeData[events.TimeblockMoved](e)
	day, dayErr := calendar.ParseDay(string(p.Day))
	if err = errors.Join(err, dayErr); err != nil {
		return err
	}
	for i := range blocks {
		if b := &blocks[i]; b.ID == p.Timeblock {
			b.Skips = slices.DeleteFunc(b.Skips, func(d calendar.Day) bool { return d == day })
			b.Moves[day] = Move{Span{p.StartsAt.UTC(), p.EndsAt.UTC()}, e.Time, b.Moves[day].times + 1}
			b.words[day] = e.ID
		}
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

// Standing returns those versions that are the plan now, without blocks that are over.
func Standing(blocks []Block) []Block {
	return slices.DeleteFunc(slices.Clone(blocks), func(b Block) bool { return !b.Until.IsZero() })
}

// LastWord returns the id of the event that was the last to skip or move what is planned for a day, "" if none did.
func (b Block) LastWord(day calendar.Day) string { return b.words[day] }

// PlannedOn tells whether the block is planned for a day, whether or not it is skipped or moved.
func (b Block) PlannedOn(cal calendar.Calendar, day calendar.Day) bool {
	b.Skips, b.Moves = nil, nil
	from, to := day.In(cal.Location()), (day + 1).In(cal.Location())
	return slices.ContainsFunc(Occurrences([]Block{b}, cal, from, to), func(o Occurrence) bool { return o.on == day })
}
