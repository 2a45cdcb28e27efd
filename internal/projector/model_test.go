package projector

import (
	"cmp"
	"fmt"
	"slices"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/projections"
)

// model recounts everything from a ledger, the slow and obvious way.
type model struct {
	first    []events.Record // the first of each id, in the order of positions
	copies   []string
	voidedBy map[string]string // id -> id of the first void that names it, unless it is a void itself
	settings projections.OrgSettings
}

// modelOf reads the first events of a ledger that belong to one org.
func modelOf(ledger []events.Frame, org string) model {
	m := model{voidedBy: map[string]string{}}
	known := map[string]events.Record{}
	for _, f := range ledger {
		e, err := events.Decode(f.Body)
		if err != nil || e.Org != org || events.Subject(e.Org, e.Type) != f.Subject {
			continue
		}
		original, again := known[e.ID]
		if !again {
			known[e.ID] = events.Record{Position: f.Position, Event: e}
			m.first = append(m.first, known[e.ID])
			continue
		}
		verdict := events.Conflict
		if original.Event.Digest == e.Digest {
			verdict = events.Duplicate
		}
		m.copies = append(m.copies, fmt.Sprint(f.Position, " ", e.ID, " after ", original.Position, " ", verdict, " ", string(e.Data)))
	}
	slices.Reverse(m.copies)
	for _, r := range m.first {
		if target, ok, _ := projections.TargetOf(r.Event); ok && m.voidedBy[target.ID] == "" {
			if known[target.ID].Event.Type != events.TypeEventVoided {
				m.voidedBy[target.ID] = r.Event.ID
			}
		}
	}
	m.settings, _ = projections.FoldSettings(m.standing(events.TypeOrgConfigured))
	return m
}

// standing returns the events that stand, of some types or of all.
func (m model) standing(types ...string) []events.Record {
	var out []events.Record
	for _, r := range m.first {
		if m.voidedBy[r.Event.ID] == "" && (len(types) == 0 || slices.Contains(types, r.Event.Type)) {
			out = append(out, r)
		}
	}
	return out
}

// sums counts as the rollups do.
func (m model) sums(grain calendar.Grain) map[string]string {
	type sum struct {
		n       uint64
		amount  events.Decimal
		seconds int64
	}
	cal := m.settings.Calendar()
	sums := map[string]sum{}
	for _, r := range m.standing() {
		fact, _ := events.Facts(r.Event)
		team := cmp.Or(r.Event.Team, m.settings.Teams[r.Event.Rep])
		key := cal.Bucket(grain, cal.DayOf(r.Event.Time)).String() + " " + r.Event.Type + " " + r.Event.Rep + " " + team
		s := sums[key]
		sums[key] = sum{s.n + 1, s.amount + fact.Amount, s.seconds + fact.Seconds}
	}
	out := map[string]string{}
	for k, s := range sums {
		out[k] = fmt.Sprint(s.n, " ", s.amount, " ", s.seconds)
	}
	return out
}

// list names all events, newest first, with what voided them.
func (m model) list() []string {
	rows := slices.Clone(m.first)
	slices.SortFunc(rows, func(a, b events.Record) int {
		return cmp.Or(b.Event.Time.Compare(a.Event.Time), cmp.Compare(b.Position, a.Position))
	})
	cal := m.settings.Calendar()
	var out []string
	for _, r := range rows {
		out = append(out, listed(r, cal.DayOf(r.Event.Time), m.voidedBy[r.Event.ID]))
	}
	return out
}

func listed(r events.Record, day calendar.Day, voidedBy string) string {
	return fmt.Sprint(r.Position, " ", r.Event.ID, " ", r.Event.Type, " on ", day, " voided by ", voidedBy)
}

// journeys names the first event that brought each person to each stage.
func (m model) journeys() map[string]string {
	first, leads := map[string]events.Event{}, m.leads()
	for _, r := range m.standing() {
		e := r.Event
		if e.Type == events.TypeProspectErased {
			continue // brings nobody anywhere, and links nobody
		}
		e.Prospect = cmp.Or(leads[e.Prospect], e.Prospect)
		fact, _ := events.Facts(e)
		stages := []string{projections.Stage(e.Type, fact.Outcome)}
		if stages[0] == "conversation" {
			stages = append(stages, "attempt")
		}
		for _, s := range stages {
			key := e.Prospect + " " + s
			before, reached := first[key]
			if s != "" && e.Prospect != "" && (!reached || cmp.Or(e.Time.Compare(before.Time), cmp.Compare(e.ID, before.ID)) < 0) {
				first[key] = e
			}
		}
	}
	out := map[string]string{}
	for k, e := range first {
		out[k] = e.ID
	}
	return out
}
