package projector

import (
	"fmt"

	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/projections"
)

// leads works out whom every prospect id stands for: plain union-find over all that stands, in any order.
func (m model) leads() map[string]string {
	type pair struct{ a, b string }
	seen, told, parted := map[pair]bool{}, map[pair]bool{}, map[pair]bool{}
	shared, beside := map[string]bool{}, map[string]map[string]bool{}
	both := func(set map[pair]bool, a, b string) { set[pair{a, b}], set[pair{b, a}] = true, true }
	list := func(e events.Event) []string {
		p, _ := events.DecodeData[events.ProspectLinked](e) // prospect.unlinked has the same field
		return p.Prospects
	}
	for _, r := range m.standing() {
		e := r.Event
		switch e.Type {
		case events.TypeProspectLinked, events.TypeProspectUnlinked:
			set := map[string]map[pair]bool{events.TypeProspectLinked: told, events.TypeProspectUnlinked: parted}[e.Type]
			for _, other := range list(e)[1:] {
				both(set, list(e)[0], other)
			}
		case events.TypeProspectShared:
			p, _ := events.DecodeData[events.ProspectShared](e)
			shared[p.Prospect] = true
		}
		if len(e.Aliases) == 0 || e.Type == events.TypeProspectErased {
			continue
		}
		ids := append([]string{e.Prospect}, e.Aliases...)
		for _, a := range ids {
			for _, b := range ids {
				if a == b {
					continue
				}
				if beside[a] == nil {
					beside[a] = map[string]bool{}
				}
				beside[a][b] = true
				both(seen, a, b)
			}
		}
	}
	apart := func(id string) bool { return shared[id] || len(beside[id]) > projections.MaxBeside }
	lead := map[string]string{}
	of := func(id string) string {
		if l, ok := lead[id]; ok {
			return l
		}
		return id
	}
	for changed := true; changed; { // the slow and obvious way
		changed = false
		for _, set := range []map[pair]bool{seen, told} {
			for p := range set {
				if least := min(of(p.a), of(p.b)); !parted[p] && !apart(p.a) && !apart(p.b) && (of(p.a) != least || of(p.b) != least) {
					lead[p.a], lead[p.b], changed = least, least, true
				}
			}
		}
	}
	return lead
}

// people are the ids that the machine draws from: few, so that they meet, and more than may stand beside one.
func people() []string {
	var ids []string
	for i := range projections.MaxBeside + 4 {
		ids = append(ids, fmt.Sprintf("p%02d", i))
	}
	return ids
}

// link tells who is one person and who is not, that an id is shared, or lets an event carry several ids.
func (m *machine) link(t *rapid.T) {
	org := m.org(t)
	for range rapid.IntRange(1, 8).Draw(t, "links") {
		ids := rapid.Permutation(people()).Draw(t, "ids")[:rapid.IntRange(2, 4).Draw(t, "how many")]
		if rapid.IntRange(0, 2).Draw(t, "the office") == 0 {
			ids[len(ids)-1] = "p00"
		}
		list := fmt.Sprintf(`{"prospects":[%q,%q]}`, ids[0], ids[1])
		var e events.Event
		switch rapid.IntRange(0, 9).Draw(t, "what") {
		case 0:
			e = m.fresh(t, org, events.TypeProspectLinked, list)
		case 1:
			e = m.fresh(t, org, events.TypeProspectUnlinked, list)
		case 2:
			e = m.fresh(t, org, events.TypeProspectShared, fmt.Sprintf(`{"prospect":%q}`, ids[0]))
		case 3:
			e = m.fresh(t, org, events.TypeProspectErased, `{"reason":"request"}`)
			e.Prospect, e.Aliases = ids[0], ids[1:]
		default:
			e = m.fresh(t, org, events.TypeLeadCaptured, `{"source":"web"}`)
			e.Prospect, e.Aliases = ids[0], ids[1:]
		}
		m.send(e)
	}
}
