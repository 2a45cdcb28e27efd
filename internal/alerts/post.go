package alerts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"milemarker/internal/notify"
	"milemarker/projections"
)

// postOn sends what is due, until ctx ends.
func (k *keeper) postOn(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := k.post(ctx); err != nil && ctx.Err() == nil {
			k.deps.Logger.WarnContext(ctx, "post alerts", "error", err)
		}
		_, next := k.deps.Outbox.Due(k.deps.Clock())
		pause := time.Minute
		if !next.IsZero() {
			pause = min(max(next.Sub(k.deps.Clock()), 10*time.Millisecond), pause)
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-k.deps.Outbox.Changed():
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return nil
}

// atOnce bounds how many destinations are sent to at the same time: one that does not answer must not hold up the others.
const atOnce = 8

// post sends what is due. To each destination it sends one message after another.
func (k *keeper) post(ctx context.Context) error {
	now := k.deps.Clock()
	due, _ := k.deps.Outbox.Due(now)
	byDestination := map[string][]notify.Delivery{}
	var order []string
	for _, d := range due {
		key := d.Org + "." + d.Destination
		if byDestination[key] == nil {
			order = append(order, key)
		}
		byDestination[key] = append(byDestination[key], d)
	}
	var mu sync.Mutex
	var errs []error
	var running sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for _, key := range order {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			if err := k.postTo(ctx, byDestination[key], now); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	running.Wait()
	return errors.Join(append(errs, k.deps.Outbox.Sweep(ctx, now))...)
}

// postTo deals with what is due for one destination.
func (k *keeper) postTo(ctx context.Context, due []notify.Delivery, now time.Time) error {
	org, id := due[0].Org, due[0].Destination
	to, secret, err := k.deps.Destinations.Find(ctx, org, id)
	if errors.Is(err, notify.ErrNoDestination) {
		return k.dropAll(ctx, due, errGone.Error(), now)
	}
	if err != nil {
		return err
	}
	cal, err := calendarOf(ctx, k.desk, org)
	if err != nil {
		return err
	}
	records, err := k.deps.Known.Declarations(ctx, projections.DeclarationQuery{Org: org, Types: notify.AlertTypes()})
	if err != nil {
		return err
	}
	alerts, mutes, unread := notify.FoldAlerts(records)
	k.leftOut(ctx, org, unread)
	byID := map[string]notify.Alert{}
	for _, a := range alerts {
		byID[a.ID] = a
	}
	today := cal.DayOf(now)
	var digest []notify.Delivery
	for _, d := range due {
		a, known := byID[d.Alert]
		a.Kind, a.Rep, a.Goal = d.Kind, d.Rep, d.Goal
		muted := d.Stage != notify.Trial && slices.ContainsFunc(mutes, func(m notify.Mute) bool { return m.Silences(a, today) })
		rule := notify.Choose(k.deps.Rules.List(org), d.Kind, d.Rep, d.Goal)
		capped := d.Stage == notify.First && d.Attempts == 0 &&
			k.deps.Outbox.SentOn(org, id, today.In(cal.Location()), (today+1).In(cal.Location())) >= *rule.DailyCap
		switch {
		case muted:
			err = k.end(ctx, d, notify.Dropped, "muted", now)
		case known && a.Acknowledged != nil && d.Attempts == 0:
			err = k.end(ctx, d, notify.Dropped, "somebody took notice", now)
		case known && a.Resolved != nil && d.Stage == notify.Escalation:
			err = k.end(ctx, d, notify.Dropped, "it is over", now)
		case d.State == notify.Held:
			digest = append(digest, d)
		case capped:
			d.State, d.Due = notify.Held, rule.DigestAfter(now, cal).UTC()
			err = k.deps.Outbox.Save(ctx, d)
		default:
			err = k.send(ctx, to, secret, d, now)
		}
		if err != nil {
			return err
		}
	}
	return k.sendDigest(ctx, to, secret, digest, now)
}

// noteWithin is how long it may take to note that a message was taken, after the turn is over.
const noteWithin = time.Second

// send tries to hand a message over, and keeps what became of it.
func (k *keeper) send(ctx context.Context, to notify.Destination, s notify.Secret, d notify.Delivery, now time.Time) error {
	err := k.deps.Sender.Send(ctx, to, s, d.Message)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx) // what became of it is told by the next try
	}
	d.Attempts++
	if err == nil { // is noted even if the turn is over: another one would hand it over again
		noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWithin)
		defer cancel()
		d.Error = ""
		return k.end(noting, d, notify.Sent, "", now)
	}
	pause, again := notify.Backoff(d.Attempts)
	if errors.Is(err, notify.ErrFinal) || !again {
		k.deps.Logger.WarnContext(ctx, "alert not delivered", "org", d.Org, "destination", to.ID, "error", err)
		return k.end(ctx, d, notify.Dead, err.Error(), now)
	}
	d.Error, d.Due = err.Error(), now.Add(pause).UTC()
	return k.deps.Outbox.Save(ctx, d)
}

