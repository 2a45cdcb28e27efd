package wire

import (
	"encoding/json"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
)

// Draft returns an event of a type that happened at a time, or at the zero time. Payload is one of the structs of package
// events.
func Draft(typ string, at time.Time, payload any) events.Draft {
	data, err := json.Marshal(payload)
	if err != nil {
		data = nil // no payload of package events is refused; Check says that data is missing
	}
	return events.Draft{Type: typ, Time: at, Data: data}
}

// Kind returns a provider's name of what happened, "unknown" if there is none.
func Kind(name string) string {
	if name = Line(name, maxLabel); name != "" {
		return name
	}
	return "unknown"
}

// Ignored is the output of a delivery that tells of no event, and why.
func Ignored(kind, key, why string) providers.Output {
	return providers.Output{Kind: Kind(kind), Key: Line(key, 500), Ignored: why}
}

// Stand tells whether all events would be taken. What was kept by an earlier version may not be what it is taken for.
func Stand(told []providers.Event) bool {
	for _, e := range told {
		d := e.Draft
		d.ID, d.Source = "x", "/x"
		if _, violations := d.Check(); violations != nil || e.Key == "" {
			return false
		}
		if slices.ContainsFunc(e.Reps, func(r providers.Rep) bool { return r.Kind == "" || r.Value == "" }) {
			return false
		}
	}
	return true
}
