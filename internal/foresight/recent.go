package foresight

import (
	"context"
	"sync"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/forecast"
)

const (
	keepFactor = 20        // what took a second to read is good for twenty when events have come since
	keepSteps  = 3_000_000 // of all that is kept, at about 80 bytes each
)

// Recent keeps the histories of the present day, so that those who ask again need not wait for them to be read again. What
// was read at a position of the ledger is good as long as nothing new has come and, when something has, for twenty times
// as long as it took to read: a quarter is not forecast otherwise for the events of a minute. Whoever asks for what
// reflects a position is never answered with less. It is safe for concurrent use.
type Recent struct {
	Position func(ctx context.Context, org string) (events.Position, error) // that the read models reflect
	Clock    func() time.Time

	mu   sync.Mutex
	kept map[recent]*reading
}

// recent is what histories are told apart by.
type recent struct {
	org, currency string
	epoch         uint64       // of the settings
	day           calendar.Day // before whose end a forecast is made
}

// reading is a history that was read, or is being read by whoever holds mu.
type reading struct {
	mu       sync.Mutex
	history  forecast.History
	position events.Position // that it reflects, at least; 0 while there is none
	at       time.Time
	took     time.Duration
	used     time.Time // of the last use, under the mutex of Recent
	steps    int       // under the mutex of Recent
}

// recall returns the history of a span: one that is kept, or what read returns.
func (r *Recent) recall(
	ctx context.Context, key recent, wanted events.Position, read func() (forecast.History, error),
) (forecast.History, error) {
	kept := r.reading(key)
	kept.mu.Lock()
	defer kept.mu.Unlock()
	position, err := r.Position(ctx, key.org)
	if err != nil {
		return forecast.History{}, err
	}
	if kept.good(position, wanted, r.Clock()) {
		return kept.history, nil
	}
	begun := r.Clock()
	h, err := read()
	if err != nil {
		return h, err
	}
	kept.history, kept.position, kept.at = h, max(position, 1), r.Clock()
	kept.took = kept.at.Sub(begun)
	r.bound(kept, len(h.Steps))
	return h, nil
}

// good tells whether a reading will do for whoever wants it to reflect a position.
func (k *reading) good(position, wanted events.Position, now time.Time) bool {
	return k.position > 0 && (k.position >= position || k.position >= wanted && now.Sub(k.at) < keepFactor*k.took)
}

func (r *Recent) reading(key recent) *reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.kept = map[recent]*reading{}
	}
	k, ok := r.kept[key]
	if !ok {
		k = &reading{}
		r.kept[key] = k
	}
	k.used = r.Clock()
	return k
}

// bound forgets what was not used for longest, until the rest is small enough.
func (r *Recent) bound(newest *reading, steps int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	newest.steps = steps
	for {
		total, oldest := 0, recent{}
		for key, k := range r.kept {
			total += k.steps + 1000 // what else there is
			if first, ok := r.kept[oldest]; !ok || k.used.Before(first.used) {
				oldest = key
			}
		}
		if total <= keepSteps || len(r.kept) == 0 {
			return
		}
		delete(r.kept, oldest)
	}
}
