package merge

import (
	"slices"

	"milemarker/internal/providers"
	"milemarker/internal/providers/wire"
)

// Sound leaves out what is no event: state is kept outside of this program, and what a former version or anybody else wrote
// there must not reach the ledger.
func Sound(all []providers.Event) []providers.Event {
	seen := map[string]bool{}
	out := make([]providers.Event, 0, len(all))
	for _, e := range all {
		id := e.Draft.Type + " " + e.Key
		e.Reps = slices.DeleteFunc(slices.Clone(e.Reps), func(r providers.Rep) bool { return r.Kind == "" || r.Value == "" })
		if seen[id] || e.Draft.ID != "" || e.Draft.Source != "" || e.Draft.Org != "" || !wire.Stand([]providers.Event{e}) {
			continue
		}
		seen[id] = true
		out = append(out, e)
	}
	return out
}
