package routine

import (
	"errors"
	"fmt"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Types returns the types of events that a book is folded from.
func Types() []string {
	return []string{
		events.TypeReviewCompleted, events.TypeReviewSkipped, events.TypeReviewCommented, events.TypeHassleRaised,
		events.TypeHassleResolved, events.TypePrioritySet, events.TypePartnerLinked, events.TypeRoutineSet,
		events.TypeDayplanSet, events.TypeDayplanStepDone,
	}
}

// Fold makes a book of records in the order of their positions; those of other types change nothing. Private fields are
// shown where the records' payloads have them. The error names the records that could not be read: the book is right
// without them.
func Fold(cal calendar.Calendar, records []events.Record) (Book, error) {
	b := Book{chosen: map[events.Owner]Choice{}, cal: cal}
	var unread []error
	for _, r := range records {
		if err := b.take(r.Event); err != nil {
			unread = append(unread, fmt.Errorf("%s %s at position %d: %w", r.Event.Type, r.Event.ID, r.Position, err))
		}
	}
	return b, errors.Join(unread...)
}

func (b *Book) take(e events.Event) error {
	switch e.Type {
	case events.TypeReviewCompleted:
		return read(e, func(p events.ReviewCompleted, day calendar.Day) {
			b.Reviews = append(b.Reviews, Review{
				Event: e.ID, Owner: p.Of(e.Rep), Led: e.Rep, Rhythm: Rhythm(p.Rhythm), Day: day, At: e.Time, Partner: p.Partner, Minutes: p.Minutes,
				Goals: p.Goals, Kept: p.Kept, Promises: p.Promises, Hassles: p.Hassles, Note: p.Note,
			})
		}, func(p events.ReviewCompleted) events.Date { return p.Day })
	case events.TypeReviewSkipped:
		return read(e, func(p events.ReviewSkipped, day calendar.Day) {
			b.Reviews = append(b.Reviews, Review{
				Event: e.ID, Owner: p.Of(e.Rep), Led: e.Rep, Rhythm: Rhythm(p.Rhythm), Day: day, At: e.Time, Skipped: true, Reason: p.Reason,
			})
		}, func(p events.ReviewSkipped) events.Date { return p.Day })
	case events.TypeDayplanSet:
		return read(e, func(p events.DayplanSet, day calendar.Day) {
			b.Plans = append(b.Plans, DayPlan{Rep: e.Rep, Day: day, Steps: p.Steps})
		}, func(p events.DayplanSet) events.Date { return p.Day })
	case events.TypeDayplanStepDone:
		return read(e, func(p events.DayplanStepDone, day calendar.Day) {
			for i := range b.Plans {
				if b.Plans[i].Rep == e.Rep && b.Plans[i].Day == day {
					b.Plans[i].Done = append(b.Plans[i].Done, p.Step)
				}
			}
		}, func(p events.DayplanStepDone) events.Date { return p.Day })
	}
	return b.takeOther(e)
}

func (b *Book) takeOther(e events.Event) error {
	switch e.Type {
	case events.TypeReviewCommented:
		p, err := events.DecodeData[events.ReviewCommented](e)
		if err != nil {
			return err
		}
		b.Comments = append(b.Comments, Comment{
			Event: e.ID, Rep: e.Rep, By: p.By, At: e.Time, Review: p.Review, Goal: p.Goal, Link: p.Link, Text: p.Text,
		})
	case events.TypeHassleRaised:
		p, err := events.DecodeData[events.HassleRaised](e)
		if err != nil {
			return err
		}
		b.hassles = append(b.hassles, hassle{
			Hassle: Hassle{ID: p.Hassle, Text: p.Text, Goal: p.Goal, Since: b.cal.DayOf(e.Time)}, owner: ownerOfHassle(p, e.Rep),
		})
	case events.TypeHassleResolved:
		p, err := events.DecodeData[events.HassleResolved](e)
		if err != nil {
			return err
		}
		for i := range b.hassles {
			if b.hassles[i].ID == p.Hassle {
				b.hassles[i].resolved = true
			}
		}
	case events.TypePrioritySet:
		p, err := events.DecodeData[events.PrioritySet](e)
		if err != nil {
			return err
		}
		b.Priorities = append(b.Priorities, Priorities{p, e.ID})
	case events.TypePartnerLinked:
		p, err := events.DecodeData[events.PartnerLinked](e)
		if err != nil {
			return err
		}
		b.Partners = append(b.Partners, Partnership{
			Event: e.ID, Rep: e.Rep, Partner: p.Partner, Shares: p.Shares, EndsOn: string(p.EndsOn),
		})
	case events.TypeRoutineSet:
		p, err := events.DecodeData[events.RoutineSet](e)
		if err != nil {
			return err
		}
		c := Choice{Rhythms: []Rhythm{}, At: e.Time, Lead: e.Rep, Event: e.ID}
		for _, r := range p.Rhythms {
			c.Rhythms = append(c.Rhythms, Rhythm(r))
		}
		b.chosen[p.Of(e.Rep)] = c
	}
	return nil
}

// read decodes a payload that has a day.
func read[T any](e events.Event, take func(T, calendar.Day), dayOf func(T) events.Date) error {
	p, err := events.DecodeData[T](e)
	if err != nil {
		return err
	}
	day, err := calendar.ParseDay(string(dayOf(p)))
	if err != nil {
		return err
	}
	take(p, day)
	return nil
}

// ownerOfHassle returns in whose way something stands: an event without a rep is the org's.
func ownerOfHassle(p events.HassleRaised, rep string) events.Owner {
	if o := p.Of(rep); o.OwnerKind != events.OwnerRep || o.Owner != "" {
		return o
	}
	return events.Owner{OwnerKind: events.OwnerOrg}
}
