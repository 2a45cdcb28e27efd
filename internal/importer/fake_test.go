package importer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"milemarker/events"
)

const testKey = "mm_test_key"

// fakeServer answers POST /v1/events as the server does, from memory. before may answer in its place.
type fakeServer struct {
	before func(w http.ResponseWriter, request int) (answered bool)

	mu       sync.Mutex
	requests int
	stored   map[string]stored
	refused  map[string]string // id -> why the server rejects it
}

type stored struct {
	position events.Position
	body     string
}

func newFakeServer() *fakeServer {
	return &fakeServer{stored: map[string]stored{}, refused: map[string]string{}}
}

func (s *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests++
	request := s.requests
	s.mu.Unlock()
	if s.before != nil && s.before(w, request) {
		return
	}
	if got := r.Method + " " + r.URL.Path + " " + r.Header.Get("Content-Type"); got != "POST /base/v1/events application/cloudevents-batch+json" {
		http.Error(w, got, http.StatusBadRequest)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+testKey {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"title":"Unauthorized","detail":"the key is unknown or revoked","mend":"make one: milemarker keys add"}`)
		return
	}
	var batch []json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&batch); err != nil || len(batch) > batchEvents {
		http.Error(w, fmt.Sprint(len(batch), err), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var answer struct {
		Results []events.Receipt `json:"results"`
	}
	status := http.StatusAccepted
	for i, body := range batch {
		receipt := s.append(i, body)
		if receipt.Outcome == events.Conflict || receipt.Outcome == events.Rejected {
			status = http.StatusMultiStatus
		}
		answer.Results = append(answer.Results, receipt)
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *fakeServer) append(i int, body json.RawMessage) events.Receipt {
	draft, violations := events.ParseStructured(body)
	if why, ok := s.refused[draft.ID]; ok {
		violations = append(violations, events.Violation{Pointer: fmt.Sprintf("/%d/subject", i), Detail: why})
	}
	before, known := s.stored[draft.ID]
	switch {
	case len(violations) > 0:
		return events.Receipt{ID: draft.ID, Outcome: events.Rejected, Violations: violations}
	case known && before.body != string(body):
		return events.Receipt{ID: draft.ID, Outcome: events.Conflict, Position: before.position}
	case known:
		return events.Receipt{ID: draft.ID, Outcome: events.Duplicate, Position: before.position}
	}
	position := events.Position(len(s.stored) + 1)
	s.stored[draft.ID] = stored{position, string(body)}
	return events.Receipt{ID: draft.ID, Outcome: events.Appended, Position: position}
}

// RoundTrip serves requests without a network, so that a test may run on the clock of testing/synctest.
func (s *fakeServer) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// testConfig writes a CSV file and a mapping into a fresh folder and aims at server.
func testConfig(tb testing.TB, server *fakeServer, csv string) Config {
	tb.Helper()
	folder := tb.TempDir()
	cfg := Config{
		CSV: filepath.Join(folder, "in.csv"), Mapping: filepath.Join(folder, "mapping.yaml"),
		Server: "http://server.example/base", Key: testKey, Client: &http.Client{Transport: server},
		Out: io.Discard, Err: io.Discard, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	}
	write(tb, cfg.CSV, csv)
	write(tb, cfg.Mapping, good)
	return cfg
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// read returns a file's text, "" when it does not exist.
func read(tb testing.TB, path string) string {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		tb.Fatal(err)
	}
	return string(text)
}

// days returns a CSV file with n good rows.
func days(n int) string {
	var out bytes.Buffer
	out.WriteString("id,day\n")
	for i := range n {
		fmt.Fprintf(&out, "r%d,2026-01-%02d\n", i, i%28+1)
	}
	return out.String()
}

// lines joins its arguments by line ends.
func lines(text ...string) string { return strings.Join(text, "\n") + "\n" }
