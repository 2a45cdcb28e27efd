package api

import (
	"context"

	"milemarker/projections"
)

// Prospects is what is known of the single people behind the numbers. They are told by keyed hashes.
type Prospects interface {
	Journeys

	// NextSteps tells for whom a rep has a next step to take, the longest waiting first.
	NextSteps(ctx context.Context, q projections.NextStepQuery) ([]projections.NextStep, error)
	// Touches tells what happened with some people on a day.
	Touches(ctx context.Context, q projections.TouchQuery) ([]projections.Touch, error)
	// Agenda returns a rep's appointments that begin within a span, the earliest first.
	Agenda(ctx context.Context, q projections.AgendaQuery) ([]projections.Meeting, error)
}

// Journeys tells of people by numbers alone.
type Journeys interface {
	// Delays tells how long people took from one stage to another, those still under way among them.
	Delays(ctx context.Context, q projections.DelayQuery) ([]projections.DelayRow, error)
	// Sales returns single sign-ups that brought money, newest first.
	Sales(ctx context.Context, q projections.SaleQuery) ([]projections.SaleRow, error)
}
