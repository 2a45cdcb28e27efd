package api

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"milemarker/api/apitest"
	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/calendar"
	"milemarker/internal/quarantine"
	"milemarker/projections"
)

// house is the role over a warehouse and a recorder in memory, and an HTTP client that holds everything against the
// contract.
type house struct {
	tb        testing.TB
	url       string
	client    *http.Client
	warehouse *warehouse
	access    *access.Access
	operator  string // the first key, of org main
	key       string // of org acme, may do everything
	now       time.Time
	shelf     *shelf
	auditor   *auditor
	hooks     Webhooks
	inbox     *inbox
	recorder  Recorder // of the people's house
}

func newHouse(tb testing.TB) *house {
	tb.Helper()
	h := &house{tb: tb, now: time.Date(2024, 3, 13, 12, 0, 0, 0, time.UTC)} // a Wednesday
	clock := func() time.Time { return h.now }
	h.warehouse = &warehouse{settings: projections.DefaultOrgSettings(), recorded: map[string]known{}, voided: map[string]string{}}
	var err error
	if h.access, err = access.Open(tb.Context(), &store{}, &store{}, clock); err != nil {
		tb.Fatal(err)
	}
	path, err := h.access.Bootstrap(tb.Context(), tb.TempDir(), "main")
	if err != nil {
		tb.Fatal(err)
	}
	first, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	h.operator = strings.TrimSpace(string(first))
	h.key = h.addKey("acme", access.ScopeAdmin)
	h.shelf, h.auditor = &shelf{}, &auditor{}
	kept, err := quarantine.Open(tb.Context(), h.shelf, &store{}, h.warehouse, h.warehouse, clock)
	if err != nil {
		tb.Fatal(err)
	}
	h.hooks, h.inbox = newWebhooks(tb, clock)
	web := httptest.NewServer(newServer(Config{MaxWait: 50 * time.Millisecond, MaxPage: 500}.withDefaults(), Deps{
		Newest: h.warehouse, Warehouse: h.warehouse, Webhooks: h.hooks, Mappings: newMappings(tb, clock), Recorder: h.warehouse, Keys: h.access, Clock: clock,
		Notices: notices(tb, h.warehouse, clock), Logger: slog.New(slog.DiscardHandler), Quarantine: kept, Auditor: h.auditor, Upkeep: &upkeep{}, Prospects: nobody{}, Foresight: unforeseen{}, Issued: unforeseen{}, Backups: &backups{},
		Telemetry: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
			_, _ = w.Write([]byte("measured 1\n"))
		}),
	}).handler())
	tb.Cleanup(web.Close)
	h.url = web.URL
	h.client = &http.Client{
		Transport:     apitest.Transport(tb, web.Client().Transport),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return h
}

func (h *house) addKey(org string, scopes ...access.Scope) string {
	h.tb.Helper()
	token, _, err := h.access.Add(h.tb.Context(), org, "test", scopes...)
	if err != nil {
		h.tb.Fatal(err)
	}
	return token
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) into(tb testing.TB, v any) {
	tb.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		tb.Fatalf("%d %s: %v", a.status, a.body, err)
	}
}

// do sends a request with the house's key; headers are pairs of name and value, and may take its place.
func (h *house) do(method, path, body string, headers ...string) answer {
	h.tb.Helper()
	r, err := http.NewRequestWithContext(h.tb.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.tb.Fatal(err)
	}
	if body == "" {
		r.Body = nil
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+h.key)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := h.client.Do(r)
	if err != nil {
		h.tb.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		h.tb.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		h.tb.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(got)}
}

// get asks and wants 200.
func (h *house) get(path string, headers ...string) answer {
	h.tb.Helper()
	a := h.do(http.MethodGet, path, "", headers...)
	if a.status != http.StatusOK {
		h.tb.Fatalf("GET %s: %d %s", path, a.status, a.body)
	}
	return a
}

// refused sends a request and wants it refused for the parameters or places named.
func (h *house) refused(method, path, body string, status int, names ...string) {
	h.tb.Helper()
	a := h.do(method, path, body)
	var f struct {
		Errors []struct {
			Parameter string
			Pointer   *string
		}
	}
	if a.status == status {
		a.into(h.tb, &f)
	}
	var got []string
	for _, e := range f.Errors {
		if e.Pointer != nil {
			got = append(got, *e.Pointer)
		} else {
			got = append(got, e.Parameter)
		}
	}
	slices.Sort(got)
	slices.Sort(names)
	if a.status != status || !slices.Equal(got, names) {
		h.tb.Errorf("%s %s %s: %d for %q, want %d for %q\n%s", method, path, body, a.status, got, status, names, a.body)
	}
}

// happened records an event of org acme.
func (h *house) happened(id, typ string, at time.Time, rep, data string) {
	h.tb.Helper()
	h.happenedIn("acme", id, typ, at, rep, data)
}

func (h *house) happenedIn(org, id, typ string, at time.Time, rep, data string) {
	h.tb.Helper()
	h.warehouse.mu.Lock()
	defer h.warehouse.mu.Unlock()
	if err := h.warehouse.add(events.Event{
		ID: id, Source: "/test", Type: typ, Org: org, Rep: rep, Time: at, RecordedAt: at, DataVersion: 1,
		Data: json.RawMessage(data),
	}); err != nil {
		h.tb.Fatal(err)
	}
}

// store keeps keys and logins in memory.
type store struct {
	mu       sync.Mutex
	values   map[string][]byte
	watchers []func(string, []byte)
}

func (s *store) put(key string, value []byte, create bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.values[key]; ok && create {
		return fs.ErrExist
	}
	if s.values == nil {
		s.values = map[string][]byte{}
	}
	s.values[key] = value
	for _, fn := range s.watchers {
		fn(key, value)
	}
	return nil
}

func (s *store) Create(_ context.Context, key string, value []byte) error {
	return s.put(key, value, true)
}

func (s *store) Put(_ context.Context, key string, value []byte) error {
	return s.put(key, value, false)
}

func (s *store) Delete(_ context.Context, key string) error { return s.put(key, nil, false) }

func (s *store) Watch(_ context.Context, fn func(string, []byte)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers = append(s.watchers, fn)
	return nil
}

// day reads a date that the test knows to be one.
func day(tb testing.TB, s string) calendar.Day {
	tb.Helper()
	d, err := calendar.ParseDay(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}
