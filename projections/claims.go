package projections

import (
	"errors"
	"maps"
)

// Claim is the right to write what depends on more than one event, for some partitions: it holds until somebody else claims
// one of them under a higher term. The zero claim is none.
type Claim struct {
	Partitions []int
	Term       uint64
}

// ErrClaimed is returned by a fenced statement that was run without the newest claim of its partitions. Nothing was written.
var ErrClaimed = errors.New(claimedText)

// claimedText is what the database says of it; the statements in sql/ hold the same words.
const claimedText = "claimed by another projector"

// fence is the condition of a fenced statement.
const fence = "throwIf((SELECT max(term) FROM claims_v1 WHERE partition IN {claimed:Array(Int64)}) != {term:UInt64}, '" +
	claimedText + "') = 0"

// Fence gives a fenced statement the claim under which it is run; others stay as they are. Without it a fenced statement
// fails.
func (c Claim) Fence(s Statement) Statement {
	switch {
	case !s.Fenced:
		return s
	case len(s.Columns) > 0:
		s.Columns[len(s.Columns)-1] = c.terms(s)
		return s
	}
	claimed := make([]int64, len(c.Partitions))
	for i, p := range c.Partitions {
		claimed[i] = int64(p)
	}
	s.Params = maps.Clone(s.Params)
	s.Params["claimed"], s.Params["term"] = claimed, c.Term
	return s
}

// terms is the last column of what goes through the door: the claim's term in every row.
func (c Claim) terms(s Statement) []uint64 {
	terms := make([]uint64, s.rows())
	for i := range terms {
		terms[i] = c.Term
	}
	return terms
}

// InsertClaim writes a claim. Whoever writes one waits for the statements that already run before it reads anything.
func InsertClaim(c Claim) Statement {
	partitions, terms := make([]uint8, len(c.Partitions)), make([]uint64, len(c.Partitions))
	for i, p := range c.Partitions {
		partitions[i], terms[i] = uint8(p), c.Term
	}
	return insert("claim", "claims_v1", "partition, term", partitions, terms)
}

// ClaimQuery asks for the highest term of all claims.
type ClaimQuery struct{}

// Select returns the statement that answers q: the term.
func (ClaimQuery) Select() Select { return Select{SQL: "SELECT max(term) FROM claims_v1"} }

// WriterQuery asks for the statements that write into the present database at this moment.
type WriterQuery struct{ Cluster string }

// Select returns the statement that answers q: a name of each.
func (q WriterQuery) Select() Select {
	from := "system.processes"
	if q.Cluster != "" {
		from = "clusterAllReplicas('" + q.Cluster + "', system.processes)"
	}
	return Select{SQL: "SELECT DISTINCT query_id FROM " + from + " WHERE query_kind = 'Insert'" +
		" AND (current_database = currentDatabase() OR position(query, currentDatabase()) > 0)"}
}
