package projections

import (
	"fmt"
	"slices"

	"milemarker/events"
)

// Declares tells whether events of a type say something about the org itself, to be read whole: settings, goals, plans,
// the routine, working time, time blocks, how goals came to stand, alerts. All other types are activity, read through
// events, rollups and journeys.
func Declares(typ string) bool {
	declaring := []events.Kind{events.KindGoal, events.KindRoutine, events.KindCalendar, events.KindAlert, events.KindPeople}
	if slices.Contains(declaring, events.KindOf(typ)) {
		return true
	}
	switch typ {
	case events.TypeOrgConfigured, events.TypeTimeblockPlanned, events.TypeTimeblockSkipped, events.TypeTimeblockMoved,
		events.TypePaceChanged:
		return true
	}
	return false
}

// InsertDeclarations writes the declaring events among the rows, in their wire form.
func InsertDeclarations(rows []Row) (Statement, error) {
	var org, typ, id, body []string
	var position, rank []uint64
	for _, r := range rows {
		if !Declares(r.Event.Type) {
			continue
		}
		wire, err := events.Encode(r.Event)
		if err != nil {
			return Statement{}, fmt.Errorf("declaration %s: %w", r.Event.ID, err)
		}
		org, typ, id = append(org, r.Event.Org), append(typ, r.Event.Type), append(id, r.Event.ID)
		body, position, rank = append(body, string(wire)), append(position, uint64(r.Position)), append(rank, version(r.Position))
	}
	return insert("declarations", "declarations_v1", "org, type, position, id, body, version",
		org, typ, position, id, body, rank), nil
}

// FoldSettings folds the org.configured events of one org, in the order of their positions: what an event leaves out
// stays as it was. What cannot be used (a zone that is not known here) is left out too.
func FoldSettings(records []events.Record) (OrgSettings, error) {
	s := DefaultOrgSettings()
	for _, r := range records {
		c, err := events.DecodeData[events.OrgConfigured](r.Event)
		if err != nil {
			return s, fmt.Errorf("org settings at %d: %w", r.Position, err)
		}
		s.apply(c, r.Event.Time)
	}
	return s, nil
}

// GoalTypes returns the types of events that goals are folded from.
func GoalTypes() []string {
	return []string{events.TypeGoalSet, events.TypeGoalRevised, events.TypeGoalClosed}
}
