package assembly

import (
	"context"
	"log/slog"
	"time"

	"milemarker/internal/boot"
	"milemarker/internal/lease"
)

// TranslatorInTurn is Translator for programs of which several may run: one of them translates, and another goes on within
// seconds when it ends. Should two do so for a moment, nothing is lost or doubled: ids are the same.
func TranslatorInTurn(s *Services, w *Webhooks, o boot.Webhooks, logger *slog.Logger, now func() time.Time) boot.Role {
	role := Translator(s, w, o, logger, now)
	translate := role.Run
	role.Run = func(ctx context.Context, ready func()) error {
		store, err := openLeases(ctx, w.ledger, translatorTable)
		if err != nil {
			return err
		}
		share := lease.Join(ctx, lease.Config{Member: member(), Shares: 1, Logger: logger, Now: now}, store)
		ready()
		err = inTurn(ctx, share, func(ctx context.Context) error { return translate(ctx, func() {}) })
		leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), lease.DefaultTTL)
		defer cancel()
		if err := share.Leave(leaving); err != nil {
			logger.WarnContext(ctx, "the others notice that this translator has stopped only by its silence", "error", err)
		}
		return err
	}
	return role
}

// inTurn runs fn while it is this member's turn, again and again until ctx is done or fn fails.
func inTurn(ctx context.Context, share *lease.Keeper, fn func(context.Context) error) error {
	for ctx.Err() == nil {
		due := share.Due()
		share.Use(due)
		if len(due) == 0 {
			select {
			case <-share.Changed():
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

// oneTurn runs fn until the turn is another's, ctx is done, or fn ends.
func oneTurn(ctx context.Context, share *lease.Keeper, fn func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- fn(ctx) }()
	for {
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
			return <-ended
		case <-share.Changed():
			if len(share.Due()) == 0 {
				stop()
			}
		}
	}
}
