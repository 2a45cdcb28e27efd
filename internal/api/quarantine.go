package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/quarantine"
)

// Quarantine holds the ledger messages that could not be read.
type Quarantine interface {
	List(ctx context.Context, q quarantine.Query) (page []quarantine.Item, next uint64, err error)
	Get(ctx context.Context, scope quarantine.Scope, at events.Position) (quarantine.Detail, error)
	// Count returns how many messages wait for a decision.
	Count(ctx context.Context) (int, error)
	Decider
}

// Decider takes decisions about messages that could not be read.
type Decider interface {
	Fold(ctx context.Context, scope quarantine.Scope, by string, at events.Position) (quarantine.Decision, error)
	Correct(
		ctx context.Context, scope quarantine.Scope, by string, at events.Position, draft events.Draft,
	) (quarantine.Decision, events.Receipt, error)
	Discard(
		ctx context.Context, scope quarantine.Scope, by string, at events.Position, reason string,
	) (quarantine.Decision, error)
}

// quarantinedView is a message as it is listed.
type quarantinedView struct {
	Position events.Position `json:"position"`
	Subject  string          `json:"subject"`
	Org      string          `json:"org,omitempty"`
	Fault    string          `json:"fault"`
	Bytes    int             `json:"bytes"`
	decisionView
}

