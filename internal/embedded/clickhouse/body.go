package clickhouse

import (
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/andybalholm/brotli"
)

// plainBody undoes the compressions of a request's body.
func plainBody(r *http.Request, native bool) (io.Reader, error) {
	var body io.Reader = http.NoBody
	if r.Body != nil {
		body = r.Body
	}
	var err error
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		body, err = gzip.NewReader(body)
	case "deflate":
		body, err = zlib.NewReader(body)
	case "br":
		body = brotli.NewReader(body)
	default:
		return nil, exception(codeNotImplemented, "Content-Encoding %q: use gzip, deflate or br", encoding)
	}
	if err != nil {
		return nil, bodyError(err)
	}
	if native {
		body = newFrames(body)
	}
	return body, nil
}

// headSize is how many bytes of the body may have to be seen at once: hardly any
// when the statement stands in the URL, else the whole of a short body.
func headSize(r *http.Request, query url.Values) int {
	switch {
	case query.Get("query") != "":
		return minHead
	case r.ContentLength >= 0 && r.ContentLength < maxHead && r.Header.Get("Content-Encoding") == "" && !enabled(query.Get("decompress")):
		return int(r.ContentLength) + 1
	default:
		return maxHead
	}
}

func bodyError(err error) error {
	return exception(codeCannotReadBody, "Cannot read request body: %v", err)
}

// frames reads ClickHouse's own compression. Other than compress.Reader it tells
// the end between two frames, io.EOF, from one within a frame.
type frames struct {
	*compress.Reader

	source *counted
}

func newFrames(r io.Reader) io.Reader {
	source := &counted{Reader: r}
	return &frames{compress.NewReader(source), source}
}

func (f *frames) Read(p []byte) (int, error) {
	before := f.source.bytes
	n, err := f.Reader.Read(p)
	switch {
	case err == nil || !errors.Is(err, io.EOF):
		return n, err
	case f.source.bytes == before:
		return n, io.EOF
	default:
		return n, io.ErrUnexpectedEOF
	}
}

type counted struct {
	io.Reader

	bytes int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.bytes += int64(n)
	return n, err
}
