package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/internal/access"
	"milemarker/internal/deliveries"
)

// doDelivery answers POST /v1/webhooks/deliveries/{id}:replay.
func (s *server) doDelivery(c echo.Context, caller access.Caller) error {
	id, verb, _ := strings.Cut(c.Param("id"), ":")
	at, err := deliveryID(id)
	if err != nil {
		return err
	}
	if verb != "replay" {
		return failed(http.StatusNotFound, fmt.Sprintf("There is nothing at %.200q.", c.Request().URL.Path), "What can be done is :replay.")
	}
	entry, _, err := s.deps.Webhooks.Log.Get(c.Request().Context(), caller.Org, at)
	if err != nil {
		return s.notDelivered(err)
	}
	r, err := s.deps.Webhooks.Log.Ask(c.Request().Context(), deliveries.Replay{
		Org: caller.Org, Connection: entry.Connection, From: at, UpTo: at, Reason: "asked for", By: caller.KeyID,
	})
	if err != nil {
		return err
	}
	return s.showReplay(c, http.StatusAccepted, r)
}

// startReplay answers POST /v1/webhooks/replays.
func (s *server) startReplay(c echo.Context, caller access.Caller) error {
	body, fields, err := readObject(c)
	if err != nil {
		return err
	}
	var wanted struct {
		Connection string              `json:"connection"`
		From       time.Time           `json:"from"`
		To         time.Time           `json:"to"`
		Statuses   []deliveries.Status `json:"statuses"`
	}
	faults := unknownFields(fields, "connection", "from", "to", "statuses")
	if err := json.Unmarshal(body, &wanted); err != nil {
		return badBody(append(faults, at("", "want connection, a text, from and to, times such as 2026-03-02T15:04:05Z, and statuses, a list of texts")))
	}
	if wanted.Connection != "" && !s.deleted(caller, wanted.Connection) {
		faults = append(faults, at("/connection", "is none of the org's"))
	}
	for i, status := range wanted.Statuses {
		if !status.Valid() {
			faults = append(faults, at(fmt.Sprintf("/statuses/%d", i), "is none; see GET /v1/webhooks/deliveries"))
		}
	}
	now := s.deps.Clock()
	if wanted.To.IsZero() {
		wanted.To = now.Add(time.Hour) // all there is
	}
	if wanted.To.Before(wanted.From) {
		faults = append(faults, at("/to", "lies before from"))
	}
	if len(faults) > 0 {
		return badBody(faults)
	}
	r, err := s.deps.Webhooks.Log.AskSince(c.Request().Context(), deliveries.Replay{
		Org: caller.Org, Connection: wanted.Connection, Statuses: wanted.Statuses, Reason: "asked for", By: caller.KeyID,
	}, wanted.From, wanted.To)
	if err != nil {
		return err
	}
	return s.showReplay(c, http.StatusAccepted, r)
}

// oneReplay answers GET /v1/webhooks/replays/{id}.
func (s *server) oneReplay(c echo.Context, caller access.Caller) error {
	r, err := s.deps.Webhooks.Log.ReplayOf(c.Request().Context(), caller.Org, c.Param("id"))
	if errors.Is(err, fs.ErrNotExist) {
		return failed(http.StatusNotFound, "There is no such replay.", "")
	}
	if err != nil {
		return err
	}
	return s.showReplay(c, http.StatusOK, r)
}

// replayView is a replay as it is shown.
type replayView struct {
	ID         string                 `json:"id"`
	State      deliveries.ReplayState `json:"state"`
	Connection string                 `json:"connection,omitempty"`
	Statuses   []deliveries.Status    `json:"statuses,omitempty"`
	Reason     string                 `json:"reason"`
	Replayed   int                    `json:"replayed"`
	Changed    int                    `json:"changed"`
	Failed     int                    `json:"failed"`
	Created    time.Time              `json:"created"`
	Ended      time.Time              `json:"ended,omitzero"`
}

func (s *server) showReplay(c echo.Context, status int, r deliveries.Replay) error {
	c.Response().Header().Set("Location", "/v1/webhooks/replays/"+r.ID)
	return c.JSON(status, replayView{
		r.ID, r.State, r.Connection, r.Statuses, r.Reason, r.Replayed, r.Changed, r.Failed, r.Created, r.Ended,
	})
}