// decisionView is what was decided about it.
type decisionView struct {
	State     quarantine.State `json:"state"`
	AsIs      bool             `json:"as_is,omitempty"`
	Event     string           `json:"event,omitempty"`
	Recorded  events.Position  `json:"recorded,omitempty"`
	Voided    string           `json:"voided,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	DecidedBy string           `json:"decided_by,omitempty"`
	DecidedAt *time.Time       `json:"decided_at,omitempty"`
}

func viewDecision(d quarantine.Decision) decisionView {
	v := decisionView{
		State: d.State, AsIs: d.AsIs, Event: d.Event, Recorded: d.Recorded, Voided: d.Voided, Reason: d.Reason,
		DecidedBy: d.By,
	}
	if !d.Time.IsZero() {
		v.DecidedAt = &d.Time
	}
	return v
}

func viewQuarantined(i quarantine.Item) quarantinedView {
	return quarantinedView{
		Position: i.Frame.Position, Subject: i.Frame.Subject, Org: i.Org, Fault: i.Fault, Bytes: len(i.Frame.Body),
		decisionView: viewDecision(i.Decision),
	}
}

// setAside is what GET /readyz says of messages and of the ledger that somebody should look at, a line each. None of it
// keeps questions from being answered.
func (s *server) setAside(ctx context.Context) string {
	var lines strings.Builder
	n, err := s.deps.Quarantine.Count(ctx)
	switch {
	case err != nil:
		lines.WriteString("quarantine: not known\n")
	case n > 0:
		fmt.Fprintf(&lines, "quarantine: %d waiting for a decision\n", n)
	}
	if s.deps.Auditor != nil && s.deps.Auditor.Err() != nil {
		lines.WriteString("audit: the ledger is not signed any more\n")
	}
	return lines.String()
}

// scopeOf is what a caller sees of the quarantine: the operator sees all.
func scopeOf(caller access.Caller) quarantine.Scope {
	return quarantine.Scope{Org: caller.Org, All: caller.Operator}
}

// listQuarantine answers GET /v1/quarantine.
func (s *server) listQuarantine(c echo.Context, caller access.Caller) error {
	query := newQuery(c.QueryParams())
	q := quarantine.Query{Scope: scopeOf(caller), Limit: query.number("limit", 100, s.cfg.MaxPage)}
	states := []string{""}
	for _, state := range quarantine.States() {
		states = append(states, string(state))
	}
	q.State = quarantine.State(query.choice("state", states...))
	if v := query.one("cursor"); v != "" {
		var err error
		if q.From, err = strconv.ParseUint(v, 10, 64); err != nil {
			query.fault("cursor", "is none that was given out")
		}
	}
	if err := query.done(); err != nil {
		return err
	}
	page, next, err := s.deps.Quarantine.List(c.Request().Context(), q)
	if err != nil {
		return err
	}
	answer := struct {
		Messages []quarantinedView `json:"messages"`
		Next     string            `json:"next,omitempty"`
	}{Messages: []quarantinedView{}}
	for _, i := range page {
		answer.Messages = append(answer.Messages, viewQuarantined(i))
	}
	if next > 0 {
		values := url.Values{"cursor": {strconv.FormatUint(next, 10)}, "limit": {strconv.Itoa(q.Limit)}}
		if q.State != "" {
			values.Set("state", string(q.State))
		}
		answer.Next = "/v1/quarantine?" + values.Encode()
	}
	return c.JSON(http.StatusOK, answer)
}

// oneQuarantined answers GET /v1/quarantine/{position}.
func (s *server) oneQuarantined(c echo.Context, caller access.Caller) error {
	at, err := positionOf(c.Param("position"))
	if err != nil {
		return err
	}
	d, err := s.deps.Quarantine.Get(c.Request().Context(), scopeOf(caller), at)
	if err != nil {
		return s.notQuarantined(err, at)
	}
	view := struct {
		quarantinedView
		MessageID string `json:"message_id,omitempty"`
		Digest    string `json:"digest,omitempty"`
		Readable  bool   `json:"readable"`
		Raw       []byte `json:"raw"`
		Text      string `json:"text,omitempty"`
	}{
		quarantinedView: viewQuarantined(d.Item), MessageID: d.MessageID, Digest: d.Digest, Readable: d.Readable,
		Raw: d.Frame.Body,
	}
	if utf8.Valid(d.Frame.Body) {
		view.Text = string(d.Frame.Body)
	}
	return c.JSON(http.StatusOK, view)
}

// decide answers POST /v1/quarantine/{position}:replay and :discard.
func (s *server) decide(c echo.Context, caller access.Caller) error {
	position, verb, _ := strings.Cut(c.Param("position"), ":")
	at, err := positionOf(position)
	if err != nil {
		return err
	}
	switch verb {
	case "replay":
		return s.replay(c, caller, at)
	case "discard":
		return s.discard(c, caller, at)
	}
	return failed(http.StatusNotFound, fmt.Sprintf("There is nothing at %.200q.", c.Request().URL.Path),
		"What can be done is :replay and :discard.")
}

// discard notes that a message counts for nothing.
func (s *server) discard(c echo.Context, caller access.Caller, position events.Position) error {
	body, fields, err := readObject(c)
	if err != nil {
		return err
	}
	var wanted struct {
		Reason string `json:"reason"`
	}
	faults := unknownFields(fields, "reason")
	if err := json.Unmarshal(body, &wanted); err != nil || strings.TrimSpace(wanted.Reason) == "" || len(wanted.Reason) > maxReason {
		faults = append(faults, at("/reason", fmt.Sprintf("is required: why it counts for nothing, in at most %d bytes", maxReason)))
	}
	if len(faults) > 0 {
		return badBody(faults)
	}
	d, err := s.deps.Quarantine.Discard(c.Request().Context(), scopeOf(caller), caller.KeyID, position, wanted.Reason)
	if err != nil {
		return s.notDecided(err, position, d)
	}
	return c.JSON(http.StatusOK, viewDecision(d))
}

// maxReason bounds a reason, in bytes: as event.voided does.
const maxReason = 200

// replay folds a message as it is, or records a corrected event in its place.
func (s *server) replay(c echo.Context, caller access.Caller, position events.Position) error {
	_, fields, err := readObject(c)
	if err != nil {
		return err
	}
	if faults := unknownFields(fields, "event"); len(faults) > 0 {
		return badBody(faults)
	}
	ctx := c.Request().Context()
	if fields["event"] == nil {
		d, err := s.deps.Quarantine.Fold(ctx, scopeOf(caller), caller.KeyID, position)
		if err != nil {
			return s.notDecided(err, position, d)
		}
		return c.JSON(http.StatusOK, viewDecision(d))
	}
	draft, faults := replacement(position, fields["event"])
	if len(faults) > 0 {
		return badBody(faults)
	}
	d, receipt, err := s.deps.Quarantine.Correct(ctx, scopeOf(caller), caller.KeyID, position, draft)
	switch {
	case err != nil:
		return s.notDecided(err, position, d)
	case receipt.Outcome == events.Rejected:
		return badBody(inEvent(receipt.Violations))
	case receipt.Outcome == events.Conflict:
		return failed(http.StatusConflict, fmt.Sprintf("Another correction was recorded at position %d.", receipt.Position),
			"If it is wrong, void it: its id is "+d.Event+".")
	}
	c.Response().Header().Set(positionHeader, strconv.FormatUint(uint64(receipt.Position), 10))
	return c.JSON(http.StatusOK, viewDecision(d))
}

// replacement reads the event that takes a message's place: as POST /v1/events takes it, but for its id, which follows
// from the message's position.
func replacement(position events.Position, given json.RawMessage) (events.Draft, []fault) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(given, &fields); err != nil || fields == nil {
		return events.Draft{}, []fault{at("/event", "want an event, an object")}
	}
	if _, ok := fields["id"]; ok {
		return events.Draft{}, []fault{at("/event/id", "must be left out: it follows from the position")}
	}
	whole := map[string]json.RawMessage{}
	if err := json.Unmarshal(object(map[string]string{
		"specversion": "1.0", "id": quarantine.CorrectionID(position), "source": told,
	}), &whole); err != nil {
		return events.Draft{}, []fault{at("/event", err.Error())}
	}
	maps.Copy(whole, fields)
	body, err := json.Marshal(whole)
	if err != nil {
		return events.Draft{}, []fault{at("/event", err.Error())}
	}
	draft, found := events.ParseStructured(body)
	return draft, inEvent(found)
}

func unknownFields(fields map[string]json.RawMessage, known ...string) []fault {
	var faults []fault
	for name := range fields {
		if slices.Contains(known, name) {
			continue
		}
		faults = append(faults, at("/"+name, "is not known; there are: "+strings.Join(known, ", ")))
	}
	return faults
}

func positionOf(text string) (events.Position, error) {
	at, err := strconv.ParseUint(text, 10, 64)
	if err != nil || at == 0 {
		return 0, failed(http.StatusNotFound, fmt.Sprintf("%.50q is no position.", text), "See GET /v1/quarantine.")
	}
	return events.Position(at), nil
}

func (s *server) notQuarantined(err error, at events.Position) error {
	if errors.Is(err, fs.ErrNotExist) {
		return failed(http.StatusNotFound, fmt.Sprintf("Nothing is in quarantine at position %d.", at), "See GET /v1/quarantine.")
	}
	return err
}

func (s *server) notDecided(err error, at events.Position, d quarantine.Decision) error {
	switch {
	case errors.Is(err, quarantine.ErrDecided):
		return failed(http.StatusConflict, fmt.Sprintf("The message at position %d was dealt with already: %s.", at,
			cmp.Or(d.State, "by somebody else, just now")), fmt.Sprintf("See GET /v1/quarantine/%d.", at))
	case errors.Is(err, quarantine.ErrUnreadable):
		return failed(http.StatusUnprocessableEntity, err.Error()+".", "Send the event as it should have been, as event.")
	case errors.Is(err, quarantine.ErrNoOrg):
		return failed(http.StatusUnprocessableEntity, "The message belongs to no org, so nothing can be recorded in its place.",
			"Discard it, and record the event with a key of its org.")
	}
	return s.notQuarantined(err, at)
}
