package projections

import (
	"time"

	"milemarker/events"
)

// TallyQuery asks the events of one org themselves for sums by day: up to an instant within a day, and as they were known
// at an earlier one. It is dearer than a MetricQuery, which knows whole days and the present only.
type TallyQuery struct {
	Org         string
	From, Until time.Time              // events of From <= time < Until
	Known       time.Time              // only what was recorded by then, voids too; zero for all that is known now
	Zone        string                 // IANA name, in which a day is told
	Where       map[Dimension][]string // as in MetricQuery, but for ByTeam: see Team
	Team        string                 // only events credited to the team: told with it or, told without one, by one of its Reps
	Reps        []string               // the reps of Team
}

// How a question is narrowed to what was recorded by some instant. A void that came later had not happened yet.
const (
	knownParam = "fromUnixTimestamp64Micro({known:Int64}, 'UTC')"
	knownVoids = "(SELECT org, target FROM voids_v1 FINAL WHERE (org, id) IN" +
		" (SELECT org, id FROM events_v1 WHERE type = 'event.voided' AND recorded_at <= " + knownParam + "))"
)

// Select returns the statement that answers q: day, type, outcome, then count, amount, seconds, offered, taken; ordered by
// day.
func (q TallyQuery) Select() Select {
	where, params := q.narrowed()
	params["zone"] = q.Zone
	return Select{
		SQL: "SELECT toDate(toTimeZone(time, {zone:String})) AS local, type, outcome, count() AS n, sum(amount), sum(seconds)," +
			" sum(toUInt64(offered)), sum(toUInt64(taken)) FROM events_v1 FINAL" + where +
			" GROUP BY local, type, outcome ORDER BY local, type, outcome",
		Params: params,
	}
}

// narrowed returns the conditions of the question.
func (q TallyQuery) narrowed() (where string, params map[string]any) {
	where, params = filters(q.Where)
	params["org"], params["from"], params["until"] = q.Org, q.From.UnixMicro(), q.Until.UnixMicro()
	voids := "voids_v1"
	if !q.Known.IsZero() {
		where += " AND recorded_at <= " + knownParam
		voids, params["known"] = knownVoids, q.Known.UnixMicro()
	}
	if q.Team != "" {
		where += " AND (told_team = {of_team:String} OR told_team = '' AND rep IN {of_reps:Array(String)})"
		params["of_team"], params["of_reps"] = q.Team, q.Reps
	}
	// The day in the table is of the org's present zone: it only narrows down what is read.
	return " WHERE org = {org:String}" +
		" AND day >= toDate(fromUnixTimestamp64Micro({from:Int64}, 'UTC')) - 2" +
		" AND day <= toDate(fromUnixTimestamp64Micro({until:Int64}, 'UTC')) + 2" +
		" AND time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Micro({until:Int64}, 'UTC')" +
		where +
		" AND (type = 'event.voided' OR (org, id) NOT IN (SELECT org, target FROM " + voids + " WHERE org = {org:String}))", params
}

// AmountQuery asks for the amounts of single events of one org, the newest first. It takes the events that a TallyQuery
// would.
type AmountQuery struct {
	TallyQuery

	Lengths bool // the events' seconds instead of their amounts
	Limit   int  // the newest so many
}

// Select returns the statement that answers q: amounts.
func (q AmountQuery) Select() Select {
	where, params := q.narrowed()
	params["limit"] = uint64(q.Limit)
	column := "amount"
	if q.Lengths {
		column = "toDecimal64(seconds, 4)"
	}
	return Select{
		SQL:    "SELECT " + column + " FROM events_v1 FINAL" + where + " ORDER BY time DESC, position DESC LIMIT {limit:UInt64}",
		Params: params,
	}
}

// TallyGroup is what the rows of a TallyQuery's answer are grouped by, besides the day.
func TallyGroup() []Dimension { return []Dimension{ByType, ByOutcome} }

// RepsOf returns the reps of a team, as the settings say.
func (s OrgSettings) RepsOf(team string) []string {
	reps := []string{}
	for rep, t := range s.Teams {
		if t == team {
			reps = append(reps, rep)
		}
	}
	return reps
}

// KnownBy tells whether an event had been recorded by an instant; a zero instant is now.
func KnownBy(e events.Event, known time.Time) bool {
	return known.IsZero() || !e.RecordedAt.After(known)
}
