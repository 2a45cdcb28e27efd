package projections

import (
	"strconv"
	"strings"
	"time"

	"milemarker/events"
)

// Verification is the report of a recount: what the ledger holds up to a position, and where what stands in the read
// models differs from it.
type Verification struct {
	Position    events.Position `json:"position"` // everything up to here was compared
	Began       time.Time       `json:"began"`
	Ended       time.Time       `json:"ended"`
	Events      uint64          `json:"events"`      // that count, voided ones included
	Voids       uint64          `json:"voids"`       // events that were taken back
	Duplicates  uint64          `json:"duplicates"`  // second copies with the same content
	Conflicts   uint64          `json:"conflicts"`   // second copies with other content
	Quarantined uint64          `json:"quarantined"` // messages that cannot be read
	Rows        uint64          `json:"rows"`        // of read models that were compared
	Differences uint64          `json:"differences"`
	Named       []Difference    `json:"named"` // the first of them
}

// Difference is one row that is not as the ledger says.
type Difference struct {
	Table string `json:"table"`
	Key   string `json:"key"`   // names the row, its parts separated by |
	Want  string `json:"want"`  // the row's values as recounted, separated by |; "" when there should be none
	Found string `json:"found"` // the row's values as they stand; "" when there is none
}

// Separator stands between the values of a row's text.
const Separator = "\x1f"

// Check names a read model that is compared row by row as of a position: every row has a text, rows lie in groups, and
// groups are told apart by the number of their rows and the sum of their rows' hashes.
type Check string

// The checks. Rollups are compared by RollupTexts.
const (
	CheckEvents       Check = "events"
	CheckDuplicates   Check = "duplicates"
	CheckVoids        Check = "voids"
	CheckSteps        Check = "journey_steps"
	CheckJourneys     Check = "journeys" // by single ids: who is one person is compared by PersonRows
	CheckLinks        Check = "links"
	CheckDeclarations Check = "declarations"
	CheckQuarantine   Check = "quarantine"

	// EpochsBehind is none of the checks: its rows are the changes of settings that act although they lie behind the
	// position.
	EpochsBehind Check = "epochs"
)

// Checks returns all of them.
func Checks() []Check {
	return []Check{
		CheckEvents, CheckDuplicates, CheckVoids, CheckSteps, CheckJourneys, CheckLinks, CheckDeclarations, CheckQuarantine,
	}
}

// Group names some rows of a read model: an org, and what the check groups its rows by.
type Group struct{ Org, Name string }

// GroupSum is what stands in a group.
type GroupSum struct {
	Group
	Rows uint64
	Sum  uint64 // of the XXH64 of the rows' key and text, each followed by Separator; modulo 2^64
}

// CheckQuery asks for the rows of a read model up to a position.
type CheckQuery struct {
	Check  Check
	UpTo   events.Position
	Groups []Group // for Rows: only these
}

// texts joins expressions into one text with separators between.
func texts(expressions ...string) string {
	return "concatWithSeparator('" + `\x1f` + "', " + strings.Join(expressions, ", ") + ")"
}

func micros(column string) string { return "toString(toUnixTimestamp64Micro(" + column + "))" }

// rows returns the statement whose answer is org, name of the group, key and text of each row.
func (q CheckQuery) rows() string {
	var org, name, key, text, from string
	org = "toString(org)"
	switch q.Check {
	case CheckEvents:
		name, key = "toString(day)", "toString(position)"
		text = texts("id", "type", "kind", micros("time"), micros("recorded_at"), "toString(toUInt8(time_inferred))",
			"rep", "team", "told_team", "prospect", "arrayStringConcat(aliases, ' ')", "outcome", "source", "campaign",
			"product", "currency", "toString(amount)", "toString(annual)", "toString(seconds)", "toString(offered)",
			"toString(taken)", "told_by", "toString(data_version)", "data", "sealed", "digest", "recorded_by", "amends")
		from = "events_v1 FINAL WHERE position <= {up_to:UInt64}"
	case CheckDuplicates:
		name, key = "''", "toString(position)"
		text = texts("id", "toString(first)", "verdict", "body")
		from = "duplicates_v1 FINAL WHERE position <= {up_to:UInt64}"
	case CheckVoids:
		name, key = "''", "target"
		text = texts("id", "toString(position)")
		from = "voids_v1 FINAL WHERE position <= {up_to:UInt64}"
	case CheckSteps:
		name, key = "toString(toDate(time))", texts("toString(position)", "stage")
		text = texts("prospect", micros("time"), "id", "rep", "team", "source")
		from = "journey_steps_v1 FINAL WHERE position <= {up_to:UInt64}"
	case CheckJourneys: // what lies beneath is filtered by a setting
		name, key = "toString(toDate(reached_at))", texts("prospect", "stage")
		text = texts(micros("reached_at"), "event_id", "first_rep", "first_source")
		from = "(SELECT org, prospect, stage, min(time) AS reached_at, argMin(id, (time, id)) AS event_id," +
			" argMin(rep, (time, id)) AS first_rep, argMin(source, (time, id)) AS first_source FROM journey_steps_v1 FINAL" +
			" WHERE (org, id) NOT IN (SELECT org, target FROM voids_v1) GROUP BY org, prospect, stage)"
	case CheckLinks:
		name, key = "toString(kind)", texts("toString(position)", "a", "b")
		text = "id"
		from = "links_v1 FINAL WHERE position <= {up_to:UInt64}"
	case CheckDeclarations:
		name, key = "toString(type)", "toString(position)"
		text = texts("id", "body")
		from = "declarations_v1 FINAL WHERE position <= {up_to:UInt64}"
	case CheckQuarantine:
		org, name, key = "''", "''", "toString(position)"
		text = texts("subject", "body")
		from = "quarantine_v1 FINAL WHERE position <= {up_to:UInt64}"
	case EpochsBehind:
		name, key, text = "''", "toString(position)", "''"
		from = "epochs_v1 FINAL WHERE position > {up_to:UInt64}"
	}
	return "SELECT " + org + " AS check_org, " + name + " AS check_group, " + key + " AS check_key, " + text +
		" AS check_text FROM " + from
}

