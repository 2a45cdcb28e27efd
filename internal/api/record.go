package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"milemarker/events"
)

// told is what events say that were made here, not sent in.
const told = "/milemarker/api"

// record hands one draft to the recorder, and turns a refusal into the answer that says so.
func (s *server) record(c echo.Context, org string, d events.Draft) (events.Receipt, error) {
	receipts, err := s.deps.Recorder.Record(c.Request().Context(), org, []events.Draft{d})
	if err != nil {
		return events.Receipt{}, err
	}
	if len(receipts) != 1 {
		return events.Receipt{}, fmt.Errorf("record %s: %d receipts for one draft", d.Type, len(receipts))
	}
	r := receipts[0]
	switch r.Outcome {
	case events.Rejected:
		return r, badBody(violations(r.Violations))
	case events.Conflict:
		return r, failed(http.StatusConflict, fmt.Sprintf("There is another one by that id, recorded at position %d.", r.Position),
			"Give it another id, or record a revision.")
	default:
		c.Response().Header().Set(positionHeader, strconv.FormatUint(uint64(r.Position), 10))
		return r, nil
	}
}

// readObject reads a JSON object from the body.
func readObject(c echo.Context) ([]byte, map[string]json.RawMessage, error) {
	if media, _, _ := strings.Cut(c.Request().Header.Get("Content-Type"), ";"); strings.TrimSpace(media) != "application/json" {
		return nil, nil, failed(http.StatusUnsupportedMediaType, "The body is not application/json.",
			"Send a JSON object with Content-Type: application/json.")
	}
	body, err := io.ReadAll(c.Request().Body)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, nil, failed(http.StatusRequestEntityTooLarge, fmt.Sprintf("The body has more than %d bytes.", tooLarge.Limit), "")
	} else if err != nil {
		return nil, nil, failed(http.StatusBadRequest, "The body was cut short.", "")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return nil, nil, notAnObject(body, err)
	}
	return body, fields, nil
}

// eventFaults turns what is wrong with an event into faults of a body that holds its payload and its rep.
func eventFaults(found []events.Violation) []fault {
	var faults []fault
	for _, v := range found {
		faults = append(faults, at(strings.TrimPrefix(v.Pointer, "/data"), v.Detail))
	}
	return faults
}
