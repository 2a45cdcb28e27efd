package api

import (
	"slices"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/timeblocks"
	"milemarker/projections"
)

// producingView says which categories of logged time count as income-producing, from a day on.
type producingView struct {
	EffectiveOn *calendar.Day `json:"effective_on"` // null: since ever
	Categories  []string      `json:"categories"`
}

// viewProducing shows them in the order of their days; income_producing itself always counts.
func viewProducing(said []projections.Producing) []producingView {
	views := []producingView{{Categories: []string{events.IncomeProducing}}}
	for _, p := range said {
		v := producingView{Categories: []string{events.IncomeProducing}}
		for _, c := range timeblocks.Categories() {
			if c != events.IncomeProducing && slices.Contains(p.Categories, c) {
				v.Categories = append(v.Categories, c)
			}
		}
		if p.From != 0 {
			v.EffectiveOn = &p.From
		}
		if last := &views[len(views)-1]; p.From == 0 || last.EffectiveOn != nil && *last.EffectiveOn == p.From {
			*last = v // the later word for one day counts
			continue
		}
		views = append(views, v)
	}
	return views
}

// counted returns acts under the categories that they counted for on the days of their events; see
// projections.OrgSettings.Outcome.
func (a ask) counted(acts []timeblocks.Act) []timeblocks.Act {
	if len(a.settings.Producing) == 0 {
		return acts
	}
	acts = slices.Clone(acts)
	for i := range acts {
		acts[i].Category = a.settings.Outcome(acts[i].Type, acts[i].Category, a.calendar.DayOf(acts[i].To))
	}
	return acts
}

// producesSo tells whether what is wanted holds already, from the day on that it is wanted for.
func producesSo(said []projections.Producing, wanted *events.Producing) bool {
	if wanted == nil {
		return true
	}
	had := viewProducing(said)
	last := had[len(had)-1]
	var now []string
	for _, c := range timeblocks.Categories() {
		if c == events.IncomeProducing || slices.Contains(wanted.Categories, c) {
			now = append(now, c)
		}
	}
	since := last.EffectiveOn == nil
	if wanted.WholeHistory {
		return since && len(had) == 1 && slices.Equal(now, last.Categories)
	}
	return slices.Equal(now, last.Categories) && (since || last.EffectiveOn.String() <= string(wanted.EffectiveOn))
}