// params returns the parameters of rows.
func (q CheckQuery) params() map[string]any { return map[string]any{"up_to": uint64(q.UpTo)} }

// Settings returns the settings that the statements need.
func (q CheckQuery) Settings() map[string]any {
	if q.Check != CheckJourneys {
		return nil
	}
	bound := "position <= " + strconv.FormatUint(uint64(q.UpTo), 10)
	return map[string]any{
		"additional_table_filters": "{'journey_steps_v1': '" + bound + "', 'voids_v1': '" + bound + "'}",
	}
}

// Sums returns the statement that answers with org, group, number of rows and sum of hashes.
func (q CheckQuery) Sums() Select {
	return Select{
		SQL: "SELECT check_org, check_group, count(), sumWithOverflow(" + hash("check_key", "check_text") + ") FROM (" +
			q.rows() + ") GROUP BY check_org, check_group",
		Params: q.params(),
	}
}

// Rows returns the statement that answers with org, group, key and text of the rows of the query's groups.
func (q CheckQuery) Rows() Select {
	params := q.params()
	orgs, names := make([]string, len(q.Groups)), make([]string, len(q.Groups))
	for i, g := range q.Groups {
		orgs[i], names[i] = g.Org, g.Name
	}
	params["orgs"], params["names"] = orgs, names
	return Select{
		SQL: "SELECT check_org, check_group, check_key, check_text FROM (" + q.rows() + ")" +
			" WHERE (check_org, check_group) IN (SELECT arrayJoin(arrayZip({orgs:Array(String)}, {names:Array(String)})))",
		Params: params,
	}
}

// hash is XXH64 of texts, each followed by the separator.
func hash(expressions ...string) string {
	return "xxHash64(concat(" + strings.Join(expressions, `, '\x1f', `) + `, '\x1f'))`
}

// RollupQuery asks for what stands in the rollups.
type RollupQuery struct {
	Keys []uint64 // for Texts: only the rows whose key has one of these hashes
}

// RollupDigest is a row of the rollups: the position that it reflects, the hash of its key and the hash of its sums.
type RollupDigest struct {
	AsOf      events.Position
	Key, Sums uint64
}

// The texts of a rollup row: org, grain, bucket and dimensions; count, amount, annual, seconds, offered and taken.
func rollupTexts() (key, sums string) {
	key = texts("org", "grain", "toString(bucket)", "type", "outcome", "rep", "team", "source", "campaign", "product", "currency")
	sums = texts("toString(count)", "toString(amount)", "toString(annual)", "toString(seconds)", "toString(offered)", "toString(taken)")
	return key, sums
}

// Digests returns the statement that answers with version, hash of the key and hash of the sums of every row.
func (RollupQuery) Digests() Select {
	key, sums := rollupTexts()
	return Select{SQL: "SELECT version, " + hash(key) + ", " + hash(sums) + " FROM rollups_v1 FINAL"}
}

// Texts returns the statement that answers with the hash of the key, its text and the text of the sums.
func (q RollupQuery) Texts() Select {
	key, sums := rollupTexts()
	return Select{
		SQL:    "SELECT " + hash(key) + " AS h, " + key + ", " + sums + " FROM rollups_v1 FINAL WHERE h IN {keys:Array(UInt64)}",
		Params: map[string]any{"keys": q.Keys},
	}
}

// PersonRow is whom an id of an org stands for, and the position that this reflects.
type PersonRow struct {
	Person
	Org  string
	AsOf events.Position
}

// PersonRowsQuery asks for all of them.
type PersonRowsQuery struct{}

// Select returns the statement that answers q: org, id, person, apart and version.
func (PersonRowsQuery) Select() Select {
	return Select{SQL: "SELECT toString(org), prospect, person, apart, version FROM persons_v1 FINAL"}
}

// VerificationState is what is known of verifications: whether one runs, and how the last one ended.
type VerificationState struct {
	Running bool          `json:"running"`
	Done    float64       `json:"done"`            // of the one that runs, from 0 to 1
	Error   string        `json:"error,omitempty"` // why the last one came to no result
	Last    *Verification `json:"last,omitempty"`  // the last result
}
