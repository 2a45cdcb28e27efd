package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/problem"
	"milemarker/projections"
)

// failure is a problem document with what this role adds to it: faults that name a query parameter, and the position
// that was reached where one was waited for.
type failure struct {
	problem.Problem
	Errors   []fault          `json:"errors,omitempty"`
	Position *events.Position `json:"position,omitempty"`
}

// fault is one thing wrong with a request: with a query parameter or with a place in the body.
type fault struct {
	Parameter string  `json:"parameter,omitempty"`
	Pointer   *string `json:"pointer,omitempty"` // RFC 6901, into the body
	Detail    string  `json:"detail"`
}

func failed(status int, detail, mend string) failure {
	p := problem.New(status, detail)
	p.Mend = mend
	return failure{Problem: p}
}

// badParameters is the answer to a query that cannot be asked.
func badParameters(faults []fault) failure {
	f := failed(http.StatusBadRequest, "The question cannot be asked like this.", "")
	f.Errors = faults
	return f
}

// badBody is the answer to a body that was read but cannot be taken.
func badBody(faults []fault) failure {
	f := failed(http.StatusUnprocessableEntity, "The body cannot be taken like this.", "")
	f.Errors = faults
	return f
}

// at is a fault at a place in the body.
func at(pointer, detail string) fault { return fault{Pointer: &pointer, Detail: detail} }

// fail answers a request whose handler returned an error.
func (s *server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	f := s.failureOf(err, c)
	if page, ok := wantsPage(c); ok {
		s.failPage(c, page, f)
		return
	}
	h := c.Response().Header()
	h.Set("Content-Type", problem.ContentType)
	h.Set("Cache-Control", "no-store")
	body, err := json.Marshal(f)
	if err != nil { // strings and numbers always marshal
		s.deps.Logger.ErrorContext(c.Request().Context(), "problem not written", "error", err)
	}
	c.Response().WriteHeader(f.Status)
	_, _ = c.Response().Write(append(body, '\n')) // the client may be gone: nobody is left to tell
}

func (s *server) failureOf(err error, c echo.Context) failure {
	var f failure
	var routing *echo.HTTPError
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, access.ErrUnauthenticated):
		c.Response().Header().Set("WWW-Authenticate", `Bearer realm="milemarker"`)
		return failed(http.StatusUnauthorized, "The request carries no key that is good.",
			"Send an API key as: Authorization: Bearer mm_...")
	case errors.Is(err, projections.RebuildingError{}):
		c.Response().Header().Set("Retry-After", "10")
		return failed(http.StatusServiceUnavailable, "The read models are being rebuilt: there is nothing to ask yet.",
			"Ask again in a while. See GET /v1/rebuilds for how far it is.")
	case errors.As(err, &routing):
		f = failure{Problem: problem.New(routing.Code, "")}
		switch routing.Code {
		case http.StatusNotFound:
			f.Detail = fmt.Sprintf("There is nothing at %.200q.", c.Request().URL.Path)
			f.Mend = "See /v1/openapi.yaml for what there is."
		case http.StatusMethodNotAllowed:
			if h := c.Response().Header(); c.Path() == "/v1/events" && c.Request().Method != http.MethodPost {
				h.Set(echo.HeaderAllow, h.Get(echo.HeaderAllow)+", POST") // which the role ingest answers
			}
			f.Detail = fmt.Sprintf("%.20q is not possible here, but %s.", c.Request().Method,
				c.Response().Header().Get(echo.HeaderAllow))
		}
		return f
	}
	if !errors.Is(c.Request().Context().Err(), context.Canceled) { // else the caller has gone, which is no failure
		s.deps.Logger.ErrorContext(c.Request().Context(), "request failed", "path", c.Path(), "error", err)
	}
	c.Response().Header().Set("Retry-After", "1")
	return failed(http.StatusServiceUnavailable, "The question could not be answered now.", "Ask again in a moment.")
}

// forbidden is the answer to a key without the scope.
func forbidden(c echo.Context, scope access.Scope) failure {
	c.Response().Header().Set("WWW-Authenticate",
		`Bearer realm="milemarker", error="insufficient_scope", scope="`+string(scope)+`"`)
	return failed(http.StatusForbidden, "The key does not have the scope "+string(scope)+".", "Use a key with that scope.")
}

// violations turns what is wrong with an event's payload into faults of the body that it was made from.
func violations(found []events.Violation) []fault {
	var faults []fault
	for _, v := range found {
		pointer, inData := strings.CutPrefix(v.Pointer, "/data")
		if !inData {
			pointer = ""
		}
		faults = append(faults, at(pointer, v.Detail))
	}
	return faults
}
