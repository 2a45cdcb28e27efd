package telemetry_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"milemarker/events"
	"milemarker/internal/telemetry"
)

// door answers with the receipts that it was given.
type door struct {
	receipts []events.Receipt
	err      error
}

func (d door) Record(context.Context, string, []events.Draft) ([]events.Receipt, error) {
	return d.receipts, d.err
}

func (d door) RecordTogether(context.Context, string, []events.Draft) ([]events.Receipt, error) {
	return d.receipts, d.err
}

func (d door) Digest(context.Context, string, events.Draft) (string, error) { return "", nil }

// tap emits batches, the next one when the last was acknowledged.
type tap struct{ batches []*message.Message }

func (t tap) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		for _, m := range t.batches {
			select {
			case out <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

func (tap) Close() error { return nil }

// clock goes on by a second each time it is asked.
type clock struct{ at time.Time }

func (c *clock) now() time.Time {
	c.at = c.at.Add(time.Second)
	return c.at
}

func scrape(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func says(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
}

func TestOutcomesAreCounted(t *testing.T) {
	m := telemetry.New((&clock{}).now)
	receipts := []events.Receipt{{Outcome: events.Appended}, {Outcome: events.Appended}, {Outcome: events.Rejected}}
	for _, d := range []door{{receipts: receipts}, {receipts: receipts[:1]}, {err: errors.New("away")}} {
		if _, err := m.Recorder(d).Record(t.Context(), "acme", nil); !errors.Is(err, d.err) {
			t.Error(err)
		}
	}
	if _, err := m.Recorder(door{receipts: receipts[:2]}).RecordTogether(t.Context(), "acme", nil); err != nil {
		t.Error(err)
	}
	says(t, scrape(t, m), `milemarker_events_total{outcome="appended"} 5`, `milemarker_events_total{outcome="rejected"} 1`,
		`milemarker_events_total{outcome="conflict"} 0`, "milemarker_record_failures_total 1", "milemarker_record_batch_events_count 3")
}

func TestFlushesAreMeasured(t *testing.T) {
	m := telemetry.New((&clock{}).now)
	batches := []*message.Message{message.NewMessage("1", nil), message.NewMessage("2", nil), message.NewMessage("3", nil)}
	for i, m := range batches {
		m.Metadata.Set("count", []string{"100", "7", "900"}[i])
	}
	out, err := m.Subscriber(tap{batches}).Subscribe(t.Context(), "ledger")
	if err != nil {
		t.Fatal(err)
	}
	for batch := range out {
		if batch.UUID == "2" {
			batch.Nack() // it was not folded
		} else {
			batch.Ack()
		}
	}
	says(t, scrape(t, m), "milemarker_projector_batch_events_sum 1000", "milemarker_projector_batch_events_count 2",
		"milemarker_projector_flush_seconds_sum 2")
}

// A value that cannot be had leaves a gap, and the others stand.
func TestSamples(t *testing.T) {
	m := telemetry.New((&clock{}).now)
	m.Sample("good", "", func(context.Context) (float64, error) { return 3, nil })
	m.Sample("bad", "", func(context.Context) (float64, error) { return 0, errors.New("away") })
	m.SamplePositions("positions", "", func(context.Context) (map[int]events.Position, error) {
		return map[int]events.Position{0: 5, 15: 9}, nil
	})
	text := scrape(t, m)
	says(t, text, "good 3", `positions{partition="0"} 5`, `positions{partition="15"} 9`)
	if strings.Contains(text, "\nbad") {
		t.Error(text)
	}
}
