package ledger

import "milemarker/events"

// remembered is how many ids are remembered at least, once there were so many; at most it is twice as many. One takes
// about 250 bytes.
const remembered = 1 << 15

// original is the event that stands in the ledger under an id.
type original struct {
	position events.Position
	digest   string
}

// judge tells what became of an event that found the original standing.
func (o original) judge(digest string) events.Outcome {
	if o.digest == digest {
		return events.Duplicate
	}
	return events.Conflict
}

// memory knows the originals of the ids that were seen lately. What stands in the ledger stands for ever, so a repeat can
// be answered from here; and an atomic batch is spared the repeat by which the server would refuse it as a whole.
type memory struct {
	limit      int
	young, old map[string]original
}

func newMemory(limit int) *memory {
	return &memory{limit: limit, young: make(map[string]original)}
}

func (m *memory) recall(id string) (original, bool) {
	o, ok := m.young[id]
	if !ok {
		o, ok = m.old[id]
	}
	return o, ok
}

// remember adds an id; from time to time it drops the older half.
func (m *memory) remember(id string, o original) {
	if len(m.young) >= m.limit {
		m.young, m.old = make(map[string]original, m.limit), m.young
	}
	m.young[id] = o
}

// forget drops all.
func (m *memory) forget() {
	m.young, m.old = make(map[string]original), nil
}
