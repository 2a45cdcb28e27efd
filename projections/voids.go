package projections

import "milemarker/events"

// Target names the event that a void takes back.
type Target struct{ Org, ID string }

// TargetOf returns what a void takes back; ok is false for any other event.
func TargetOf(e events.Event) (target Target, ok bool, err error) {
	if e.Type != events.TypeEventVoided {
		return Target{}, false, nil
	}
	v, err := events.DecodeData[events.EventVoided](e)
	return Target{e.Org, v.Event}, err == nil, err
}

// InsertVoids writes which events were taken back by the given event.voided rows.
func InsertVoids(rows []Row) (Statement, error) {
	var org, target, id []string
	var position, rank []uint64
	for _, r := range rows {
		t, ok, err := TargetOf(r.Event)
		if err != nil {
			return Statement{}, err
		}
		if ok {
			org, target, id = append(org, t.Org), append(target, t.ID), append(id, r.Event.ID)
			position, rank = append(position, uint64(r.Position)), append(rank, version(r.Position))
		}
	}
	return insert("voids", "voids_v1", "org, target, id, position, version",
		org, target, id, position, rank), nil
}
