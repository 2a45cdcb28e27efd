package projections

import (
	"fmt"
	"strings"
	"time"

	"milemarker/internal/calendar"
)

// Select is a question as SQL text with named parameters.
type Select struct {
	SQL    string
	Params map[string]any
}

// Select returns the statement that answers q: the bucket, then the values of GroupBy, then count, amount, annual,
// seconds, offered, taken; ordered by bucket and group.
func (q MetricQuery) Select() Select {
	group := make([]string, 0, len(q.GroupBy)+1)
	group = append(group, "bucket")
	for _, d := range q.GroupBy {
		group = append(group, string(d))
	}
	keys := strings.Join(group, ", ")
	where, params := filters(q.Where)
	params["org"], params["grain"], params["from"], params["to"] = q.Org, string(q.Grain), q.From, q.To
	return Select{
		SQL: "SELECT " + keys + ", sum(r.count) AS n, sum(r.amount), sum(r.annual), sum(r.seconds), sum(r.offered), sum(r.taken)" +
			" FROM rollups_v1 AS r FINAL" +
			" WHERE org = {org:String} AND grain = {grain:String} AND bucket >= {from:Date} AND bucket < {to:Date}" + where +
			" GROUP BY " + keys + " HAVING n > 0 ORDER BY " + keys,
		Params: params,
	}
}

// filters returns the conditions of a dimension filter, each after " AND ", in the order of Dimensions.
func filters(where map[Dimension][]string) (sql string, params map[string]any) {
	var b strings.Builder
	params = map[string]any{}
	for _, d := range Dimensions() {
		if values, ok := where[d]; ok {
			fmt.Fprintf(&b, " AND %s IN {%s:Array(String)}", d, d)
			params[string(d)] = values
		}
	}
	return b.String(), params
}

// eventOrder is the order of EventQuery's answers: newest first.
const eventOrder = " ORDER BY time DESC, position DESC"

// Select returns the statement that answers q: position, day, the envelope's columns and the id of the void. A void is
// never voided itself: see create_voids.
func (q EventQuery) Select() Select {
	where, params := filters(q.Where)
	params["org"], params["limit"] = q.Org, uint64(q.Limit)
	if len(q.IDs) > 0 {
		where, params["ids"] = where+" AND id IN {ids:Array(String)}", q.IDs
	}
	if q.From != 0 {
		where, params["from"] = where+" AND day >= {from:Date}", q.From
	}
	if q.To != 0 {
		where, params["to"] = where+" AND day < {to:Date}", q.To
	}
	if q.Prospect != "" {
		where, params["prospect"] = where+" AND (prospect = {prospect:String} OR has(aliases, {prospect:String}))", q.Prospect
	}
	if len(q.Prospects) > 0 {
		where, params["prospects"] = where+" AND (prospect IN {prospects:Array(String)} OR hasAny(aliases, {prospects:Array(String)}))", q.Prospects
	}
	if !q.Voided {
		where += " AND (type = 'event.voided' OR (org, id) NOT IN (SELECT org, target FROM voids_v1 WHERE org = {org:String}))"
	}
	if q.After != nil {
		where += " AND (time, position) < (fromUnixTimestamp64Micro({after_time:Int64}, 'UTC'), {after_position:UInt64})"
		params["after_time"], params["after_position"] = q.After.Time.UnixMicro(), uint64(q.After.Position)
	}
	// The page is found by its narrow columns first; only its rows are read whole.
	page := "SELECT day, kind, id FROM events_v1 FINAL WHERE org = {org:String}" + where + eventOrder + " LIMIT {limit:UInt64}"
	return Select{
		SQL: "SELECT e.position, e.day, e.id, e.told_by, e.type, e.org, e.rep, e.told_team, e.prospect, e.aliases, e.time," +
			" e.recorded_at, e.time_inferred, e.data_version, e.data, e.sealed, e.digest, e.recorded_by, e.amends," +
			" if(e.type = 'event.voided', '', v.id)" +
			" FROM (SELECT * FROM events_v1 FINAL WHERE org = {org:String} AND (day, kind, id) IN (" + page + ")) AS e" +
			" LEFT JOIN (SELECT target, id FROM voids_v1 FINAL WHERE org = {org:String}) AS v ON e.id = v.target" +
			" ORDER BY e.time DESC, e.position DESC",
		Params: params,
	}
}

