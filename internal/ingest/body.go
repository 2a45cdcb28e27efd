package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"os"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/internal/problem"
)

// The ways in which events may be sent: see the HTTP binding of CloudEvents 1.0.
const (
	typeEvent = "application/cloudevents+json"
	typeBatch = "application/cloudevents-batch+json"
	typeJSON  = "application/json"

	accepted = typeEvent + ", " + typeBatch + ", " + typeJSON
)

// mode is how a request carries its events.
type mode int

const (
	structured mode = iota + 1 // the body is one event
	batched                    // the body is an array of events
	either                     // plain JSON: the body is the one or the other
	binary                     // the headers are the envelope, the body is the data
)

// modeOf tells how a request carries its events, or refuses its media type.
func modeOf(c echo.Context) (mode, error) {
	h := c.Request().Header
	if enc := h.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return 0, unsupported(c, fmt.Sprintf("Bodies with content encoding %.50q are not read.", enc))
	}
	media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if charset := params["charset"]; err == nil && charset != "" && !bytes.EqualFold([]byte(charset), []byte("utf-8")) {
		return 0, unsupported(c, fmt.Sprintf("Bodies in charset %.50q are not read, only UTF-8.", charset))
	}
	switch {
	case media == typeEvent:
		return structured, nil
	case media == typeBatch:
		return batched, nil
	case h.Get("Ce-Specversion") != "" || h.Get("Ce-Id") != "" || h.Get("Ce-Type") != "":
		return binary, nil // the events package says what data may be
	case media == typeJSON:
		return either, nil
	case media == "":
		return 0, unsupported(c, "The request does not say its Content-Type.")
	}
	return 0, unsupported(c, fmt.Sprintf("Bodies of type %.100q are not read.", media))
}

func unsupported(c echo.Context, detail string) error {
	c.Response().Header().Set("Accept-Post", accepted)
	p := problem.New(http.StatusUnsupportedMediaType, detail)
	p.Mend = "Send " + typeEvent + ", " + typeBatch + " or " + typeJSON + " (one CloudEvent or an array of them), or the ce-* headers with JSON data."
	return p
}

// readBody reads a body of at most limit bytes, in the time allowed.
func (s *server) readBody(c echo.Context, limit int64) ([]byte, error) {
	r := c.Request()
	if r.ContentLength > limit {
		return nil, tooLarge(fmt.Sprintf("The body has %d bytes, the limit is %d.", r.ContentLength, limit))
	}
	deadline := http.NewResponseController(c.Response())
	// A listener without deadlines (there is none but in tests) bounds its requests otherwise.
	_ = deadline.SetReadDeadline(s.deps.Clock().Add(s.cfg.BodyTimeout))
	var buf bytes.Buffer
	if r.ContentLength > 0 {
		buf.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(http.MaxBytesReader(c.Response(), r.Body, limit))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge(fmt.Sprintf("The body has more than %d bytes.", limit))
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.Response().Header().Set("Connection", "close")
		return nil, problem.New(http.StatusRequestTimeout, fmt.Sprintf("The body did not arrive within %s.", s.cfg.BodyTimeout))
	case err != nil:
		return nil, problem.New(http.StatusBadRequest, "The body was cut short.")
	}
	_ = deadline.SetReadDeadline(time.Time{})
	return buf.Bytes(), nil
}

func tooLarge(detail string) error {
	p := problem.New(http.StatusRequestEntityTooLarge, detail)
	p.Mend = "Send fewer events at a time."
	return p
}
