package clickhouse

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ClickHouse/ch-go/compress"

	"milemarker/internal/embedded/clickhouse/libchdb"
)

// maxHead is how far into a request's body its INSERT is searched for the rows'
// beginning, in bytes: ClickHouse's own limit of a query.
const (
	maxHead = 256 << 10
	minHead = 4 << 10
)

// A request is one statement with all that came along with it.
type request struct {
	sql        string
	statement  statement
	rows       io.Reader // rows of an INSERT, nil when the statement has none
	format     string    // of the output, unless the statement names one
	database   string
	settings   map[string]string
	params     []libchdb.Param
	revision   uint64 // of the Native format wanted
	readOnly   bool   // a GET
	compressed bool   // the answer travels in ClickHouse's own compression
	method     compress.Method
	gzip       bool // the answer travels gzipped
}

// reserved are URL parameters that are no settings.
var reserved = map[string]bool{ //nolint:gochecknoglobals // a constant in all but syntax
	"query": true, "query_id": true, "quota_key": true, "user": true, "password": true,
	"database": true, "default_format": true, "client_protocol_version": true,
	"compress": true, "decompress": true, "buffer_size": true, "wait_end_of_query": true,
	"enable_http_compression": true, "stacktrace": true, "close_session": true,
	"session_timeout": true, "session_check": true,
}

var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)

// readRequest understands a request of ClickHouse's HTTP interface. Errors are
// *libchdb.Error. It reads no more of the body than it needs to find the
// statement; rows are left to the reader of request.rows.
func readRequest(r *http.Request) (*request, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, exception(codeBadArguments, "URL parameters: %v", err)
	}
	if err := refuseUnsupported(r, query); err != nil {
		return nil, err
	}
	req := &request{
		format:     "TabSeparated",
		database:   r.Header.Get("X-ClickHouse-Database"),
		settings:   make(map[string]string),
		readOnly:   r.Method == http.MethodGet || r.Method == http.MethodHead,
		compressed: enabled(query.Get("compress")),
		method:     compress.LZ4,
		gzip:       enabled(query.Get("enable_http_compression")) && acceptsGzip(r.Header),
	}
	if format := cmp.Or(query.Get("default_format"), r.Header.Get("X-ClickHouse-Format")); format != "" {
		req.format = format
	}
	if database := query.Get("database"); database != "" {
		req.database = database
	}
	if revision := query.Get("client_protocol_version"); revision != "" {
		if req.revision, err = strconv.ParseUint(revision, 10, 64); err != nil {
			return nil, exception(codeBadArguments, "client_protocol_version: %v", err)
		}
	}
	if strings.EqualFold(query.Get("network_compression_method"), "zstd") {
		req.method = compress.ZSTD
	}
	for name, values := range query {
		value := values[len(values)-1]
		if param, ok := strings.CutPrefix(name, "param_"); ok {
			req.params = append(req.params, libchdb.Param{Name: param, Value: value})
		} else if !reserved[name] {
			if !settingName.MatchString(name) {
				return nil, exception(codeUnknownSetting, "Unknown setting '%s'", name)
			}
			req.settings[name] = value
		}
	}
	body, err := plainBody(r, enabled(query.Get("decompress")))
	if err != nil {
		return nil, err
	}
	return req, req.readStatement(query.Get("query"), bufio.NewReaderSize(body, headSize(r, query)))
}

// refuseUnsupported names what of the HTTP interface is not here, instead of
// ignoring it.
func refuseUnsupported(r *http.Request, query url.Values) error {
	if query.Has("session_id") {
		return exception(codeNotImplemented, "session_id: the embedded engine keeps no named sessions")
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media == "multipart/form-data" {
		return exception(codeNotImplemented, "multipart bodies: the embedded engine takes no external tables over HTTP")
	}
	if query.Has("role") {
		return exception(codeNotImplemented, "role: the embedded engine has one user")
	}
	return nil
}

// readStatement puts the statement together from the URL and the body, which
// are one text, as with a server. The rows of an INSERT stay unread, except for
// VALUES that come with the statement: the engine reads those itself.
func (req *request) readStatement(inURL string, body *bufio.Reader) error {
	text, least := inURL, 1
	if inURL == "" {
		least = body.Size()
	}
	head, err := body.Peek(least)
	if err != nil && !errors.Is(err, io.EOF) {
		return bodyError(err)
	}
	if inURL == "" {
		text = string(head)
	}
	req.statement = parseStatement(text)
	if req.statement.outside {
		return exception(codeNotImplemented, "INTO OUTFILE and FROM INFILE: files are the client's business")
	}
	if req.statement.rows && (req.statement.format != "Values" || inURL != "" && len(head) > 0) {
		return req.cutRows(inURL, len(text), body)
	}
	rest, err := io.ReadAll(body)
	if err != nil {
		return bodyError(err)
	}
	req.sql = string(rest)
	if inURL != "" {
		req.sql = strings.TrimSuffix(inURL+"\n"+req.sql, "\n")
	}
	if strings.TrimSpace(req.sql) == "" {
		return exception(codeSyntaxError, "Syntax error: empty query")
	}
	req.statement = parseStatement(req.sql)
	return nil
}

// cutRows leaves the rows of an INSERT, begun in the text, to be streamed.
func (req *request) cutRows(inURL string, textLen int, body *bufio.Reader) error {
	req.sql = req.statement.head
	req.rows = body
	if inURL == "" {
		if _, err := body.Discard(textLen - len(req.statement.data)); err != nil {
			return bodyError(err)
		}
	} else if strings.TrimSpace(req.statement.data) != "" {
		req.rows = io.MultiReader(strings.NewReader(req.statement.data+"\n"), body)
	}
	return nil
}

// prelude prepares a fresh session for the request. The tag, in place of any
// log_comment of the caller, makes its statement known to Engine.kill.
func (req *request) prelude(tag string) string {
	var b strings.Builder
	if req.database != "" {
		b.WriteString("USE " + quote(req.database, '`') + "; ")
	}
	b.WriteString("SET ")
	for _, name := range slices.Sorted(maps.Keys(req.settings)) {
		fmt.Fprintf(&b, "%s = %s, ", name, quote(req.settings[name], '\''))
	}
	b.WriteString("log_comment = " + quote(tag, '\''))
	return b.String()
}

// outputFormat is the format that the answer is written in.
func (req *request) outputFormat() string {
	if !req.statement.rows && req.statement.format != "" && req.statement.verb != "INSERT" {
		return req.statement.format
	}
	return req.format
}

// quote writes s as a literal or an identifier, by the mark around it.
func quote(s string, mark byte) string {
	var b strings.Builder
	b.WriteByte(mark)
	for i := range len(s) {
		switch s[i] {
		case '\\', mark:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		case 0:
			b.WriteString(`\0`)
		default:
			b.WriteByte(s[i])
		}
	}
	b.WriteByte(mark)
	return b.String()
}

func enabled(value string) bool { return value != "" && value != "0" && value != "false" }

func acceptsGzip(h http.Header) bool {
	return strings.Contains(h.Get("Accept-Encoding"), "gzip")
}
