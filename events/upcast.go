package events

import (
	"encoding/json"
	"fmt"
)

// upcaster lifts a payload from one version to the next. It is pure, and is never changed once events of the older
// version exist: the ledger is read for ever.
type upcaster func(json.RawMessage) (json.RawMessage, error)

// upcast lifts the payload of e to the present version.
func (def *definition) upcast(e Event) (Event, error) {
	if e.DataVersion > def.version() {
		return e, fmt.Errorf("%w: %s has version %d, known is %d", ErrNewerVersion, e.Type, e.DataVersion, def.version())
	}
	for e.DataVersion < def.version() {
		data, err := def.upcasters[e.DataVersion-1](e.Data)
		if err != nil {
			return e, fmt.Errorf("upcast %s from version %d: %w", e.Type, e.DataVersion, err)
		}
		e.Data = data
		e.DataVersion++
	}
	return e, nil
}
