package translator

import (
	"context"
	"slices"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message"

	"milemarker/events"
	"milemarker/internal/connections"
	"milemarker/internal/deliveries"
	"milemarker/internal/held"
)

// delivered translates a delivery that has arrived. One that was dealt with before, and whose checkpoint was lost, is let
// be.
func (t *translator) delivered(m *message.Message) error {
	kept, err := deliveries.FromMessage(m.Payload)
	if err != nil {
		return &poisonError{err}
	}
	defer t.lanes.enter(kept.Connection)()
	before, err := t.deps.Log.Outcome(m.Context(), kept)
	if err != nil || before.Status != deliveries.Arrived {
		return err
	}
	if conn, ok := t.deps.Connections.Get(kept.Connection); ok && conn.State == connections.Paused {
		o := deliveries.Outcome{Status: deliveries.Paused, Why: "the connection is paused", Time: t.deps.Clock().UTC()}
		return t.deps.Log.SetOutcome(m.Context(), kept, o)
	}
	_, err = t.translate(m.Context(), kept, before, false)
	return err
}

// again translates a delivery once more and returns how many events that changed. What would be a dead letter becomes
// one.
func (t *translator) again(ctx context.Context, kept deliveries.Kept) (changed int, status deliveries.Status, err error) {
	changed, err = func() (int, error) {
		defer t.lanes.enter(kept.Connection)()
		before, err := t.deps.Log.Outcome(ctx, kept)
		if err != nil {
			return 0, err
		}
		return t.translate(ctx, kept, before, true)
	}()
	if poisonous(err) {
		return 0, deliveries.Failed, t.fail(ctx, kept, err.Error())
	}
	return changed, "", err
}

// translate does it, with the connection's lane in hand: events first, then the thread's state, then the outcome.
func (t *translator) translate(ctx context.Context, kept deliveries.Kept, before deliveries.Outcome, replay bool) (int, error) {
	conn, ok := t.deps.Connections.Get(kept.Connection)
	if !ok {
		return 0, poisoned("the connection is not known")
	}
	r, err := deliveries.Decode(kept.Data)
	if err != nil {
		return 0, &poisonError{err}
	}
	m, err := t.understand(ctx, conn, r)
	if err != nil {
		return 0, err
	}
	tell := &teller{
		translator: t, kept: kept, org: kept.Org, provider: conn.Provider, replay: replay,
		before: before.Events, marks: map[string]mark{},
	}
	items, err := tell.items(ctx, m, r)
	if err != nil {
		return 0, err
	}
	if err := tell.tell(ctx, items); err != nil {
		return 0, err
	}
	if replay {
		if err := tell.retract(ctx); err != nil {
			return 0, err
		}
	}
	if m.thread != "" && m.State != nil {
		if err := t.deps.Buckets.Threads.Put(ctx, m.thread, m.State); err != nil {
			return 0, err
		}
	}
	o := t.outcome(m, tell.told)
	if o.Prospects, err = t.prospects(ctx, kept.Org, items); err != nil {
		return 0, err
	}
	if replay {
		o.Replays = before.Replays + 1
	}
	again := t.retries.plan(kept, m.later)
	if err := again.note(ctx); err != nil {
		return 0, err
	}
	if err := t.deps.Log.SetOutcome(ctx, kept, o); err != nil {
		return 0, err
	}
	if err := again.forget(ctx); err != nil {
		return 0, err
	}
	t.count(kept.Connection, o)
	return changes(tell.told), nil
}

// outcome says what became of a delivery.
func (t *translator) outcome(m meaning, told []deliveries.Told) deliveries.Outcome {
	o := deliveries.Outcome{
		Status: deliveries.Translated, Kind: m.Kind, Key: m.Key, Events: told, Time: t.deps.Clock().UTC(), Thread: m.thread,
	}
	var faults []string
	for _, one := range told {
		for _, f := range one.Faults {
			faults = append(faults, one.Type+f.Pointer+" "+f.Detail)
		}
	}
	switch {
	case len(faults) > 0:
		o.Status, o.Why = deliveries.Failed, strings.Join(faults, "; ")
	case m.why != "", slices.ContainsFunc(told, func(one deliveries.Told) bool { return one.Pending }):
		o.Status, o.Why = deliveries.Pending, m.why
	case len(m.Events) == 0:
		o.Status, o.Why = deliveries.Ignored, m.Ignored
	}
	if len(o.Why) > maxWhy {
		o.Why = o.Why[:maxWhy]
	}
	return o
}

// prospects are the persons that the events are about.
func (t *translator) prospects(ctx context.Context, org string, items []item) ([]string, error) {
	var all []string
	for _, it := range items {
		some, err := t.deps.People.Prospects(ctx, org, it.draft)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

func (t *translator) count(connection string, o deliveries.Outcome) {
	var c connections.Counts
	switch o.Status {
	case deliveries.Translated:
		c.Translated = 1
	case deliveries.Ignored:
		c.Ignored = 1
	case deliveries.Pending:
		c.Pending = 1
	case deliveries.Failed:
		c.Failed = 1
		c.LastError, c.LastErrorAt = o.Why, o.Time
	case deliveries.Arrived, deliveries.Paused:
	}
	t.deps.Tally.Add(connection, c)
}

// changes counts what a translation changed about the ledger.
func changes(told []deliveries.Told) (n int) {
	for _, one := range told {
		switch one.Outcome {
		case deliveries.Appended, deliveries.Amended, deliveries.Voided:
			n++
		case deliveries.Duplicate, deliveries.Superseded, deliveries.Conflict, deliveries.Corrected, deliveries.Rejected:
		}
	}
	return n
}

// heeded are the types of events that the translator acts upon.
func (t *translator) heeded() []string {
	if t.cfg.HeldOff {
		return []string{events.TypeProspectErased}
	}
	return append(held.Types(), events.TypeProspectErased)
}
