package events

import (
	"encoding/binary"
	"errors"
)

// Frame is one ledger message as it was read, decoded or not: what cannot be decoded must still be kept.
type Frame struct {
	Position Position
	Subject  string
	Body     []byte // the wire form of an Event, if all is well
}

// errBatch is returned for a batch that was cut short.
var errBatch = errors.New("batch frame cut short")

// EncodeBatch lays frames end to end: position (8 bytes, big endian), then subject and body, each after its length
// (uvarint). It is the payload of the one Watermill message that carries a fetched batch.
func EncodeBatch(frames []Frame) []byte {
	size := 0
	for _, f := range frames {
		size += 8 + 2*binary.MaxVarintLen32 + len(f.Subject) + len(f.Body)
	}
	out := make([]byte, 0, size)
	for _, f := range frames {
		out = binary.BigEndian.AppendUint64(out, uint64(f.Position))
		out = binary.AppendUvarint(out, uint64(len(f.Subject)))
		out = append(out, f.Subject...)
		out = binary.AppendUvarint(out, uint64(len(f.Body)))
		out = append(out, f.Body...)
	}
	return out
}

// DecodeBatch is the inverse of EncodeBatch. The frames' bodies share the memory of b.
func DecodeBatch(b []byte) ([]Frame, error) {
	var frames []Frame
	for len(b) > 0 {
		if len(b) < 8 {
			return nil, errBatch
		}
		f := Frame{Position: Position(binary.BigEndian.Uint64(b))}
		subject, rest, err := cut(b[8:])
		if err != nil {
			return nil, err
		}
		f.Subject = string(subject)
		if f.Body, b, err = cut(rest); err != nil {
			return nil, err
		}
		frames = append(frames, f)
	}
	return frames, nil
}

// cut takes one length-prefixed field off b.
func cut(b []byte) (field, rest []byte, err error) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)-w) {
		return nil, nil, errBatch
	}
	return b[w : w+int(n)], b[w+int(n):], nil
}
