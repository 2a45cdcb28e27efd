package alerts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/internal/notify"
	"milemarker/internal/routine"
	"milemarker/projections"
)

// The place of the state that says up to which position alerts were dispatched.
const (
	cursorOrg    = "-"
	cursorMatter = "cursor"
)

// stale is the age from which an alert is news to nobody: it is shown and not sent.
const stale = 7 * 24 * time.Hour

// begin returns the position up to which alerts were dispatched. The first instance of all begins with the end of the
// ledger: what was there before it is not told anew.
func (k *keeper) begin(ctx context.Context) (events.Position, error) {
	if s, ok := k.states.Get(cursorOrg, short(cursorMatter)); ok {
		return events.Position(s.Times), nil
	}
	last, err := k.deps.Ledger.Last(ctx)
	if err != nil {
		return 0, fmt.Errorf("alerts: %w", err)
	}
	return last, k.moved(ctx, last)
}

func (k *keeper) moved(ctx context.Context, to events.Position) error {
	return k.save(ctx, cursorOrg, state{Matter: cursorMatter, Times: int64(to)})
}

// dispatched plans the deliveries of a batch of alerts, then remembers that it did.
func (k *keeper) dispatched(m *message.Message) error {
	frames, err := events.DecodeBatch(m.Payload)
	if err != nil {
		return err
	}
	return k.dispatch(m.Context(), frames)
}

func (k *keeper) dispatch(ctx context.Context, frames []events.Frame) error {
	if len(frames) == 0 {
		return nil
	}
	for _, f := range frames {
		e, err := events.Decode(f.Body)
		if err != nil {
			k.deps.Logger.WarnContext(ctx, "alert cannot be read", "position", uint64(f.Position), "error", err)
			continue // it is in quarantine, which is told of
		}
		if err := k.plan(ctx, events.Record{Position: f.Position, Event: e}); err != nil {
			return fmt.Errorf("dispatch %d: %w", f.Position, err)
		}
	}
	return k.moved(ctx, frames[len(frames)-1].Position)
}

