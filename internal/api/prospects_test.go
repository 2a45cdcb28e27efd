package api

import (
	"context"

	"milemarker/projections"
)

// nobody is a warehouse that knows no single person.
type nobody struct{}

func (nobody) Delays(context.Context, projections.DelayQuery) ([]projections.DelayRow, error) {
	return nil, nil
}

func (nobody) Sales(context.Context, projections.SaleQuery) ([]projections.SaleRow, error) {
	return nil, nil
}

func (nobody) NextSteps(context.Context, projections.NextStepQuery) ([]projections.NextStep, error) {
	return nil, nil
}

func (nobody) Touches(context.Context, projections.TouchQuery) ([]projections.Touch, error) {
	return nil, nil
}

func (nobody) Agenda(context.Context, projections.AgendaQuery) ([]projections.Meeting, error) {
	return nil, nil
}
