package events

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The errors of Decode beside ErrIncomplete.
var (
	// ErrMalformed is returned for what is not the wire form of an event at all.
	ErrMalformed = errors.New("malformed event")
	// ErrUnknownType is returned for a type that this program does not know; the event is returned as it was read.
	ErrUnknownType = errors.New("unknown event type")
	// ErrNewerVersion is returned for a payload written by a later release; the event is returned as it was read.
	ErrNewerVersion = errors.New("payload version newer than this program")
)

// Decode reads the recorded wire form, and lifts an old payload to the present version. Fields it does not know it
// ignores. It returns ErrMalformed, ErrIncomplete, ErrUnknownType, ErrNewerVersion or the error of an upcast: all of them
// stay true of these bytes, so that trying again is of no use. The event's Data may share the memory of b.
func Decode(b []byte) (Event, error) { return known().decode(b) }

func (r *registry) decode(b []byte) (Event, error) {
	e, err := decodeEnvelope(b)
	if err != nil {
		return Event{}, err
	}
	def := r.byType[e.Type]
	if def == nil {
		return e, fmt.Errorf("%w: %q", ErrUnknownType, e.Type)
	}
	return def.upcast(e)
}

// decodeEnvelope reads the event as it stands.
func decodeEnvelope(b []byte) (Event, error) {
	if !utf8.Valid(b) {
		return Event{}, fmt.Errorf("%w: not valid UTF-8", ErrMalformed)
	}
	start := skipSpace(b, 0)
	if start == len(b) || b[start] != '{' {
		return Event{}, fmt.Errorf("%w: not a JSON object", ErrMalformed)
	}
	var r eventReader
	end, err := eachMember(b, start, maxDepth+1, r.read)
	if err == nil && skipSpace(b, end) != len(b) {
		err = errTrailing
	}
	if err == nil && r.specVersion != "1.0" {
		err = errors.New("not of CloudEvents 1.0")
	}
	if err = errors.Join(err, r.err); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if err := r.event.complete(); err != nil {
		return Event{}, err
	}
	return r.event, nil
}

// eventReader takes the members of a recorded event one by one.
type eventReader struct {
	event       Event
	specVersion string
	err         error // the first thing wrong
}

// read takes one member. Names that are not listed were written by a later release or by nobody: they are ignored.
func (r *eventReader) read(key, value []byte) {
	e := &r.event
	switch string(key) {
	case "specversion":
		r.text(key, value, &r.specVersion)
	case "id":
		r.text(key, value, &e.ID)
	case "source":
		r.text(key, value, &e.Source)
	case "type":
		r.text(key, value, &e.Type)
	case "subject":
		r.text(key, value, &e.Prospect)
	case "time":
		r.time(key, value, &e.Time)
	case "org":
		r.text(key, value, &e.Org)
	case "rep":
		r.text(key, value, &e.Rep)
	case "team":
		r.text(key, value, &e.Team)
	case "recordedat":
		r.time(key, value, &e.RecordedAt)
	case "dataversion":
		n, err := strconv.Atoi(string(value))
		if err != nil || n < 1 {
			r.fail(key, "not a version")
		}
		e.DataVersion = n
	case "aliases":
		var aliases string
		r.text(key, value, &aliases)
		e.Aliases = strings.Fields(aliases)
	case "sealed":
		r.text(key, value, &e.Sealed)
	case "digest":
		r.text(key, value, &e.Digest)
	case "recordedby":
		r.text(key, value, &e.RecordedBy)
	case "amends":
		r.text(key, value, &e.Amends)
	case "timeinferred":
		e.TimeInferred = string(value) == "true"
	case "data":
		if value[0] != '{' {
			r.fail(key, "not an object")
		}
		e.Data = value
	}
}

func (r *eventReader) text(key, value []byte, to *string) {
	if value[0] != '"' {
		r.fail(key, "not a string")
		return
	}
	if *to != "" {
		r.fail(key, "given twice")
	}
	*to = unquote(value)
}

func (r *eventReader) time(key, value []byte, to *time.Time) {
	t, err := parseTime(value[1:max(1, len(value)-1)])
	if value[0] != '"' || err != nil {
		r.fail(key, "not a time")
	}
	*to = t
}

func (r *eventReader) fail(key []byte, what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: %s", key, what)
	}
}
