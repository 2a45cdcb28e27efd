package assembly

import (
	"context"
	"log/slog"
	"time"

	"milemarker/internal/boot"
	"milemarker/internal/lease"
	"milemarker/internal/ledger"
	"milemarker/internal/warehouse"
)

// The keys under which lies whose turn it is.
const (
	translatorTable = "translator"
	alertsTable     = "alerts"
)

// TranslatorInTurn is Translator for programs of which several may run: one of them translates, and another goes on within
// seconds when it ends. Should two do so for a moment, nothing is lost or doubled: ids are the same.
func TranslatorInTurn(s *Services, w *Webhooks, o boot.Webhooks, logger *slog.Logger, now func() time.Time) boot.Role {
	role := Translator(s, w, o, logger, now)
	translate := role.Run
	role.Run = func(ctx context.Context, ready func()) error {
		return takeTurns(ctx, w.ledger, translatorTable, logger, now, ready, func(ctx context.Context) error {
			return translate(ctx, func() {})
		})
	}
	return role
}

// AlertsInTurn is Alerts for programs of which several may run: one of them looks and posts, and another goes on within
// seconds when it ends. Whose turn is over stops before another's begins; see docs/adr/0012-alerts.md for a message that is
// on its way at that moment.
func AlertsInTurn(
	s *Services, l *ledger.Ledger, w *warehouse.Warehouse, o boot.Alerts, logger *slog.Logger, now func() time.Time,
) boot.Role {
	return boot.Role{Name: "alerts", Run: func(ctx context.Context, ready func()) error {
		return withWatch(ctx, s, l, w, o, logger, now, func(run func(context.Context) error) error {
			return takeTurns(ctx, l, alertsTable, logger, now, ready, run)
		})
	}}
}

// takeTurns runs fn while it is this program's turn among all that take turns by one table, until ctx is done or fn fails.
func takeTurns(
	ctx context.Context, l *ledger.Ledger, table string, logger *slog.Logger, now func() time.Time, ready func(),
	fn func(context.Context) error,
) error {
	store, err := openLeases(ctx, l, table)
	if err != nil {
		return err
	}
	share := lease.Join(ctx, lease.Config{Member: member(), Shares: 1, Logger: logger, Now: now}, store)
	ready()
	err = inTurn(ctx, share, fn)
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), lease.DefaultTTL)
	defer cancel()
	if err := share.Leave(leaving); err != nil {
		logger.WarnContext(ctx, "the others notice that it stopped only by its silence", "table", table, "error", err)
	}
	return err
}

// inTurn runs fn while it is this member's turn, again and again until ctx is done or fn fails.
func inTurn(ctx context.Context, share *lease.Keeper, fn func(context.Context) error) error {
	ticks := time.NewTicker(turnChecked)
	defer ticks.Stop()
	for ctx.Err() == nil {
		due := share.Due()
		share.Use(due)
		if len(due) == 0 {
			select {
			case <-share.Changed():
			case <-ticks.C:
			case <-ctx.Done():
			}
			continue
		}
		if err := oneTurn(ctx, share, fn); err != nil {
			return err
		}
		share.Use(nil)
	}
	return nil
}

// turnChecked is how often it is looked whose turn it is: nothing tells of a lease that ran out because it could not be
// renewed, nor of one that could be renewed again after that.
const turnChecked = lease.DefaultTTL / 50

// oneTurn runs fn until the turn is another's, ctx is done, or fn ends.
func oneTurn(ctx context.Context, share *lease.Keeper, fn func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- fn(ctx) }()
	ticks := time.NewTicker(turnChecked)
	defer ticks.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
			return <-ended
		case <-share.Changed():
		case <-ticks.C:
		}
		if len(share.Due()) == 0 {
			stop()
		}
	}
}
