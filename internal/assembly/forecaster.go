package assembly

import (
	"context"
	"log/slog"
	"time"

	"milemarker/internal/boot"
	"milemarker/internal/forecaster"
	"milemarker/internal/ledger"
	"milemarker/internal/warehouse"
)

// forecasterTable is the key under which lies whose turn it is to issue forecasts.
const forecasterTable = "forecaster"

// Forecaster returns the role that issues forecasts.
func Forecaster(s *Services, l *ledger.Ledger, w *warehouse.Warehouse, logger *slog.Logger, now func() time.Time) boot.Role {
	return boot.Role{Name: "forecaster", Run: func(ctx context.Context, ready func()) error {
		return forecaster.Run(ctx, forecaster.Config{}, forecaster.Deps{
			Known: w, Ledger: l, Recorder: s.Recorder, Logger: logger, Clock: now,
		}, ready)
	}}
}

// ForecasterInTurn is Forecaster for programs of which several may run: one of them issues, and another goes on within
// seconds when it ends. Should two do so for a moment, nothing is doubled: ids are the same.
func ForecasterInTurn(s *Services, l *ledger.Ledger, w *warehouse.Warehouse, logger *slog.Logger, now func() time.Time) boot.Role {
	role := Forecaster(s, l, w, logger, now)
	issue := role.Run
	role.Run = func(ctx context.Context, ready func()) error {
		return takeTurns(ctx, l, forecasterTable, logger, now, ready, func(ctx context.Context) error {
			return issue(ctx, func() {})
		})
	}
	return role
}
