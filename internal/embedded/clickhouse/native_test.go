package clickhouse

import (
	"bytes"
	"testing"
	"time"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// What raiseNative makes of blocks at revision 0 must be, byte for byte, what
// the driver itself writes at the higher revision.
func TestRaiseNative(t *testing.T) {
	block := proto.Block{ServerContext: &column.ServerContext{Timezone: time.UTC}}
	for name, kind := range map[string]column.Type{
		"a": "UInt64", "b": "LowCardinality(String)", "c": "Array(Array(String))", "d": "Nullable(Date)",
		"e": "Map(String, Array(Int8))", "f": "Tuple(x String, y Decimal(38, 4))", "g": "DateTime64(6, 'UTC')",
	} {
		if err := block.AddColumn(name, kind); err != nil {
			t.Fatal(err)
		}
	}
	values := map[string]any{
		"a": uint64(7), "b": "low", "c": [][]string{{"x"}, {}, {"y", "z"}}, "d": nil,
		"e": map[string][]int8{"k": {1, 2}}, "f": []any{"t", "12.5"}, "g": time.Unix(1, 500).UTC(),
	}
	var plain []byte
	want := make(map[uint64][]byte)
	revisions := []uint64{0, 54058, proto.DBMS_MIN_REVISION_WITH_CUSTOM_SERIALIZATION, proto.DBMS_TCP_PROTOCOL_VERSION}
	for blocks := range 3 {
		for range blocks * 1000 {
			row := make([]any, 0, len(values))
			for _, name := range block.ColumnsNames() {
				row = append(row, values[name])
			}
			if err := block.Append(row...); err != nil {
				t.Fatal(err)
			}
		}
		if block.Rows() == 0 {
			continue // the engine sends none; the driver's own encoding of one differs
		}
		plain = append(plain, encode(t, &block, 0)...)
		for _, revision := range revisions {
			want[revision] = append(want[revision], encode(t, &block, revision)...)
		}
		block.Reset()
	}
	for _, revision := range revisions {
		got, err := raiseNative(plain, revision)
		if err != nil {
			t.Fatalf("revision %d: %v", revision, err)
		}
		if !bytes.Equal(got, want[revision]) {
			t.Errorf("revision %d: %d bytes, want %d, or other ones", revision, len(got), len(want[revision]))
		}
	}
	for _, length := range []int{1, 10, 100, len(plain) - 1} {
		if _, err := raiseNative(plain[:length], proto.DBMS_TCP_PROTOCOL_VERSION); err == nil {
			t.Errorf("the first %d bytes of a block: no error", length)
		}
	}
}

func encode(t *testing.T, block *proto.Block, revision uint64) []byte {
	t.Helper()
	var buffer chproto.Buffer
	if err := block.Encode(&buffer, revision); err != nil {
		t.Fatal(err)
	}
	return buffer.Buf
}
