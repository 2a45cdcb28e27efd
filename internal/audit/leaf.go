package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"milemarker/events"
)

// contentLabel keeps these hashes apart from any others.
const contentLabel = "milemarker ledger message v1\n"

// The logs: one a partition, and one for what stands under none.
const (
	logs    = events.Partitions + 1
	apart   = events.Partitions // the log of what stands under no partition
	nothing = 255               // in a Leaf: no message stands at that position
)

// leaf is what a log holds of one message.
type leaf struct {
	position events.Position
	log      uint8
	content  [sha256.Size]byte
}

// hash returns the leaf's hash in its log.
func (l leaf) hash() tlog.Hash {
	var record [8 + sha256.Size]byte
	binary.BigEndian.PutUint64(record[:], uint64(l.position))
	copy(record[8:], l.content[:])
	return tlog.RecordHash(record[:])
}

// leaves makes leaves of messages.
type leaves struct{ buf []byte }

func (m *leaves) of(f events.Frame, id, digest string) leaf {
	b := append(m.buf[:0], contentLabel...)
	for _, s := range [...]string{f.Subject, id, digest} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	b = append(binary.AppendUvarint(b, uint64(len(f.Body))), f.Body...)
	m.buf = b
	return leaf{f.Position, logOf(f.Subject), sha256.Sum256(b)}
}

// logOf returns the log that a subject belongs to.
func logOf(subject string) uint8 {
	rest, ok := strings.CutPrefix(subject, "ledger.")
	lane, _, deeper := strings.Cut(rest, ".")
	n, err := strconv.ParseUint(lane, 10, 8)
	if !ok || !deeper || len(lane) != 2 || err != nil || n >= events.Partitions {
		return apart
	}
	return uint8(n)
}