// DeclarationQuery asks for what orgs declared about themselves, in the order of positions, without what was voided and
// without second copies.
type DeclarationQuery struct {
	Org   string    // "" for all orgs
	Types []string  // the event types wanted
	Known time.Time // only what was recorded by then; zero for all that is known now
}

// Select returns the statement that answers q: position and the event in its wire form.
func (q DeclarationQuery) Select() Select {
	where, params := "", map[string]any{"types": q.Types}
	if q.Org != "" {
		where, params["org"] = " AND org = {org:String}", q.Org
	}
	voids := "voids_v1"
	if !q.Known.IsZero() {
		where += " AND parseDateTime64BestEffort(JSONExtractString(body, 'recordedat'), 6, 'UTC') <= " + knownParam
		voids, params["known"] = knownVoids, q.Known.UnixMicro()
	}
	return Select{
		SQL: "SELECT min(position) AS first, argMin(body, position) FROM declarations_v1 FINAL" +
			" WHERE type IN {types:Array(String)}" + where +
			" AND (org, id) NOT IN (SELECT org, target FROM " + voids + ")" +
			" GROUP BY org, id ORDER BY first",
		Params: params,
	}
}

// EpochQuery asks for the epoch of every org that has one.
type EpochQuery struct{}

// Select returns the statement that answers q: org and epoch.
func (EpochQuery) Select() Select {
	return Select{SQL: "SELECT toString(org), count() FROM epochs_v1 FINAL GROUP BY org"}
}

// TargetQuery asks for the types and days of events that were voided.
type TargetQuery struct {
	Org string
	IDs []string
}

// Select returns the statement that answers q: type and day.
func (q TargetQuery) Select() Select {
	return Select{
		SQL:    "SELECT DISTINCT type, day FROM events_v1 WHERE org = {org:String} AND id IN {ids:Array(String)}",
		Params: map[string]any{"org": q.Org, "ids": q.IDs},
	}
}

// TargetRow is one answer to a TargetQuery.
type TargetRow struct {
	Type string
	Day  calendar.Day
}

// ExtentQuery asks where the events and rollups of an org lie.
type ExtentQuery struct{ Org string }

// Extent is the answer to an ExtentQuery.
type Extent struct {
	First, Last time.Time                         // the times between which the org's events lie; both zero if it has none
	Days        []calendar.Day                    // days on which its events stand
	Buckets     map[calendar.Grain][]calendar.Day // buckets that have rows in its rollups
}

// Times returns the statement that answers with the count, the first and the last time of the org's events.
func (q ExtentQuery) Times() Select {
	return Select{
		SQL:    "SELECT count(), min(time), max(time) FROM events_v1 WHERE org = {org:String}",
		Params: map[string]any{"org": q.Org},
	}
}

// Buckets returns the statement that answers with grain and bucket; days of events come with an empty grain.
func (q ExtentQuery) Buckets() Select {
	return Select{
		SQL: "SELECT DISTINCT toString(grain), bucket FROM rollups_v1 WHERE org = {org:String}" +
			" UNION ALL SELECT DISTINCT '', day FROM events_v1 WHERE org = {org:String}",
		Params: map[string]any{"org": q.Org},
	}
}

// CheckpointQuery asks how far the folds reach.
type CheckpointQuery struct{}

// Select returns the statement that answers q: partition and position.
func (CheckpointQuery) Select() Select {
	return Select{SQL: "SELECT partition, position FROM checkpoints_v1 FINAL"}
}
