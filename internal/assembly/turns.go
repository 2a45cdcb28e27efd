package assembly

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"milemarker/internal/boot"
	"milemarker/internal/lease"
	"milemarker/internal/ledger"
)

// TranslatorInTurn is Translator for programs of which several may run: one of them translates, and another goes on within
// seconds when it ends. Should two do so for a moment, nothing is lost or doubled: ids are the same.
func TranslatorInTurn(s *Services, w *Webhooks, o boot.Webhooks, logger *slog.Logger, now func() time.Time) boot.Role {
	role := Translator(s, w, o, logger, now)
	translate := role.Run
	role.Run = func(ctx context.Context, ready func()) error {
		bucket, err := w.ledger.Bucket(ctx, "leases")
		if err != nil {
			return err
		}
		share := lease.Join(ctx, lease.Config{Member: member(), Shares: 1, Logger: logger, Now: now}, turnsTable{bucket})
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

// turnsTable keeps whose turn it is beside the ledger.
type turnsTable struct{ bucket *ledger.Bucket }

// turnsKey is the key under which the table lies.
const turnsKey = "translator"

// Load implements lease.Store.
func (s turnsTable) Load(ctx context.Context) ([]byte, uint64, error) {
	value, revision, err := s.bucket.Revision(ctx, turnsKey)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	return value, revision, err
}

// Save implements lease.Store.
func (s turnsTable) Save(ctx context.Context, value []byte, revision uint64) error {
	var err error
	if revision == 0 {
		err = s.bucket.Create(ctx, turnsKey, value)
	} else {
		err = s.bucket.Replace(ctx, turnsKey, value, revision)
	}
	if errors.Is(err, fs.ErrExist) {
		return lease.ErrChanged
	}
	return err
}
