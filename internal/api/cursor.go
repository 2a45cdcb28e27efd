package api

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"

	"milemarker/events"
	"milemarker/projections"
)

// A cursor is version (1 byte), time in microseconds (8), position (8) and a CRC-32 of them (4), big endian, in URL-safe
// base64. It is no secret: the sum only tells a cursor from something else.
const (
	cursorVersion = 1
	cursorSize    = 1 + 8 + 8
)

var errCursor = errors.New("want a cursor as an answer gave it")

func encodeCursor(c projections.Cursor) string {
	b := make([]byte, 0, cursorSize+4)
	b = append(b, cursorVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(c.Time.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(c.Position))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodeCursor(s string) (projections.Cursor, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != cursorSize+4 || b[0] != cursorVersion {
		return projections.Cursor{}, errCursor
	}
	if crc32.ChecksumIEEE(b[:cursorSize]) != binary.BigEndian.Uint32(b[cursorSize:]) {
		return projections.Cursor{}, errCursor
	}
	return projections.Cursor{
		Time:     time.UnixMicro(int64(binary.BigEndian.Uint64(b[1:]))).UTC(),
		Position: events.Position(binary.BigEndian.Uint64(b[9:])),
	}, nil
}
