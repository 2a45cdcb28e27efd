package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/internal/access"
	"milemarker/internal/connections"
	"milemarker/internal/deliveries"
)

// doConnection answers POST /v1/connections/{id}:rotate, :pause and :resume.
func (s *server) doConnection(c echo.Context, caller access.Caller) error {
	id, verb, _ := strings.Cut(c.Param("id"), ":")
	ctx, all := c.Request().Context(), s.deps.Webhooks.Connections
	switch verb {
	case "rotate":
		return s.rotate(c, caller, id)
	case "pause":
		one, err := all.Pause(ctx, caller.Org, id)
		if err != nil {
			return s.notConnected(err)
		}
		return s.showConnection(c, one)
	case "resume":
		one, since, err := all.Resume(ctx, caller.Org, id)
		if err != nil {
			return s.notConnected(err)
		}
		if !since.IsZero() {
			if err := s.askSince(c, caller, id, since.Add(-time.Minute), "resumed", deliveries.Paused); err != nil {
				return err
			}
		}
		return s.showConnection(c, one)
	}
	return failed(http.StatusNotFound, fmt.Sprintf("There is nothing at %.200q.", c.Request().URL.Path),
		"What can be done is :rotate, :pause and :resume.")
}

// The overlap of a rotation, in hours: how long the former secret stays good.
const (
	defaultOverlap = 24
	maxOverlap     = 30 * 24
)

// rotate gives a connection a new secret.
func (s *server) rotate(c echo.Context, caller access.Caller, id string) error {
	one, err := s.deps.Webhooks.Connections.Of(caller.Org, id)
	if err != nil {
		return s.notConnected(err)
	}
	body, fields, err := readObject(c)
	if err != nil {
		return err
	}
	wanted := struct {
		Secret  string  `json:"secret"`
		Overlap float64 `json:"overlap_hours"`
	}{Overlap: defaultOverlap}
	faults := unknownFields(fields, "secret", "overlap_hours")
	if err := json.Unmarshal(body, &wanted); err != nil || wanted.Overlap < 0 || wanted.Overlap > maxOverlap {
		faults = append(faults, at("/overlap_hours", fmt.Sprintf("want a number of hours from 0 to %d", maxOverlap)))
	}
	about, _ := s.deps.Webhooks.about(one.Provider)
	made := wanted.Secret == "" && about.Secret.Ours
	switch {
	case made:
		wanted.Secret = connections.NewSecret()
	case wanted.Secret == "":
		faults = append(faults, at("/secret", "is required: "+about.Title+" makes it. "+about.Secret.Where))
	default:
		faults = append(faults, secretFaults(wanted.Secret)...)
	}
	if len(faults) > 0 {
		return badBody(faults)
	}
	overlap := time.Duration(wanted.Overlap * float64(time.Hour))
	if one, err = s.deps.Webhooks.Connections.Rotate(c.Request().Context(), caller.Org, id, wanted.Secret, overlap); err != nil {
		return s.notConnected(err)
	}
	return s.showMade(c, http.StatusOK, one, about, wanted.Secret, made)
}
