package api

import (
	"context"
	"encoding/json"
	"slices"

	"milemarker/events"
	"milemarker/internal/goals"
	"milemarker/projections"
)

// sampledEvents is how many events are looked at for who sent them.
const sampledEvents = 200

// besideCheck tells the goal check what is sealed, and who sent events.
func (s *server) besideCheck(a ask) goals.Beside {
	b := goals.Beside{Sources: func(ctx context.Context, behind goals.Behind) ([]string, error) {
		rows, err := s.deps.Warehouse.Events(ctx, projections.EventQuery{
			Org: a.caller.Org, From: behind.From, To: behind.To, Where: behind.Where, Limit: sampledEvents,
		})
		var sources []string
		for _, r := range rows {
			sources = append(sources, r.Event.Source)
		}
		slices.Sort(sources)
		return slices.Compact(sources), err
	}}
	if s.deps.Notices.Opener == nil {
		return b
	}
	b.Why = func(ctx context.Context, e events.Event) (bool, error) {
		data, err := s.opened(ctx, e)
		if err != nil {
			return false, err
		}
		var said struct{ Why string }
		return json.Unmarshal(data, &said) == nil && said.Why != "", nil
	}
	return b
}
