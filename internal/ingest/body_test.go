package ingest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"milemarker/internal/access"
	"milemarker/internal/ingest"
)

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{})
	key := h.key(t, "acme", access.ScopeIngest)
	for name, tc := range map[string]struct {
		contentType string
		headers     []string
		status      int
	}{
		"none":          {"", nil, http.StatusUnsupportedMediaType},
		"text":          {"text/plain", nil, http.StatusUnsupportedMediaType},
		"broken":        {"application/", nil, http.StatusUnsupportedMediaType},
		"latin 1":       {plain + "; charset=iso-8859-1", nil, http.StatusUnsupportedMediaType},
		"gzip":          {one, []string{"Content-Encoding", "gzip"}, http.StatusUnsupportedMediaType},
		"not encoded":   {one, []string{"Content-Encoding", "identity"}, http.StatusAccepted},
		"upper case":    {"Application/CloudEvents+JSON; Charset=UTF-8", nil, http.StatusAccepted},
		"one as batch":  {batch, nil, http.StatusUnprocessableEntity},
		"structured ce": {one, []string{"ce-id", "ignored"}, http.StatusAccepted},
	} {
		a := h.post(t, key, tc.contentType, call(name, ""), tc.headers...)
		if a.status != tc.status {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if accept := a.header.Get("Accept-Post"); (a.status == http.StatusUnsupportedMediaType) != (accept == one+", "+batch+", "+plain) {
			t.Errorf("%s: Accept-Post %q", name, accept)
		}
	}
	if a := h.post(t, key, one, "["+call("c", "")+"]"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a batch as one: %d %s", a.status, a.body)
	}
	for _, bad := range []string{"", "{", "nonsense", `{"a":1}{"b":2}`, "\xff", "null"} {
		for _, contentType := range []string{one, batch, plain} {
			if a := h.post(t, key, contentType, bad); a.status != http.StatusUnprocessableEntity {
				t.Errorf("%s %q: %d %s", contentType, bad, a.status, a.body)
			}
		}
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{MaxBody: 2 << 10, MaxBatchBody: 8 << 10, MaxBatch: 5})
	key := h.key(t, "acme", access.ScopeIngest)
	padded := func(id string, size int) string {
		bare := call(id, "")
		return bare + strings.Repeat(" ", size-len(bare))
	}
	deep := func(n int) string {
		return call("deep", `,"x":`+strings.Repeat("[", n)+strings.Repeat("]", n))
	}
	many := func(n int) string {
		items := make([]string, n)
		for i := range items {
			items[i] = call(fmt.Sprint("m", i), "")
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	for name, tc := range map[string]struct {
		contentType, body string
		status            int
	}{
		"just one":         {one, padded("c1", 2<<10), http.StatusAccepted},
		"one too large":    {one, padded("c2", 2<<10+1), http.StatusRequestEntityTooLarge},
		"one, plain":       {plain, padded("c3", 2<<10+1), http.StatusRequestEntityTooLarge},
		"just a batch":     {batch, "[" + padded("c4", 1<<10) + strings.Repeat(" ", 7<<10-2) + "]", http.StatusAccepted},
		"batch too large":  {batch, "[" + padded("c5", 1<<10) + strings.Repeat(" ", 7<<10-1) + "]", http.StatusRequestEntityTooLarge},
		"plain too large":  {plain, "[" + padded("c6", 1<<10) + strings.Repeat(" ", 7<<10-1) + "]", http.StatusRequestEntityTooLarge},
		"just enough":      {batch, many(5), http.StatusAccepted},
		"too many":         {batch, many(6), http.StatusRequestEntityTooLarge},
		"too deep":         {one, deep(500), http.StatusUnprocessableEntity},
		"batch, too deep":  {batch, "[" + deep(600) + "]", http.StatusUnprocessableEntity},
		"batch, deep item": {batch, "[" + deep(100) + "," + call("shallow", "") + "]", http.StatusMultiStatus},
	} {
		if a := h.post(t, key, tc.contentType, tc.body); a.status != tc.status {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		// Without a length in front, the limit shows only while reading.
		chunked := struct{ io.Reader }{strings.NewReader(tc.body)}
		a := h.do(t, key, http.MethodPost, "/v1/events", chunked, "Content-Type", tc.contentType)
		want := tc.status
		if want == http.StatusAccepted && !strings.HasPrefix(tc.contentType, batch) {
			want = http.StatusOK // it stands already
		}
		if a.status != want {
			t.Errorf("%s, chunked: %d %s", name, a.status, a.body)
		}
	}
}

func TestSlowBody(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{BodyTimeout: 50 * time.Millisecond})
	key := h.key(t, "acme", access.ScopeIngest)
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: %s\r\nContent-Length: 1000\r\n\r\n%s", key, one, call("slow", ""))
	must(t, err)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	must(t, res.Body.Close())
	if res.StatusCode != http.StatusRequestTimeout || !res.Close {
		t.Errorf("%s, close %v", res.Status, res.Close)
	}
}

// deadlines is a response that notes the deadlines it is given.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	d.set = append(d.set, at)
	return nil
}

// The deadline is for the body alone: left standing, it would end the work on a request whose body came in time.
func TestDeadlineIsLifted(t *testing.T) {
	t.Parallel()
	h := open(t, ingest.Config{BodyTimeout: time.Hour})
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	r := httptest.NewRequest(http.MethodPost, "/v1/events", strings.NewReader(call("c1", "")))
	r.Header.Set("Authorization", "Bearer "+h.key(t, "acme", access.ScopeIngest))
	r.Header.Set("Content-Type", one)
	before := time.Now()
	h.handler.ServeHTTP(w, r)
	if w.Code != http.StatusAccepted || len(w.set) != 2 || w.set[0].Before(before.Add(time.Hour)) || !w.set[1].IsZero() {
		t.Errorf("%d, deadlines %v", w.Code, w.set)
	}
}