// sendDigest sends the words of several alerts in one message, all those that were held for the same moment. The message is
// named by destination and moment: cut short at any step, the same one goes on.
func (k *keeper) sendDigest(ctx context.Context, to notify.Destination, s notify.Secret, held []notify.Delivery, now time.Time) error {
	for len(held) > 0 {
		due := held[0].Due
		var group []notify.Delivery
		held = slices.DeleteFunc(held, func(d notify.Delivery) bool {
			same := d.Due.Equal(due)
			if same {
				group = append(group, d)
			}
			return same
		})
		d := digestOf(to, group, now)
		// Once the digest is planned it is a delivery like any other, and tried again by itself.
		if err := k.deps.Outbox.Plan(ctx, d); err != nil {
			return err
		}
		for _, one := range group {
			if err := k.end(ctx, one, notify.Digested, "", now); err != nil {
				return err
			}
		}
		if kept, ok := k.deps.Outbox.Get(d.Org, d.ID); ok && !kept.Over() {
			if err := k.send(ctx, to, s, kept, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// digestOf makes one delivery of several that were held for the same moment.
func digestOf(to notify.Destination, group []notify.Delivery, now time.Time) notify.Delivery {
	lines := make([]string, len(group))
	says := make([]any, len(group))
	for i, d := range group {
		lines[i] = "- " + d.Message.Title + ": " + d.Message.Text
		says[i] = d.Message.Data
	}
	d := notify.Delivery{
		ID:  notify.DeliveryID(strconv.FormatInt(group[0].Due.Unix(), 10), to.ID, notify.Digest),
		Org: group[0].Org, Kind: "digest", Destination: to.ID, Stage: notify.Digest,
		State: notify.Waiting, Created: now.UTC(), Due: now.UTC(),
	}
	d.Message = notify.Message{
		ID: d.ID, Type: "alerts.digest", At: now, Title: strconv.Itoa(len(group)) + " alerts", Text: strings.Join(lines, "\n"),
		Data: map[string]any{"org": d.Org, "alerts": says},
	}
	return d
}

// end keeps that nothing more is to be done about a delivery.
func (k *keeper) end(ctx context.Context, d notify.Delivery, s notify.State, why string, now time.Time) error {
	d.State, d.Ended = s, now.UTC()
	if why != "" {
		d.Error = why
	}
	if err := k.deps.Outbox.Save(ctx, d); err != nil {
		return fmt.Errorf("delivery %s: %w", d.ID, err)
	}
	return nil
}

func (k *keeper) dropAll(ctx context.Context, due []notify.Delivery, why string, now time.Time) error {
	for _, d := range due {
		if err := k.end(ctx, d, notify.Dropped, why, now); err != nil {
			return err
		}
	}
	return nil
}
