package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"milemarker/events"
	"milemarker/internal/importer"
)

// event is one of the file, as the importer would send it.
type event struct {
	ID   string    `json:"id"`
	Type string    `json:"type"`
	Time time.Time `json:"time"`
	Rep  string    `json:"rep"`
	wire json.RawMessage
}

// readHistory returns the events of the data set in the order in which they happened, as the importer makes them by the
// mapping document. It works on copies: the importer notes its progress beside the file.
func readHistory(ctx context.Context, c config, scratch string) ([]event, error) {
	for _, name := range []string{"sales_pipeline.csv", "sales_teams.csv"} {
		b, err := os.ReadFile(filepath.Join(c.folder, name))
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(scratch, name), b, 0o600); err != nil {
			return nil, err
		}
	}
	all := &collector{}
	report, err := importer.Run(ctx, importer.Config{
		CSV: filepath.Join(scratch, "sales_pipeline.csv"), Mapping: c.mapping, Server: "http://127.0.0.1", Key: "none",
		Client: &http.Client{Transport: all}, Out: io.Discard, Err: io.Discard, Now: time.Now, Logger: c.logger,
	})
	if err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	if report.Rejected > 0 {
		return nil, fmt.Errorf("read the file: %d rows or events are not as mapping.yaml wants them", report.Rejected)
	}
	slices.SortFunc(all.events, func(x, y event) int { return cmp.Or(x.Time.Compare(y.Time), cmp.Compare(x.ID, y.ID)) })
	return all.events, nil
}

// collector stands between the importer and the network, and keeps what would be sent: the file has the events of an
// opportunity in one row, and they are to be told one after another, each when it happens.
type collector struct {
	mu     sync.Mutex
	events []event
}

// RoundTrip implements http.RoundTripper.
func (c *collector) RoundTrip(r *http.Request) (*http.Response, error) {
	var batch []json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&batch); err != nil {
		return nil, err
	}
	var answer struct {
		Results []events.Receipt `json:"results"`
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, wire := range batch {
		e := event{wire: wire}
		if err := json.Unmarshal(wire, &e); err != nil {
			return nil, err
		}
		c.events = append(c.events, e)
		answer.Results = append(answer.Results, events.Receipt{ID: e.ID, Outcome: events.Appended, Position: events.Position(len(c.events))})
	}
	body, err := json.Marshal(answer)
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}, err
}
