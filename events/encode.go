package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrIncomplete is returned by Encode and Decode for an event that lacks what every recorded event has.
var ErrIncomplete = errors.New("event incomplete")

// Encode returns the recorded wire form of e, which package documentation lays out. Times are cut to microseconds. It
// returns ErrIncomplete if an attribute is missing, and an error if e holds invalid UTF-8, an alias with a space, a year
// beyond 9999, or a payload that is not one JSON object. It checks nothing else: what may be said is for Draft.Check.
func Encode(e Event) ([]byte, error) {
	if err := e.complete(); err != nil {
		return nil, err
	}
	out := make([]byte, 0, 512+len(e.Data)+len(e.Sealed))
	out = append(out, `{"specversion":"1.0"`...)
	out = appendAttribute(out, `,"id":`, e.ID)
	out = appendAttribute(out, `,"source":`, e.Source)
	out = appendAttribute(out, `,"type":`, e.Type)
	out = appendAttribute(out, `,"subject":`, e.Prospect)
	out = append(appendTime(append(out, `,"time":"`...), e.Time), `","datacontenttype":"application/json"`...)
	out = appendAttribute(out, `,"org":`, e.Org)
	out = appendAttribute(out, `,"rep":`, e.Rep)
	out = appendAttribute(out, `,"team":`, e.Team)
	out = append(appendTime(append(out, `,"recordedat":"`...), e.RecordedAt), '"')
	out = strconv.AppendInt(append(out, `,"dataversion":`...), int64(e.DataVersion), 10)
	for i, alias := range e.Aliases {
		if alias == "" || strings.ContainsAny(alias, " \"\\\n\r\t") {
			return nil, fmt.Errorf("encode event: alias %q", alias)
		}
		if i == 0 {
			out = append(out, `,"aliases":"`...)
		} else {
			out = append(out, ' ')
		}
		out = append(out, alias...)
		if i == len(e.Aliases)-1 {
			out = append(out, '"')
		}
	}
	out = appendAttribute(out, `,"sealed":`, e.Sealed)
	out = appendAttribute(out, `,"digest":`, e.Digest)
	if e.TimeInferred {
		out = append(out, `,"timeinferred":true`...)
	}
	out = appendAttribute(out, `,"recordedby":`, e.RecordedBy)
	out = appendAttribute(out, `,"amends":`, e.Amends)
	if start, err := skipWhole(e.Data, maxDepth); err != nil || e.Data[start] != '{' {
		return nil, errors.New("encode event: data is not one JSON object")
	}
	out = append(append(append(out, `,"data":`...), e.Data...), '}')
	if !utf8.Valid(out) {
		return nil, errors.New("encode event: not valid UTF-8")
	}
	return out, nil
}

func appendAttribute(out []byte, name, value string) []byte {
	if value == "" {
		return out
	}
	return appendString(append(out, name...), value)
}

// complete returns ErrIncomplete if e lacks what every recorded event has.
func (e *Event) complete() error {
	missing := ""
	switch {
	case e.ID == "":
		missing = "id"
	case e.Source == "":
		missing = "source"
	case e.Type == "":
		missing = "type"
	case e.Org == "":
		missing = "org"
	case !writable(e.Time):
		missing = "time"
	case !writable(e.RecordedAt):
		missing = "recordedat"
	case e.DataVersion < 1:
		missing = "dataversion"
	case len(e.Data) == 0:
		missing = "data"
	default:
		return nil
	}
	return fmt.Errorf("%w: no %s", ErrIncomplete, missing)
}

// writable tells whether t is a time that RFC 3339 can write.
func writable(t time.Time) bool {
	if t.IsZero() {
		return false
	}
	year := t.UTC().Year()
	return 0 <= year && year <= 9999
}

// DecodeData returns the public payload of e as a T, such as CallCompleted. Private fields are zero, for they are sealed;
// fields that T does not know are ignored.
func DecodeData[T any](e Event) (T, error) {
	var payload T
	if err := json.Unmarshal(e.Data, &payload); err != nil {
		return payload, fmt.Errorf("payload of %s: %w", e.Type, err)
	}
	return payload, nil
}
