package notify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Alert is something that somebody should know of, as the ledger has it.
type Alert struct {
	ID           string          `json:"id"` // of the event that raised it
	Kind         string          `json:"kind"`
	Rep          string          `json:"rep,omitempty"`
	Goal         string          `json:"goal,omitempty"`
	Matter       string          `json:"matter"`
	Says         string          `json:"says"`
	See          string          `json:"see,omitempty"`
	Status       string          `json:"status,omitempty"` // of pace: the new one
	Before       string          `json:"before,omitempty"` // of pace: the one before
	At           time.Time       `json:"at"`
	Recorded     time.Time       `json:"recorded"`
	Position     events.Position `json:"position"`
	Acknowledged *Notice         `json:"acknowledged,omitempty"`
	Resolved     *time.Time      `json:"resolved,omitempty"` // when what it was raised for was over, or gave way to something newer
}

// Open tells whether what the alert was raised for goes on and nobody has taken notice.
func (a Alert) Open() bool { return a.Acknowledged == nil && a.Resolved == nil }

// Notice says that somebody took notice of an alert.
type Notice struct {
	At time.Time `json:"at"`
	By string    `json:"by,omitempty"`
}

// Mute says that some alerts are not sent for a while.
type Mute struct {
	ID     string `json:"id"` // of its event
	Kind   string `json:"kind,omitempty"`
	Rep    string `json:"rep,omitempty"`
	Goal   string `json:"goal,omitempty"`
	Until  string `json:"until"` // last day, inclusive
	Reason string `json:"reason,omitempty"`
}

// Silences tells whether the mute covers an alert on a day.
func (m Mute) Silences(a Alert, day calendar.Day) bool {
	return day.String() <= m.Until && (m.Kind == "" || m.Kind == a.Kind) && (m.Rep == "" || m.Rep == a.Rep) &&
		(m.Goal == "" || m.Goal == a.Goal)
}

// AlertTypes returns the types of events that alerts are folded from.
func AlertTypes() []string {
	return []string{
		events.TypePaceChanged, events.TypeAlertRaised, events.TypeAlertResolved, events.TypeAlertAcknowledged,
		events.TypeAlertMuted,
	}
}

// FoldAlerts makes alerts and mutes of records in the order of their positions. A newer status of a goal takes the place of
// the one before. The error names the records that could not be read: the others are right without them.
func FoldAlerts(records []events.Record) (alerts []Alert, mutes []Mute, err error) {
	var unread []error
	at := map[string]int{}
	pace := map[string]int{} // the newest alert of each goal
	for _, r := range records {
		e := r.Event
		var err error
		switch e.Type {
		case events.TypePaceChanged, events.TypeAlertRaised:
			var a Alert
			if a, err = AlertOf(r); err != nil {
				break
			}
			if i, ok := pace[a.Goal]; ok && a.Kind == events.AlertPace {
				alerts[i].Resolved = &r.Event.Time
			}
			if a.Kind == events.AlertPace {
				pace[a.Goal] = len(alerts)
			}
			at[a.ID] = len(alerts)
			alerts = append(alerts, a)
		case events.TypeAlertResolved:
			var p events.AlertResolved
			if p, err = events.DecodeData[events.AlertResolved](e); err == nil {
				if i, ok := at[p.Alert]; ok {
					alerts[i].Resolved = &r.Event.Time
				}
			}
		case events.TypeAlertAcknowledged:
			var p events.AlertAcknowledged
			if p, err = events.DecodeData[events.AlertAcknowledged](e); err == nil {
				if i, ok := at[p.Alert]; ok && alerts[i].Acknowledged == nil {
					alerts[i].Acknowledged = &Notice{At: e.Time, By: p.By}
				}
			}
		case events.TypeAlertMuted:
			var p events.AlertMuted
			if p, err = events.DecodeData[events.AlertMuted](e); err == nil {
				mutes = append(mutes, Mute{e.ID, p.Kind, p.Rep, p.Goal, string(p.Until), p.Reason})
			}
		}
		if err != nil {
			unread = append(unread, fmt.Errorf("%s %s at position %d: %w", e.Type, e.ID, r.Position, err))
		}
	}
	return alerts, mutes, errors.Join(unread...)
}

// AlertOf reads the alert that a pace.changed or an alert.raised raises.
func AlertOf(r events.Record) (Alert, error) {
	e := r.Event
	a := Alert{ID: e.ID, Rep: e.Rep, At: e.Time, Recorded: e.RecordedAt, Position: r.Position}
	if e.Type == events.TypePaceChanged {
		p, err := events.DecodeData[events.PaceChanged](e)
		if err != nil {
			return a, err
		}
		a.Kind, a.Goal, a.Status, a.Before, a.Matter = events.AlertPace, p.Goal, p.To, p.From, "pace/"+p.Goal
		a.Says, a.See = PaceSays(p), "/v1/goals/"+p.Goal+"/pace"
		return a, nil
	}
	p, err := events.DecodeData[events.AlertRaised](e)
	if err != nil {
		return a, err
	}
	a.Kind, a.Goal, a.Matter, a.Says, a.See = p.Kind, p.Goal, p.Matter, p.Says, p.See
	return a, nil
}

// PaceSays tells a change of a goal's status in one plain sentence.
func PaceSays(p events.PaceChanged) string {
	text := "Goal " + p.Goal + " is " + words(p.To)
	if p.From != "" {
		text += ", before that " + words(p.From)
	}
	unit := ""
	if p.Currency != "" {
		unit = " " + p.Currency
	}
	return text + ": " + p.Actual.String() + unit + " against " + p.Expected.String() + unit + " expected."
}

// Title names an alert in a few words.
func (a Alert) Title() string {
	who := a.Rep
	if who == "" {
		who = "the org"
	}
	switch a.Kind {
	case events.AlertPace:
		return StatusTitle(a.Status, "goal "+a.Goal)
	case events.AlertNoActivity:
		return "No activity yet: " + who
	case events.AlertBlockMissed:
		return "Time block not kept: " + who
	case events.AlertBlocksOpen:
		return "Open places in the days to come: " + who
	case events.AlertConversion:
		return "A conversion has fallen: " + who
	case events.AlertSourceSilent:
		return "A source has gone silent"
	case events.AlertReviewOverdue:
		return "A review is due: " + who
	default:
		return "Messages wait in quarantine"
	}
}

func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

// Newest returns alerts from new to old.
func Newest(alerts []Alert) []Alert {
	out := slices.Clone(alerts)
	slices.SortStableFunc(out, func(x, y Alert) int { return int(int64(y.Position) - int64(x.Position)) })
	return out
}

// StatusTitle names a change of a goal's status, such as "Off track: Calls in March".
func StatusTitle(status, goal string) string {
	text := words(status)
	return strings.ToUpper(text[:1]) + text[1:] + ": " + goal
}
