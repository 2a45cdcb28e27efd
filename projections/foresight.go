package projections

import (
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// ForesightQuery asks for the history of an org from which forecasts follow: the events of Since <= time < Until, as they
// were known at some time.
type ForesightQuery struct {
	Org          string
	Since, Until time.Time
	Known        time.Time   // only what was recorded by then, voids too; zero for all that is known now
	Settings     OrgSettings // whose zone days are told in, and which team a rep is of when an event names none
}

// Step is that a person came to a stage for the first time since the question's Since.
type Step struct {
	Person uint64 // a number that tells people apart
	Stage  string
	At     time.Time
	Rep    string // whose event it was
	Team   string
}

// DayCount is what happened on a day.
type DayCount struct {
	Day           calendar.Day
	Type, Outcome string
	Rep, Team     string
	N             uint64
}

// Contract is a sign-up and what became of it.
type Contract struct {
	At       time.Time
	Ended    time.Time // when it was cancelled; zero if it was not by the question's Until
	Rep      string
	Team     string
	Currency string
	Amount   events.Decimal
	Annual   events.Decimal // recurring amount by the year
}

// Steps returns the statement that answers with prospect, stage, when, rep and team: of each prospect the first step to
// each stage, one prospect after the other. It reads the steps in the order in which they lie.
func (q ForesightQuery) Steps() Select {
	params := q.teams(map[string]any{"org": q.Org, "since": q.Since.UnixMicro(), "until": q.Until.UnixMicro()})
	return Select{
		SQL: "SELECT sipHash64(prospect), stage, toUnixTimestamp64Micro(time), rep, if(team != '', team, " + teamOfRep + ") FROM (" +
			"SELECT prospect, stage, time, rep, team FROM journey_steps_v1 FINAL WHERE org = {org:String} AND stage != 'no_show'" +
			" AND time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Micro({until:Int64}, 'UTC')" +
			" AND (org, id) NOT IN (SELECT org, target FROM voids_v1 WHERE org = {org:String})" +
			" ORDER BY org, prospect, stage, time, id LIMIT 1 BY prospect, stage)",
		Params: params,
	}
}

// Linked returns the statement that answers with prospect and person, of those who are known under several ids.
func (q ForesightQuery) Linked() Select {
	return Select{
		SQL:    "SELECT sipHash64(prospect), sipHash64(person) FROM persons_v1 FINAL WHERE org = {org:String} AND person != ''",
		Params: map[string]any{"org": q.Org},
	}
}

// KnownSteps returns the statement that answers with person, type, whether it was a conversation, when, rep and team: of
// each person the first event of a type, by what had been recorded by Known. Whoever was found out to be one person by
// events of after Known stays apart.
func (q ForesightQuery) KnownSteps() Select {
	where, params := q.narrowed()
	params["types"] = StepTypes()
	return Select{
		SQL: "SELECT sipHash64(whose), what, talked, min(at), toString(argMin(rep, (at, id))), toString(argMin(team, (at, id))) FROM (" +
			"SELECT if(p.person = '' OR s.prospect IN (SELECT a FROM links_v1 WHERE org = {org:String} AND id IN" +
			" (SELECT id FROM events_v1 WHERE org = {org:String} AND recorded_at > " + knownParam + ")), s.prospect, p.person) AS whose," +
			" s.what AS what, s.talked AS talked, s.at AS at, s.id AS id, s.rep AS rep, s.team AS team FROM (" +
			"SELECT prospect, toString(type) AS what, toUInt8(outcome = 'conversation') AS talked, toUnixTimestamp64Micro(time) AS at," +
			" id, rep, " + teamColumn + " AS team FROM events_v1 FINAL" + where +
			" AND prospect != '' AND type IN {types:Array(String)}) AS s" +
			" LEFT JOIN (SELECT prospect, person FROM persons_v1 FINAL WHERE org = {org:String}) AS p ON s.prospect = p.prospect" +
			") GROUP BY whose, what, talked ORDER BY whose, what, talked",
		Params: params,
	}
}

// Counts returns the statement that answers with day, type, outcome, rep, team and count.
func (q ForesightQuery) Counts() Select {
	where, params := q.narrowed()
	params["types"], params["zone"] = StepTypes(), q.Settings.Zone
	return Select{
		SQL: "SELECT toDate(toTimeZone(time, {zone:String})) AS local, toString(type) AS what, toString(outcome) AS how," +
			" toString(rep) AS who, toString(" + teamColumn + ") AS whose, count() FROM events_v1 FINAL" + where +
			" AND type IN {types:Array(String)} GROUP BY local, what, how, who, whose ORDER BY local, what, how, who, whose",
		Params: params,
	}
}

// Contracts returns the statement that answers with when, until when (0: it goes on), rep, team, currency, amount and
// annual amount of sign-ups, the oldest first.
func (q ForesightQuery) Contracts() Select {
	where, params := q.narrowed()
	return Select{
		SQL: "SELECT s.at AS at, c.at AS ended, toString(s.rep), toString(s.team), toString(s.currency), s.amount, s.annual FROM (" +
			"SELECT toUnixTimestamp64Micro(time) AS at, rep, " + teamColumn + " AS team, currency, amount, annual," +
			" JSONExtractString(data, 'signup') AS signup, position FROM events_v1 FINAL" + where + " AND type = 'signup.completed') AS s" +
			" LEFT JOIN (SELECT JSONExtractString(data, 'signup') AS signup, min(toUnixTimestamp64Micro(time)) AS at" +
			" FROM events_v1 FINAL" + where + " AND type = 'signup.cancelled' GROUP BY signup) AS c ON s.signup = c.signup" +
			" ORDER BY at, s.position",
		Params: params,
	}
}

// The team credited, as the settings of the question say.
const (
	teamOfRep  = "transform(rep, {reps:Array(String)}, {teams:Array(String)}, '')"
	teamColumn = "if(told_team != '', told_team, " + teamOfRep + ")"
)

// narrowed returns the conditions of the question.
func (q ForesightQuery) narrowed() (where string, params map[string]any) {
	where, params = TallyQuery{Org: q.Org, From: q.Since, Until: q.Until, Known: q.Known}.narrowed()
	return where, q.teams(params)
}

// teams adds to parameters what teamOfRep needs: a pair at least. No rep is named by the empty string.
func (q ForesightQuery) teams(params map[string]any) map[string]any {
	reps, teams := []string{""}, []string{""}
	for rep, team := range q.Settings.Teams {
		reps, teams = append(reps, rep), append(teams, team)
	}
	params["reps"], params["teams"] = reps, teams
	return params
}

// StepTypes returns the types of events that bring people to a stage.
func StepTypes() []string {
	return []string{
		events.TypeLeadCaptured, events.TypeLeadQualified, events.TypeLeadDisqualified, events.TypeCallCompleted,
		events.TypeAppointmentScheduled, events.TypeAppointmentHeld, events.TypeProposalSent, events.TypeProposalDeclined,
		events.TypeSignupCompleted, events.TypeSignupCancelled,
	}
}

// StageMetric returns the metric that counts the events which bring people to a stage, "" if none does.
func StageMetric(stage string) string {
	for _, name := range []string{
		"leads", "leads_qualified", "calls", "conversations", "appointments_scheduled", "appointments_held", "proposals_sent", "signups",
	} {
		if StageOf(name) == stage {
			return name
		}
	}
	return ""
}

// ActiveQuery asks which orgs did anything that forecasts follow from.
type ActiveQuery struct{ Since calendar.Day }

// Select returns the statement that answers q: the orgs.
func (q ActiveQuery) Select() Select {
	return Select{
		SQL:    "SELECT DISTINCT org FROM events_v1 WHERE day >= {since:Date} AND type IN {types:Array(String)} ORDER BY org",
		Params: map[string]any{"since": q.Since, "types": StepTypes()},
	}
}

// IssuedQuery asks for the forecasts that were issued, the oldest first.
type IssuedQuery struct {
	Org      string
	From, To calendar.Day // of recording by the org's calendar, From <= day < To; 0 leaves an end open
	Owner    events.Owner // whose
}

// Select returns the statement that answers q: id, data version and data.
func (q IssuedQuery) Select() Select {
	where, params := "", map[string]any{"org": q.Org, "kind": q.Owner.OwnerKind, "owner": q.Owner.Owner}
	if q.From != 0 {
		where, params["from"] = where+" AND day >= {from:Date}", q.From
	}
	if q.To != 0 {
		where, params["to"] = where+" AND day < {to:Date}", q.To
	}
	return Select{
		SQL: "SELECT id, data_version, data FROM events_v1 FINAL WHERE org = {org:String} AND kind = 'system'" +
			" AND type = 'forecast.issued'" + where +
			" AND JSONExtractString(data, 'owner_kind') = {kind:String} AND JSONExtractString(data, 'owner') = {owner:String}" +
			" AND (org, id) NOT IN (SELECT org, target FROM voids_v1 WHERE org = {org:String}) ORDER BY position",
		Params: params,
	}
}
