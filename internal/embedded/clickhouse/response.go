package clickhouse

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// response is the answer to a request whose result has begun.
func (r *result) response(to *http.Request) *http.Response {
	header := make(http.Header)
	format := r.req.outputFormat()
	header.Set("Content-Type", contentType(format))
	header.Set("X-ClickHouse-Format", format)
	if r.stats.RowsWritten > 0 {
		header.Set("X-ClickHouse-Summary",
			fmt.Sprintf(`{"written_rows":"%d","written_bytes":"%d"}`, r.stats.RowsWritten, r.stats.BytesWritten))
	}
	length := int64(-1)
	switch {
	case r.empty:
		length = 0
	case r.req.gzip:
		header.Set("Content-Encoding", "gzip")
	}
	return newResponse(to, http.StatusOK, header, r, length)
}

// exceptionResponse is the answer to a request that went wrong. ClickHouse's
// drivers read the code from the header and the rest from the text.
func exceptionResponse(to *http.Request, err error) *http.Response {
	e := asException(err)
	status := http.StatusInternalServerError
	if e.Code == codeAuthentication {
		status = http.StatusForbidden
	}
	header := make(http.Header)
	header.Set("Content-Type", "text/plain; charset=UTF-8")
	header.Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	text := strings.TrimRight(e.Message, "\n") + "\n"
	return newResponse(to, status, header, io.NopCloser(strings.NewReader(text)), int64(len(text)))
}

func newResponse(to *http.Request, status int, header http.Header, body io.ReadCloser, length int64) *http.Response {
	if length >= 0 {
		header.Set("Content-Length", strconv.FormatInt(length, 10))
	}
	return &http.Response{
		Status:        strconv.Itoa(status) + " " + http.StatusText(status),
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          body,
		ContentLength: length,
		Request:       to,
	}
}

func contentType(format string) string {
	switch {
	case format == "Native" || format == "Parquet" || strings.HasPrefix(format, "RowBinary"):
		return "application/octet-stream"
	case format == "JSONEachRow":
		return "application/x-ndjson; charset=UTF-8"
	case strings.HasPrefix(format, "JSON"):
		return "application/json; charset=UTF-8"
	case strings.HasPrefix(format, "CSV"):
		return "text/csv; charset=UTF-8"
	case strings.HasPrefix(format, "TabSeparated") || strings.HasPrefix(format, "TSV"):
		return "text/tab-separated-values; charset=UTF-8"
	default:
		return "text/plain; charset=UTF-8"
	}
}
