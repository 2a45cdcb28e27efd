package connections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Counts are what happened on a connection so far. They are for the eye: a crash loses those of the last seconds.
type Counts struct {
	Refused     uint64    `json:"refused"`  // requests that were not let in: a signature that does not match, or no secret
	Refusals    []Refusal `json:"refusals"` // the last of them, the newest first
	Translated  uint64    `json:"translated"`
	Ignored     uint64    `json:"ignored"`
	Pending     uint64    `json:"pending"`
	Failed      uint64    `json:"failed"`
	LastError   string    `json:"last_error,omitempty"`
	LastErrorAt time.Time `json:"last_error_at,omitzero"`
}

// Refusal is one request that was not let in. Its body is not kept: nobody knows who sent it.
type Refusal struct {
	Time   time.Time `json:"time"`
	Remote string    `json:"remote"`
	Method string    `json:"method"`
	Why    string    `json:"why"`
}

// maxRefusals is how many refusals are kept.
const maxRefusals = 10

// CountStore keeps counts. Get returns fs.ErrNotExist for a key without a value.
type CountStore interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Put(ctx context.Context, key string, value []byte) error
}

// Tally counts in memory, and adds what is new to the store every few seconds: a flood costs the store nothing more.
type Tally struct {
	store CountStore
	part  string // which of a connection's values is written to: each writer has its own

	mu    sync.Mutex
	fresh map[string]*Counts
}

// The parts of a connection's counts, one for each role that writes.
const (
	PartIntake      = "intake"
	PartTranslation = "translation"
)

// NewTally returns a tally of one part.
func NewTally(store CountStore, part string) *Tally {
	return &Tally{store: store, part: part, fresh: map[string]*Counts{}}
}

// Refuse counts a request that was not let in.
func (t *Tally) Refuse(connection string, r Refusal) {
	t.Add(connection, Counts{Refused: 1, Refusals: []Refusal{r}})
}

// Add counts what happened on a connection.
func (t *Tally) Add(connection string, c Counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := t.fresh[connection]
	if sum == nil {
		sum = &Counts{}
		t.fresh[connection] = sum
	}
	sum.plus(c)
}

// plus adds what came later.
func (c *Counts) plus(later Counts) {
	c.Refused += later.Refused
	c.Translated += later.Translated
	c.Ignored += later.Ignored
	c.Pending += later.Pending
	c.Failed += later.Failed
	if c.Refusals = append(slices.Clip(later.Refusals), c.Refusals...); len(c.Refusals) > maxRefusals {
		c.Refusals = c.Refusals[:maxRefusals]
	}
	if later.LastError != "" {
		c.LastError, c.LastErrorAt = later.LastError, later.LastErrorAt
	}
}

// tallyPause is the time between two writings.
const tallyPause = 3 * time.Second

// Run writes until ctx ends, and once more then.
func (t *Tally) Run(ctx context.Context, logger *slog.Logger) {
	tick := time.NewTicker(tallyPause)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), tallyPause)
		if err := t.Flush(last); err != nil {
			logger.WarnContext(ctx, "counts not written", "error", err)
		}
		cancel()
	}
}

// Flush writes what is new. What could not be written is new still.
func (t *Tally) Flush(ctx context.Context) error {
	t.mu.Lock()
	fresh := t.fresh
	t.fresh = map[string]*Counts{}
	t.mu.Unlock()
	var errs []error
	for connection, c := range fresh {
		if err := t.write(ctx, connection, *c); err != nil {
			errs = append(errs, err)
			t.mu.Lock()
			since := t.fresh[connection]
			t.fresh[connection] = c
			if since != nil {
				c.plus(*since)
			}
			t.mu.Unlock()
		}
	}
	return errors.Join(errs...)
}

func (t *Tally) write(ctx context.Context, connection string, c Counts) error {
	key := connection + "." + t.part
	sum, err := read(ctx, t.store, key)
	if err != nil {
		return err
	}
	sum.plus(c)
	value, err := json.Marshal(sum)
	if err != nil {
		return fmt.Errorf("counts: %w", err)
	}
	return t.store.Put(ctx, key, value)
}

// ReadCounts returns the counts of a connection, of all parts.
func ReadCounts(ctx context.Context, store CountStore, connection string) (Counts, error) {
	var sum Counts
	for _, part := range []string{PartIntake, PartTranslation} {
		c, err := read(ctx, store, connection+"."+part)
		if err != nil {
			return sum, err
		}
		sum.plus(c)
	}
	if sum.Refusals == nil {
		sum.Refusals = []Refusal{} // a list, if an empty one
	}
	return sum, nil
}

func read(ctx context.Context, store CountStore, key string) (c Counts, err error) {
	value, err := store.Get(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("counts: %w", err)
	}
	if json.Unmarshal(value, &c) != nil {
		return Counts{}, nil //nolint:nilerr // of another version: counting begins anew
	}
	return c, nil
}
