package assembly

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"milemarker/events"
	"milemarker/internal/ledger"
	"milemarker/internal/people"
	"milemarker/internal/providers"
	"milemarker/internal/recorder"
	"milemarker/internal/vault"
)

// reps knows by what providers know the reps of every org, as they declared it in the ledger.
type reps struct {
	vault  *vault.Vault
	logger *slog.Logger

	mu          sync.RWMutex
	declared    map[string]map[string]people.Declaration // by org and id of the event
	voided      map[string]bool                          // org/id
	directories map[string]people.Directory
}

func newReps(v *vault.Vault, logger *slog.Logger) *reps {
	return &reps{
		vault: v, logger: logger, declared: map[string]map[string]people.Declaration{}, voided: map[string]bool{},
		directories: map[string]people.Directory{},
	}
}

// repsAtOnce is how many events are read at a time.
const repsAtOnce = 2000

// follow reads what stands, and goes on in the background until ctx ends.
func (r *reps) follow(ctx context.Context, l *ledger.Ledger) error {
	types := []string{events.TypeRepDeclared, events.TypeEventVoided}
	from := events.Position(1)
	for {
		frames, err := l.ReadTypes(ctx, from, repsAtOnce, types...)
		if err != nil {
			return fmt.Errorf("reps: %w", err)
		}
		if err := r.take(ctx, frames); err != nil {
			return err
		}
		if len(frames) > 0 {
			from = frames[len(frames)-1].Position + 1
		}
		if len(frames) < repsAtOnce {
			break
		}
	}
	msgs, err := l.Subscriber(ledger.SubscriberConfig{From: from, Types: types}).Subscribe(ctx, "reps")
	if err != nil {
		return fmt.Errorf("reps: %w", err)
	}
	go func() {
		for m := range msgs {
			frames, err := events.DecodeBatch(m.Payload)
			if err == nil {
				err = r.take(m.Context(), frames)
			}
			if err != nil {
				r.logger.WarnContext(ctx, "declarations of reps are read again", "error", err)
				m.Nack()
				continue
			}
			m.Ack()
		}
	}()
	return nil
}

func (r *reps) take(ctx context.Context, frames []events.Frame) error {
	changed := map[string]bool{}
	for _, f := range frames {
		e, err := events.Decode(f.Body)
		if err != nil {
			continue // the projector sets it aside
		}
		if e.Type == events.TypeEventVoided {
			var v events.EventVoided
			if json.Unmarshal(e.Data, &v) == nil {
				r.void(e.Org, v.Event)
				changed[e.Org] = true
			}
			continue
		}
		d, err := r.open(ctx, f.Position, e)
		if errors.Is(err, vault.ErrErased) {
			continue
		}
		if err != nil {
			return fmt.Errorf("reps: %w", err)
		}
		r.declare(e.Org, e.ID, d)
		changed[e.Org] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for org := range changed {
		var stand []people.Declaration
		for id, d := range r.declared[org] {
			if !r.voided[org+"/"+id] {
				stand = append(stand, d)
			}
		}
		r.directories[org] = people.NewDirectory(stand)
	}
	return nil
}

func (r *reps) void(org, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.voided[org+"/"+id] = true
}

func (r *reps) declare(org, id string, d people.Declaration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.declared[org] == nil {
		r.declared[org] = map[string]people.Declaration{}
	}
	if _, known := r.declared[org][id]; !known { // the first copy of an id counts
		r.declared[org][id] = d
	}
}

// open reads a declaration, whose identities are sealed.
func (r *reps) open(ctx context.Context, at events.Position, e events.Event) (people.Declaration, error) {
	d := people.Declaration{Rep: e.Rep, Since: e.Time, Position: uint64(at)}
	if e.Sealed == "" {
		return d, nil
	}
	private, err := r.vault.Open(ctx, e.Org, recorder.Owner(e), e.ID, e.Sealed)
	if err != nil {
		return d, err
	}
	data, err := events.Merge(e.Data, private)
	if err != nil {
		return d, err
	}
	var said events.RepDeclared
	if err := json.Unmarshal(data, &said); err != nil {
		return d, err
	}
	for _, id := range said.Identities {
		d.Identities = append(d.Identities, people.RepIdentity{Kind: id.Kind, Value: id.Value, Provider: id.Provider})
	}
	return d, nil
}

// Rep returns the rep whom the first of a provider's names means that meant any at a time.
func (r *reps) Rep(org, provider string, at time.Time, names []providers.Rep) (string, bool) {
	r.mu.RLock()
	directory := r.directories[org]
	r.mu.RUnlock()
	ids := make([]people.RepIdentity, len(names))
	for i, n := range names {
		ids[i] = people.RepIdentity{Kind: string(n.Kind), Value: n.Value, Provider: provider}
	}
	return directory.RepAt(at, ids...)
}
