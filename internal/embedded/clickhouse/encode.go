package clickhouse

import (
	"bytes"
	"compress/gzip"
	"slices"

	"github.com/ClickHouse/ch-go/compress"
)

// maxFrame is how much goes into one frame of ClickHouse's own compression, in
// bytes: as much as a server puts there.
const maxFrame = 1 << 20

// An encoder brings output of the engine into the shape that a request wants.
type encoder struct {
	revision uint64           // of Native; 0 leaves the output alone
	frames   *compress.Writer // nil without ClickHouse's own compression
	gzip     *gzip.Writer     // nil without gzip
	gzipped  *bytes.Buffer
}

func newEncoder(req *request) encoder {
	var e encoder
	if req.outputFormat() == "Native" {
		e.revision = req.revision
	}
	if req.compressed {
		e.frames = compress.NewWriter(compress.LevelZero, req.method)
	}
	if req.gzip {
		e.gzipped = new(bytes.Buffer)
		e.gzip = gzip.NewWriter(e.gzipped)
	}
	return e
}

// block encodes output as the engine wrote it: whole blocks, when it is Native.
func (e *encoder) block(data []byte) ([]byte, error) {
	if e.revision > 0 {
		raised, err := raiseNative(data, e.revision)
		if err != nil {
			return nil, err
		}
		data = raised
	}
	return e.raw(data), nil
}

// raw compresses data as the request wishes.
func (e *encoder) raw(data []byte) []byte {
	if e.frames != nil {
		var framed []byte
		for frame := range slices.Chunk(data, maxFrame) {
			// Compressing in memory has no way to go wrong.
			_ = e.frames.Compress(frame)
			framed = append(framed, e.frames.Data...)
		}
		data = framed
	}
	if e.gzip != nil {
		_, _ = e.gzip.Write(data)
		_ = e.gzip.Flush() // a reader sees each piece when it is there
		data = e.take()
	}
	return data
}

// close returns what has to follow the last piece.
func (e *encoder) close() []byte {
	if e.gzip == nil {
		return nil
	}
	_ = e.gzip.Close()
	return e.take()
}

func (e *encoder) take() []byte {
	data := bytes.Clone(e.gzipped.Bytes())
	e.gzipped.Reset()
	return data
}
