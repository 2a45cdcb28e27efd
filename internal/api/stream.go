package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/internal/metric"
	"milemarker/internal/notify"
	"milemarker/projections"
)

// The events of the stream.
const (
	streamNumbers = "numbers" // today's numbers, whenever they changed
	streamPace    = "pace"    // a goal's status changed
	streamAlert   = "alert"   // an alert was raised, resolved or acknowledged
	streamReset   = "reset"   // too much happened since Last-Event-ID: read GET /v1/alerts anew
)

const (
	heartbeat    = 15 * time.Second // between signs of life when nothing happens
	maxBacklog   = 1000             // events that are told again to who comes back
	maxListeners = 500              // of one org
)

// streamPath is where the stream is; it is the one answer that has no end.
const streamPath = "/v1/stream"

// stream answers GET /v1/stream with server-sent events. The id of each is the ledger position that it reflects: who comes
// back with Last-Event-ID hears what was missed.
func (s *server) stream(c echo.Context, caller access.Caller) error {
	after, err := lastEvent(c)
	if err != nil {
		return err
	}
	l, ok := s.live.join(caller.Org)
	if !ok {
		c.Response().Header().Set("Retry-After", "5")
		return failed(http.StatusServiceUnavailable, "Nobody can be taken in now: the server stops, or too many listen.", "Come back in a moment.")
	}
	defer s.live.leave(l)
	a, err := s.ask(c, caller)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // proxies must not hold it back
	c.Response().WriteHeader(http.StatusOK)
	w := &streamWriter{response: c.Response(), sent: after}
	// A listener that is too slow is let go of, even in the middle of a write.
	defer context.AfterFunc(l.ctx, func() { _ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Unix(1, 0)) })()
	if err := s.streamBacklog(a, w, after, c.Request().Header.Get("Last-Event-ID") != ""); err != nil {
		s.deps.Logger.WarnContext(a.ctx(), "stream broken off", "error", err)
		return nil
	}
	ticks := time.NewTicker(heartbeat)
	defer ticks.Stop()
	for {
		select {
		case m := <-l.out:
			err = w.send(m)
		case <-ticks.C:
			if _, err = s.deps.Keys.Caller(c.Request()); err == nil { // a key that was revoked listens no more
				err = w.comment("still here")
			}
		case <-l.ctx.Done():
			return nil
		case <-a.ctx().Done():
			return nil
		}
		if err != nil {
			return nil // the answer has begun: the caller is gone, or its key is
		}
	}
}

// lastEvent reads Last-Event-ID.
func lastEvent(c echo.Context) (events.Position, error) {
	v := c.Request().Header.Get("Last-Event-ID")
	if v == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		return 0, failed(http.StatusBadRequest, "Last-Event-ID is none that this stream gave.", "Leave it out to begin with what is now.")
	}
	return events.Position(n), nil
}

// streamBacklog tells who comes back what was missed, then how the numbers are.
func (s *server) streamBacklog(a ask, w *streamWriter, after events.Position, returns bool) error {
	if err := w.text("retry: 3000\n\n"); err != nil {
		return err
	}
	if returns {
		records, err := s.deps.Warehouse.Declarations(a.ctx(), projections.DeclarationQuery{Org: a.caller.Org, Types: notify.AlertTypes()})
		if err != nil {
			return err
		}
		for len(records) > 0 && records[0].Position <= after {
			records = records[1:]
		}
		if len(records) > maxBacklog {
			records = records[len(records)-maxBacklog:]
			if err := w.send(streamMessage{id: records[0].Position - 1, event: streamReset, data: []byte(`{"see":"/v1/alerts"}`)}); err != nil {
				return err
			}
		}
		for _, m := range s.messagesOf(a, records) {
			if err := w.send(m); err != nil {
				return err
			}
		}
	}
	m, err := s.numbersNow(a)
	if err != nil {
		return err
	}
	return w.send(m)
}

// streamGoal says which goal a message is about.
type streamGoal struct {
	Goal   string `json:"goal"`
	Title  string `json:"title"`
	Metric string `json:"metric"`
}

// messagesOf makes messages of changes of pace, and of what became of alerts. Goals whose names cannot be had now are named
// by their ids alone.
func (s *server) messagesOf(a ask, records []events.Record) []streamMessage {
	if len(records) == 0 {
		return nil
	}
	all, err := s.desk(a).Goals(a.ctx(), a.caller.Org)
	if err != nil {
		s.deps.Logger.WarnContext(a.ctx(), "names of goals not read", "org", a.caller.Org, "error", err)
	}
	known := map[string]streamGoal{}
	for _, g := range all {
		known[g.ID] = streamGoal{Goal: g.ID, Title: goals.Title(g, a.today()), Metric: g.Metric}
	}
	var messages []streamMessage
	for _, r := range records {
		if m, ok := messageOf(r, known); ok {
			messages = append(messages, m)
		}
	}
	return messages
}

func messageOf(r events.Record, known map[string]streamGoal) (streamMessage, bool) {
	m := streamMessage{id: r.Position, event: streamAlert}
	view := map[string]any{"position": r.Position, "type": r.Event.Type, "event": r.Event.ID, "rep": r.Event.Rep, "at": r.Event.Time}
	switch r.Event.Type {
	case events.TypePaceChanged, events.TypeAlertRaised:
		alert, err := notify.AlertOf(r)
		if err != nil {
			return m, false
		}
		view["alert"] = alert
		if g, ok := known[alert.Goal]; ok {
			view["goal"] = g
		}
		if r.Event.Type == events.TypePaceChanged {
			m.event = streamPace
		}
	case events.TypeAlertResolved, events.TypeAlertAcknowledged:
		view["data"] = r.Event.Data
	default:
		return m, false
	}
	m.data = line(view)
	return m, m.data != nil
}

// numbersNow reads today's numbers.
func (s *server) numbersNow(a ask) (streamMessage, error) {
	q := metricsQuestion{grain: total, days: span{a.today(), a.today() + 1}}
	for _, name := range todays() {
		if d, ok := metric.Find(name); ok {
			q.metrics = append(q.metrics, d)
		}
	}
	rows, err := s.metricRows(a, q)
	if err != nil {
		return streamMessage{}, err
	}
	data := line(struct {
		Position events.Position `json:"position"`
		Day      calendar.Day    `json:"day"`
		Rows     []metricRow     `json:"rows"`
	}{a.position, a.today(), rows})
	return streamMessage{id: a.position, event: streamNumbers, data: data}, nil
}

// line writes a value as JSON on one line, in which links can be read; nil if it cannot be.
func line(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return nil
	}
	return bytes.TrimSpace(b.Bytes())
}

// streamMessage is one event of the stream.
type streamMessage struct {
	id    events.Position
	event string
	data  []byte // JSON on one line
}

// streamWriter writes the stream of one listener.
type streamWriter struct {
	response *echo.Response
	sent     events.Position // of the last pace or alert: what was told from the backlog is not told again
}

func (w *streamWriter) send(m streamMessage) error {
	if m.event != streamNumbers {
		if m.id <= w.sent && m.event != streamReset {
			return nil
		}
		w.sent = m.id
	}
	return w.text(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", m.id, m.event, m.data))
}

func (w *streamWriter) comment(text string) error { return w.text(": " + text + "\n\n") }

func (w *streamWriter) text(s string) error {
	if _, err := w.response.Write([]byte(s)); err != nil {
		return err
	}
	return http.NewResponseController(w.response).Flush()
}
