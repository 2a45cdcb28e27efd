package projections

import (
	"slices"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Producing says which categories of logged time count as income-producing besides events.IncomeProducing, from a day on.
type Producing struct {
	From       calendar.Day // 0: since ever
	Categories []string
}

// Outcome returns what an event's outcome counts for on a day: that of logged time whose category the org has declared to
// be income-producing then is events.IncomeProducing, every other is what it is. The rollups keep categories as they were
// logged, so a declaration holds for days of the past without folding anything anew.
func (s OrgSettings) Outcome(typ, outcome string, day calendar.Day) string {
	if typ == events.TypeTimeLogged && s.Produces(outcome, day) {
		return events.IncomeProducing
	}
	return outcome
}

// Produces tells whether logged time of a category counts as income-producing on a day.
func (s OrgSettings) Produces(category string, day calendar.Day) bool {
	if category == events.IncomeProducing {
		return true
	}
	i := len(s.Producing) - 1
	for i >= 0 && s.Producing[i].From > day {
		i--
	}
	return i >= 0 && slices.Contains(s.Producing[i].Categories, category)
}

// ProducingCuts returns the days within from < day < to on which it changed what counts as income-producing, in order.
func (s OrgSettings) ProducingCuts(from, to calendar.Day) []calendar.Day {
	var cuts []calendar.Day
	for _, p := range s.Producing {
		if from < p.From && p.From < to {
			cuts = append(cuts, p.From)
		}
	}
	return slices.Compact(cuts)
}

// produce takes in what was declared on a day: it holds from its own day on, or for all days in the place of what was said
// before. Of two declarations for one day the later counts.
func (s *OrgSettings) produce(p *events.Producing, today calendar.Day) {
	if p == nil {
		return
	}
	said := Producing{From: today, Categories: p.Categories}
	if on, err := calendar.ParseDay(string(p.EffectiveOn)); err == nil {
		said.From = on
	}
	if p.WholeHistory {
		said.From = 0
		s.Producing = nil
	}
	i := len(s.Producing)
	for i > 0 && s.Producing[i-1].From > said.From {
		i--
	}
	s.Producing = slices.Insert(slices.Clone(s.Producing), i, said)
}
