package api

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/deliveries"
	"milemarker/internal/providers"
)

// hookView is a delivery as it is listed.
type hookView struct {
	ID         string            `json:"id"`
	Connection string            `json:"connection"`
	Provider   string            `json:"provider,omitempty"`
	Stored     time.Time         `json:"stored"`
	Bytes      int               `json:"bytes"`
	Status     deliveries.Status `json:"status"`
	Kind       string            `json:"kind,omitempty"`
	Key        string            `json:"key,omitempty"`
	Why        string            `json:"why,omitempty"`
	Events     []toldView        `json:"events"`
	Translated time.Time         `json:"translated,omitzero"`
	Replays    int               `json:"replays,omitempty"`
}

func (s *server) viewHook(e deliveries.Entry) hookView {
	conn, _ := s.deps.Webhooks.Connections.Get(e.Connection)
	v := hookView{
		ID: strconv.FormatUint(uint64(e.Position), 10), Connection: e.Connection, Provider: conn.Provider, Stored: e.Stored.UTC(),
		Bytes: e.Size, Status: e.Outcome.Status, Kind: e.Outcome.Kind, Key: e.Outcome.Key, Why: e.Outcome.Why,
		Events: []toldView{}, Replays: e.Outcome.Replays,
	}
	if e.Outcome.Status != deliveries.Arrived {
		v.Translated = e.Outcome.Time
	}
	for _, t := range e.Outcome.Events {
		v.Events = append(v.Events, toldView{t.ID, t.Type, t.Outcome, t.At, t.Pending, t.Faults})
	}
	return v
}

// listHooks answers GET /v1/webhooks/deliveries.
func (s *server) listHooks(c echo.Context, caller access.Caller) error {
	query := newQuery(c.QueryParams())
	q := deliveries.Query{
		Org: caller.Org, Connection: query.one("connection"), Text: query.one("text"),
		Limit: query.number("limit", 50, min(s.cfg.MaxPage, 500)), From: query.instant("from"), To: query.instant("to"),
	}
	var names []string
	for _, status := range deliveries.Statuses() {
		names = append(names, string(status))
	}
	for _, name := range query.choices("status", names...) {
		q.Statuses = append(q.Statuses, deliveries.Status(name))
	}
	if v := query.one("cursor"); v != "" {
		before, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			query.fault("cursor", "is none that was given out")
		}
		q.Before = events.Position(before)
	}
	if q.Connection != "" {
		if _, err := s.deps.Webhooks.Connections.Of(caller.Org, q.Connection); err != nil && !s.deleted(caller, q.Connection) {
			query.fault("connection", "is none of the org's")
		}
	}
	if err := query.done(); err != nil {
		return err
	}
	page, next, err := s.deps.Webhooks.Log.Page(c.Request().Context(), q)
	if err != nil {
		return err
	}
	answer := struct {
		Deliveries []hookView `json:"deliveries"`
		Next       string     `json:"next,omitempty"`
	}{Deliveries: []hookView{}}
	for _, e := range page {
		answer.Deliveries = append(answer.Deliveries, s.viewHook(e))
	}
	if next > 0 {
		values := url.Values{}
		maps.Copy(values, c.QueryParams())
		values.Set("cursor", strconv.FormatUint(uint64(next), 10))
		answer.Next = "/v1/webhooks/deliveries?" + values.Encode()
	}
	return c.JSON(http.StatusOK, answer)
}

// deleted tells whether a connection was the org's once: its deliveries outlive it.
func (s *server) deleted(caller access.Caller, id string) bool {
	one, ok := s.deps.Webhooks.Connections.Get(id)
	return ok && one.Org == caller.Org
}

// instant returns the value of a time, the zero time if it is not given.
func (q *query) instant(name string) time.Time {
	v := q.one(name)
	if v == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		q.fault(name, "want a time such as 2026-03-02T15:04:05Z")
	}
	return t
}

// oneDelivery answers GET /v1/webhooks/deliveries/{id}: with what was sent, without its secrets.
func (s *server) oneDelivery(c echo.Context, caller access.Caller) error {
	at, err := deliveryID(c.Param("id"))
	if err != nil {
		return err
	}
	entry, request, err := s.deps.Webhooks.Log.Get(c.Request().Context(), caller.Org, at)
	if err != nil {
		return s.notDelivered(err)
	}
	var secret providers.Redact
	if conn, ok := s.deps.Webhooks.Connections.Get(entry.Connection); ok {
		about, _ := s.deps.Webhooks.about(conn.Provider)
		secret = about.Redact
	}
	shown, redacted := deliveries.Redact(request, secret)
	view := struct {
		hookView

		Method   string      `json:"method"`
		URL      string      `json:"url"`
		Header   http.Header `json:"header"`
		Remote   string      `json:"remote"`
		Received time.Time   `json:"received"`
		Redacted bool        `json:"redacted"`
		Raw      []byte      `json:"raw"`
		Text     string      `json:"text,omitempty"`
	}{
		hookView: s.viewHook(entry), Method: shown.Method, URL: shown.URL, Header: shown.Header, Remote: shown.Remote,
		Received: shown.Received, Redacted: redacted, Raw: shown.Body,
	}
	if utf8.Valid(shown.Body) {
		view.Text = string(shown.Body)
	}
	return c.JSON(http.StatusOK, view)
}

// eraseDelivery answers DELETE /v1/webhooks/deliveries/{id}.
func (s *server) eraseDelivery(c echo.Context, caller access.Caller) error {
	at, err := deliveryID(c.Param("id"))
	if err != nil {
		return err
	}
	if err := s.deps.Webhooks.Log.Erase(c.Request().Context(), caller.Org, at); err != nil {
		return s.notDelivered(err)
	}
	return c.NoContent(http.StatusNoContent)
}

func deliveryID(text string) (events.Position, error) {
	at, err := strconv.ParseUint(text, 10, 64)
	if err != nil || at == 0 {
		return 0, failed(http.StatusNotFound, fmt.Sprintf("%.50q is no delivery.", text), "See GET /v1/webhooks/deliveries.")
	}
	return events.Position(at), nil
}

func (s *server) notDelivered(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return failed(http.StatusNotFound, "There is no such delivery, or it is kept no more.", "See GET /v1/webhooks/deliveries.")
	}
	return err
}
