package mapped

import (
	"encoding/json"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/wire"
)

// Own returns the event that content is if it speaks of this vocabulary already: a type of it, and a payload as it is held
// here. ok is false for anything else.
func Own(in providers.Input, typ, key string, at time.Time, data []byte) (e providers.Event, ok bool) {
	if !events.Known(typ) || key == "" {
		return e, false
	}
	e = providers.Event{Key: wire.Line(key, 500), Draft: events.Draft{
		Type: typ, Time: wire.Happened(in.Received, at), Data: json.RawMessage(data),
	}}
	draft := e.Draft
	draft.ID, draft.Source = "wh_"+digest([]byte(key)), "/hooks"
	_, violations := draft.Check()
	return e, len(violations) == 0
}
