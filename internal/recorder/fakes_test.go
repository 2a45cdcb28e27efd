package recorder_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"milemarker/events"
)

// vault names people openly, so that tests can read what became of them.
type vault struct {
	mu       sync.Mutex
	prepared [][]string
	erased   []string
	moved    map[string]string // ids that took the place of others
	fail     map[string]error  // by method

	erasedMeanwhile map[string]string // ids that end when something is sealed for them, and what comes after
}

// invalid is an error that is fs.ErrInvalid.
type invalid struct{ error }

func (invalid) Is(target error) bool { return target == fs.ErrInvalid }

func (v *vault) ProspectID(_ context.Context, org, kind, text string) (string, error) {
	if strings.Contains(text, "bad") {
		return "", invalid{errors.New("is not a " + kind)}
	}
	return fmt.Sprintf("<%s:%s:%s>", org, kind, text), v.fail["ProspectID"]
}

func (v *vault) Current(_ context.Context, _, id string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if next, ok := v.moved[id]; ok {
		id = next
	}
	return id, v.fail["Current"]
}

func (v *vault) Open(_ context.Context, org, owner, eventID, sealed string) ([]byte, error) {
	private, ok := strings.CutPrefix(sealed, fmt.Sprintf("sealed %s %s %s ", org, owner, eventID))
	if !ok {
		return nil, errors.New("it is another's")
	}
	if slices.Contains(v.erased, org+" "+owner) {
		return nil, fs.ErrNotExist
	}
	return []byte(private), v.fail["Open"]
}

func (v *vault) Digest(_ context.Context, org string, canonical []byte) (string, error) {
	return fmt.Sprintf("digest of %s in %s", canonical, org), v.fail["Digest"]
}

func (v *vault) Prepare(_ context.Context, _ string, owners []string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.prepared = append(v.prepared, slices.Clone(owners))
	return v.fail["Prepare"]
}

func (v *vault) Seal(_ context.Context, org, owner, eventID string, private []byte) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if next, ok := v.erasedMeanwhile[owner]; ok {
		v.moved = map[string]string{owner: next}
		return "", fs.ErrNotExist
	}
	return fmt.Sprintf("sealed %s %s %s %s", org, owner, eventID, private), v.fail["Seal"]
}

func (v *vault) Erase(_ context.Context, org, owner string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.erased = append(v.erased, org+" "+owner)
	return v.fail["Erase"]
}

// ledger keeps events in memory.
type ledger struct {
	events  []events.Event
	batches []int // sizes
	fail    error
}

func (l *ledger) Append(_ context.Context, evs []events.Event) ([]events.Receipt, error) {
	if l.fail != nil {
		return nil, l.fail
	}
	l.batches = append(l.batches, len(evs))
	receipts := make([]events.Receipt, len(evs))
	for i, e := range evs {
		receipts[i] = l.append(e)
	}
	return receipts, nil
}

func (l *ledger) AppendTogether(ctx context.Context, evs []events.Event) ([]events.Receipt, error) {
	before := len(l.events)
	receipts, err := l.Append(ctx, evs)
	for _, r := range receipts {
		if r.Outcome != receipts[0].Outcome {
			l.events = l.events[:before]
		}
	}
	return receipts, err
}

func (l *ledger) Get(_ context.Context, at events.Position) (events.Frame, time.Time, error) {
	return l.frame(int(at) - 1), time.Time{}, l.fail
}

func (l *ledger) frame(i int) events.Frame {
	body, err := events.Encode(l.events[i])
	if err != nil {
		panic(err)
	}
	return events.Frame{Position: events.Position(i + 1), Subject: events.Subject(l.events[i].Org, l.events[i].Type), Body: body}
}

func (l *ledger) ReadTypes(_ context.Context, from events.Position, limit int, types ...string) ([]events.Frame, error) {
	var out []events.Frame
	for i := int(from) - 1; i < len(l.events) && len(out) < limit; i++ {
		if slices.Contains(types, l.events[i].Type) {
			out = append(out, l.frame(i))
		}
	}
	return out, l.fail
}

func (l *ledger) append(e events.Event) events.Receipt {
	for i, old := range l.events {
		if old.Org != e.Org || old.ID != e.ID {
			continue
		}
		r := events.Receipt{ID: e.ID, Outcome: events.Duplicate, Position: events.Position(i + 1)}
		if old.Digest != e.Digest {
			r.Outcome = events.Conflict
		}
		return r
	}
	l.events = append(l.events, e)
	return events.Receipt{ID: e.ID, Outcome: events.Appended, Position: events.Position(len(l.events))}
}

// discard takes everything and keeps nothing.
type discard struct{}

func (discard) Get(context.Context, events.Position) (events.Frame, time.Time, error) {
	return events.Frame{}, time.Time{}, fs.ErrNotExist
}

func (d discard) AppendTogether(ctx context.Context, evs []events.Event) ([]events.Receipt, error) {
	return d.Append(ctx, evs)
}

func (discard) Append(_ context.Context, evs []events.Event) ([]events.Receipt, error) {
	receipts := make([]events.Receipt, len(evs))
	for i, e := range evs {
		receipts[i] = events.Receipt{ID: e.ID, Outcome: events.Appended, Position: 1}
	}
	return receipts, nil
}
