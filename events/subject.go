package events

import (
	"fmt"
	"hash/fnv"
	"regexp"
)

// Partitions is the number of ordered lanes of the ledger. It is part of the ledger's format.
const Partitions = 16

var orgName = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

// ValidOrg tells whether name can name an org: 1-63 of a-z, 0-9 and inner hyphens.
func ValidOrg(name string) bool { return orgName.MatchString(name) }

// PartitionOf returns the lane of an org, 0 to Partitions-1: all of an org's events share one order.
func PartitionOf(org string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(org)) // never fails
	return int(h.Sum32() % Partitions)
}

// Subject returns the ledger subject of an org's events of one type: ledger.<partition>.<org>.<type>.
func Subject(org, typ string) string {
	return fmt.Sprintf("ledger.%02d.%s.%s", PartitionOf(org), org, typ)
}

// PartitionSubject returns the filter that matches all events of one partition.
func PartitionSubject(partition int) string { return fmt.Sprintf("ledger.%02d.>", partition) }

// MessageID returns the deduplication id of an event: ids are unique within an org.
func MessageID(org, id string) string { return org + "/" + id }
