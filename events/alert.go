package events

// The types of kind alert.
const (
	TypeAlertRaised       = "alert.raised"
	TypeAlertResolved     = "alert.resolved"
	TypeAlertAcknowledged = "alert.acknowledged"
	TypeAlertMuted        = "alert.muted"
)

// The kinds of alert. A pace.changed is an alert of kind pace by itself.
const (
	AlertPace          = "pace"
	AlertNoActivity    = "no_activity"
	AlertBlockMissed   = "block_missed"
	AlertBlocksOpen    = "blocks_unfilled"
	AlertConversion    = "conversion_fallen"
	AlertSourceSilent  = "source_silent"
	AlertReviewOverdue = "review_overdue"
	AlertQuarantine    = "quarantine"
)

// AlertKinds returns the kinds of alert.
func AlertKinds() []string {
	return []string{
		AlertPace, AlertNoActivity, AlertBlockMissed, AlertBlocksOpen, AlertConversion, AlertSourceSilent, AlertReviewOverdue,
		AlertQuarantine,
	}
}

func alertTypes() []definition {
	return []definition{
		define[AlertRaised](TypeAlertRaised, "Something began that somebody should know of; the event's time is when it began."),
		define[AlertResolved](TypeAlertResolved, "What an alert was raised for is over."),
		define[AlertAcknowledged](TypeAlertAcknowledged, "Somebody took notice of an alert: it is not passed on to the partner."),
		define(TypeAlertMuted, "Alerts are not sent for a while; event.voided ends it.", muteSaysWhat),
	}
}

// AlertRaised is the payload of alert.raised. The event's rep is whose alert it is, none for the org's own. Its id names
// the matter and the how-manieth time it is: so it is recorded once, however often it is found.
type AlertRaised struct {
	Matter string `json:"matter" rule:"required" doc:"What it is about, the same each time it happens again."`
	Kind   string `json:"kind" rule:"required,enum=no_activity|block_missed|blocks_unfilled|conversion_fallen|source_silent|review_overdue|quarantine" doc:"The kind of alert."`
	Times  int64  `json:"times" rule:"required,min=1" doc:"The how-manieth time it is."`
	Says   string `json:"says" rule:"required" doc:"The facts, in one plain sentence; no personal data."`
	Goal   string `json:"goal,omitzero" doc:"The goal that it is about."`
	See    string `json:"see,omitzero" doc:"The path of the interface where more is to be seen."`
}

// AlertResolved is the payload of alert.resolved.
type AlertResolved struct {
	Alert  string `json:"alert" rule:"required" doc:"The id of the event that raised it."`
	Matter string `json:"matter" rule:"required" doc:"What it was about."`
}

// AlertAcknowledged is the payload of alert.acknowledged.
type AlertAcknowledged struct {
	Alert string `json:"alert" rule:"required" doc:"The id of the event that raised it: an alert.raised or a pace.changed."`
	By    string `json:"by,omitzero" rule:"max=100" doc:"Who: a rep's id."`
	Note  string `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}

// AlertMuted is the payload of alert.muted. What is left out stands for all. Alerts go on being raised and shown.
type AlertMuted struct {
	Kind   string `json:"kind,omitzero" rule:"enum=pace|no_activity|block_missed|blocks_unfilled|conversion_fallen|source_silent|review_overdue|quarantine" doc:"Only alerts of this kind."`
	Rep    string `json:"rep,omitzero" rule:"max=100" doc:"Only this rep's alerts."`
	Goal   string `json:"goal,omitzero" doc:"Only alerts about this goal."`
	Until  Date   `json:"until" rule:"required" doc:"Last day of it, local to the org."`
	Reason string `json:"reason,omitzero" doc:"Why; no personal data."`
}

func muteSaysWhat(_ Draft, m AlertMuted, report reporter) {
	if m.Kind == "" && m.Rep == "" && m.Goal == "" {
		report("kind", "is required unless rep or goal is given: a mute says what it silences")
	}
}
