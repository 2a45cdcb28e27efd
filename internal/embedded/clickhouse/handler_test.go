package clickhouse_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/embedded/clickhouse/chtest"
)

func escape(s string) string { return url.QueryEscape(s) }

// post sends a request and returns the answer's text.
func post(t *testing.T, transport http.RoundTripper, query string, body io.Reader) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://engine/?"+query, body)
	if err != nil {
		t.Error(err)
		return ""
	}
	response, err := transport.RoundTrip(r)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func TestAdmission(t *testing.T) {
	engine := chtest.Engine(t)
	for _, test := range []struct {
		name     string
		password string
		way      func(r *http.Request)
		status   int
	}{
		{"basic", "secret", func(r *http.Request) { r.SetBasicAuth("mm", "secret") }, 200},
		{"headers", "secret", func(r *http.Request) {
			r.Header.Set("X-ClickHouse-User", "mm")
			r.Header.Set("X-ClickHouse-Key", "secret")
		}, 200},
		{"parameters", "secret", func(r *http.Request) { r.URL.RawQuery += "&user=mm&password=secret" }, 200},
		{"nothing", "secret", func(*http.Request) {}, 403},
		{"no password", "secret", func(r *http.Request) { r.SetBasicAuth("mm", "") }, 403},
		{"wrong password", "secret", func(r *http.Request) { r.SetBasicAuth("mm", "Secret") }, 403},
		{"wrong user", "secret", func(r *http.Request) { r.SetBasicAuth("default", "secret") }, 403},
		{"longer password", "secret", func(r *http.Request) { r.SetBasicAuth("mm", "secrets") }, 403},
		{"empty password configured", "", func(r *http.Request) { r.SetBasicAuth("mm", "") }, 403},
		{"nothing, empty password configured", "", func(*http.Request) {}, 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/?query=SELECT+42", http.NoBody)
			test.way(r)
			w := httptest.NewRecorder()
			engine.Handler("mm", test.password).ServeHTTP(w, r)
			if w.Code != test.status {
				t.Errorf("status %d, want %d", w.Code, test.status)
			}
			if test.status == 200 && w.Body.String() != "42\n" {
				t.Errorf("body %q", w.Body)
			}
			if test.status == 403 && (w.Header().Get("X-ClickHouse-Exception-Code") != "516" || strings.Contains(w.Body.String(), "42")) {
				t.Errorf("answer %v %q", w.Header(), w.Body)
			}
		})
	}
}

// What people do with curl, over a real listener.
func TestHTTPInterface(t *testing.T) {
	conn, database := chtest.Database(t)
	mustExec(t, conn, "CREATE TABLE t (a UInt64, b String) ENGINE = MergeTree ORDER BY a")
	server := httptest.NewServer(chtest.Engine(t).Handler(testUser, testPassword))
	defer server.Close()

	type answer struct {
		Status      int
		Body        string
		ContentType string
	}
	const (
		tsv  = "text/tab-separated-values; charset=UTF-8"
		text = "text/plain; charset=UTF-8"
		ours = "text/plain; charset=utf-8"
	)
	for _, step := range []struct {
		name, method, path, body string
		want                     answer // Body: a prefix where Status is not 200
	}{
		{"ping", "GET", "/ping", "", answer{200, "Ok.\n", ours}},
		{"root", "GET", "/", "", answer{200, "Ok.\n", ours}},
		{"elsewhere", "GET", "/nosuch", "", answer{404, "404", ours}},
		{"insert values", "POST", "/?query=" + escape("INSERT INTO t VALUES"), "(1, 'one'), (2, 'two')", answer{200, "", tsv}},
		{"insert all in the body", "POST", "/", "INSERT INTO t FORMAT JSONEachRow\n{\"a\": 3, \"b\": \"three\\nlines\\n\\n\"}\n", answer{200, "", tsv}},
		{"insert csv", "POST", "/?query=" + escape("INSERT INTO t (b, a) FORMAT CSV"), "four,4\n\"fi\nve\",5\n", answer{200, "", tsv}},
		{"insert begun in the URL", "POST", "/?query=" + escape("INSERT INTO t FORMAT TSV 6\tsix"), "7\tseven\n", answer{200, "", tsv}},
		{"insert values in the URL", "POST", "/?query=" + escape("INSERT INTO t VALUES (8, {b:String})") + "&param_b=ei%5C%5Cght", "", answer{200, "", tsv}},
		{"insert by GET", "GET", "/?query=" + escape("INSERT INTO t FORMAT CSV"), "", answer{500, "Code: 164.", text}},
		{"drop by GET", "GET", "/?query=" + escape("DROP TABLE t"), "", answer{500, "Code: 164.", text}},
		{"select", "GET", "/?query=" + escape("SELECT * FROM t ORDER BY a"), "", answer{200, "1\tone\n2\ttwo\n3\tthree\\nlines\\n\\n\n4\tfour\n5\tfi\\nve\n6\tsix\n7\tseven\n8\tei\\\\ght\n", tsv}},
		{"select in the body", "POST", "/?default_format=CSV", "SELECT a, b FROM t WHERE a = 1", answer{200, "1,\"one\"\n", "text/csv; charset=UTF-8"}},
		{"half in the URL", "POST", "/?query=SELECT", "1 + 1", answer{200, "2\n", tsv}},
		{"format in the query", "POST", "/?default_format=CSV", "SELECT a FROM t WHERE a < 3 ORDER BY a FORMAT JSONEachRow", answer{200, "{\"a\":1}\n{\"a\":2}\n", "application/x-ndjson; charset=UTF-8"}},
		{"parameters and settings", "POST", "/?param_x=5&max_block_size=17&final=1", "SELECT {x:UInt8}, getSetting('max_block_size'), getSetting('final')", answer{200, "5\t17\ttrue\n", tsv}},
		{"show", "POST", "/", "SHOW TABLES", answer{200, "t\n", tsv}},
		{"no rows", "POST", "/", "SELECT 1 WHERE 0", answer{200, "", tsv}},
		{"unknown setting", "POST", "/?nosuch=1", "SELECT 1", answer{500, "Code: 115.", text}},
		{"malicious setting", "POST", "/?" + escape("a=1; DROP TABLE t; --") + "=1", "SELECT 1", answer{500, "Code: 115.", text}},
		{"malicious database", "POST", "/?database=" + escape("x`; DROP TABLE t; --"), "SELECT 1", answer{500, "Code: 81.", text}},
		{"no query", "POST", "/", "", answer{500, "Code: 62.", text}},
		{"syntax", "POST", "/", "nonsense", answer{500, "Code: 62.", text}},
		{"two statements", "POST", "/", "SELECT 1; DROP TABLE t", answer{500, "Code: 62.", text}},
		{"file of the client", "POST", "/", "SELECT 1 INTO OUTFILE 'x'", answer{500, "Code: 48.", text}},
		{"named session", "POST", "/?session_id=x", "SELECT 1", answer{500, "Code: 48.", text}},
		{"still there", "POST", "/", "SELECT count() FROM t", answer{200, "8\n", tsv}},
	} {
		t.Run(step.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), step.method, server.URL+step.path, strings.NewReader(step.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-ClickHouse-Database", database)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded") // as curl -d says
			r.SetBasicAuth(testUser, testPassword)
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = response.Body.Close() }()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			got := answer{response.StatusCode, string(body), response.Header.Get("Content-Type")}
			if got.Status != 200 && strings.HasPrefix(got.Body, step.want.Body) {
				got.Body = step.want.Body
			}
			if diff := cmp.Diff(step.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
