package projections

import (
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Met is the stage at which everybody is who was met at all, whatever brought him: the first step of a journey.
const Met = "met"

// Progress returns the stages of a journey from the first to the last but one, each nearer to a sign-up than those
// before.
func Progress() []string {
	return []string{"lead", "qualified", "attempt", "conversation", "appointment", "held", "proposal"}
}

// StageOf returns the stage of a journey that a metric counts the arrivals at, "" if it counts none.
func StageOf(metric string) string {
	switch metric {
	case "leads":
		return "lead"
	case "leads_qualified":
		return "qualified"
	case "calls":
		return "attempt"
	case "conversations":
		return "conversation"
	case "appointments_scheduled":
		return "appointment"
	case "appointments_held":
		return "held"
	case "proposals_sent":
		return "proposal"
	case "signups", "signups_customer", "signups_recruit":
		return "signup"
	default:
		return ""
	}
}

// DelayQuery asks how long people took from one stage to another, those still under way among them.
type DelayQuery struct {
	Org   string
	From  []string  // stages, or Met; pairs with To
	To    []string  // stages
	Since time.Time // only who reached From then or later
	Now   time.Time // as of this instant: nothing later is used
}

// DelayRow is some people who went the same way: N of them reached To after Days whole days or, if Reached is false,
// have not reached it Days days after From.
type DelayRow struct {
	Pair    int    // index into From and To
	Rep     string // who brought them to From
	Days    int
	Reached bool
	N       float64
}

// Select returns the statement that answers q: pair, rep, days, reached and count.
func (q DelayQuery) Select() Select {
	return Select{
		SQL: "SELECT toUInt32(p.1 - 1) AS pair, whose, toInt64(intDiv(if(reached, arrived, {now:Int64}) - began, 86400000000)) AS days," +
			" reached, count() FROM (" +
			"SELECT p, if(p.2 = '" + Met + "', met_by, who[p.2]) AS whose," +
			" if(p.2 = '" + Met + "', toUnixTimestamp64Micro(met_at), at[p.2]) AS began, at[p.3] AS arrived," +
			" mapContains(at, p.3) AND arrived >= began AND arrived < {now:Int64} AS reached" +
			" FROM (" + text("journey_paths") + ")" +
			" ARRAY JOIN arrayZip(arrayEnumerate({froms:Array(String)}), {froms:Array(String)}, {tos:Array(String)}) AS p" +
			" WHERE (p.2 = '" + Met + "' OR mapContains(at, p.2)) AND began >= {since:Int64} AND began < {now:Int64}" +
			") GROUP BY pair, whose, days, reached ORDER BY pair, whose, days, reached",
		Params: map[string]any{
			"org": q.Org, "froms": q.From, "tos": q.To, "since": q.Since.UnixMicro(), "now": q.Now.UnixMicro(),
		},
	}
}

// NextStepQuery asks for whom a rep has a next step to take.
type NextStepQuery struct {
	Org, Rep string
	Since    time.Time // what calls for it happened then or later
	Quiet    time.Time // a proposal is followed up when nothing was heard since then
	Until    time.Time // as of this instant: nothing later is used
	Limit    int       // people at most of each kind, the longest waiting first
}

// The kinds of next steps.
const (
	FirstCall = "first_call" // a lead that nobody called yet
	Rebook    = "rebook"     // somebody did not come, and nothing new was agreed
	FollowUp  = "follow_up"  // a proposal went out, and nothing was heard since
)

// NextStep is a next step to take for one person.
type NextStep struct {
	Prospect string
	Kind     string
	Since    time.Time
	Event    string // id of the event that calls for it
}

// Select returns the statement that answers q: prospect, kind, since when and event.
func (q NextStepQuery) Select() Select {
	return Select{SQL: text("next_steps"), Params: map[string]any{
		"org": q.Org, "rep": q.Rep, "since": q.Since.UnixMicro(), "quiet": q.Quiet.UnixMicro(), "until": q.Until.UnixMicro(),
		"limit": uint64(q.Limit),
	}}
}

// TouchQuery asks what happened with some people on a day.
type TouchQuery struct {
	Org       string
	Day       calendar.Day
	Prospects []string // any of their ids, by which the answer tells them too
}

// Touch is the last event of a type with a person.
type Touch struct {
	Prospect string
	Type     string
	At       time.Time
}

// Select returns the statement that answers q: prospect, type and time.
func (q TouchQuery) Select() Select {
	persons := "(SELECT prospect, person FROM persons_v1 FINAL WHERE org = {org:String})"
	return Select{
		SQL: "SELECT asked.id AS whom, toString(done.type) AS what, toUnixTimestamp64Micro(max(done.time)) FROM (" +
			"SELECT if(p.person = '', e.id, p.person) AS person, e.type AS type, e.time AS time FROM (" +
			"SELECT id, type, time FROM (SELECT arrayConcat([prospect], aliases) AS ids, type, time FROM events_v1 FINAL" +
			" WHERE org = {org:String} AND day = {day:Date}" +
			" AND (org, id) NOT IN (SELECT org, target FROM voids_v1 WHERE org = {org:String})) ARRAY JOIN ids AS id WHERE id != ''" +
			") AS e LEFT JOIN " + persons + " AS p ON e.id = p.prospect" +
			") AS done INNER JOIN (" +
			"SELECT a.id AS id, if(p.person = '', a.id, p.person) AS person" +
			" FROM (SELECT arrayJoin({prospects:Array(String)}) AS id) AS a LEFT JOIN " + persons + " AS p ON a.id = p.prospect" +
			") AS asked ON asked.person = done.person GROUP BY whom, what ORDER BY whom, what",
		Params: map[string]any{"org": q.Org, "day": q.Day, "prospects": q.Prospects},
	}
}

// SaleQuery asks for the single sign-ups that brought money, newest first.
type SaleQuery struct {
	Org      string
	Currency string
	Since    calendar.Day
	Before   calendar.Day // 0: no end
	Limit    int
}

// SaleRow is one sign-up's money.
type SaleRow struct {
	Rep    string
	Amount events.Decimal
	Annual events.Decimal // recurring amount by the year
}

// Select returns the statement that answers q: rep, amount and annual amount.
func (q SaleQuery) Select() Select {
	where, params := "", map[string]any{
		"org": q.Org, "currency": q.Currency, "since": q.Since, "limit": uint64(q.Limit),
	}
	if q.Before != 0 {
		where, params["before"] = " AND day < {before:Date}", q.Before
	}
	return Select{
		SQL: "SELECT toString(rep), amount, annual FROM events_v1 FINAL" +
			" WHERE org = {org:String} AND day >= {since:Date} AND type = 'signup.completed' AND currency = {currency:String}" + where +
			" AND (amount > 0 OR annual > 0)" +
			" AND (org, id) NOT IN (SELECT org, target FROM voids_v1 WHERE org = {org:String})" +
			" ORDER BY time DESC, position DESC LIMIT {limit:UInt64}",
		Params: params,
	}
}

// AgendaQuery asks for a rep's appointments that begin within a span.
type AgendaQuery struct {
	Org, Rep    string
	From, Until time.Time    // From <= begin < Until
	Since       calendar.Day // they were made on that day or later
}

// Meeting is an appointment, as it was last agreed.
type Meeting struct {
	ID       string
	Prospect string
	Begins   time.Time
	Event    string // id of the event by which it was agreed
}

// Select returns the statement that answers q: id, prospect, begin and event.
func (q AgendaQuery) Select() Select {
	return Select{SQL: text("agenda"), Params: map[string]any{
		"org": q.Org, "rep": q.Rep, "from": q.From.UnixMicro(), "until": q.Until.UnixMicro(), "since": q.Since,
	}}
}
