package projections

// idsPerQuestion bounds the ids of one question, so that it fits into a request of a remote server.
const idsPerQuestion = 5000

// IDsPerQuestion returns how many ids one question about people may name.
func IDsPerQuestion() int { return idsPerQuestion }

// standing is the condition that the event of a link was not taken back.
const linkStands = "(org, id) NOT IN (SELECT org, target FROM voids_v1 WHERE org = {org:String})"

// StandingQuery asks what is known of some ids, at most IDsPerQuestion.
type StandingQuery struct {
	Org string
	IDs []string
}

// Select returns the statement that answers q: id, others that it was seen with, whether it is shared, and apart as written.
// Ids of which nothing is known are left out.
func (q StandingQuery) Select() Select {
	return Select{
		SQL: "SELECT one, toUInt64(max(n)), toUInt8(max(shared)), toUInt8(max(was)) FROM (" +
			"SELECT a AS one, uniqExactIf(b, kind = 'seen') AS n, max(kind = 'shared') AS shared, 0 AS was FROM links_v1" +
			" WHERE org = {org:String} AND a IN {ids:Array(String)} AND " + linkStands + " GROUP BY a" +
			" UNION ALL SELECT prospect, 0, 0, apart FROM persons_v1 FINAL WHERE org = {org:String} AND prospect IN {ids:Array(String)}" +
			") GROUP BY one",
		Params: map[string]any{"org": q.Org, "ids": q.IDs},
	}
}

// BondQuery asks for the bonds of some ids, at most IDsPerQuestion, those that are no more among them.
type BondQuery struct {
	Org string
	IDs []string
}

// Select returns the statement that answers q: the id, the other one, seen, told and parted.
func (q BondQuery) Select() Select {
	return Select{
		SQL: "SELECT a, b, toUInt8(max(stands AND kind = 'seen')), toUInt8(max(stands AND kind = 'linked')), toUInt8(max(stands AND kind = 'unlinked'))" +
			" FROM (SELECT a, b, kind, " + linkStands + " AS stands FROM links_v1" +
			" WHERE org = {org:String} AND a IN {ids:Array(String)} AND a != b) GROUP BY a, b",
		Params: map[string]any{"org": q.Org, "ids": q.IDs},
	}
}

// LinkedByQuery asks which ids the links of some events name.
type LinkedByQuery struct {
	Org    string
	Events []string
}

// Select returns the statement that answers q: the ids.
func (q LinkedByQuery) Select() Select {
	return Select{
		SQL:    "SELECT DISTINCT a FROM links_v1 WHERE org = {org:String} AND id IN {ids:Array(String)}",
		Params: map[string]any{"org": q.Org, "ids": q.Events},
	}
}

// PersonQuery asks for all ids of the persons whom some ids stand for.
type PersonQuery struct {
	Org       string
	Prospects []string
}

// Select returns the statement that answers q: id, person and apart. Ids that no link names are left out.
func (q PersonQuery) Select() Select {
	return Select{
		SQL: "SELECT prospect, person, apart FROM persons_v1 FINAL WHERE org = {org:String} AND person IN (" +
			"SELECT person FROM persons_v1 FINAL WHERE org = {org:String} AND prospect IN {ids:Array(String)}) ORDER BY prospect",
		Params: map[string]any{"org": q.Org, "ids": q.Prospects},
	}
}

// ApartQuery asks for the ids of an org that join nobody.
type ApartQuery struct {
	Org   string
	Limit int
}

// Select returns the statement that answers q: id, person and apart.
func (q ApartQuery) Select() Select {
	return Select{
		SQL: "SELECT prospect, person, apart FROM persons_v1 FINAL WHERE org = {org:String} AND apart > 0" +
			" ORDER BY prospect LIMIT {limit:UInt64}",
		Params: map[string]any{"org": q.Org, "limit": uint64(q.Limit)},
	}
}

// LinkQuery asks for the links that stand and name one of some ids, newest first.
type LinkQuery struct {
	Org       string
	Prospects []string
	Kinds     []LinkKind // only these; none: all
	Limit     int
}

// LinkRow is a link as an event tells it.
type LinkRow struct {
	Link
	Event    string // its id
	Position uint64
}

// Select returns the statement that answers q: the ids, kind, event and position.
func (q LinkQuery) Select() Select {
	where, params := "", map[string]any{"org": q.Org, "ids": q.Prospects, "limit": uint64(q.Limit)}
	if len(q.Kinds) > 0 {
		kinds := make([]string, len(q.Kinds))
		for i, k := range q.Kinds {
			kinds[i] = string(k)
		}
		where, params["kinds"] = " AND kind IN {kinds:Array(String)}", kinds
	}
	return Select{
		SQL: "SELECT DISTINCT least(a, b) AS x, greatest(a, b) AS y, toString(kind), id, position FROM links_v1 FINAL" +
			" WHERE org = {org:String} AND a IN {ids:Array(String)} AND " + linkStands + where +
			" ORDER BY position DESC, x, y LIMIT {limit:UInt64}",
		Params: params,
	}
}

// JourneyQuery asks for the journey of one person.
type JourneyQuery struct {
	Org    string
	Person string // the leading id
}

// JourneyRow is a stage that a person reached.
type JourneyRow struct {
	Stage  string
	At     int64 // microseconds of the Unix epoch
	Event  string
	Rep    string
	Source string
}

// Select returns the statement that answers q: stage, when it was first reached, event, rep and source; in the order of time.
func (q JourneyQuery) Select() Select {
	return Select{
		SQL: "SELECT toString(stage), toUnixTimestamp64Micro(min(time)) AS at, argMin(id, (time, id)), toString(argMin(rep, (time, id)))," +
			" toString(argMin(source, (time, id))) FROM journey_steps_v1 FINAL" +
			" WHERE org = {org:String} AND (prospect = {person:String} OR prospect IN" +
			" (SELECT prospect FROM persons_v1 FINAL WHERE org = {org:String} AND person = {person:String})) AND " + linkStands +
			" GROUP BY stage ORDER BY at, stage",
		Params: map[string]any{"org": q.Org, "person": q.Person},
	}
}

// ErasedQuery asks which of some ids were erased.
type ErasedQuery struct {
	Org       string
	Prospects []string
}

// Select returns the statement that answers q: id, and event and position of its first erasure.
func (q ErasedQuery) Select() Select {
	return Select{
		SQL: "SELECT a, argMin(id, position), min(position) FROM links_v1" +
			" WHERE org = {org:String} AND a IN {ids:Array(String)} AND kind = 'erased' GROUP BY a ORDER BY a",
		Params: map[string]any{"org": q.Org, "ids": q.Prospects},
	}
}
