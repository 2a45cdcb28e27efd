package api

import (
	"context"
	"slices"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/projections"
)

// Newest tells where the ledger ends.
type Newest interface {
	// LastOf returns the position of the newest event of an org that is of one of the types, 0 if there is none.
	LastOf(ctx context.Context, org string, types ...string) (events.Position, error)
}

// patience is how many times as long as for min_position a change waits for what it leans on: after a change of settings
// all numbers of the org are folded anew.
const patience = 5

// askCurrent is askPlainly for a change that leans on what the org declared before: its settings, working time and goals.
// It waits until the read models know the last word of these in the ledger, so that who changes the zone and sets a goal
// right after gets a goal in that zone, without min_position.
func (s *server) askCurrent(c echo.Context, caller access.Caller) (ask, error) {
	least := events.Position(0)
	if s.deps.Newest != nil {
		var err error
		leansOn := slices.Concat([]string{events.TypeOrgConfigured, events.TypeEventVoided}, projections.GoalTypes(), projections.CalendarTypes())
		if least, err = s.deps.Newest.LastOf(c.Request().Context(), caller.Org, leansOn...); err != nil {
			return ask{}, err
		}
	}
	a, err := s.askPast(c, caller, least, patience*s.cfg.MaxWait)
	if err != nil {
		return a, err
	}
	return a, a.query.done()
}
