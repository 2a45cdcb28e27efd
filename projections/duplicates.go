package projections

import (
	"fmt"

	"milemarker/events"
)

// Copy is an event whose id stood in the ledger already when it came. It counts nowhere.
type Copy struct {
	events.Record
	First   events.Position // of the copy that counts
	Verdict events.Outcome  // Duplicate if the two were submitted with the same content, else Conflict
}

// InsertDuplicates writes second copies, in their wire form.
func InsertDuplicates(copies []Copy) (Statement, error) {
	n := len(copies)
	org, id, verdict, body := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	position, first := make([]uint64, n), make([]uint64, n)
	for i, c := range copies {
		wire, err := events.Encode(c.Event)
		if err != nil {
			return Statement{}, fmt.Errorf("second copy of %s: %w", c.Event.ID, err)
		}
		org[i], id[i], verdict[i], body[i] = c.Event.Org, c.Event.ID, string(c.Verdict), string(wire)
		position[i], first[i] = uint64(c.Position), uint64(c.First)
	}
	return insert("duplicates", "duplicates_v1", "org, id, position, first, verdict, body",
		org, id, position, first, verdict, body), nil
}

// DuplicateQuery asks for the second copies of an org, newest first.
type DuplicateQuery struct {
	Org     string
	IDs     []string        // only of these ids
	Verdict events.Outcome  // only with this verdict; "" for both
	Before  events.Position // continue behind this one; 0 from the newest
	Limit   int             // rows at most
}

// Select returns the statement that answers q: first, verdict, position and the event in its wire form.
func (q DuplicateQuery) Select() Select {
	where, params := "", map[string]any{"org": q.Org, "limit": uint64(q.Limit)}
	if len(q.IDs) > 0 {
		where, params["ids"] = where+" AND id IN {ids:Array(String)}", q.IDs
	}
	if q.Verdict != "" {
		where, params["verdict"] = where+" AND verdict = {verdict:String}", string(q.Verdict)
	}
	if q.Before > 0 {
		where, params["before"] = where+" AND position < {before:UInt64}", uint64(q.Before)
	}
	return Select{
		SQL: "SELECT first, toString(verdict), position, body FROM duplicates_v1 FINAL WHERE org = {org:String}" + where +
			" ORDER BY position DESC LIMIT {limit:UInt64}",
		Params: params,
	}
}

// OrgQuery asks for the names of all orgs that have events.
type OrgQuery struct{}

// Select returns the statement that answers q: org.
func (OrgQuery) Select() Select {
	return Select{SQL: "SELECT DISTINCT toString(org) FROM events_v1"}
}

// KnownQuery asks for a hash of the id of every event of some orgs up to a position: XXH64 of events.MessageID.
type KnownQuery struct {
	Orgs []string
	UpTo events.Position
}

// Select returns the statement that answers q: the hashes, in lists of any length.
func (q KnownQuery) Select() Select {
	return Select{
		SQL: "SELECT groupArray(h) FROM (SELECT xxHash64(concat(org, '/', id)) AS h, intDiv(rowNumberInAllBlocks(), 65536) AS part" +
			" FROM events_v1 WHERE org IN {orgs:Array(String)} AND position <= {up_to:UInt64}) GROUP BY part",
		Params: map[string]any{"orgs": q.Orgs, "up_to": uint64(q.UpTo)},
	}
}

// FirstQuery asks which ids of an org have been folded, and which event stands under each.
type FirstQuery struct {
	Org string
	IDs []string
}

// Select returns the statement that answers q: id, position and digest.
func (q FirstQuery) Select() Select {
	return Select{
		SQL: "SELECT id, min(position), argMin(digest, position) FROM events_v1" +
			" WHERE org = {org:String} AND id IN {ids:Array(String)} GROUP BY id",
		Params: map[string]any{"org": q.Org, "ids": q.IDs},
	}
}

// First is the event that counts under an id.
type First struct {
	Position events.Position
	Digest   string
}

// Judge tells what a later copy of the same id is.
func (f First) Judge(digest string) events.Outcome {
	if f.Digest == digest {
		return events.Duplicate
	}
	return events.Conflict
}

// CorrectionQuery asks for the events that correct one event: those that void it and those that stand in its place.
type CorrectionQuery struct{ Org, ID string }

// Select returns the statement that answers q: the ids of the correcting events.
func (q CorrectionQuery) Select() Select {
	return Select{
		SQL: "SELECT DISTINCT id FROM events_v1 WHERE org = {org:String} AND (amends = {id:String}" +
			" OR (type = {void:String} AND JSONExtractString(data, 'event') = {id:String}))",
		Params: map[string]any{"org": q.Org, "id": q.ID, "void": events.TypeEventVoided},
	}
}
