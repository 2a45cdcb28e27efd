package clickhouse

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// blockInfo is what stands before every block since clients have had a revision:
// field 1, no overflow; field 2, bucket -1; no more fields.
const blockInfo = "\x01\x00\x02\xff\xff\xff\xff\x00"

// raiseNative writes blocks in the Native format of revision 0, which is what
// the engine speaks, as a client of the given revision expects them: with block
// info in front and, since revision 54454, a byte after each column's type that
// says "serialized as ever". Values are copied as they are; columns are decoded
// only to find where each ends.
func raiseNative(blocks []byte, revision uint64) ([]byte, error) {
	if revision == 0 {
		return blocks, nil
	}
	r := newMeter(blocks)
	out := make([]byte, 0, len(blocks)+len(blocks)/8+64)
	for r.position() < len(blocks) {
		out = append(out, blockInfo...)
		var err error
		if out, err = raiseBlock(out, blocks, r, revision); err != nil {
			return nil, fmt.Errorf("native block at byte %d: %w", r.position(), err)
		}
	}
	return out, nil
}

func raiseBlock(out, blocks []byte, r *meter, revision uint64) ([]byte, error) {
	columns, err := r.UVarInt()
	if err != nil {
		return nil, err
	}
	rows, err := r.UVarInt()
	if err != nil {
		return nil, err
	}
	out = binary.AppendUvarint(out, columns)
	out = binary.AppendUvarint(out, rows)
	for range columns {
		start := r.position()
		name, err := r.Str()
		if err != nil {
			return nil, err
		}
		kind, err := r.Str()
		if err != nil {
			return nil, err
		}
		out = append(out, blocks[start:r.position()]...)
		if revision >= proto.DBMS_MIN_REVISION_WITH_CUSTOM_SERIALIZATION {
			out = append(out, 0)
		}
		start = r.position()
		if err := skipColumn(r, name, kind, int(rows)); err != nil {
			return nil, fmt.Errorf("column %s %s: %w", name, kind, err)
		}
		out = append(out, blocks[start:r.position()]...)
	}
	return out, nil
}

// skipColumn reads a column's values away. It knows the types that the driver
// knows: a client that cannot read one would fail on it anyway.
func skipColumn(r *meter, name, kind string, rows int) error {
	if rows == 0 {
		return nil
	}
	c, err := column.Type(kind).Column(name, &column.ServerContext{Timezone: time.UTC})
	if err != nil {
		return err
	}
	if prefixed, ok := c.(column.CustomSerialization); ok {
		if err := prefixed.ReadStatePrefix(r.Reader); err != nil {
			return err
		}
	}
	return c.Decode(r.Reader, rows)
}

// meterBuffer is the least size, in bytes, at which chproto.NewReader reads from
// the buffer given instead of wrapping it in its own, which would hide how far
// it is.
const meterBuffer = 128 << 10

// A meter reads ClickHouse's encoding from memory and knows how far it is.
type meter struct {
	*chproto.Reader
	memory *bytes.Reader
	buffer *bufio.Reader
}

func newMeter(data []byte) *meter {
	memory := bytes.NewReader(data)
	buffer := bufio.NewReaderSize(memory, meterBuffer)
	return &meter{Reader: chproto.NewReader(buffer), memory: memory, buffer: buffer}
}

func (m *meter) position() int {
	return int(m.memory.Size()) - m.memory.Len() - m.buffer.Buffered()
}