// plan plans the deliveries of one alert.
func (k *keeper) plan(ctx context.Context, r events.Record) error {
	org, now := r.Event.Org, k.deps.Clock()
	alert, err := notify.AlertOf(r)
	if err != nil {
		k.deps.Logger.WarnContext(ctx, "alert cannot be read", "position", uint64(r.Position), "error", err)
		return nil
	}
	to := k.deps.Destinations.List(org)
	if len(to) == 0 || now.Sub(alert.Recorded) > stale {
		return nil
	}
	rule := notify.Choose(k.deps.Rules.List(org), alert.Kind, alert.Rep, alert.Goal)
	if !rule.Sends(alert) {
		return nil
	}
	calendars, err := k.desk.Calendars(ctx, org, time.Time{})
	if err != nil {
		return err
	}
	cal := calendars.Settings().Calendar()
	title, partner, err := k.about(ctx, org, &alert, r, cal)
	if err != nil {
		return err
	}
	muted, err := k.muted(ctx, org, alert, cal.DayOf(now))
	if err != nil {
		return err
	}
	m := messageOf(alert, title, r)
	for _, d := range to {
		switch {
		case chosen(rule, d) || len(rule.Destinations) == 0 && (d.Rep == "" || d.Rep == alert.Rep):
			first := delivery(org, alert, d, notify.First, m, rule, now, cal)
			if muted {
				first.State, first.Error, first.Ended = notify.Dropped, "muted", now.UTC()
			}
			err = k.deps.Outbox.Plan(ctx, first)
		case muted:
		case partner != "" && d.Rep == partner && *rule.EscalateAfter > 0 && pressing(alert):
			after := alert.Recorded.Add(time.Duration(*rule.EscalateAfter) * time.Minute)
			err = k.deps.Outbox.Plan(ctx, delivery(org, alert, d, notify.Escalation, m, rule, after, cal))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// muted tells whether an alert is not to be sent on a day.
func (k *keeper) muted(ctx context.Context, org string, a notify.Alert, day calendar.Day) (bool, error) {
	records, err := k.deps.Known.Declarations(ctx, projections.DeclarationQuery{Org: org, Types: []string{events.TypeAlertMuted}})
	if err != nil {
		return false, err
	}
	_, mutes, unread := notify.FoldAlerts(records)
	k.leftOut(ctx, org, unread)
	return slices.ContainsFunc(mutes, func(m notify.Mute) bool { return m.Silences(a, day) }), nil
}

func chosen(r notify.Rule, d notify.Destination) bool { return slices.Contains(r.Destinations, d.ID) }

// pressing tells whether an alert is one that a partner is told of when nobody takes notice.
func pressing(a notify.Alert) bool {
	if a.Kind == events.AlertPace {
		return a.Status == events.OffTrack || a.Status == events.Missed
	}
	return true
}

// about returns what the goal of an alert is called, and who holds its owner to it. A change of pace is told by the name.
func (k *keeper) about(
	ctx context.Context, org string, a *notify.Alert, r events.Record, cal calendar.Calendar,
) (title, partner string, err error) {
	today := cal.DayOf(k.deps.Clock())
	if a.Goal != "" {
		all, err := k.desk.Goals(ctx, org)
		if err != nil {
			return "", "", err
		}
		if g, ok := goals.Find(all, a.Goal); ok {
			title, partner = goals.Name(g, today), g.On(today).Partner
			if change, err := events.DecodeData[events.PaceChanged](r.Event); a.Kind == events.AlertPace && err == nil {
				a.Says = goals.ChangeSays(g, change, today)
			}
		}
	}
	if partner != "" || a.Rep == "" {
		return title, partner, nil
	}
	records, err := k.deps.Known.Declarations(ctx, projections.DeclarationQuery{Org: org, Types: []string{events.TypePartnerLinked}})
	if err != nil {
		return "", "", err
	}
	book, unread := routine.Fold(cal, records)
	k.leftOut(ctx, org, unread)
	return title, book.PartnerOf(a.Rep, today), nil
}

// messageOf says an alert in words, and as the event that it is.
func messageOf(a notify.Alert, title string, r events.Record) notify.Message {
	m := notify.Message{Type: r.Event.Type, At: a.At, Title: a.Title(), Text: a.Says}
	if a.Kind == events.AlertPace && title != "" {
		m.Title = notify.StatusTitle(a.Status, title)
	}
	if a.See != "" {
		m.Text += "\nSee " + a.See
	}
	m.Data = map[string]any{
		"alert": a.ID, "kind": a.Kind, "org": r.Event.Org, "rep": a.Rep, "goal": a.Goal, "title": title, "status": a.Status,
		"before": a.Before, "says": a.Says, "see": a.See, "position": strconv.FormatUint(uint64(a.Position), 10),
	}
	return m
}

// delivery plans one message, not before a moment at which the rule is not quiet, or for the digest.
func delivery(
	org string, a notify.Alert, d notify.Destination, stage notify.Stage, m notify.Message, rule notify.Rule, from time.Time,
	cal calendar.Calendar,
) notify.Delivery {
	out := notify.Delivery{
		ID: notify.DeliveryID(a.ID, d.ID, stage), Org: org, Alert: a.ID, Kind: a.Kind, Rep: a.Rep, Goal: a.Goal,
		Destination: d.ID, Stage: stage, State: notify.Waiting, Message: m, Created: a.Recorded, Due: rule.NotBefore(from, cal).UTC(),
	}
	out.Message.ID = out.ID
	if stage == notify.Escalation {
		out.Message.Title = "For you as partner: " + m.Title
	} else if rule.Digest == notify.DigestAlways {
		out.State, out.Due = notify.Held, rule.DigestAfter(from, cal).UTC()
	}
	return out
}

// errGone is why a delivery is dropped whose destination was removed.
var errGone = errors.New("the destination was removed")

// calendarOf returns an org's calendar.
func calendarOf(ctx context.Context, desk goals.Desk, org string) (calendar.Calendar, error) {
	c, err := desk.Calendars(ctx, org, time.Time{})
	return c.Settings().Calendar(), err
}
