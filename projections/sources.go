package projections

import (
	"time"

	"milemarker/internal/calendar"
)

// OrgsQuery asks which orgs have declared anything: goals, time blocks, reviews.
type OrgsQuery struct{}

// Select returns the statement that answers q: the orgs, sorted.
func (OrgsQuery) Select() Select {
	return Select{SQL: "SELECT DISTINCT toString(org) AS name FROM declarations_v1 ORDER BY name"}
}

// The kinds of source.
const (
	LeadSource = "lead source" // where leads come from, as their events say
	Connection = "connection"  // who tells events, as their CloudEvents source says
)

// SourceQuery asks on which days what sources were heard of.
type SourceQuery struct {
	Org  string
	From calendar.Day
}

// SourceDay is a day on which a source was heard of.
type SourceDay struct {
	Kind string // LeadSource or Connection
	Name string
	Day  calendar.Day
	N    uint64    // events
	Last time.Time // of the last of them
}

// Select returns the statement that answers q: kind, name, day, count and time of the last; ordered by the first three.
// What this program records itself is no source.
func (q SourceQuery) Select() Select {
	from := " FROM events_v1 FINAL WHERE org = {org:String} AND day >= {from:Date}" +
		" AND (org, id) NOT IN (SELECT org, target FROM voids_v1 WHERE org = {org:String})"
	return Select{
		SQL: "SELECT * FROM (SELECT '" + LeadSource + "' AS what, toString(source) AS name, day, count() AS n, max(time) AS last" + from +
			" AND type = 'lead.captured' AND source != '' GROUP BY name, day UNION ALL" +
			" SELECT '" + Connection + "' AS what, toString(told_by) AS name, day, count() AS n, max(time) AS last" + from +
			" AND NOT startsWith(told_by, '/milemarker/') GROUP BY name, day) ORDER BY what, name, day",
		Params: map[string]any{"org": q.Org, "from": q.From},
	}
}

// AheadDays is how many days before it begins an appointment can have been made to be asked for. It bounds what is read.
const AheadDays = 400

// AppointmentQuery asks for all events of the appointments that were to begin, by any of their schedules, between two
// instants.
type AppointmentQuery struct {
	Org         string
	From, Until time.Time
}

// Select returns the statement that answers q: id, type, rep, time and payload; in the order of positions.
func (q AppointmentQuery) Select() Select {
	standing := " FROM events_v1 FINAL WHERE org = {org:String} AND kind = 'appointment' AND day >= {since:Date}" +
		" AND (org, id) NOT IN (SELECT org, target FROM voids_v1 WHERE org = {org:String})"
	begins := "parseDateTime64BestEffortOrNull(JSONExtractString(data, 'starts_at'), 6, 'UTC')"
	return Select{
		SQL: "SELECT id, type, rep, time, data" + standing +
			" AND JSONExtractString(data, 'appointment') IN (SELECT JSONExtractString(data, 'appointment')" + standing +
			" AND type IN ('appointment.scheduled', 'appointment.rescheduled')" +
			" AND " + begins + " >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')" +
			" AND " + begins + " < fromUnixTimestamp64Micro({until:Int64}, 'UTC')) ORDER BY position",
		Params: map[string]any{
			"org": q.Org, "since": calendar.DayOf(q.From) - AheadDays, "from": q.From.UnixMicro(), "until": q.Until.UnixMicro(),
		},
	}
}
