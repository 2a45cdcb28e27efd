package projections

import "milemarker/events"

// InsertCheckpoints writes how far the folds reach for each of the partitions. It comes last in every flush.
func InsertCheckpoints(partitions []int, upTo events.Position) Statement {
	p, pos := make([]uint8, len(partitions)), make([]uint64, len(partitions))
	for i := range partitions {
		p[i], pos[i] = uint8(partitions[i]), uint64(upTo)
	}
	return insert("checkpoints", "checkpoints_v1", "partition, position", p, pos)
}

// Unreadable is a ledger message that could not be read, and why.
type Unreadable struct {
	events.Frame
	Reason string
}

// InsertQuarantine writes messages that could not be read.
func InsertQuarantine(frames []Unreadable) Statement {
	n := len(frames)
	position, subject, reason, body := make([]uint64, n), make([]string, n), make([]string, n), make([]string, n)
	for i, f := range frames {
		position[i], subject[i], reason[i], body[i] = uint64(f.Position), f.Subject, f.Reason, string(f.Body)
	}
	return insert("quarantine", "quarantine_v1", "position, subject, reason, body",
		position, subject, reason, body)
}
