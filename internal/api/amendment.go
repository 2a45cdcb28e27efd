package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/declared"
)

// wantedCorrection is the body of a correction.
type wantedCorrection struct {
	Reason string                     `json:"reason"`
	Event  map[string]json.RawMessage `json:"event"`
}

// readCorrected reads a body with the fields named, all of which are required.
func readCorrected(c echo.Context, names ...string) (w wantedCorrection, err error) {
	body, fields, err := readObject(c)
	if err != nil {
		return w, err
	}
	var faults []fault
	for name := range fields {
		if !slices.Contains(names, name) {
			faults = append(faults, at("/"+name, "is not known; there are: "+strings.Join(names, ", ")))
		}
	}
	if err := json.Unmarshal(body, &w); err != nil {
		faults = append(faults, at("", "want reason, a text, and to amend also event, an object"))
	} else if w.Event == nil && slices.Contains(names, "event") {
		faults = append(faults, at("/event", "is required: what the event should have said"))
	}
	if len(faults) > 0 {
		return w, badBody(faults)
	}
	return w, nil
}

// voidOf is the draft that voids an event. Its id follows from the event's: an event is voided once, whoever tries how
// often.
func voidOf(target, reason string, caller access.Caller) events.Draft {
	data := object(map[string]string{"event": target, "reason": reason})
	return events.Draft{
		ID: derived("void", target), Source: told, Type: events.TypeEventVoided, Data: data, RecordedBy: caller.KeyID,
	}
}

// amendmentOf is the draft that stands in the place of an event. Who told, the type and the time are those of the event
// unless others are given; the payload is taken as a whole, private fields included. Its id follows from the event's, and
// never from its content, which may be private.
func amendmentOf(e events.Event, given map[string]json.RawMessage, caller access.Caller) (events.Draft, error) {
	if _, ok := given["id"]; ok {
		return events.Draft{}, badBody([]fault{at("/event/id", "must be left out: it follows from the id of the event that is amended")})
	}
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(object(map[string]string{
		"specversion": "1.0", "id": derived("amend", e.ID), "source": e.Source, "type": e.Type,
		"time": e.Time.UTC().Format(time.RFC3339Nano),
	}), &whole); err != nil {
		return events.Draft{}, err
	}
	maps.Copy(whole, given)
	body, err := json.Marshal(whole)
	if err != nil {
		return events.Draft{}, err
	}
	d, found := events.ParseStructured(body)
	if len(found) == 0 {
		found = declared.InUTC(d)
	}
	if d.Type == events.TypeEventVoided {
		found = append(found, events.Violation{Pointer: "/type", Detail: "must not be event.voided: that takes back, and states nothing"})
	}
	if len(found) > 0 {
		return d, badBody(inEvent(found))
	}
	d.Amends, d.RecordedBy = e.ID, caller.KeyID
	return d, nil
}

// object is a JSON object of texts.
func object(fields map[string]string) json.RawMessage {
	body, err := json.Marshal(fields)
	if err != nil {
		panic(err) // texts always marshal
	}
	return body
}

// inEvent turns what is wrong with an event into faults of the body's field event.
func inEvent(found []events.Violation) []fault {
	var faults []fault
	for _, v := range found {
		faults = append(faults, at("/event"+v.Pointer, v.Detail))
	}
	return faults
}

// derived makes the id of a correction from that of the event it corrects.
func derived(what, id string) string {
	sum := sha256.Sum256([]byte(what + "\n" + id))
	return what + "-" + hex.EncodeToString(sum[:16])
}
