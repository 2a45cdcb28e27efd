package projections

import "milemarker/events"

// InsertCheckpoints writes how far the folds reach for the partitions of the claim. It comes last in every flush.
func InsertCheckpoints(upTo events.Position) Statement {
	return Statement{
		Name: "insert checkpoints", Fenced: true,
		SQL: "INSERT INTO checkpoints_v1 (partition, position)" +
			" SELECT toUInt8(arrayJoin({claimed:Array(Int64)})), {position:UInt64} WHERE " + fence,
		Params: map[string]any{"position": uint64(upTo)},
	}
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
