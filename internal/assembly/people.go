package assembly

import (
	"context"

	"milemarker/internal/api"
	"milemarker/internal/ledger"
	"milemarker/internal/recorder"
)

// keepDeliveries has erasures destroy the raw deliveries of a person too, those that were recorded before included.
func (s *Services) keepDeliveries(ctx context.Context, l *ledger.Ledger, kept recorder.Keepsakes) error {
	s.People.Keep(kept)
	_, err := s.People.Resume(ctx, l)
	return err
}

// erasures lists the erasures that stand in the ledger.
func (s *Services) erasures(l *ledger.Ledger) api.Erasures {
	return func(ctx context.Context, org string) ([]api.Erasure, error) {
		found, err := s.People.Erasures(ctx, l, org)
		list := make([]api.Erasure, len(found))
		for i, e := range found {
			list[i] = api.Erasure(e)
		}
		return list, err
	}
}
