package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"os"
	"slices"
	"time"

	"milemarker/events"
)

// config says what to go through.
type config struct {
	folder   string // with the CSV files
	mapping  string
	library  string    // of the ClickHouse engine, "" where it is found by itself
	from, to time.Time // midnights, of the first and the last day of the goals
	logger   *slog.Logger
	tell     func(told) error // hears of each message soon after it arrived, in the order of the clock
}

// report says how much there was.
type report struct{ goals, history, steps, told, refused int }

// after is how long it is gone on after the last day, for what is told of the end.
const after = 3 * 24 * time.Hour

// rehearse goes through the goals' time: events are told when they happen, by the clock, so that at any moment nothing is
// known of what is to come. In between, the clock goes straight to the next moment at which something may be told.
func rehearse(ctx context.Context, c config) (r report, err error) {
	scratch, err := os.MkdirTemp("", "crm-opportunities-")
	if err != nil {
		return r, err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	history, err := readHistory(ctx, c, scratch)
	if err != nil {
		return r, err
	}
	clock := &clock{}
	clock.set(c.from.Add(-6 * time.Hour)) // the evening before
	inbox := newReceiver(clock)
	defer inbox.Close()
	err = withProduct(ctx, c, scratch, clock, func(ctx context.Context, p *product) error {
		begun := slices.IndexFunc(history, func(e event) bool { return e.Time.After(clock.Now()) })
		if begun < 0 {
			begun = len(history)
		}
		if err := p.tell(ctx, history[:begun]); err != nil {
			return err
		}
		r.history = begun
		if r.goals, err = setUp(ctx, p, c, inbox, history[:begun]); err != nil {
			return err
		}
		return live(ctx, p, clock, c.to.AddDate(0, 0, 1).Add(after), history[begun:], func() error {
			r.steps++
			arrived, refused := inbox.arrived()
			r.refused += refused
			for _, m := range arrived {
				r.told++
				if err := c.tell(m); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return r, err
}

// setUp says where the org is, who is told, how, and sets each agent a goal.
func setUp(ctx context.Context, p *product, c config, inbox *receiver, history []event) (goals int, err error) {
	var place struct{ Key string }
	for _, one := range []struct {
		method, path string
		body         map[string]any
		into         any
	}{
		{http.MethodPut, "/v1/org", map[string]any{"zone": "America/New_York", "country": "US"}, nil},
		{http.MethodPost, "/v1/destinations", map[string]any{"name": "receiver", "kind": "webhook", "url": inbox.URL}, &place},
		{http.MethodPost, "/v1/alert-rules", map[string]any{"daily_cap": 1000}, nil},
		// What a day brings is told at noon: before, nobody has done anything.
		{http.MethodPost, "/v1/alert-rules", map[string]any{"kinds": []string{events.AlertNoActivity}, "by": "16:00"}, nil},
	} {
		if err := p.change(ctx, one.method, one.path, one.body, one.into); err != nil {
			return 0, err
		}
	}
	inbox.key = place.Key
	targets := targetsOf(history, c.from)
	for _, rep := range slices.Sorted(maps.Keys(targets)) {
		err := p.change(ctx, http.MethodPost, "/v1/goals", map[string]any{
			"goal": "q-" + rep, "metric": "signups", "target": targets[rep], "owner_kind": "rep", "owner": rep,
			"starts_on": c.from.Format(time.DateOnly), "ends_on": c.to.Format(time.DateOnly),
		}, nil)
		if err != nil {
			return 0, err
		}
	}
	return len(targets), nil
}

func (p *product) change(ctx context.Context, method, path string, body map[string]any, into any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return p.send(ctx, method, path, "application/json", b, into)
}

// targetsOf asks of everybody who ever won anything 15 % more than in the 91 days before, and ten at least.
func targetsOf(history []event, from time.Time) map[string]float64 {
	targets := map[string]float64{}
	since := from.AddDate(0, 0, -91)
	for _, e := range history {
		if e.Type != events.TypeSignupCompleted {
			continue
		}
		n := 0.0
		if !e.Time.Before(since) {
			n = 1
		}
		targets[e.Rep] += n
	}
	for rep, n := range targets {
		targets[rep] = max(10, math.RoundToEven(n*1.15))
	}
	return targets
}

// live lets time go by until the end; stepped is called after each step of the clock.
func live(ctx context.Context, p *product, clock *clock, end time.Time, coming []event, stepped func() error) error {
	for clock.Now().Before(end) {
		next, err := p.drill.Step(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", clock.Now().Format(time.RFC3339), err)
		}
		if err := stepped(); err != nil {
			return err
		}
		if len(coming) > 0 && coming[0].Time.Before(next) {
			next = coming[0].Time
		}
		if next.After(end) {
			next = end
		}
		clock.set(next)
		n := 0
		for n < len(coming) && !coming[n].Time.After(next) {
			n++
		}
		if err := p.tell(ctx, coming[:n]); err != nil {
			return err
		}
		coming = coming[n:]
	}
	return nil
}
